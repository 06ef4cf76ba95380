"""The output that a workflow declares, put around its models and its assembler."""

from __future__ import annotations

from holdfast.access.trust import is_trusted
from holdfast.domain.stages import Stage
from holdfast.plugins import hook
from holdfast.protocols import Assembler, Model
from holdfast.stages.assembly.output import OutputAssembler
from holdfast.stages.generation.families import is_told_in_words, mode_of
from holdfast.stages.generation.output import Shape, shape_of
from holdfast.stages.generation.settings import RungSettings
from holdfast.stages.generation.structured import StructuredModel, TextOnly
from holdfast.workflow import LoadedWorkflow


class Filling:
    """Puts one shape around the parts of an item's path; without a shape the parts stay what they are."""

    def __init__(self, shape: Shape | None) -> None:
        self._shape = shape

    @property
    def shape(self) -> Shape | None:
        """Return the declared shape, None where answers are text."""
        return self._shape

    def asked_by(self, assembler: Assembler) -> Assembler:
        """Return the assembler with the rules for filling the shape."""
        return OutputAssembler(assembler, self._shape.spec) if self._shape else assembler

    def by(self, model: Model, rung: RungSettings) -> Model:
        """Return a rung's whole stack as one that fills the shape."""
        if self._shape is None:
            return model
        mode = mode_of(rung, self._shape.settings.native, asked=self._shape.spec.asked)
        return StructuredModel(model, self._shape, mode=mode, in_words=is_told_in_words(rung, mode))

    def not_by(self, model: Model) -> Model:
        """Return the extractive answerer, which quotes and fills nothing: with a shape it says so."""
        return TextOnly(model) if self._shape else model


def filling_of(loaded: LoadedWorkflow) -> Filling:
    """Return what the workflow declares under `output`.

    Raises NotAllowed when its model lies in a folder that is not trusted, DeclarationError when it
    cannot be used.
    """
    settings = loaded.settings.output
    if settings is None:
        return Filling(None)
    model = None
    if settings.model:
        trusted = is_trusted(loaded.folder, loaded.hooks_digest)
        model = hook(
            settings.model, stage=Stage.GENERATION, folder=loaded.folder, trusted=trusted, hooks=loaded.hooks
        )
    return Filling(shape_of(settings, schema=loaded.output_schema, model=model))

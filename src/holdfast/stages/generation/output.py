"""The declared output, made ready: the shape to ask for, and what a reply is held against."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticUserError

from holdfast.domain.outputs import OutputSpec
from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError
from holdfast.schemas.citing import NO_ANSWER, asked, cited_paths
from holdfast.schemas.optional import without_idle_nulls
from holdfast.schemas.supported import root_faults
from holdfast.schemas.validating import MOST_MISFITS, misfits, shown
from holdfast.stages.generation.output_settings import OutputSettings

_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A reply's object held against its shape."""

    output: Any = None
    """As the shape has it, without fields that the reply left out; counts only without problems."""
    problems: tuple[str, ...] = ()
    """In words, the field first (`price: is "x", not a number`)."""


class Validator(Protocol):
    """Holds an object against the declared shape."""

    def __call__(self, value: Mapping[str, Any]) -> Held:
        """Return the output, or what does not fit; never raises for bad content."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A declared output: what to ask for, what to hold a reply against, how often to repair it."""

    spec: OutputSpec
    validate: Validator = field(repr=False)
    settings: OutputSettings


def shape_of(settings: OutputSettings, *, schema: Mapping[str, Any] | None, model: Any = None) -> Shape:
    """Return the shape of a JSON Schema that was found sound, or of the Pydantic class `model`.

    Raises DeclarationError when the class is none, or when its schema cannot be asked for.
    """
    if schema is None:
        schema = _schema_of(model, settings.model)
        validate: Validator = _ByModel(model, schema, settings.model)
        name = model.__name__
    else:
        validate, name = _BySchema(schema), str(schema.get("title", "")) or "record"
    try:
        paths = cited_paths(schema, settings.wanted_citations)
    except ValueError as error:
        raise _wrong(f"output.cite: {error}", "Correct it under output") from None
    spec = OutputSpec(
        name=re.sub(r"\W+", "_", name, flags=re.ASCII)[:_NAME_LENGTH].strip("_") or "record",
        schema=schema,
        asked=asked(schema, paths),
        cited=paths,
        cites_attachments=settings.cite_attachments,
    )
    return Shape(spec=spec, validate=validate, settings=settings)


class _BySchema:
    """Holds an object against a JSON Schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def __call__(self, value: Mapping[str, Any]) -> Held:
        plain = without_idle_nulls(value, self._schema, self._schema)
        return Held(output=plain, problems=misfits(plain, self._schema))


class _ByModel:
    """Holds an object against a Pydantic model of the workflow's folder."""

    def __init__(self, model: type[BaseModel], schema: Mapping[str, Any], use: str) -> None:
        self._model = model
        self._schema = schema
        self._use = use

    def __call__(self, value: Mapping[str, Any]) -> Held:
        plain = without_idle_nulls(value, self._schema, self._schema)
        try:
            # By way of JSON, as the model wrote it: a date is text there, also for a strict model.
            made = self._model.model_validate_json(json.dumps(plain))
            # A default is the folder's word and not the passages': in the record it would look cited.
            return Held(output=made.model_dump(mode="json", by_alias=True, exclude_unset=True))
        except ValidationError as error:
            found = error.errors(include_url=False)[:MOST_MISFITS]
            return Held(problems=tuple(_told(one) for one in found))
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise _wrong(f"the model {self._use} failed on a reply ({told})", "Correct it there") from error


def _told(error: Mapping[str, Any]) -> str:
    path = ".".join(map(str, error["loc"])) or "the object"
    message = str(error["msg"]).removeprefix("Value error, ")
    got = "" if error["type"] == "missing" else f", not {shown(error['input'])}"
    return f"{path}: {message[:1].lower()}{message[1:]}{got}"


def _schema_of(model: Any, use: str) -> dict[str, Any]:
    """Return a class's JSON Schema; raise DeclarationError when it is no model or has no fields."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise _wrong(f"{use} is no Pydantic model", "Write a class that derives from pydantic.BaseModel")
    try:
        schema = model.model_json_schema(mode="validation")
    except (PydanticUserError, ValueError, TypeError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise _wrong(f"{use} has no JSON Schema ({reason})", "Use fields that JSON can hold") from error
    for fault in root_faults(schema):
        raise _wrong(f"{use}: {fault.what}", "Give it fields of its own")
    if NO_ANSWER in model.model_fields:
        raise _wrong(f"{use}: the field {NO_ANSWER} is Holdfast's own", "Give it another name")
    return schema


def _wrong(what: str, move: str) -> DeclarationError:
    return DeclarationError(what, stage=Stage.GENERATION, move=move)

"""What a file of golden cases may hold: its keys, as they are written in YAML."""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from holdfast.domain.cases import KINDS, LOOKUP, Compare, ExpectedField, OutcomeKind, Risk, Scalar
from holdfast.domain.items import Speaker, is_attached
from holdfast.settings import Settings

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class WrittenPrincipal(Settings):
    """Who asks."""

    user: Text = Field(description="Name of the user.")
    groups: tuple[Text, ...] = Field(default=(), description="Groups beside everyone.")


class WrittenTurn(Settings):
    """One earlier turn of a thread."""

    speaker: Speaker = Field(description="person or assistant.")
    text: Text = Field(description="What was said.")


class WrittenLocator(Settings):
    """Where in a document the quote stands; only what the format really has."""

    page: int | None = Field(default=None, ge=1, description="Page of a PDF.")
    heading: tuple[str, ...] = Field(default=(), description="Heading path, outermost first.")
    sheet: str | None = Field(default=None, description="Sheet of a workbook.")
    cells: str | None = Field(default=None, description="Range of a sheet, A2:F2.")
    slide: int | None = Field(default=None, ge=1, description="Slide of a deck.")
    part: str | None = Field(default=None, description="Part of a message: headers, body, quoted.")
    row: int | None = Field(default=None, ge=1, description="Row of a CSV file or of a lookup's result.")
    lookup: str = Field(default="", description="Name of the lookup that brings the row.")
    keys: dict[str, Scalar] = Field(
        default_factory=dict, description="Columns of a lookup's row that tell it from the others."
    )


class WrittenEvidence(Settings):
    """One place that the answer rests on."""

    document: Text = Field(
        description="Path relative to the source's root, lookup:NAME, or attachment://NAME of the case."
    )
    quote: Text = Field(description="Verbatim; the cells of a table row joined by one space.")
    locator: WrittenLocator = Field(default=WrittenLocator(), description="Where it stands.")
    keys: dict[str, Scalar] = Field(default_factory=dict, description="Declared keys that it carries.")

    @model_validator(mode="after")
    def _names_one_lookup(self) -> WrittenEvidence:
        named = self.document.removeprefix(LOOKUP) if self.document.startswith(LOOKUP) else ""
        if self.locator.lookup and self.locator.lookup != named:
            raise ValueError(f"the locator names the lookup '{self.locator.lookup}', the document does not")
        return self

    @model_validator(mode="after")
    def _has_a_place(self) -> WrittenEvidence:
        if is_attached(self.document) and (self.keys or self.locator != WrittenLocator()):
            raise ValueError("an attachment has neither places nor keys; leave locator and keys out")
        return self


class WrittenFact(Settings):
    """A fact: words, or a number with its unit and how far it may be off."""

    text: str = Field(default="", description="Word for word; instead of a number.")
    number: Finite | None = Field(default=None, description="The number to be stated, in any notation.")
    unit: str = Field(default="", description="Unit of the number: Nm, %, h.")
    tolerance: Tolerance = Field(default=0.0, description="How far off it may be either way, in that unit.")

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, data: Any) -> Any:
        if isinstance(data, bool | int | float):
            raise ValueError(f"write words in quotes, or {{number: {data}}}")  # noqa: TRY004 - pydantic's way
        return {"text": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _says_one_thing(self) -> WrittenFact:
        if bool(self.text.strip()) == (self.number is not None):
            raise ValueError("write either text or number")
        if self.number is None and (self.unit or self.tolerance):
            raise ValueError("unit and tolerance go with a number")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of a section, or of the words alone."""
        return {
            "anyOf": [{"type": "string", "minLength": 1}, handler.resolve_ref_schema(handler(core_schema))]
        }


class WrittenField(Settings):
    """What a field of the structured output has to be, and how the two are compared."""

    value: Scalar | tuple[Scalar, ...] = Field(
        default="", description="The expected value; a list for a set; left out where it has to be empty."
    )
    compare: Compare | None = Field(
        default=None,
        description="exact, number, set, date or empty (the field holds nothing); left out: number for a "
        "number, set for a list, else exact.",
    )
    tolerance: Tolerance = Field(default=0.0, description="How far off a number may be, in its unit.")

    @model_validator(mode="before")
    @classmethod
    def _value_alone(cls, data: Any) -> Any:
        written = data if isinstance(data, dict) else {"value": data}
        value = written.get("value", "")
        if not all(
            isinstance(one, str | int | float) for one in (value if isinstance(value, list) else [value])
        ):
            raise ValueError("write a value, or a list of values")
        return written | {"value": tuple(value)} if isinstance(value, list) else written

    @property
    def comparison(self) -> Compare:
        """Return how it is compared: as said, or by what the value is."""
        if self.compare:
            return self.compare
        if isinstance(self.value, tuple):
            return "set"
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return "number" if is_number else "exact"

    @property
    def expected(self) -> ExpectedField:
        """Return what is written here as a case has it."""
        return ExpectedField(value=self.value, compare=self.comparison, tolerance=self.tolerance)

    @model_validator(mode="after")
    def _suits_its_comparison(self) -> WrittenField:
        compare = self.comparison
        if "value" not in self.model_fields_set and compare != "empty":
            raise ValueError("write the expected value, or compare: empty")
        if compare == "empty" and self.value != "":
            raise ValueError("compare: empty takes no value")
        if isinstance(self.value, tuple) != (compare == "set"):
            raise ValueError("compare: set takes a list, every other comparison one value")
        if self.tolerance and compare != "number":
            raise ValueError("a tolerance goes with compare: number")
        if compare == "number" and not _is_number(self.value):
            raise ValueError(f"compare: number takes a number, not {self.value!r}")
        if compare == "date" and not _is_day(self.value):
            raise ValueError(f"compare: date takes a day as 2025-04-09, not {self.value!r}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of a section, or of a value alone."""
        section = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [*section["properties"]["value"]["anyOf"], section]}


class WrittenExpectation(Settings):
    """What is expected."""

    outcome: OutcomeKind = Field(description="answer, question, refusal or escalation.")
    answer: str = Field(default="", description="A right answer in a person's words, for people and judges.")
    facts: tuple[WrittenFact, ...] = Field(
        default=(), description="What the answer has to state: words, or {number, unit, tolerance}."
    )
    must_not_state: tuple[Text, ...] = Field(default=(), description="What it must not state.")
    evidence: tuple[WrittenEvidence, ...] = Field(default=(), description="Where the answer stands.")
    fields: dict[Text, WrittenField] = Field(
        default_factory=dict,
        description="Fields of the structured output: a value, or {value, compare, tolerance}.",
    )


class WrittenAttachment(Settings):
    """A file that comes with the item."""

    name: Text = Field(description="Name of the file.")
    text: str = Field(description="Its text.")


class WrittenCase(Settings):
    """One case."""

    id: Text = Field(description="Name, unique within the workflow; it stays when the question is reworded.")
    kind: str = Field(
        default="",
        description="What it stands for: common, edge, high-risk ..., or a word of your own.",
        json_schema_extra={"anyOf": [{"enum": [*KINDS]}, {"type": "string"}]},
    )
    tags: tuple[Text, ...] = Field(default=(), description="Words to group cases by.")
    risk: Risk | None = Field(default=None, description="What a wrong outcome costs: low, medium or high.")
    cluster: str = Field(
        default="",
        max_length=80,
        description="Name shared by cases that are right or wrong together; empty takes the document that "
        "the evidence names first.",
    )
    question: str = Field(default="", description="The question; may be left out when there are fields.")
    principal: WrittenPrincipal = Field(description="Who asks: {user: ana, groups: [service]}.")
    fields: dict[str, Scalar] = Field(default_factory=dict, description="Fields of the item.")
    attachments: tuple[WrittenAttachment, ...] = Field(default=(), description="Files of the item.")
    history: tuple[WrittenTurn, ...] = Field(default=(), description="Earlier turns of the thread.")
    rests_on: tuple[Text, ...] = Field(
        default=(),
        description="Documents (or lookup:NAME) that its words repeat beside its evidence: shown only to who "
        "may see them too.",
    )
    expect: WrittenExpectation = Field(description="What is expected.")
    version: str = Field(default="", description="Digest of the Version it was written against.")
    held: bool = Field(default=False, description="It waits for a second person and is not run until then.")
    origin: str = Field(default="", description="Where it came from: run, correction, import.")
    run: str = Field(default="", description="The run it was made from.")
    written_by: str = Field(default="", description="Who wrote it.")
    confirmed_by: str = Field(default="", description="The second person who said that it is right.")

    @model_validator(mode="after")
    def _asks_something(self) -> WrittenCase:
        if not self.question.strip() and not self.fields:
            raise ValueError(f"the case '{self.id}' asks nothing; write a question (or fields)")
        return self


class WrittenFile(Settings):
    """A whole golden/NAME.yaml."""

    cases: tuple[WrittenCase, ...] = Field(description="The cases.", json_schema_extra={"minItems": 1})

    @model_validator(mode="after")
    def _holds_a_case(self) -> WrittenFile:
        if not self.cases:
            raise ValueError("`cases` holds no case; write one, or remove the file")
        return self


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of golden cases, for editors."""
    return WrittenFile.model_json_schema() | {"title": "Golden cases of a Holdfast workflow"}


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _is_day(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True

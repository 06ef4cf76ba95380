"""What a file of golden cases may hold: its keys, as they are written in YAML."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from holdfast.domain.cases import LOOKUP, OutcomeKind
from holdfast.domain.items import Speaker
from holdfast.settings import Settings

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Scalar = str | int | float | bool


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

    document: Text = Field(description="Path relative to the source's root, or lookup:NAME.")
    quote: Text = Field(description="Verbatim; the cells of a table row joined by one space.")
    locator: WrittenLocator = Field(default=WrittenLocator(), description="Where it stands.")
    keys: dict[str, Scalar] = Field(default_factory=dict, description="Declared keys that it carries.")

    @model_validator(mode="after")
    def _names_one_lookup(self) -> WrittenEvidence:
        named = self.document.removeprefix(LOOKUP) if self.document.startswith(LOOKUP) else ""
        if self.locator.lookup and self.locator.lookup != named:
            raise ValueError(f"the locator names the lookup '{self.locator.lookup}', the document does not")
        return self


class WrittenExpectation(Settings):
    """What is expected."""

    outcome: OutcomeKind = Field(description="answer, question, refusal or escalation.")
    facts: tuple[Text, ...] = Field(default=(), description="What the answer has to state, word for word.")
    must_not_state: tuple[Text, ...] = Field(default=(), description="What it must not state.")
    evidence: tuple[WrittenEvidence, ...] = Field(default=(), description="Where the answer stands.")


class WrittenCase(Settings):
    """One case."""

    id: Text = Field(description="Name, unique within the workflow; it stays when the question is reworded.")
    kind: str = Field(default="", description="What it stands for: common, edge, high-risk, refuse ...")
    tags: tuple[Text, ...] = Field(default=(), description="Words to group cases by.")
    question: str = Field(default="", description="The question; may be left out when there are fields.")
    principal: WrittenPrincipal = Field(description="Who asks: {user: ana, groups: [service]}.")
    fields: dict[str, Scalar] = Field(default_factory=dict, description="Fields of the item.")
    history: tuple[WrittenTurn, ...] = Field(default=(), description="Earlier turns of the thread.")
    expect: WrittenExpectation = Field(description="What is expected.")

    @model_validator(mode="after")
    def _asks_something(self) -> WrittenCase:
        if not self.question.strip() and not self.fields:
            raise ValueError(f"the case '{self.id}' asks nothing; write a question (or fields)")
        return self


class WrittenFile(Settings):
    """A whole golden/NAME.yaml."""

    cases: tuple[WrittenCase, ...] = Field(min_length=1, description="The cases.")

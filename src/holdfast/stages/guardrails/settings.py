"""The settings of the guardrails: which are on, what they do, from where on."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from holdfast.settings import PartSettings, Settings

Action = Literal["off", "note", "mask", "block"]


class SizeSettings(Settings):
    """How much text is read at all."""

    question_chars: int = Field(
        default=100_000, ge=1, description="Longest question, field or turn of the history, in characters."
    )
    attachment_chars: int = Field(
        default=2_000_000, ge=1, description="Longest attachment, in characters of its text."
    )
    answer_chars: int = Field(default=200_000, ge=1, description="Longest answer shown, in characters.")


class InvisibleSettings(Settings):
    """What happens to characters that no reader sees."""

    action: Action = Field(
        default="mask",
        description="`mask` removes zero-width, bidirectional, tag, filler, private-use characters, "
        "smuggled variation selectors; joiners that a script or an emoji needs stay.",
    )
    homoglyphs: bool = Field(
        default=True, description="Note words that mix Latin with Cyrillic or Greek letters; never changed."
    )


class Term(Settings):
    """One declared kind of sensitive text, for what no pattern knows: names, customers, project words."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Written in the text's place: `[name]`.")
    words: tuple[str, ...] = Field(
        default=(), description="Words or phrases, found whole; upper and lower case are the same."
    )
    pattern: str = Field(default="", description="A regular expression, instead of or beside `words`.")
    action: Action = Field(default="mask", description="`note`, `mask`, `block` or `off`.")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            found = re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if pattern and found.match(""):
            raise ValueError("matches the empty text, so it would match everywhere")
        return pattern


class PiiSettings(Settings):
    """What happens to personal data and secrets that a pattern can tell; names and addresses it cannot."""

    email: Action = Field(default="note", description="E-mail addresses.")
    phone: Action = Field(default="note", description="Telephone numbers.")
    credit_card: Action = Field(default="mask", description="Card numbers: issuer prefix, length, Luhn.")
    iban: Action = Field(default="mask", description="IBANs: the country's length, mod 97.")
    us_ssn: Action = Field(default="mask", description="US social security numbers written 123-45-6789.")
    de_tax_id: Action = Field(default="off", description="German tax identification numbers (11 digits).")
    ip_address: Action = Field(default="note", description="IPv4 and IPv6 addresses.")
    url: Action = Field(default="off", description="Addresses of web pages.")
    url_credentials: Action = Field(default="mask", description="Addresses that hold a password.")
    secret: Action = Field(default="mask", description="API keys, tokens, private keys.")
    phone_regions: tuple[str, ...] = Field(
        default=("US", "GB", "DE"),
        description="Countries (ISO codes) whose national way of writing is tried when there is no `+`.",
    )
    allowed: tuple[str, ...] = Field(
        default=(),
        description="Values that are no personal data here, such as `service@example.com`; an entry that "
        "starts with `@` allows every e-mail address of that domain.",
    )
    terms: tuple[Term, ...] = Field(
        default=(), description="Declared dictionaries or patterns, for names, say: no model looks for them."
    )
    mask_quotes: bool = Field(
        default=False,
        description="Mask the quotes of citations, too. They are evidence and must stay verbatim to be "
        "checked, so this is off.",
    )

    @field_validator("terms")
    @classmethod
    def _has_own_names(cls, terms: tuple[Term, ...]) -> tuple[Term, ...]:
        names = [term.name for term in terms]
        taken = sorted({name for name in names if name in cls.model_fields or names.count(name) > 1})
        if taken:
            raise ValueError(f"the name {taken[0]} is taken; give the term another one")
        return terms


class InjectionSettings(Settings):
    """From which score on a question counts as an attempt to give the system other instructions."""

    is_on: bool = Field(default=True, description="Score questions, fields and turns of people.")
    note_above: float = Field(default=0.5, ge=0, le=1, description="Score from which on it is noted.")
    block_above: float = Field(
        default=0.75, ge=0, le=1, description="Score from which on it is refused; 1 never refuses."
    )

    @model_validator(mode="after")
    def _in_order(self) -> InjectionSettings:
        if self.note_above > self.block_above:
            raise ValueError("note_above must not be greater than block_above")
        return self


class OutputSettings(Settings):
    """What an answer may hold."""

    markup: Action = Field(
        default="mask",
        description="Images, raw HTML, links that run code, links whose text names another host: "
        "`mask` disarms them.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts that links may lead to, with their subdomains; empty: any host."
    )
    prompt_leak: Action = Field(default="mask", description="Runs of words of the system prompt.")
    prompt_words: int = Field(
        default=10, ge=4, description="Words in a row, as in the system prompt, that count as a leak."
    )


class GuardrailsSettings(PartSettings):
    """The section `guardrails` of a workflow."""

    size: SizeSettings = SizeSettings()
    invisible: InvisibleSettings = InvisibleSettings()
    pii: PiiSettings = PiiSettings()
    injection: InjectionSettings = InjectionSettings()
    output: OutputSettings = OutputSettings()
    further: tuple[PartSettings, ...] = Field(
        default=(),
        description="Guardrails of your own (`use: hooks:Name`), run after the shipped ones on every text.",
    )

    @field_validator("further")
    @classmethod
    def _are_named(cls, further: tuple[PartSettings, ...]) -> tuple[PartSettings, ...]:
        if not all(one.use for one in further):
            raise ValueError("each of them needs `use: module:name` or the name of a plug-in")
        return further

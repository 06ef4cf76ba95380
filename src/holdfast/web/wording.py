"""The texts of the interface in the reader's language, from one catalogue."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from holdfast.domain.locators import Locator
from holdfast.domain.scores import Metric

LANGUAGES = ("en", "de")
"""The first is the one that every text is in."""
_NAMES = {"en": "English", "de": "Deutsch"}
SECOND_MS, FEW_MS = 1000, 10
"""From one on, and below the other, a time in milliseconds is written in another way."""
MINUTE_MS, MINUTES, HOURS, DAY, FEW = 60_000, 60, 48, 24, 10
"""From so many minutes hours are told, from so many hours days; few minutes with a decimal."""
NONE = "\N{EN DASH}"
"""What stands where there is nothing."""
_KINDS = ("answer", "question", "refusal", "escalation", "failed", "cancelled", "interrupted", "forgotten")
_SURE, _LIKELY = 0.8, 0.55
"""Confidence from which the words `high` or `medium` stand for the number."""


class Wording:
    """The texts of one language, with the forms of its numbers and dates."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._texts = catalogue(self.language)

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return the text of a key with values filled in; a key without a text is an error of ours."""
        return self._texts[key].format(**values) if values else self._texts[key]

    def under(self, prefix: str) -> dict[str, str]:
        """Return the texts whose keys begin so, by the rest of the key."""
        return {key[len(prefix) :]: text for key, text in self._texts.items() if key.startswith(prefix)}

    def kind(self, kind: str) -> str:
        """Return how a run ended, in words."""
        return self(f"kind.{kind}") if kind in _KINDS else kind

    def model(self, name: str) -> str:
        """Return the model that wrote, in words where none of a provider's was called."""
        return self.under("model.").get(name or "none", name)

    def confidence(self, value: float) -> str:
        """Return a confidence (0 to 1) in words with its number."""
        word = "high" if value >= _SURE else "medium" if value >= _LIKELY else "low"
        return f"{self(f'confidence.{word}')} ({self.number(value, 2)})"

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with the language's signs."""
        text = f"{value:,.{digits}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "de" else text

    def usd(self, value: float | None) -> str:
        """Return an amount of money; None is an amount that is not known."""
        if value is None:
            return self("cost.unknown")
        return f"{self.number(value, 4 if value else 0)} USD"

    def took(self, ms: float) -> str:
        """Return a time in the unit that fits."""
        if ms >= SECOND_MS:
            return f"{self.number(ms / SECOND_MS, 1)} s"
        return f"{self.number(ms, 1 if ms < FEW_MS else 0)} ms"

    def span(self, ms: float | None) -> str:
        """Return a time that people take, in minutes, hours or days; None is no time."""
        if ms is None:
            return NONE
        minutes = ms / MINUTE_MS
        if minutes < MINUTES:
            return self("span.minutes", n=self.minutes(minutes))
        hours = minutes / MINUTES
        return self("span.hours", n=self.number(hours, 1)) if hours < HOURS else self(
            "span.days", n=self.number(hours / DAY, 1)
        )  # fmt: skip

    def minutes(self, minutes: float) -> str:
        """Return a number of minutes, few with a decimal."""
        return self.number(minutes, 1 if minutes < FEW else 0)

    def share(self, value: float) -> str:
        """Return a share (0 to 1) in whole percent."""
        return self("share.percent", n=self.number(100 * value))

    def measures(self, metric: Metric) -> str:
        """Return what a metric measures; in its own words where it is an evaluator of the workflow's."""
        name, _, k = metric.name.partition("@")
        text = self._texts.get(f"metric.{name}")
        return text.format(k=k) if text is not None and self.language != LANGUAGES[0] else metric.says

    def place(self, locator: Locator) -> str:
        """Return where in a document something stands: `page 3, Torques`."""
        numbered = [(name, getattr(locator, name)) for name in ("page", "slide", "sheet")]
        found = [self(f"place.{name}", n=value) for name, value in numbered if value is not None]
        row = [self("place.row", n=locator.row)] if locator.row is not None else []
        rest = [locator.cells or "", *row, locator.part or "", " > ".join(locator.heading)]
        return ", ".join([*found, *(one for one in rest if one)])

    def day(self, at: datetime | None) -> str:
        """Return the day of a moment in the server's own time zone."""
        return f"{at.astimezone():%Y-%m-%d}" if at is not None else NONE

    def moment(self, at: datetime | None) -> str:
        """Return a moment in the server's own time zone."""
        return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at is not None else NONE


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return every text of a language by its key; what is not translated stays English."""
    text = files("holdfast.web").joinpath("texts", f"{language}.json").read_text(encoding="utf-8")
    own: dict[str, str] = json.loads(text)
    return own if language == LANGUAGES[0] else catalogue(LANGUAGES[0]) | own


@cache
def wording(language: str) -> Wording:
    """Return the texts of a language, made once."""
    return Wording(language)


def language_of(chosen: str, accepted: str) -> str:
    """Return the language that was chosen, else the first of ours that the browser accepts."""
    if chosen in LANGUAGES:
        return chosen
    for one in accepted.split(","):
        code = one.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return LANGUAGES[0]


def language_names() -> dict[str, str]:
    """Return the languages by code, each in its own words."""
    return dict(_NAMES)

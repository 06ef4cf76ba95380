"""Add to a parsed document what is known of it beside its text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from holdfast.domain.documents import Document, Metadata, ParsedDocument, RawDocument, Status
from holdfast.errors import DeclarationError
from holdfast.stages.enriching.dates import created_date, effective_date
from holdfast.stages.enriching.keys import keys_of
from holdfast.stages.enriching.language import language_of, load_languages
from holdfast.stages.enriching.numbers import number_of
from holdfast.stages.enriching.settings import EnrichingSettings
from holdfast.stages.enriching.standing import standing_of
from holdfast.stages.enriching.titles import title_of

RULES = 6
"""Changes when the same settings find something else in the same document."""

PathMatch = Callable[[str], bool]


class RuleEnricher:
    """Reads front matter, document properties, the first lines and declared patterns; no model."""

    def __init__(
        self,
        settings: EnrichingSettings | None = None,
        *,
        compile_path: Callable[[str], PathMatch] | None = None,
    ) -> None:
        """Take what turns a path pattern into a test; needed only where `status_paths` has some."""
        self.settings = settings or EnrichingSettings()
        self._status_paths = _compiled(self.settings, compile_path)
        told = hashlib.sha256(self.settings.model_dump_json().encode()).hexdigest()[:8]
        self.version = f"rules-{RULES}-{told}"

    def prepare(self) -> None:
        """Load the model that tells languages: half a second that need not wait for the first document."""
        load_languages(self.settings.languages)

    def enrich(self, raw: RawDocument, parsed: ParsedDocument) -> Document:
        """Return the document with its metadata; the document's own properties win over the source's."""
        return Document(
            source=raw.source,
            path=raw.path,
            digest=raw.digest,
            text=parsed.text,
            sections=parsed.sections,
            metadata=self._metadata(raw, parsed),
            access=raw.access,
            status=parsed.status,
            reason=parsed.reason,
            stamp=raw.stamp,
        )

    def _metadata(self, raw: RawDocument, parsed: ParsedDocument) -> Metadata:
        settings = self.settings
        properties = {**raw.properties, **parsed.properties}
        month_first = settings.date_order == "month first"
        title = title_of(raw.path, properties, parsed)
        standing = standing_of(parsed.text, properties, by_path=self._status_by_path(raw.path), title=title)
        return Metadata(
            title=title,
            number=number_of(parsed.text, properties),
            language=_stated_language(properties) or language_of(parsed.text, settings.languages),
            created=created_date(properties, month_first=month_first),
            effective=effective_date(
                parsed.text, properties, patterns=settings.effective_dates, month_first=month_first
            ),
            status=standing.status,
            supersedes=standing.supersedes,
            superseded_by=standing.superseded_by,
            keys=keys_of(
                settings.keys,
                texts=(title, raw.path, parsed.text[: settings.read_characters]),
                properties=properties,
            ),
        )

    def _status_by_path(self, path: str) -> Status | None:
        """Return the status of the last pattern that matches, as with permissions."""
        return next((status for status, matches in reversed(self._status_paths) if matches(path)), None)


def _compiled(
    settings: EnrichingSettings, compile_path: Callable[[str], PathMatch] | None
) -> list[tuple[Status, PathMatch]]:
    compiled = []
    for status, patterns in settings.status_paths.items():
        for pattern in patterns:
            if compile_path is None:
                raise DeclarationError("status_paths need a path matcher", stage="enriching")
            try:
                compiled.append((status, compile_path(pattern)))
            except ValueError as error:
                raise DeclarationError(
                    f"status_paths has the pattern {pattern!r}: {error}", stage="enriching"
                ) from error
    return compiled


def _stated_language(properties: dict[str, str]) -> str:
    """Return the front matter's `language: de` or `lang: de-CH` as an ISO 639-1 code."""
    stated = (properties.get("language") or properties.get("lang") or "").strip().casefold()
    code = stated.replace("_", "-").partition("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""  # noqa: PLR2004

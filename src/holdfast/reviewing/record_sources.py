"""Say what the fields of a record that a person sent are quoted from."""

from __future__ import annotations

from functools import partial

from holdfast.domain.outputs import OutputSpec, Record, field_lines
from holdfast.reviewing.sources import Shown, Source, shown_of, sources_of
from holdfast.reviewing.verdicts import Verdict, record_of
from holdfast.stages.checking.citing import best_span
from holdfast.stages.checking.field_quotes import said_fields
from holdfast.stages.checking.fields import stated_fields
from holdfast.storage.runs import StoredRun

_EVERY_FIELD = OutputSpec(name="record", cited=((),))
_SENTENCES = 2
"""Sentences of a quote where none says a field word for word."""


def sources_of_verdict(run: StoredRun, sent: Verdict) -> tuple[Source, ...]:
    """Return the sources of what was sent, in the order of n: of a text, or of the fields of a record."""
    return sources_of(run, sent.text) if sent.record is None else _sources(run, sent.record)


def _sources(run: StoredRun, record: Record) -> tuple[Source, ...]:
    """Return each passage that a field cites with the sentences that say its fields.

    What the draft quoted stays where the same fields cite it.
    """
    drafted, named = record_of(run), {n for numbers in record.cites.values() for n in numbers}
    found = []
    for one in shown_of(run):
        if one.n in named:
            is_kept = one.is_cited and drafted is not None and _said(drafted, one.n) == _said(record, one.n)
            quote, start = (one.quote, one.quote_start) if is_kept else _quote(one, record)
            found.append(one.quoted(quote, start))
    return tuple(sorted(found, key=lambda one: int(one["n"])))


def _said(record: Record, n: int) -> list[str]:
    return [line.text for line in field_lines(record.output, record.cites) if n in line.cites]


def _quote(one: Shown, record: Record) -> tuple[str, int]:
    stated = stated_fields(record.output, record.cites, _EVERY_FIELD)
    fields = [field for field in stated if one.n in field.cites]
    texts = [field.text for field in fields]
    start, end = best_span(one.text, texts, most=_SENTENCES, saying=partial(said_fields, fields))
    return one.text[start:end], one.start + start

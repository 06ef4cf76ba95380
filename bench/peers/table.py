"""The Markdown table of what was measured, with ratios to Holdfast, and where a peer is ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from peers.comparing import Measured

from holdfast.evaluation.intervals import paired_bootstrap

FIRST = "holdfast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One system's figures; times are medians over rounds, None is not measured."""

    title: str
    way: str
    """The way of fusing that ranked best."""
    others: Mapping[str, float]
    """nDCG@10 of the ways that did not."""
    import_s: float
    sync_s: float
    outside_s: float
    texts: int
    p50_ms: float
    p95_ms: float
    ndcg: float
    scores: Sequence[float]
    """nDCG@10 of each question."""
    resident_mb: float | None


MEASURES: tuple[tuple[str, str, Callable[[Row], float | None]], ...] = (
    ("import, s", "{:.2f}", lambda row: row.import_s),
    ("sync, s", "{:.1f}", lambda row: row.sync_s),
    ("sync outside the embedder, s", "{:.2f}", lambda row: row.outside_s),
    ("query p50, ms", "{:.1f}", lambda row: row.p50_ms),
    ("query p95, ms", "{:.1f}", lambda row: row.p95_ms),
    ("resident, MB", "{:.0f}", lambda row: row.resident_mb),
)
"""Title, format, figure: all of them better when smaller."""


def row_of(measured: Measured) -> Row:
    """Return a system's row under its best way of asking."""
    took = measured.took_ms
    cuts = quantiles(took, n=100, method="inclusive") if len(took) > 1 else took * 99
    return Row(
        title=measured.title,
        way=measured.way,
        others={one: fmean(values) for one, values in measured.scores.items() if one != measured.way},
        import_s=median(measured.import_s),
        sync_s=median(measured.sync_s),
        outside_s=median(measured.outside_s),
        texts=measured.texts,
        p50_ms=cuts[49],
        p95_ms=cuts[94],
        ndcg=fmean(measured.scores[measured.way]),
        scores=measured.scores[measured.way],
        resident_mb=measured.resident_mb,
    )


def markdown(rows: Mapping[str, Row]) -> str:
    """Return the table; behind each figure its ratio to Holdfast's, above 1 where Holdfast takes less."""
    first = rows[FIRST]
    heads = ["system", "nDCG@10", *(title for title, _, _ in MEASURES), "texts embedded"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for row in rows.values():
        cells = [row.title, f"{row.ndcg:.3f}"]
        cells += [_cell(form, figure(row), figure(first), row is first) for _, form, figure in MEASURES]
        lines.append(_line([*cells, str(row.texts)]))
    return "\n".join(lines)


def ahead(rows: Mapping[str, Row]) -> list[str]:
    """Return a sentence for each measure: which peers are ahead of Holdfast, or that none is."""
    first = rows[FIRST]
    peers = [row for row in rows.values() if row is not first]
    better = [row for row in peers if row.ndcg > first.ndcg]
    shown = [f"{row.title} {_difference(row, first)}" for row in sorted(better, key=lambda one: -one.ndcg)]
    sentences = [_sentence("nDCG@10", shown)]
    for title, _, figure in MEASURES:
        own = figure(first)
        pairs = [(row, figure(row)) for row in peers]
        if own is None:
            sentences.append(f"{title}: not measured.")
            continue
        smaller = sorted((value, row.title) for row, value in pairs if value is not None and value < own)
        sentences.append(_sentence(title, [f"{name} {_ratio(value, own)}" for value, name in smaller]))
    return sentences


def differences(rows: Mapping[str, Row]) -> list[str]:
    """Return each peer's paired difference in nDCG@10 to Holdfast, with its way of fusing and the others'."""
    first = rows[FIRST]
    lines = []
    for row in rows.values():
        if row is first:
            continue
        others = ", ".join(f"{way} {value:.3f}" for way, value in row.others.items())
        lines.append(f"{row.title} ({row.way}{f'; {others}' if others else ''}): {_difference(row, first)}")
    return lines


def _difference(row: Row, first: Row) -> str:
    gain = paired_bootstrap([a - b for a, b in zip(row.scores, first.scores, strict=True)])
    return f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"


def _sentence(title: str, peers: Sequence[str]) -> str:
    return f"{title}: ahead of Holdfast {', '.join(peers)}." if peers else f"{title}: no peer is ahead."


def _cell(form: str, value: float | None, own: float | None, is_own: bool) -> str:  # noqa: FBT001 a table's cell
    if value is None:
        return "-"
    shown = form.format(value)
    return shown if is_own or not own else f"{shown} ({_ratio(value, own)})"


def _ratio(value: float, own: float) -> str:
    if not own:
        return "x?"
    ratio = value / own
    return f"x{ratio:.2g}" if ratio < 10 else f"x{ratio:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

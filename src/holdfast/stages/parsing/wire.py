"""What readers yield as JSON: from the worker process to ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from holdfast.domain.documents import ParseStatus, SectionKind
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.stages.parsing.units import (
    Attached,
    Block,
    Found,
    Pictures,
    Properties,
    Recognised,
    Size,
    Unit,
    Verdict,
)


def to_wire(found: Found) -> tuple[Any, bytes]:  # noqa: PLR0911 - a case per kind, each a line
    """Return a JSON value and the bytes that go with it."""
    match found:
        case Recognised():
            return ["recognised", found.media_type], b""
        case Unit():
            return ["unit", found.key, [_block_to_wire(block) for block in found.blocks]], b""
        case Properties():
            return ["properties", dict(found.values)], b""
        case Attached():
            return ["attached", found.name], found.data
        case Size():
            return ["size", found.units, found.text_bytes], b""
        case Pictures():
            return ["pictures", list(found.keys), found.move], b""
        case Verdict():
            return ["verdict", found.status, found.reason], b""
        case _:
            assert_never(found)


def from_wire(message: Any, payload: bytes) -> Found:  # noqa: PLR0911 - as above
    """Return what `to_wire` was given; raise ValueError for anything else."""
    kind, *rest = message
    match kind:
        case "recognised":
            return Recognised(media_type=rest[0])
        case "unit":
            return Unit(key=rest[0], blocks=tuple(_block_from_wire(block) for block in rest[1]))
        case "properties":
            return Properties(values={str(key): str(value) for key, value in rest[0].items()})
        case "attached":
            return Attached(name=rest[0], data=payload)
        case "size":
            return Size(units=rest[0], text_bytes=rest[1])
        case "pictures":
            return Pictures(keys=tuple(rest[0]), move=rest[1])
        case "verdict":
            return Verdict(status=ParseStatus(rest[0]), reason=rest[1])
        case _:
            raise ValueError(f"a reader sent {kind!r}")


def _block_to_wire(block: Block) -> dict[str, Any]:
    """Leave out what is at its default: a large table's row locators are most of what is sent."""
    wire = {
        "text": block.text,
        "at": _locator_to_wire(block.locator),
        "hidden": block.hidden,
        "header": block.header,
        "rows": block.rows,
        "rows_at": [_locator_to_wire(locator) for locator in block.row_locators],
        "continues": block.continues,
        "table": block.kind is SectionKind.TABLE,
    }
    return {key: value for key, value in wire.items() if value}


def _block_from_wire(wire: Mapping[str, Any]) -> Block:
    return Block(
        text=wire.get("text", ""),
        locator=_locator_from_wire(wire.get("at")),
        kind=SectionKind.TABLE if wire.get("table") else SectionKind.TEXT,
        hidden=wire.get("hidden", False),
        header=wire.get("header", ""),
        rows=tuple(wire.get("rows", ())),
        row_locators=tuple(_locator_from_wire(locator) for locator in wire.get("rows_at", ())),
        continues=wire.get("continues", False),
    )


def _locator_to_wire(locator: Locator) -> list[Any]:
    if locator == NOWHERE:
        return []
    return [
        locator.page,
        locator.heading,
        locator.sheet,
        locator.cells,
        locator.slide,
        locator.part,
        locator.row,
    ]


def _locator_from_wire(wire: list[Any] | None) -> Locator:
    if not wire:
        return NOWHERE
    page, heading, sheet, cells, slide, part, row = wire
    return Locator(
        page=page, heading=tuple(heading), sheet=sheet, cells=cells, slide=slide, part=part, row=row
    )

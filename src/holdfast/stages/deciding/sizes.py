"""Find comparisons by size in a condition that say something else than they look like."""

from __future__ import annotations

import ast

from holdfast.text.amounts import is_thousands, readings
from holdfast.text.numbers import days, quantities

_BY_SIZE = ast.Lt | ast.LtE | ast.Gt | ast.GtE


def check_sizes(tree: ast.expr, text: str) -> None:
    """Raise ValueError in words for a threshold that is a list, no number, or ambiguous (`10.000`)."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float()):
                _check_point(ast.get_source_segment(text, node) or "")
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                for number, op in enumerate(ops):
                    if isinstance(op, _BY_SIZE):
                        _check_side(sides[number], text)
                        _check_side(sides[number + 1], text)
            case _:
                pass


def _check_point(number: str) -> None:
    if is_thousands(number):
        whole = number.replace(".", "")
        raise ValueError(f"a point is a decimal point: write {whole} for {number}, or {float(number):g}")


def _check_side(side: ast.expr, text: str) -> None:
    match side:
        case ast.Tuple() | ast.List():
            written = ast.get_source_segment(text, side) or ""
            number = "".join(character for character in written if character.isalnum())
            move = f"write {number} without a comma" if number.isdigit() else "compare one value"
            raise ValueError(f"`{written}` is a list, which has no size; {move}")
        case ast.Constant(value=str() as value) if not _has_size(value):
            raise ValueError(f"{value!r} is compared by size, and is neither a number nor a date")
        case _:
            return


def _has_size(text: str) -> bool:
    return bool(readings(text)) or len(quantities(text)) == 1 or len(days(text)) == 1

"""Tell whether a condition holds for an item and its rows."""

from __future__ import annotations

import ast
import logging
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from holdfast.domain.items import Speaker, WorkItem
from holdfast.domain.rows import Facts
from holdfast.stages.deciding.expressions import Condition, compiled
from holdfast.text.amounts import amounts, currency_of, readings
from holdfast.text.numbers import CURRENCIES, Day, days, quantities
from holdfast.text.words import stem, words

TIMEOUT_S = 0.2
"""For one pattern in one question; honest patterns take microseconds."""
LONGEST_TEXT = 500_000
"""Characters of what was said that conditions read."""

log = logging.getLogger(__name__)

Single = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Several:
    """Values of which one is enough: the rows of a lookup, the groups of a principal."""

    values: tuple[Single, ...]


Value = Single | Several


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What conditions read."""

    question: str
    """With the fields behind it."""
    said: str
    """The question, the fields, what came attached, and what the same person said before."""
    fields: Mapping[str, str]
    groups: frozenset[str]
    rows: Mapping[str, tuple[Mapping[str, str], ...]]

    @cached_property
    def stems(self) -> str:
        """Return the stems of what was said, a blank around each."""
        return f" {' '.join(map(stem, words(self.said)))} "


def situation_of(item: WorkItem, facts: Facts) -> Situation:
    """Return what conditions read of an item and its rows."""
    rows: dict[str, tuple[Mapping[str, str], ...]] = {}
    for row in facts.rows:
        rows[row.lookup] = (*rows.get(row.lookup, ()), row.values)
    question = "\n".join([item.question, *item.fields.values()])
    before = [turn.text for turn in reversed(item.history) if turn.speaker is Speaker.PERSON]
    said = "\n".join([question, *before, *(attached.text for attached in item.attachments)])
    return Situation(
        question=question[:LONGEST_TEXT], said=said[:LONGEST_TEXT], fields=item.fields,
        groups=item.principal.groups, rows=rows,
    )  # fmt: skip


def holds(condition: Condition, situation: Situation) -> bool:
    """Return whether the condition holds; what is not known compares as false."""
    return holds_node(condition.tree, situation)


def holds_node(node: ast.expr, situation: Situation) -> bool:
    """Return whether a part of a condition holds."""
    return _truth(_value(node, situation))


def _value(node: ast.expr, now: Situation) -> Value:
    match node:
        case ast.BoolOp() | ast.UnaryOp() | ast.Compare():
            return _operated(node, now)
        case ast.Constant(value=bool() | str() | int() | float() as constant):
            return constant
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return Several(tuple(_single(_value(element, now)) for element in elements))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _call(name, arguments, now)
        case _:
            return _named(node, now)


def _operated(node: ast.BoolOp | ast.UnaryOp | ast.Compare, now: Situation) -> Value:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_truth(_value(value, now)) for value in values)
        case ast.BoolOp(values=values):
            return any(_truth(_value(value, now)) for value in values)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            parts = [_value(part, now) for part in (left, *comparators)]
            pairs = zip(parts, ops, parts[1:], strict=False)
            return all(_compare(one, op, other) for one, op, other in pairs)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _truth(_value(operand, now))
        case _:
            return -next(iter(_numbers(_single(_value(node.operand, now)))), 0.0)


def _named(node: ast.expr, now: Situation) -> Value:
    match node:
        case ast.Name(id="question"):
            return now.question
        case ast.Name(id="groups"):
            return Several(tuple(now.groups))
        case ast.Attribute(value=ast.Name(id="fields"), attr=name):
            return now.fields.get(name)
        case ast.Subscript(slice=ast.Constant(value=str() as name)):
            return now.fields.get(name)
        case ast.Attribute(value=ast.Name(id=lookup), attr=column):
            return Several(tuple(row[column] for row in now.rows.get(lookup, ()) if column in row))
        case _:
            raise AssertionError(ast.unparse(node))  # `parse` lets nothing else through


def _call(name: str, arguments: list[ast.expr], now: Situation) -> Value:
    if name == "count":
        return float(len(now.rows.get(ast.unparse(arguments[0]), ())))
    if name == "known":
        value = _value(arguments[0], now)
        return bool(value.values) if isinstance(value, Several) else value not in (None, "")
    texts = [str(_single(_value(argument, now))) for argument in arguments]
    if name == "matches":
        return _matches(texts[0], now.said)
    if name == "amount":
        return max(amounts(now.said, currency_of(texts[0])), default=None)
    found = (f" {' '.join(map(stem, words(text)))} " in now.stems for text in texts)
    return any(found) if name == "any_word" else all(found)


def _matches(pattern: str, text: str) -> bool:
    """Return whether the pattern is found; one that takes too long counts as found.

    Rules hand over and refuse, so an undecided one must not let an item through.
    """
    try:
        return compiled(pattern).search(text, timeout=TIMEOUT_S) is not None
    except TimeoutError:
        log.warning("deciding: the pattern %r took over %s s; simplify it", pattern, TIMEOUT_S)
        return True


_ORDERS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _compare(one: Value, op: ast.cmpop, other: Value) -> bool:
    if isinstance(op, ast.NotEq | ast.NotIn):
        return not _compare(one, ast.Eq() if isinstance(op, ast.NotEq) else ast.In(), other)
    if isinstance(op, ast.In):
        if isinstance(other, str) and isinstance(one, str):
            return one.casefold() in other.casefold()
        op = ast.Eq()
    return any(_compare_single(a, op, b) for a in _all(one) for b in _all(other))


def _compare_single(one: Single, op: ast.cmpop, other: Single) -> bool:
    if one is None or other is None:
        return False
    if isinstance(op, ast.Eq) and isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    if isinstance(op, ast.Eq) and (isinstance(one, bool) or isinstance(other, bool)):
        return one is other
    a, b = _date(one), _date(other)
    lefts, rights = ((a,), (b,)) if a is not None and b is not None else (_numbers(one), _numbers(other))
    order = operator.eq if isinstance(op, ast.Eq) else _ORDERS[type(op)]
    return any(order(left, right) for left in lefts for right in rights)


def _date(value: Single) -> float | None:
    """Return a whole text that is one full date as a number that orders like dates."""
    if not isinstance(value, str):
        return None
    found: tuple[Day, ...] = days(value.strip()[:40])
    if len(found) != 1 or not found[0].day or not found[0].year or found[0].start:
        return None
    return found[0].year * 10_000 + found[0].month * 100 + found[0].day


def _number(value: Single) -> float | None:
    return next(iter(_numbers(value)), None)


def _numbers(value: Single) -> tuple[float, ...]:
    """Return what a value is as a number: an amount in each reading it has, a measure in one."""
    if not isinstance(value, str):
        return () if value is None else (float(value),)
    text = value.strip()[:80]
    found = quantities(text)
    if len(found) == 1 and found[0].unit not in {"", *CURRENCIES}:
        return (found[0].value,)
    return readings(text) or ((found[0].value,) if len(found) == 1 else ())


def _all(value: Value) -> tuple[Single, ...]:
    return value.values if isinstance(value, Several) else (value,)


def _single(value: Value) -> Single:
    return next(iter(value.values), None) if isinstance(value, Several) else value


def _truth(value: Value) -> bool:
    return any(map(bool, value.values)) if isinstance(value, Several) else bool(value)

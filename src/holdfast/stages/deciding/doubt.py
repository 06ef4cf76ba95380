"""Tell whether a condition may hold when lookups that it reads have failed."""

from __future__ import annotations

import ast
from collections.abc import Collection

from holdfast.stages.deciding.evaluating import Situation, holds_node
from holdfast.stages.deciding.expressions import Condition


def may_hold(condition: Condition, situation: Situation, failed: Collection[str]) -> bool:
    """Return whether some rows that the failed lookups might have brought would make the condition hold."""
    return True in _possible(condition.tree, situation, failed)


def _possible(node: ast.expr, now: Situation, failed: Collection[str]) -> frozenset[bool]:
    """Return what a condition can come to; what reads a failed lookup can be both."""
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [_possible(value, now, failed) for value in values]
            ends = isinstance(op, ast.Or)  # one such part decides the whole
            decided = {ends} if any(ends in part for part in parts) else set[bool]()
            left = {not ends} if all((not ends) in part for part in parts) else set[bool]()
            return frozenset(decided | left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return frozenset(not one for one in _possible(operand, now, failed))
        case _:
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            return frozenset({True, False}) if names & set(failed) else frozenset({holds_node(node, now)})

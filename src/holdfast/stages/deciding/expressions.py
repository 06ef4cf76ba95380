"""Read the conditions of business rules: a small language without side effects.

Names: `question`, `groups`, `fields.NAME` (or `fields['any name']`), `LOOKUP.COLUMN` (the values of all rows
that the lookup brought; a comparison holds when it holds for one of them). Functions: `any_word('a', 'b c')`,
`all_words(...)`, `matches('pattern')`, `amount('EUR')`, `count(LOOKUP)`, `known(fields.NAME)`. Operators:
`and or not == != < <= > >= in`, parentheses, text, numbers, True, False. Two dates compare as dates.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

import regex

from holdfast.stages.deciding.sizes import check_sizes
from holdfast.text.amounts import CODES, currency_of

LONGEST_CONDITION = 2_000
MOST_NODES = 400
LONGEST_PATTERN = 300

FUNCTIONS = {"any_word": None, "all_words": None, "matches": 1, "amount": 1, "count": 1, "known": 1}
"""Name to number of arguments; None: one or more texts."""
NAMES = ("question", "groups", "fields")
ROUTE = "route"
ROUTE_NAMES = ("tokens", "language", "cost_usd")
"""What a rung's condition also reads, as `route.tokens` and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that was read and found sound."""

    text: str
    tree: ast.expr
    lookups: frozenset[str]
    """Lookups that it reads."""

    @property
    def fields(self) -> frozenset[str]:
        """Return the fields of an item that it reads."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            match node:
                case ast.Attribute(value=ast.Name(id="fields"), attr=name):
                    found.add(name)
                case ast.Subscript(value=ast.Name(id="fields"), slice=ast.Constant(value=str() as name)):
                    found.add(name)
        return frozenset(found)

    @property
    def groups(self) -> frozenset[str]:
        """Return the names that it compares groups with."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Compare):
                parts = [part for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Constant))]
                if any(isinstance(part, ast.Name) and part.id == "groups" for part in parts):
                    found.update(str(part.value) for part in parts if isinstance(part, ast.Constant))
        return frozenset(found)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return the columns that it reads: lookup, column, in order."""
        read = [node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)]
        named = [(node.value.id, node.attr) for node in read if isinstance(node.value, ast.Name)]
        return tuple(pair for pair in named if pair[0] in self.lookups)


@lru_cache(maxsize=512)
def parse(text: str) -> Condition:
    """Return the condition; raise ValueError in words, with what to write instead."""
    if len(text) > LONGEST_CONDITION:
        raise ValueError(f"the condition is longer than {LONGEST_CONDITION} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        told = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise ValueError(
            f"the condition {text!r} cannot be read: {_comma(text) or told}. {_EXAMPLE}"
        ) from error
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES:
        raise ValueError(f"the condition has more than {MOST_NODES} parts; split it into several rules")
    if not isinstance(tree, ast.Tuple | ast.List):
        lookups = frozenset(_check(tree))
        check_sizes(tree, text.strip())
        return Condition(text=text, tree=tree, lookups=lookups)
    told = _comma(text) or "a list is no condition; compare it: fields.country in ('Norway', 'Sweden')"
    raise ValueError(f"the condition {text!r} cannot be read: {told}")


def check_route(condition: Condition) -> None:
    """Raise ValueError in words where a rung's condition reads what no route has."""
    for node in ast.walk(condition.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=read) if (
                name == ROUTE and read not in ROUTE_NAMES
            ):
                raise ValueError(f"'{ROUTE}.{read}' is unknown{hint(read, ROUTE_NAMES)}")


def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the pattern of `matches`; raise ValueError in words."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"the pattern {pattern[:30]!r}... is longer than {LONGEST_PATTERN} characters")
    if "\b" in pattern or "\f" in pattern:
        raise ValueError(
            f"the pattern {pattern!r} holds a control character for a backslash: write two (\\\\b)"
        )
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        raise ValueError(f"the pattern {pattern!r} is no regular expression: {error}") from error


_EXAMPLE = "For example: any_word('injury', 'recall') or fields.amount > 10000"


def _comma(text: str) -> str:
    """Return what to do about a comma between thousands, or empty where there is none."""
    found = re.search(r"\d{1,3}(?:,\d{3})+(?!\d)", text)
    return f"a comma separates values; write {found[0].replace(',', '')} for {found[0]}" if found else ""


def _check(node: ast.expr) -> Iterator[str]:
    """Yield the lookups that are named; raise ValueError for anything outside the language."""
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        yield from _check_name(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        yield from _check_call(node.func.id, node.args)
    elif _is_form(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _check(child)
    else:
        raise ValueError(f"`{ast.unparse(node)}` is not part of the language of conditions. {_EXAMPLE}")


def _is_form(node: ast.expr) -> bool:
    """Return whether the node is an operator, a list or a constant that conditions may hold."""
    match node:
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.Tuple() | ast.List():
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return True
        case ast.Compare(ops=ops):
            if any(isinstance(op, ast.Is | ast.IsNot) for op in ops):
                raise ValueError("use == or != where the condition says `is`")
            return True
        case ast.Constant(value=bool() | str() | int() | float()):
            return True
        case _:
            return False


def _check_name(node: ast.Name | ast.Attribute | ast.Subscript) -> Iterator[str]:
    match node:
        case ast.Name(id="question" | "groups"):
            return
        case ast.Attribute(value=ast.Name(id="fields")):
            return
        case ast.Subscript(value=ast.Name(id="fields"), slice=ast.Constant(value=str())):
            return
        case ast.Attribute(value=ast.Name(id=lookup)) if lookup not in NAMES:
            yield lookup
        case ast.Name(id="fields"):
            raise ValueError("`fields` are all fields of the item; name one: fields.NAME")
        case ast.Name(id=name) if not get_close_matches(name, NAMES, n=1):
            raise ValueError(f"{name!r} is unknown; a field of the item is fields.{name}{hint(name, NAMES)}")
        case _:
            raise ValueError(f"{ast.unparse(node)!r} is unknown{hint(ast.unparse(node), NAMES)}")


def _check_call(name: str, arguments: list[ast.expr]) -> Iterator[str]:
    if name not in FUNCTIONS:
        raise ValueError(f"there is no function {name!r}{hint(name, tuple(FUNCTIONS))}")
    wanted = FUNCTIONS[name]
    if not arguments or (wanted is not None and len(arguments) != wanted):
        raise ValueError(f"{name} takes {wanted or 'one or more texts'}{' argument' if wanted else ''}")
    if name == "count":
        yield _counted(arguments[0])
    elif name == "known":
        yield from _check(arguments[0])
    else:
        _check_texts(name, arguments)


def _counted(argument: ast.expr) -> str:
    if isinstance(argument, ast.Name) and argument.id not in NAMES:
        return argument.id
    raise ValueError("count takes the name of a lookup: count(orders) > 0")


def _check_texts(name: str, arguments: list[ast.expr]) -> None:
    texts = [argument.value for argument in arguments if isinstance(argument, ast.Constant)]
    if len(texts) < len(arguments) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{name} takes text in quotes: {name}('...')")
    if name == "matches":
        compiled(str(texts[0]))
    if name == "amount" and not currency_of(str(texts[0])):
        raise ValueError(f"{texts[0]!r} is no currency{_currency_hint(str(texts[0]))}")


def _currency_hint(name: str) -> str:
    """Return the nearest code, or what codes look like, as the end of a sentence."""
    near = get_close_matches(name.upper(), CODES, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; write its code, as in amount('EUR')"


def hint(name: str, known: tuple[str, ...]) -> str:
    """Return the nearest known name, or all of them, as the end of a sentence."""
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"

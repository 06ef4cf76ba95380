"""A Jinja2 environment in which a template can show data, and nothing else.

Templates come from the workflow's folder, which nobody has to trust. So what a template may contain is
a list of what is allowed: text, expressions, `if`, `for` and `include`. Without assignments, macros and
arithmetic on text nothing can grow beyond what it is given, and each pass of a loop counts against one
budget for the rendering.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

PASSES_AT_MOST = 10_000
"""Passes of all loops in one rendering; the default templates need about one per passage."""

_ALLOWED_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Include,
    nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
    nodes.List, nodes.Tuple, nodes.Call, nodes.Keyword, nodes.Neg,
)  # fmt: skip
_ALLOWED_FILTERS = frozenset(
    {
        "bounded", "capitalize", "count", "d", "default", "first", "int", "join", "last", "length", "list",
        "lower", "sort", "string", "title", "trim", "truncate", "unique", "upper", "wordcount",
    }
)  # fmt: skip
_ALLOWED_TESTS = frozenset(
    {
        "!=", "<", "<=", "==", ">", ">=", "defined", "divisibleby", "eq", "even", "ge", "gt", "in", "le",
        "lt", "ne", "none", "odd", "undefined",
    }
)  # fmt: skip
_ALLOWED_METHODS: dict[type[Any], frozenset[str]] = {
    dict: frozenset({"items", "keys", "values", "get"}),
    str: frozenset({"lower", "upper", "strip", "title", "startswith", "endswith", "splitlines"}),
}
_LOOP_WORDS = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0"})

_passes: ContextVar[Iterator[int]] = ContextVar("passes")


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 with only the nodes, filters and tests that are listed above."""

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            autoescape=False,  # a prompt is plain text; its fences are ours
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
            cache_size=50,
        )
        self.filters = {name: part for name, part in self.filters.items() if name in _ALLOWED_FILTERS}
        self.filters["bounded"] = _bounded
        self.filters["join"] = _join
        self.tests = {name: part for name, part in self.tests.items() if name in _ALLOWED_TESTS}
        self.globals = {}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """Parse, refuse what is not allowed, and put each loop on the budget."""
        tree = super()._parse(source, name, filename)
        for node in _walk(tree):
            _check(node, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "bounded", [], [], None, None, lineno=loop.lineno)
        tree.set_environment(self)
        return tree

    def wrap_str_format(self, value: Any) -> None:
        """Offer no `str.format` at all: a width of a billion is a valid format."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow the methods of plain data that only read."""
        if isinstance(obj, LoopContext):
            return attr in _LOOP_WORDS
        return attr in _ALLOWED_METHODS.get(type(obj), frozenset()) and super().is_safe_attribute(
            obj, attr, value
        )


def render(environment: PromptEnvironment, name: str, data: Mapping[str, Any], *, characters: int) -> str:
    """Return the rendered template; raise SecurityError when it loops or grows beyond its bounds."""
    token = _passes.set(iter(range(PASSES_AT_MOST)))
    try:
        pieces: list[str] = []
        left = characters
        for piece in environment.get_template(name).generate(data):
            left -= len(piece)
            if left < 0:
                raise SecurityError(f"renders to more than {characters} characters")
            pieces.append(piece)
        return "".join(pieces)
    finally:
        _passes.reset(token)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _check(node: nodes.Node, name: str | None, filename: str | None) -> None:
    problem = ""
    if not isinstance(node, _ALLOWED_NODES):
        problem = (
            f"`{type(node).__name__.lower()}` is not for prompts; use text, expressions, if, for, include"
        )
    elif isinstance(node, nodes.Filter) and node.name not in _ALLOWED_FILTERS:
        problem = (
            f"there is no filter `{node.name}`; there are {', '.join(sorted(_ALLOWED_FILTERS - {'bounded'}))}"
        )
    elif isinstance(node, nodes.Test) and node.name not in _ALLOWED_TESTS:
        problem = f"there is no test `{node.name}`"
    elif isinstance(node, nodes.For) and node.recursive:
        problem = "`recursive` loops are not for prompts"
    elif isinstance(node, nodes.Include) and not isinstance(node.template, nodes.Const):
        problem = "`include` takes the name of a file in quotes"
    elif isinstance(node, nodes.Call) and not isinstance(node.node, nodes.Getattr):
        problem = "functions cannot be called in prompts"
    if problem:
        raise TemplateSyntaxError(problem, node.lineno, name, filename)


def _bounded(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the values, each at the expense of the rendering's budget of passes."""
    budget = _passes.get()
    for value in values:
        if next(budget, None) is None:
            raise SecurityError(f"loops more than {PASSES_AT_MOST} times")
        yield value


_JOINED_AT_MOST = 100_000


def _join(values: Iterable[Any], separator: str = "") -> str:
    """Join like Jinja2's filter, within a bound on what comes out."""
    texts = [str(value) for value in _bounded(values)]
    if sum(map(len, texts)) + len(separator) * len(texts) > _JOINED_AT_MOST:
        raise SecurityError(f"joins to more than {_JOINED_AT_MOST} characters")
    return separator.join(texts)

"""Read a permissions.yaml strictly, keeping the line of every rule."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from holdfast.domain.access import EVERYONE, USER_PREFIX
from holdfast.errors import DeclarationError
from holdfast.stages.sources.patterns import Pattern, PatternError, compile_pattern

FILE_NAME = "permissions.yaml"
MAX_BYTES = 1_000_000
TEXT_TAG = "tag:yaml.org,2002:str"
EXAMPLE = f'Write one list per path pattern, such as `"pricing/**": [sales, {USER_PREFIX}kim]`'


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """One line of a permission file: who may see what the pattern matches."""

    pattern: Pattern
    entries: frozenset[str]
    line: int

    def __str__(self) -> str:
        return f"{FILE_NAME} line {self.line}: {self.pattern.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionFile:
    """The rules of a permission file in the order they are written, and the digest of its bytes."""

    rules: tuple[AccessRule, ...]
    digest: str


def parse_permission_file(data: bytes, *, name: str = FILE_NAME) -> PermissionFile:
    """Return the rules; raise DeclarationError naming file and line of whatever is not one."""
    root = _compose(_text_of(data, name), name)
    if root is None or root.value in ([], ""):
        _fail(name, 1, "holds no rule", move=f'{EXAMPLE}, or `"**": [{EVERYONE}]` to open the source')
    if not root.tag.endswith(":map"):
        _fail(name, _line(root), "is not a mapping of path patterns to lists", move=EXAMPLE)
    rules: list[AccessRule] = []
    seen: dict[str, int] = {}
    for key, value in root.value:
        rule = _rule(key, value, name)
        if rule.pattern.text in seen:
            _fail(
                name,
                rule.line,
                f"repeats the pattern {rule.pattern.text} of line {seen[rule.pattern.text]}",
                move="Keep one of the two: the last one would decide",
            )
        seen[rule.pattern.text] = rule.line
        rules.append(rule)
    return PermissionFile(rules=tuple(rules), digest=hashlib.sha256(data).hexdigest())


def check_entry(entry: str) -> str:
    """Return what is wrong with an access-list entry, in words, or an empty string."""
    if not entry.strip():
        return "an entry is empty; write a group or user:NAME"
    if entry != entry.strip() or not entry.isprintable():
        return f"the entry {entry!r} has blanks around it or unprintable characters"
    if "," in entry or ";" in entry:
        return f"the entry {entry!r} holds a comma; write one entry per group"
    if entry in ("*", "**") or (entry != EVERYONE and entry.casefold() == EVERYONE):
        return f"the entry {entry!r} is no group; write {EVERYONE} to open it to all"
    return _check_user(entry) if entry.casefold().startswith(USER_PREFIX) else ""


def _check_user(entry: str) -> str:
    name = entry[len(USER_PREFIX) :]
    is_user = entry.startswith(USER_PREFIX) and name and not name[0].isspace()
    return "" if is_user else f"the entry {entry!r} names no user; write {USER_PREFIX}NAME"


def _text_of(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        _fail(name, 1, f"is larger than {MAX_BYTES // 1_000_000} MB", move="Use patterns for whole folders")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _fail(name, line, "is not UTF-8 text", move="Save it as UTF-8")


def _compose(text: str, name: str) -> Any:
    """Return YAML's node tree, which still knows each line and each repeated key."""
    try:
        return YAML(typ="safe", pure=True).compose(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        if bare := _bare_star_near(text.splitlines(), line):
            move = 'Put a pattern that begins with *, ! or & in quotes: "**/*.pdf": [...]'
            _fail(name, bare, "is not YAML", move=move)
        _fail(name, line, f"is not YAML ({error.problem})", move=EXAMPLE)
    except (YAMLError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "too deeply nested"
        _fail(name, 1, f"is not YAML ({reason})", move=EXAMPLE)


def _bare_star_near(lines: list[str], line: int) -> int:
    """Return the line of a pattern that YAML took for an alias, tag or anchor, 0 when there is none.

    YAML notices it one line late, at the end of what it took for a name.
    """
    near = (number for number in (line - 1, line) if 0 < number <= len(lines))
    return next((number for number in near if lines[number - 1].lstrip(" -").startswith(("*", "!", "&"))), 0)


def _rule(key: Any, value: Any, name: str) -> AccessRule:
    line = _line(key)
    if key.tag != TEXT_TAG:
        _fail(name, line, f"has a pattern that is not text ({_shown(key)})", move="Put it in quotes")
    try:
        pattern = compile_pattern(key.value)
    except PatternError as error:
        _fail(name, line, f"has the pattern {key.value!r}: {error}", move=EXAMPLE)
    if not value.tag.endswith(":seq"):
        _fail(name, line, f"gives {key.value} no list", move=EXAMPLE)
    return AccessRule(
        pattern=pattern, entries=frozenset(_entry(entry, name) for entry in value.value), line=line
    )


def _entry(node: Any, name: str) -> str:
    if node.tag != TEXT_TAG:
        _fail(name, _line(node), f"has an entry that is not text ({_shown(node)})", move="Put it in quotes")
    entry = str(node.value)
    if wrong := check_entry(entry):
        _fail(name, _line(node), wrong, move="")
    return entry


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _shown(node: Any) -> str:
    kind = node.tag.rpartition(":")[2].lstrip("!")
    return f"{kind} {node.value}" if isinstance(node.value, str) else kind


def _fail(name: str, line: int, what: str, *, move: str) -> NoReturn:
    raise DeclarationError(f"{name} line {line} {what}", stage="sources", move=move)

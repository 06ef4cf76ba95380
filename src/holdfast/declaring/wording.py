"""Say what a value should have been, in words that need no knowledge of the validator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from holdfast.declaring.mending import advice_for_key, nearest
from holdfast.declaring.mistakes import Mistake
from holdfast.declaring.yaml_text import Place, YamlText
from holdfast.settings import WrongAt

SHOWN_CHARS = 40
EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list, such as [a, b]",
    "list": "a list, such as [a, b]",
    "set": "a list, such as [a, b]",
    "frozen_set": "a list, such as [a, b]",
    "dict": "a section with keys of its own",
    "model": "a section with keys of its own",
    "date": "a date, such as 2025-03-31",
    "finite_number": "a number",
}
BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
}


def mistakes_in(
    error: ValidationError, text: YamlText, *, model: type[BaseModel], file: str
) -> list[Mistake]:
    """Return what the validator found, by line, each once."""
    found = []
    for one in error.errors(include_url=False):
        place = place_of(one)
        what, move = _said(one, text.standing(place), model)
        found.append(Mistake(file=file, line=text.line(place), what=what, move=move))
    return sorted(dict.fromkeys(found), key=lambda mistake: mistake.line)


def place_of(error: Mapping[str, Any]) -> Place:
    """Return where in the file it is: as deep as the section's own check knows."""
    wrong = error.get("ctx", {}).get("error")
    return (*error["loc"], *(wrong.place if isinstance(wrong, WrongAt) else ()))


def _said(error: Mapping[str, Any], place: Place, model: type[BaseModel]) -> tuple[str, str]:
    """Return what is wrong and the next move."""
    kind, context, key = str(error["type"]), error.get("ctx", {}), dotted(place)
    if kind == "extra_forbidden":
        written = str(error["loc"][-1])
        if error["input"] is None and not written.isidentifier():
            # `{purpose: Claims over 10,000 EUR}`: YAML reads the comma as the end of the value
            return (
                f"'{written}' is read as a key",
                "put the value before it in quotes: a comma ends it in { }",
            )
        return f"unknown key '{written}'", advice_for_key(model, place[:-1], written)
    if kind == "missing":
        return f"{key or 'the file'} lacks the key '{error['loc'][-1]}'", "write it"
    if kind in ("value_error", "assertion_error"):
        wrong = context.get("error", error["msg"])
        return f"{key}: {wrong}".removeprefix(": "), wrong.move if isinstance(wrong, WrongAt) else ""
    return _said_of_value(error, kind, context, key)


def _said_of_value(
    error: Mapping[str, Any], kind: str, context: Mapping[str, Any], key: str
) -> tuple[str, str]:
    if kind in ("literal_error", "enum"):
        return _choice(error, key)
    if kind in BOUNDS:
        return f"{key} is {shown(error['input'])}", f"write {BOUNDS[kind].format_map(context)}"
    if kind == "string_pattern_mismatch":
        return f"{key} is {shown(error['input'])}", f"write it to match {context['pattern']}"
    expected = EXPECTED.get(kind.rsplit("_", 1)[0], "")
    if kind.startswith("int_from"):
        expected = EXPECTED["int"]
    if expected:
        return f"{key} is {shown(error['input'])}", _instead(expected, error["input"])
    return f"{key}: {str(error['msg'])[:1].lower()}{str(error['msg'])[1:]}", ""


def _choice(error: Mapping[str, Any], key: str) -> tuple[str, str]:
    listed = str(error["ctx"]["expected"])
    words = [word.strip(" '") for word in listed.replace(" or ", ", ").split(",")]
    meant = nearest(str(error["input"]), words)
    move = f"did you mean '{meant}'?" if meant else f"write one of {', '.join(words)}"
    return f"{key} is {shown(error['input'])}", move


def _instead(expected: str, written: Any) -> str:
    """Return the next move; the commonest slip is quotes too many or too few."""
    if expected == "text" and isinstance(written, (bool, int, float)):
        return "write text: put it in quotes"
    if isinstance(written, str) and expected in ("a whole number", "a number") and _is_number(written):
        return f"write {expected}: take the quotes away"
    return f"write {expected}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def shown(value: Any) -> str:
    """Return a value as the user would know it again, cut when it is long."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        cut = value if len(value) <= SHOWN_CHARS else value[: SHOWN_CHARS - 3] + "..."
        return f"the text '{cut}'"
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"the number {value}"


def dotted(place: Place) -> str:
    """Return a place as `set_value` takes it (`generation.rungs.0.model`)."""
    return ".".join(str(part) for part in place)

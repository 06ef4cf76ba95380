"""Make settings of YAML values, or the list of mistakes that stand in the way."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from holdfast.declaring.mistakes import Mistake
from holdfast.declaring.wording import mistakes_in
from holdfast.declaring.yaml_text import Place, YamlText

Model = TypeVar("Model", bound=BaseModel)


def settings_of(text: YamlText, model: type[Model], *, file: str) -> Model | list[Mistake]:
    """Return the settings, or every mistake in the order of the lines.

    A key with nothing behind it takes its default: people comment out what they do not need.
    """
    try:
        return _validated(text.values, model)
    except ValidationError as error:
        wrong = {text.standing(tuple(one["loc"])): one["type"] for one in error.errors(include_url=False)}
    idle = {place for place in text.empty if wrong.get(place, "extra_forbidden") != "extra_forbidden"}
    try:
        return _validated(_without(text.values, idle, ()), model)
    except ValidationError as error:
        return mistakes_in(error, text, model=model, file=file)


def _validated(values: dict[str, Any], model: type[Model]) -> Model:
    # By way of JSON: strict there means that "30" is no number and yes is no truth value, while lists
    # may become tuples and words may become enumerations, which strict Python values may not.
    return model.model_validate_json(json.dumps(values), strict=True)


def _without(value: Any, idle: set[Place], place: Place) -> Any:
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if (*place, key) not in idle}
        return {key: _without(one, idle, (*place, key)) for key, one in kept.items()}
    if isinstance(value, list):
        return [_without(one, idle, (*place, position)) for position, one in enumerate(value)]
    return value

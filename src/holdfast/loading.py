"""Load a part by the name `module:attribute`, at the moment it is needed."""

from __future__ import annotations

import importlib
from typing import Any


def load(name: str) -> Any:
    """Return the attribute that `module:attribute` names.

    The one way by which heavy or optional parts are reached late; raises ImportError or
    AttributeError as the import system does, and ValueError when there is no colon.
    """
    module, colon, attribute = name.partition(":")
    if not colon:
        message = f"{name!r} is no name of the form module:attribute"
        raise ValueError(message)
    return getattr(importlib.import_module(module), attribute)

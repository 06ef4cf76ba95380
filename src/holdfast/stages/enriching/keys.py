"""Find the values of declared keys: products, customers, bulletins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from holdfast.stages.enriching.declared_patterns import found_values

MOST_VALUES = 1_000
LONGEST_VALUE = 200
_SPLIT = re.compile(r"\s*[,;\n]\s*")
FRONT_MATTER_PREFIX = "keys."


def keys_of(
    declared: Mapping[str, Iterable[str]], *, texts: Iterable[str], properties: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return each declared key with its values: those of the front matter, then the most frequent first.

    `texts` are searched in order, which also decides between values that are equally frequent. The
    front matter names a key plainly (`product: HX-200`) or, when it is not declared, in `keys.product`.
    """
    searched = tuple(texts)
    names = dict.fromkeys((*declared, *_front_matter_names(properties)))
    found = {name: _values(name, declared.get(name, ()), searched, properties) for name in names}
    return {name: values for name, values in found.items() if values}


def _front_matter_names(properties: Mapping[str, str]) -> Iterator[str]:
    for name in properties:
        if name.startswith(FRONT_MATTER_PREFIX):
            yield name.removeprefix(FRONT_MATTER_PREFIX)


def _values(
    name: str, patterns: Iterable[str], texts: Iterable[str], properties: Mapping[str, str]
) -> tuple[str, ...]:
    key = name.casefold()
    stated = ", ".join(filter(None, (properties.get(key), properties.get(FRONT_MATTER_PREFIX + key))))
    counted = Counter(
        value for text in texts for pattern in patterns for value in found_values(pattern, text)
    )
    frequent = (value for value, _ in counted.most_common())
    values = dict.fromkeys((*_SPLIT.split(stated), *frequent))
    return tuple(value for value in values if value and len(value) <= LONGEST_VALUE)[:MOST_VALUES]

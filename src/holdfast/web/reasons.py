"""Tell the reasons that Holdfast itself gives in the language of the reader."""

from __future__ import annotations

import re

from holdfast.web.wording import LANGUAGES, Wording

_KNOWN = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"it stands in (?P<n>1) cited passage", "because.cited.one"),
        (r"it stands in (?P<n>\d+) cited passages", "because.cited"),
        (r"it fits its schema, and its fields stand in (?P<n>\d+) cited passages?", "because.fields"),
        (r"it fits its schema, and none of its fields has to be cited", "because.schema"),
        (r"(?P<n>\d+)% likely to be what was asked", "because.likely"),
        (r"only numbers, dates and codes were compared across languages", "because.foreign"),
        (r"the passages hardly answer the question \((?P<n>\d+)% likely\)", "because.hardly"),
        (r"the model found no answer in the passages", "because.nothing"),
        (r"the documents answer differently for each (?P<n>.+), and none is named", "because.differ"),
    )
)


def told_reason(t: Wording, reason: str) -> str:
    """Return a reason in the reader's language, part by part; a part that is not ours stays."""
    if t.language == LANGUAGES[0]:
        return reason
    return "; ".join(_part(t, part) for part in reason.split("; "))


def _part(t: Wording, part: str) -> str:
    for pattern, key in _KNOWN:
        found = pattern.fullmatch(part)
        if found is not None:
            return t(key, **found.groupdict())
    return part

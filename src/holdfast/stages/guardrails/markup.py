"""Disarm what an answer must not make a reader's program load, run or believe."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from holdfast.domain.checks import Finding, Screening
from holdfast.stages.guardrails.links import fault_of, is_web
from holdfast.stages.guardrails.settings import OutputSettings

LINK_REMOVED = "[link removed]"

_TARGET = re.compile(r"\]\(\s*(<[^<>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)[^()\n]*\)?")
_DEFINITION = re.compile(r"^([ >]{0,9}\[[^\]\n]{1,200}\]:[ \t]*\n?[ \t]*)(\S+)", re.MULTILINE)
_IMAGE = re.compile(r"!(?=\[)(?!\[[0-9]{1,3}\](?![(\[]))")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_BARE = re.compile(r"(?i)(?<![\w(])(?:https?:/*|//|www\.)[^\s<>()\[\]\"']+")
_BRACKET = re.compile(r"[\[\]]")
_MARK = re.compile(r"[0-9]{1,3}")
_MOST_PASSES = 20


class Markup:
    """Takes images, raw HTML, dangerous links out of an answer; citation marks `[n]` stay."""

    name = "markup"

    def __init__(self, settings: OutputSettings | None = None) -> None:
        self.settings = settings or OutputSettings()

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the answer without them; a question (`in`) is data, so it stays as it is."""
        action = self.settings.markup
        if direction == "in" or action == "off":
            return Screening(text=text)
        disarmed, counts, is_stable = self._disarmed(text)
        findings = [
            Finding(guardrail=self.name, kind=kind, action=action, detail=f"{count} of kind {kind}")
            for kind, count in sorted(counts.items())
        ]
        if not is_stable:
            detail = f"the markup is nested so deeply that {_MOST_PASSES} passes did not disarm it"
            findings.append(Finding(guardrail=self.name, kind="nested", action="block", detail=detail))
        return Screening(text=disarmed if action == "mask" else text, findings=tuple(findings))

    def _disarmed(self, text: str) -> tuple[str, Counter[str], bool]:
        """Return the text when nothing is left to disarm: taking one thing out can complete another."""
        counts: Counter[str] = Counter()
        for _ in range(_MOST_PASSES):
            before = text
            text = self._without_targets(text, counts)
            text = _DEFINITION.sub(lambda match: _definition(match, counts), text)
            if self.settings.allowed_hosts:
                text = _BARE.sub(lambda match: self._bare(match, counts), text)
            text, tags = _TAG.subn("< ", text)  # no parser takes a tag whose name is set off by a blank
            text, images = _IMAGE.subn("! ", text)
            counts.update({"html": tags, "image": images} if tags or images else {})
            if text == before:
                return text, +counts, True
        return text, +counts, False

    def _without_targets(self, text: str, counts: Counter[str]) -> str:
        pieces: list[str] = []
        openings = _openings(text)
        end = 0
        for target in _TARGET.finditer(text):
            opening = openings.get(target.start(), -1)
            if opening < end:
                opening = -1
            shown = text[opening + 1 : target.start()] if opening >= 0 else ""
            is_image = opening > end and text[opening - 1] == "!"
            fault = "image" if is_image else self._fault(target.group(1), shown)
            if not fault:
                continue
            counts[fault] += 1
            pieces += [
                text[end : opening - is_image if opening >= 0 else target.start()],
                _words(shown, is_image=is_image),
            ]
            end = target.end()
        return "".join([*pieces, text[end:]])

    def _fault(self, target: str, shown: str) -> str:
        return fault_of(target, shown=shown, allowed_hosts=self.settings.allowed_hosts)

    def _bare(self, match: re.Match[str], counts: Counter[str]) -> str:
        address = match.group()
        web = "//" + address if address.casefold().startswith("www.") else address
        if not self._fault(web, ""):
            return address
        counts["link_host"] += 1
        return LINK_REMOVED


def _openings(text: str) -> dict[int, int]:
    """Return for each closing bracket where it was opened."""
    opened: list[int] = []
    openings: dict[int, int] = {}
    for bracket in _BRACKET.finditer(text):
        if bracket.group() == "[":
            opened.append(bracket.start())
        elif opened:
            openings[bracket.start()] = opened.pop()
    return openings


def _words(shown: str, *, is_image: bool) -> str:
    """Return what stays of a link: its words, or the citation mark that it was wrapped around."""
    if _MARK.fullmatch(shown):
        return f"[{shown}]"
    return shown or ("(image)" if is_image else "")


def _definition(match: re.Match[str], counts: Counter[str]) -> str:
    if not is_web(match.group(2)):
        return match.group()
    counts["link_definition"] += 1
    return match.group(1) + LINK_REMOVED

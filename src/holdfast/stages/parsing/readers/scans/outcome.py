"""What is said of recognised text: by what, how much of it, how sure it is."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.scans.ocr import UNSURE, Recogniser
from holdfast.stages.parsing.units import Properties, Verdict

_MOST_NAMED = 10


def properties(recogniser: Recogniser) -> Properties:
    """Return the property `ocr`, which marks text that was recognised and not written."""
    sure = recogniser.confidences
    mean = sum(sure.values()) / len(sure)
    return Properties(
        values={
            "ocr": f"{named(sure)} by tesseract ({recogniser.languages}), mean confidence {mean:.0f} of 100"
        }
    )


def nothing(recogniser: Recogniser) -> Verdict:
    """Return that there was no text to recognise, or none in the languages that are read."""
    return Verdict(
        status=ParseStatus.EMPTY,
        reason=f"text recognition ({recogniser.languages}) found no text in it. "
        "Name its language in parsing.ocr_languages, or remove it",
    )


def unsure(recogniser: Recogniser) -> Iterator[Verdict]:
    """Yield `suspect` when pages were recognised with little confidence."""
    low = {number: sure for number, sure in recogniser.confidences.items() if sure < UNSURE}
    if low:
        mean = sum(low.values()) / len(low)
        yield Verdict(
            status=ParseStatus.SUSPECT,
            reason=f"text recognition was unsure on {named(low)} (mean confidence {mean:.0f} of 100). "
            "Compare it with the picture, or scan it anew at 300 dpi",
        )


def named(numbers: dict[int, float]) -> str:
    """Return `page 1, 2 and 5 more`."""
    first = ", ".join(map(str, list(numbers)[:_MOST_NAMED]))
    more = len(numbers) - _MOST_NAMED
    return f"page {first}" + (f" and {more} more" if more > 0 else "")

"""Picture files: PNG, JPEG, TIFF of one page or many, BMP, GIF and WebP, by text recognition."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.pdf.layout import Layout
from holdfast.stages.parsing.readers.pdf.pages import PageBlocks
from holdfast.stages.parsing.readers.scans.ocr import Recogniser, Seen
from holdfast.stages.parsing.readers.scans.outcome import nothing, properties, unsure
from holdfast.stages.parsing.readers.scans.tesseract import NotRecognised
from holdfast.stages.parsing.units import Pictures, Reading, ReadingLimits, Recognised, Unreadable, Verdict

_TYPES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"RIFF", "image/webp"),
)
_MANY_PAGES = "image/tiff"


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield a unit for each page of the file that text was recognised on."""
    media_type = next(kind for start, kind in _TYPES if data.startswith(start))
    yield Recognised(media_type=media_type)
    recogniser = Recogniser(limits)
    number = 0
    for seen in _pages(recogniser, data, many=media_type == _MANY_PAGES):
        number = seen.page.number
        yield from PageBlocks(Layout([seen.page], (), drop_repeated=False)).units(seen.page)
    if recogniser.stopped and not number:
        yield Pictures(keys=("the picture",), move=recogniser.stopped)
    elif recogniser.stopped:
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"only its first {number} pages were recognised. {recogniser.stopped}",
        )
    elif not recogniser.confidences:
        yield nothing(recogniser)
    else:
        yield properties(recogniser)
        yield from unsure(recogniser)


def _pages(recogniser: Recogniser, data: bytes, *, many: bool) -> Iterator[Seen]:
    number = 1
    while True:
        try:
            seen = recogniser.recognise(data, number, page_of_file=number - 1 if many else None)
        except NotRecognised as error:
            if number == 1:
                raise Unreadable(ParseStatus.MALFORMED, str(error)) from error
            return
        if seen is None:
            return
        yield seen
        if not many:
            return
        number += 1

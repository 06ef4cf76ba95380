"""The parser as flows see it: a typed status and words for every file, whatever is in it."""

from __future__ import annotations

import hashlib
import threading

import pytest

from holdfast.domain.documents import ParseStatus, RawDocument, SectionKind
from holdfast.domain.locators import Locator
from holdfast.engines.frames import Frame
from holdfast.engines.processes import Ending, TaskResult
from holdfast.stages.parsing.parser import FileParser, parser_version
from holdfast.stages.parsing.settings import ParsingSettings
from holdfast.stages.parsing.units import (
    Attached,
    Block,
    Pictures,
    Properties,
    Recognised,
    Size,
    Unit,
    Verdict,
)
from holdfast.stages.parsing.wire import from_wire, to_wire
from holdfast.testing.files import docx_file, pdf_file, pptx_file, xlsx_file


def raw(path, data):
    return RawDocument(source="test", path=path, data=data, digest=hashlib.sha256(data).hexdigest())


@pytest.fixture(scope="module")
def parser():
    with FileParser() as made:
        yield made


class EndingPool:
    """A pool whose tasks all send the same and end the same."""

    def __init__(self, ending, *found):
        self.result = TaskResult(
            frames=tuple(Frame(message=message, payload=data) for message, data in map(to_wire, found)),
            ending=ending,
            detail="Traceback (most recent call last): secret",
        )

    def run(self, factory, arguments, data=b""):
        del factory, arguments, data
        return self.result

    def close(self):
        pass


def pages(count):
    return [
        Unit(key=f"page {number}", blocks=(Block(text=f"words {number}"),)) for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.md", b"# T\n\nwords", "text/markdown"),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("a.html", b"<p>words</p>", "text/html"),
        ("a.eml", b"From: a\nTo: b\nSubject: words\n\nwords", "message/rfc822"),
        ("a.pdf", pdf_file(["words"]), "application/pdf"),
        (
            "wrong.pdf",
            docx_file([("", "words")]),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "a.xlsx",
            xlsx_file({"S": [["words"]]}),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            "a.pptx",
            pptx_file([("words", [], "")]),
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        ("a.rtf", rb"{\rtf1\ansi words and more\par}", "application/rtf"),
        ("wide.txt", "words".encode("utf-16"), "text/plain"),
    ],
)
def test_every_format_is_read_by_what_it_is(parser, name, data, media_type):
    document = parser.parse(raw(name, data))
    assert (document.status, document.reason, document.media_type) == (ParseStatus.OK, "", media_type)
    assert "words" in document.text or "1 | 2" in document.text
    assert document.parser == parser.version


@pytest.mark.parametrize(
    ("name", "data", "status", "word"),
    [
        ("a.txt", b"", ParseStatus.EMPTY, "0 bytes"),
        ("a.md", b" \n\n ", ParseStatus.EMPTY, "no text"),
        ("a.bin", bytes(range(256)) * 4, ParseStatus.UNSUPPORTED, "Export"),
        ("a.docx", b"PK\x03\x04 cut off", ParseStatus.MALFORMED, "save it again"),
        ("a.pdf", b"%PDF-1.7 cut off", ParseStatus.MALFORMED, "save it again"),
    ],
)
def test_what_cannot_be_read_has_a_status_and_a_next_move(parser, name, data, status, word):
    document = parser.parse(raw(name, data))
    assert (document.status, document.text, document.sections) == (status, "", ())
    assert word in document.reason


def test_a_file_over_the_limit_is_not_even_looked_at():
    with FileParser(ParsingSettings(max_bytes=1000)) as parser:
        document = parser.parse(raw("a.txt", b"x" * 1001))
    assert document.status is ParseStatus.LIMIT_SIZE
    assert "parsing.max_bytes" in document.reason


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (Ending.CRASHED, ParseStatus.CRASHED),
        (Ending.FAILED, ParseStatus.CRASHED),
        (Ending.TIMEOUT, ParseStatus.TIMEOUT),
        (Ending.LIMIT_CPU, ParseStatus.LIMIT_CPU),
        (Ending.LIMIT_MEMORY, ParseStatus.LIMIT_MEMORY),
    ],
)
def test_how_a_worker_ended_is_the_status_unless_something_was_read(ending, status):
    nothing = FileParser(pool=EndingPool(ending)).parse(raw("a.pdf", b"%PDF-"))
    assert nothing.status is status
    assert "Traceback" not in nothing.reason
    assert nothing.reason
    some = FileParser(pool=EndingPool(ending, Size(units=9), *pages(4))).parse(raw("a.pdf", b"%PDF-"))
    assert some.status is ParseStatus.PARTIAL
    assert some.reason.startswith("only page 1 to 4 of 9 could be read: ")
    assert some.text == "words 1\n\nwords 2\n\nwords 3\n\nwords 4"


def test_a_unit_sent_again_takes_the_place_of_the_first():
    units = [Unit(key="page 1", blocks=(Block(text="raw"),)), *pages(1)]
    assert FileParser(pool=EndingPool(Ending.DONE, *units)).parse(raw("a.pdf", b"%PDF-")).text == "words 1"


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (
            [Size(units=1, text_bytes=500_000), Unit(key="text", blocks=(Block(text="few"),))],
            ParseStatus.SUSPECT,
        ),
        ([Unit(key="text", blocks=(Block(text="\ufffd\ue000" * 9 + "ok"),))], ParseStatus.SUSPECT),
        ([Unit(key="text", blocks=(Block(text="unseen", hidden=True),))], ParseStatus.SUSPECT),
        (
            [Unit(key="page 1", blocks=(Block(text="unseen", hidden=True),)), Pictures(keys=("page 1",))],
            ParseStatus.SUSPECT,
        ),
        ([Pictures(keys=("page 1",))], ParseStatus.NEEDS_OCR),
        (
            [Size(units=2), Unit(key="page 2", blocks=(Block(text="stamp"),)), Pictures(keys=("page 1",))],
            ParseStatus.NEEDS_OCR,
        ),
        ([Verdict(status=ParseStatus.ENCRYPTED, reason="needs a password")], ParseStatus.ENCRYPTED),
        ([*pages(2), Verdict(status=ParseStatus.MALFORMED, reason="page 3 is damaged")], ParseStatus.PARTIAL),
    ],
)
def test_little_text_for_its_size_is_not_ok(found, status):
    document = FileParser(pool=EndingPool(Ending.DONE, *found)).parse(raw("a.pdf", b"%PDF-"))
    assert document.status is status
    assert document.reason
    assert bool(document.text) == status.has_text


FOUND = [
    Recognised(media_type="text/x"),
    Properties(values={"title": "T"}),
    Attached(name="a.pdf", data=b"\0\xff"),
    Size(units=3, text_bytes=5),
    Pictures(keys=("page 1", "page 2")),
    Verdict(status=ParseStatus.PARTIAL, reason="why"),
    Unit(
        key="sheet A",
        blocks=(
            Block(text="words", locator=Locator(page=2, heading=("A", "B")), hidden=True),
            Block(
                kind=SectionKind.TABLE,
                header="a | b",
                rows=("a | b", "1 | 2"),
                row_locators=(Locator(), Locator(sheet="A", cells="A2:B2")),
                continues=True,
            ),
        ),
    ),
]


@pytest.mark.parametrize("found", FOUND, ids=lambda found: type(found).__name__)
def test_what_a_worker_sends_arrives_as_it_was(found):
    assert from_wire(*to_wire(found)) == found


def test_an_unknown_message_is_refused():
    with pytest.raises(ValueError, match="'surprise'"):
        from_wire(["surprise"], b"")


def test_the_version_changes_with_what_changes_the_text_and_with_nothing_else():
    assert parser_version(ParsingSettings()) == parser_version(ParsingSettings(workers=7, wall_s=9))
    assert parser_version(ParsingSettings()) != parser_version(ParsingSettings(pdf_tables=False))
    assert "pypdfium2-" in parser_version(ParsingSettings())


def test_small_plain_text_needs_no_worker():
    class NoPool(EndingPool):
        def run(self, factory, arguments, data=b""):
            raise AssertionError("a worker was asked")

    parser = FileParser(pool=NoPool(Ending.DONE))
    assert parser.parse(raw("a.md", b"# words")).text == "# words"
    with pytest.raises(AssertionError, match="a worker was asked"):
        parser.parse(raw("a.md", b"# words" * 20_000))


def test_several_threads_may_parse_at_once(parser):
    texts = {}

    def parse(number):
        texts[number] = parser.parse(raw("a.html", f"<p>words {number}</p>".encode())).text

    threads = [threading.Thread(target=parse, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: f"words {number}" for number in range(8)}

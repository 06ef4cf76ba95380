"""What hostile input costs: each case ends in words, within its limits, and the next file is read as ever.

python bench/hostile.py [--files 100000]
"""

from __future__ import annotations

import io
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from memory import memory_mb

import holdfast
from holdfast.domain.documents import ParsedDocument, RawDocument
from holdfast.stages.parsing.parser import FileParser
from holdfast.stages.parsing.settings import ParsingSettings
from holdfast.stages.sources.files import FilesSource
from holdfast.testing.files import docx_file, zip_file
from holdfast.testing.odf_files import ods_file, odt_file
from holdfast.testing.old_office_files import biff, ole_file, xls_file

GIGABYTE = 1 << 30
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def main() -> None:
    """Print a Markdown table of all cases."""
    print("| case | MB | ends as | s | reason |")
    print("|---|---|---|---|---|")
    with FileParser(ParsingSettings(cpu_s=20, wall_s=120, max_bytes=200 * 1024 * 1024)) as parser:
        for name, file, make in _cases():
            _show(parser, name, file, make())
        _show(parser, "and then an ordinary file", "a.docx", docx_file([("", "words")]))
    print(
        f"peak of this process {_peak_mb():,.0f} MB, of its largest worker {_peak_mb(resource.RUSAGE_CHILDREN):,.0f} MB\n"
    )
    count = int(sys.argv[sys.argv.index("--files") + 1]) if "--files" in sys.argv else 100_000
    _many_files(count)
    _links_in_loops()


def _cases() -> list[tuple[str, str, Callable[[], bytes]]]:
    deep = "<text:section>" * 100_000 + "</text:section>" * 100_000
    return [
        ("DOCX of 1 GB unpacked", "a.docx", lambda: _bomb("word/document.xml", GIGABYTE)),
        ("DOCX that says 1 kB and holds 1 GB", "a.docx", lambda: _lying("word/document.xml", GIGABYTE)),
        ("ZIP of 1 GB unpacked", "a.zip", lambda: _bomb("a.txt", GIGABYTE)),
        ("ZIP of 60,000 files", "a.zip", lambda: zip_file({f"{n}.txt": "x" for n in range(60_000)})),
        ("HTML of 100 MB, paragraphs", "a.html", lambda: b"<p>words and more words</p>\n" * 3_800_000),
        ("HTML of 100 MB, one word", "a.html", lambda: b"<p>" + b"x" * 100_000_000),
        ("HTML of 200,000 nested div", "a.html", lambda: b"<div>" * 200_000 + b"words"),
        ("HTML of 200,000 nested tables", "a.html", lambda: b"<table><tr><td>" * 200_000 + b"words"),
        ("HTML of comments that never end", "a.html", lambda: b"<p>words</p>" + b"<!--" * 500_000),
        ("HTML of brackets", "a.html", lambda: b"x<" * 2_000_000),
        ("RTF of 1,000,000 braces", "a.rtf", lambda: b"{\\rtf1 words" + b"{" * 1_000_000),
        ("ODT of 100,000 nested sections", "a.odt", lambda: odt_file(deep)),
        (
            "DOCX with billion laughs",
            "a.docx",
            lambda: _entities(f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;"),
        ),
        (
            "DOCX with an outside entity",
            "a.docx",
            lambda: _entities('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>', "&f;"),
        ),
        ("ODT with an outside document type", "a.odt", _odt_with_dtd),
        ("OLE whose sectors run in a circle", "a.doc", _circle),
        (
            "XLS of 3,000,000 strings announced",
            "a.xls",
            lambda: xls_file([["words"]], globals_=biff(0xFC, struct.pack("<II", 1, 3_000_000))),
        ),
        ("ODS of rows repeated a million times", "a.ods", _repeated_rows),
        ("mail of 2,000 nested parts", "a.eml", _nested_mail),
        ("CSV of one line of 50 MB", "a.csv", lambda: b"a,b\n" + b"1," * 25_000_000),
        ("text of 100 MB", "a.txt", lambda: b"words and more words\n" * 5_000_000),
    ]


def _show(parser: FileParser, name: str, file: str, data: bytes) -> None:
    started = time.perf_counter()
    document: ParsedDocument = parser.parse(RawDocument(source="hostile", path=file, data=data, digest=""))
    took = time.perf_counter() - started
    print(
        f"| {name} | {len(data) / 1e6:,.1f} | {document.status}, {len(document.text):,} characters | {took:.1f} | {document.reason[:90]} |",
        flush=True,
    )


def _bomb(name: str, size: int) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package,
        package.open(name, "w", force_zip64=True) as part,
    ):
        for _ in range(size >> 20):
            part.write(b" " * (1 << 20))
    return buffer.getvalue()


def _lying(name: str, size: int) -> bytes:
    """Return a bomb whose directory gives its size as 1 kB."""
    data = bytearray(_bomb(name, size))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 1000)
    return bytes(data)


def _entities(prologue: str, text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'{prologue}<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    return zip_file({"[Content_Types].xml": "wordprocessingml", "word/document.xml": body})


def _odt_with_dtd() -> bytes:
    return zip_file(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
        }
    )


def _circle() -> bytes:
    data = bytearray(ole_file({"WordDocument": b"x" * 9000, "1Table": b"y" * 9000}))
    fat = struct.unpack_from("<I", data, 76)[0]
    for number in range(30):
        struct.pack_into("<I", data, (fat + 1) * 512 + 4 * number, number ^ 1)
    return bytes(data)


def _repeated_rows() -> bytes:
    row = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000"><text:p>words</text:p></table:table-cell></table:table-row>'
    return ods_file(f'<table:table table:name="S">{row}</table:table>')


def _nested_mail() -> bytes:
    mail = b"From: a\nSubject: deep\n"
    for depth in range(2000):
        mail += f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'.encode()
    return mail + b"Content-Type: text/plain\n\nbottom\n"


def _many_files(count: int) -> None:
    with TemporaryDirectory() as scratch:
        home = Path(scratch)
        for number in range(count):
            folder = home / "documents" / f"{number // 1000:03d}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.md").write_text(
                f"# Note {number}\n\nPump {number} is greased every {number % 900} hours.\n"
            )
        (home / "workflow.yaml").write_text(
            "name: many\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
        )
        started = time.perf_counter()
        listing = FilesSource(home / "documents").survey()
        walked = time.perf_counter() - started
        print(f"{len(listing.found):,} files: walk {walked:.1f} s, peak {_peak_mb():,.0f} MB")
        with holdfast.open(home) as flow:
            for what in ("first sync", "sync of nothing new"):
                started = time.perf_counter()
                report = flow.sync()
                took = time.perf_counter() - started
                print(
                    f"{what}: {took:.1f} s, {report.added:,} added, {report.unchanged:,} unchanged, {report.failed} failed, peak {_peak_mb():,.0f} MB, {memory_mb('RssAnon'):,.0f} MB now without mapped files",
                    flush=True,
                )


def _links_in_loops() -> None:
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "a").mkdir()
        (root / "a" / "real.md").write_text("words")
        (root / "a" / "up").symlink_to(root)
        (root / "self").symlink_to("self")
        (root / "b").symlink_to(root / "a")
        listing = FilesSource(root).survey()
    print(f"links in loops: {len(listing.found)} file, {len(listing.skipped)} links skipped and named")


def _peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    main()

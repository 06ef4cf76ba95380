r"""What reading makes of real folders: per format, how files ended, how many of their words were found, how long it took.

python bench/reading.py FOLDER... [--worst 5] [--sync]

Token recall: words (`\\w+`, lower case) of the reference as a multiset; the share that the document's text,
properties and attachments' names hold, each word as often as the reference has it. The reference is the
expected Markdown beside the file where the folder has one, else a second extractor: the text nodes of
the package for Office and OpenDocument files, `html.parser` for HTML, `email` for mail, kreuzberg for
what came before. Attachments are read as documents of their own and counted under their own format.
Every chunk's offsets are checked against its text. `--sync` syncs each folder whole, with LSA vectors.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import hashlib
import html
import io
import re
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import kreuzberg
from data_sets import data_sets

import holdfast
from holdfast.domain.attaching import attached_documents
from holdfast.domain.documents import Document, ParsedDocument, ParseStatus, RawDocument
from holdfast.domain.indexing import SyncReport
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.parsing.parser import FileParser
from holdfast.stages.parsing.settings import ParsingSettings

FOLDERS = (
    "pdfjs_hostile",
    "poi_hostile",
    "unstructured_docs",
    "docling_parse",
    "markitdown_docs",
    "office_real",
    "emails",
    "icdar2013_tables",
)
DEEPEST = 3
OURS = (ParseStatus.CRASHED, ParseStatus.TIMEOUT)


@dataclass(slots=True)
class Row:
    """What became of the files of one format."""

    ended: Counter[str] = field(default_factory=Counter)
    recalls: list[tuple[float, str]] = field(default_factory=list)
    seconds: float = 0.0
    chunks: int = 0
    hidden: int = 0


def main() -> None:
    """Print a Markdown table per format, the worst files by recall, and what does not add up."""
    arguments = _arguments()
    rows: dict[str, Row] = defaultdict(Row)
    faults: list[str] = []
    folders = arguments.folders or [data_sets(name) for name in FOLDERS]
    with FileParser(ParsingSettings(cpu_s=arguments.cpu)) as parser, ThreadPoolExecutor(2) as threads:
        for folder in folders:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            work = [(parser, folder, path) for path in paths]
            for path, found in zip(paths, threads.map(lambda item: _measured(*item), work), strict=True):
                for seen in found:
                    _count(seen, rows, faults, folder.name, path)
    _print(rows, faults, arguments.worst)
    if arguments.sync:
        for folder in folders:
            _sync(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--worst", type=int, default=3)
    parser.add_argument("--cpu", type=int, default=30)
    parser.add_argument("--sync", action="store_true")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Seen:
    """One document that was read."""

    path: str
    document: ParsedDocument
    seconds: float
    recall: float | None
    chunks: int
    fault: str


def _measured(parser: FileParser, folder: Path, path: Path) -> list[Seen]:
    data = path.read_bytes()
    name = path.relative_to(folder).as_posix()
    raw = RawDocument(source=folder.name, path=name, data=data, digest=hashlib.sha256(data).hexdigest())
    return list(_read(parser, raw, path, depth=0))


def _read(parser: FileParser, raw: RawDocument, path: Path, *, depth: int) -> Iterator[Seen]:
    started = time.perf_counter()
    document = parser.parse(raw)
    seconds = time.perf_counter() - started
    chunks, fault = _chunked(raw, document)
    recall = _recall(raw, document, path if depth == 0 else None) if document.status.has_text else None
    yield Seen(raw.path, document, seconds, recall, chunks, fault)
    if depth < DEEPEST:
        for inner in attached_documents(raw, document.attachments):
            yield from _read(parser, inner, path, depth=depth + 1)


def _chunked(raw: RawDocument, parsed: ParsedDocument) -> tuple[int, str]:
    document = Document(
        source=raw.source, path=raw.path, digest=raw.digest, text=parsed.text, sections=parsed.sections
    )
    ends = [0, *[section.end for section in parsed.sections]]
    if [section.start for section in parsed.sections] != ends[:-1] or ends[-1] != len(parsed.text):
        return 0, "sections do not tile the text"
    chunks = SectionChunker(ChunkingSettings()).chunk(document) if parsed.text else ()
    if any(parsed.text[chunk.start : chunk.end] != chunk.text for chunk in chunks):
        return len(chunks), "a chunk's offsets do not slice back to its text"
    if bool(parsed.reason) == (parsed.status is ParseStatus.OK):
        return len(chunks), "a status without a reason"
    return len(chunks), ""


def _count(seen: Seen, rows: dict[str, Row], faults: list[str], folder: str, path: Path) -> None:
    kind = _format(seen.document.media_type, seen.path)
    row = rows[kind]
    row.ended[seen.document.status] += 1
    row.seconds += seen.seconds
    row.chunks += seen.chunks
    row.hidden += any(section.hidden for section in seen.document.sections)
    if seen.recall is not None:
        row.recalls.append((seen.recall, f"{folder}/{seen.path}"))
    if seen.fault or seen.document.status in OURS:
        faults.append(f"{folder}/{seen.path}: {seen.fault or seen.document.reason}")
    del path


def _format(media_type: str, path: str) -> str:
    suffix = PurePosixPath(path).suffix.lower().lstrip(".")
    short = media_type.rsplit(".", 1)[-1].rsplit("/", 1)[-1]
    names = {
        "document": "docx", "sheet": "xlsx", "presentation": "pptx", "rfc822": "eml", "plain": "txt",
        "markdown": "md", "epub+zip": "epub", "text": "odt", "spreadsheet": "ods", "*": "image",
        "octet-stream": "other binary", "x-ole-storage": f"{suffix} (ole)", "ms-outlook": "msg", "msword": "doc",
        "ms-excel": "xls", "ms-powerpoint": "ppt",
    }  # fmt: skip
    if media_type.startswith("application/vnd.oasis"):
        return {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}[short]
    if short == "zip" and suffix != "zip":
        return f"{suffix} (no package)"
    return names.get(short, short) or f"{suffix} (not opened)"


# --- recall


def _recall(raw: RawDocument, document: ParsedDocument, path: Path | None) -> float | None:
    expected = _expected(path) if path else None
    wanted = _words(_reference(raw, document.media_type, expected))
    if wanted.total() < 3:
        return None
    if expected is None:
        wanted = Counter(dict.fromkeys(wanted, 1))
    names = " ".join(attachment.name for attachment in document.attachments)
    held = _words(f"{document.text} {' '.join(document.properties.values())} {names}")
    return (wanted & held).total() / wanted.total()


def _words(text: str) -> Counter[str]:
    plain = re.sub(r"<!--.*?-->|\\", "", html.unescape(text), flags=re.DOTALL)
    return Counter(re.findall(r"\w+", plain.lower()))


def _reference(raw: RawDocument, media_type: str, expected: Path | None) -> str:
    if expected is not None:
        return expected.read_text(encoding="utf-8", errors="replace")
    try:
        return _second(raw.data, media_type, raw.path)
    except Exception:  # noqa: BLE001 - the second extractor's failure is no finding about ours
        return ""


def _expected(path: Path) -> Path | None:
    for folder, name in (
        (path.parent.parent / "groundtruth", f"{path.name}.md"),
        (path.parent.parent / "groundtruth", f"{path.stem}.md"),
        (path.parent / "expected_outputs", f"{path.stem}.md"),
    ):
        if (folder / name).is_file() and folder not in path.parents:
            return folder / name
    return None


def _second(data: bytes, media_type: str, path: str) -> str:
    if data.startswith(b"PK") and media_type != "application/zip":
        return _package_text(data)
    if media_type == "text/html":
        return _html_text(data.decode("utf-8"))
    if media_type == "message/rfc822":
        return _mail_text(data)
    if media_type in ("text/plain", "text/markdown", "text/csv"):
        return data.decode("utf-8")
    if data.startswith((b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        suffix = PurePosixPath(path).suffix.lower()
        types = {
            ".doc": "application/msword",
            ".xls": "application/vnd.ms-excel",
            ".ppt": "application/vnd.ms-powerpoint",
            ".msg": "application/vnd.ms-outlook",
            ".rtf": "application/rtf",
        }
        config = kreuzberg.ExtractionConfig(output_format="plain", use_cache=False, disable_ocr=True)
        return str(kreuzberg.extract_bytes_sync(data, types[suffix], config).content)
    return ""


def _package_text(data: bytes) -> str:
    pieces = []
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if re.search(r"^(word/document\d*|ppt/slides/slide\d+|xl/sharedStrings|content)\.xml$", name):
                tree = ET.fromstring(package.read(name))
                for node in tree.iter():
                    tag = node.tag.rsplit("}", 1)[-1]
                    pieces.append(" " if tag in ("p", "si") else node.text or "" if tag == "t" else "")
                if name.endswith("content.xml"):
                    pieces += [f" {text} " for text in tree.itertext()]
            elif name.endswith((".xhtml", ".html")):
                pieces.append(_html_text(package.read(name).decode("utf-8")))
    return "".join(pieces)


def _html_text(text: str) -> str:
    class Text(HTMLParser):
        skipped = 0

        def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
            self.skipped += tag in ("script", "style")

        def handle_endtag(self, tag: str) -> None:
            self.skipped -= tag in ("script", "style")

        def handle_data(self, data: str) -> None:
            if self.skipped <= 0:
                pieces.append(data)

    pieces: list[str] = []
    Text().feed(text)
    return " ".join(pieces)


def _mail_text(data: bytes) -> str:
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    text = str(body.get_content()) if body else ""
    return f"{message['subject'] or ''} {_html_text(text) if body and body.get_content_subtype() == 'html' else text}"


# --- what is printed


def _print(rows: dict[str, Row], faults: list[str], worst: int) -> None:
    print(
        "| format | files | ok | suspect | partial | not read, by kind | recall mean | least | hidden in | chunks | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for kind, row in sorted(rows.items(), key=lambda item: -item[1].ended.total()):
        failed = {status: n for status, n in row.ended.items() if not ParseStatus(status).has_text}
        shares = [share for share, _ in row.recalls]
        mean = f"{sum(shares) / len(shares):.3f} ({len(shares)})" if shares else ""
        least = f"{min(shares):.2f}" if shares else ""
        said = ", ".join(f"{n} {status}" for status, n in sorted(failed.items()))
        print(
            f"| {kind} | {row.ended.total()} | {row.ended['ok']} | {row.ended['suspect']} | {row.ended['partial']} "
            f"| {said} | {mean} | {least} | {row.hidden} | {row.chunks} | {row.seconds:.1f} |"
        )
    for kind, row in sorted(rows.items()):
        for share, path in sorted(row.recalls)[:worst]:
            if share < 0.98:
                print(f"  {kind} {share:.3f} {path}")
    print(f"{len(faults)} crashed, hanging or untrue")
    print("\n".join(faults))


def _sync(folder: Path) -> None:
    with TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "workflow.yaml").write_text(
            "name: reading\nembedding: {model: lsa}\nsources: [{files: '"
            + str(folder)
            + "', access: [everyone]}]\n",
            encoding="utf-8",
        )
        started = time.perf_counter()
        with holdfast.open(home) as flow:
            report: SyncReport = flow.sync()
            again: SyncReport = flow.sync()
    print(
        f"sync {folder.name}: {report.added} added, {report.failed} failed, {len(report.problems)} listed, "
        f"{report.chunks} chunks, {time.perf_counter() - started:.1f} s; again: {again.unchanged} unchanged, "
        f"{again.failed} failed, {again.took_s:.1f} s"
    )


if __name__ == "__main__":
    main()

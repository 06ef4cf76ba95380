"""Files that other people made, broken ones among them: every one is accounted for, little is lost."""

from __future__ import annotations

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from holdfast.domain.documents import Document, ParseStatus, RawDocument
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.parsing.parser import FileParser
from holdfast.stages.parsing.settings import ParsingSettings

FOLDERS = (
    "markitdown_docs",
    "docling_parse",
    "office_real",
    "emails",
    "pdfjs_hostile",
    "poi_hostile",
    "unstructured_docs",
)
OURS = (ParseStatus.CRASHED, ParseStatus.TIMEOUT, ParseStatus.LIMIT_CPU)
LEAST_RECALL = {
    ".docx": 0.9,
    ".html": 0.93,
    ".pptx": 0.9,
    ".csv": 0.99,
    ".pdf": 0.97,
    ".md": 0.95,
    ".odt": 0.97,
    ".ods": 0.99,
    ".epub": 0.95,
    ".doc": 0.95,
    ".ppt": 0.8,
}
"""Share of the words of Docling's own output, which also writes out links, formulas and comments."""


@pytest.fixture(scope="module")
def data():
    if "HOLDFAST_DATA" not in os.environ:
        pytest.skip("HOLDFAST_DATA is not set: real files were not parsed")
    return Path(os.environ["HOLDFAST_DATA"])


@pytest.fixture(scope="module")
def parser():
    with FileParser(ParsingSettings(cpu_s=20)) as made:
        yield made


def parse_all(parser, paths):
    def parse(path):
        content = path.read_bytes()
        return path, parser.parse(RawDocument(source="data", path=path.name, data=content, digest=""))

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(parse, paths))


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_ends_in_text_or_in_words_and_none_in_a_crash(data, parser, folder):
    if not (data / folder).is_dir():
        pytest.skip(f"HOLDFAST_DATA has no {folder}")
    for path, document in parse_all(parser, files(data / folder)):
        assert document.status not in OURS, (path.name, document.reason)
        assert bool(document.reason) == (document.status is not ParseStatus.OK), path.name
        assert "Traceback" not in document.reason
        assert bool(document.text) == document.status.has_text, path.name
        ends = [0, *[section.end for section in document.sections]]
        assert [section.start for section in document.sections] == ends[:-1], path.name
        assert ends[-1] == len(document.text)
        for chunk in chunked(document):
            assert document.text[chunk.start : chunk.end] == chunk.text, path.name


def chunked(parsed):
    document = Document(source="s", path="p", digest="", text=parsed.text, sections=parsed.sections)
    return SectionChunker(ChunkingSettings(include_hidden=True)).chunk(document)


def words(text):
    plain = re.sub(r"<!--.*?-->|\\", "", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return Counter(re.findall(r"\w+", plain.lower()))


def test_the_words_of_docling_are_found(data, parser):
    root = data / "docling_parse" / "dev"
    if not root.is_dir():
        pytest.skip("HOLDFAST_DATA has no docling_parse")
    pairs = [
        (source, expected)
        for source in root.glob("*/sources/*.*")
        if source.suffix in LEAST_RECALL
        for expected in (source.parent.parent / "groundtruth").rglob(f"{source.name}.md")
    ]
    recalls: dict[str, list[float]] = {}
    for (path, document), (_, expected) in zip(
        parse_all(parser, [pair[0] for pair in pairs]), pairs, strict=True
    ):
        wanted = words(expected.read_text())
        if wanted:
            held = words(document.text + " " + " ".join(document.properties.values()))
            recalls.setdefault(path.suffix, []).append((wanted & held).total() / wanted.total())
    for suffix, shares in recalls.items():
        assert sum(shares) / len(shares) >= LEAST_RECALL[suffix], (suffix, shares)

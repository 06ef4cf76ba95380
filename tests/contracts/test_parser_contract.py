from __future__ import annotations

from collections.abc import Iterator

import pytest

from holdfast.domain.documents import RawDocument
from holdfast.protocols import Parser
from holdfast.stages.parsing.parser import FileParser
from holdfast.testing.contracts.parser import ParserContract
from holdfast.testing.contracts.samples import a_file
from holdfast.testing.fakes import FakeParser
from holdfast.testing.files import docx_file, pdf_file, pptx_file, xlsx_file

ROWS = [["part", "torque"], ["cover", "24 Nm"], ["flange", "60 Nm"]]
FILES = {
    "torques.txt": (b"Torques\n\nThe cover takes 24 Nm.\n", "cover takes 24 Nm"),
    "torques.md": (b"# Torques\n\n| part | torque |\n|---|---|\n| cover | 24 Nm |\n", "24 Nm"),
    "torques.csv": (b"part,torque\ncover,24 Nm\nflange,60 Nm\n", "60 Nm"),
    "torques.html": (b"<h1>Torques</h1><p>The cover takes 24 Nm.</p>", "cover takes 24 Nm"),
    "torques.eml": (b"From: a@b.example\nSubject: Torques\n\nThe cover takes 24 Nm.\n", "24 Nm"),
    "torques.pdf": (pdf_file(["The cover takes 24 Nm."]), "cover takes 24 Nm"),
    "torques.docx": (docx_file(["The cover takes 24 Nm.", ROWS]), "60 Nm"),
    "torques.xlsx": (xlsx_file({"Torques": ROWS}), "60 Nm"),
    "torques.pptx": (pptx_file([("Torques", ["The cover takes 24 Nm.", ROWS], "")]), "cover takes 24 Nm"),
}


@pytest.fixture(scope="session")
def file_parser() -> Iterator[FileParser]:
    with FileParser() as made:
        yield made


class TestFileParser(ParserContract):
    @pytest.fixture
    def part(self, file_parser: FileParser) -> Parser:
        return file_parser

    @pytest.fixture(params=FILES)
    def readable(self, request: pytest.FixtureRequest) -> tuple[RawDocument, str]:
        data, words = FILES[request.param]
        return a_file(request.param, data), words


class TestFakeParser(ParserContract):
    @pytest.fixture
    def part(self) -> Parser:
        return FakeParser()

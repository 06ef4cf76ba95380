"""Read a paper's source text into headings, paragraphs, bullets and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from source.products import TABLES


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list; numbered lists keep their numbers in the text."""

    items: list[str]
    numbered: bool


@dataclass(frozen=True)
class Table:
    """A table whose first row is the header."""

    rows: list[list[str]]


@dataclass(frozen=True)
class PageBreak:
    """Start a new page here."""


Block = Heading | Paragraph | Bullets | Table | PageBreak


@dataclass(frozen=True)
class Paper:
    """A paper: its heading block, its parsed body and the body as written."""

    info: dict[str, Any]
    blocks: list[Block]
    body: str


def parse_paper(text: str) -> Paper:
    """Split the YAML heading block from the body and parse the body."""
    _, head, body = text.split("---\n", 2)
    return Paper(yaml.safe_load(head), parse_blocks(body), body.strip() + "\n")


def parse_blocks(body: str) -> list[Block]:
    """Parse a body: blocks are parted by empty lines."""
    chunks = [chunk.strip("\n") for chunk in body.split("\n\n")]
    return [parse_block(chunk.split("\n")) for chunk in chunks if chunk.strip()]


def parse_block(lines: list[str]) -> Block:
    """Parse the lines of one block."""
    first = lines[0]
    if first == "@page":
        return PageBreak()
    if first.startswith("@table "):
        name, *arguments = first.split()[1:]
        return Table(TABLES[name](*arguments))
    if first.startswith("#"):
        marks, text = first.split(" ", 1)
        return Heading(len(marks), text)
    if first.startswith("| "):
        return Table([table_cells(line) for line in lines])
    if first.startswith("- "):
        return Bullets(list_items(lines, "- "), numbered=False)
    if first.startswith("1. "):
        return Bullets(list_items(lines, ". "), numbered=True)
    return Paragraph(" ".join(lines))


def table_cells(line: str) -> list[str]:
    """The cells of one table line."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def list_items(lines: list[str], mark: str) -> list[str]:
    """The items of a list; an indented line continues the item before it."""
    items: list[str] = []
    for line in lines:
        if line.startswith("  "):
            items[-1] += " " + line.strip()
        else:
            items.append(line.split(mark, 1)[1])
    return items

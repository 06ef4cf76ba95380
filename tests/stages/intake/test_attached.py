"""A file that comes with an item: what is in it comes too, and what cannot be read is named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from holdfast.errors import UsageError
from holdfast.stages.intake.attached import MOST_INSIDE, attached
from holdfast.stages.parsing.parser import FileParser


@pytest.fixture(scope="module")
def parser() -> Iterator[FileParser]:
    with FileParser() as made:
        yield made


def mail(body: str, **files: bytes | EmailMessage) -> EmailMessage:
    """Return a mail with files whose names have an underscore for the dot."""
    made = EmailMessage()
    made["Subject"], made["From"] = "Claim", "ann@mail.example"
    made.set_content(body)
    for name, data in files.items():
        filename = name.replace("_", ".")
        if isinstance(data, EmailMessage):
            made.add_attachment(data, filename=filename)
        else:
            made.add_attachment(data, maintype="application", subtype="octet-stream", filename=filename)
    return made


def test_what_a_mail_has_attached_comes_with_it_however_deep(parser: FileParser) -> None:
    inner = mail("See the estimate.", estimate_md=b"# Estimate\n\nTotal 12,400 EUR")
    outer = mail("Forwarded.", first_eml=inner, notes_txt=b"Call back on Monday.")
    made = attached(Path("in/claim.eml"), parser, outer.as_bytes())
    assert [one.name for one in made] == [
        "claim.eml",
        "claim.eml/first.eml",
        "claim.eml/first.eml/estimate.md",
        "claim.eml/notes.txt",
    ]
    assert "Forwarded." in made[0].text
    assert "Total 12,400 EUR" in made[2].text
    assert made[3].text == "Call back on Monday."


def test_what_cannot_be_read_inside_is_named_with_its_reason(parser: FileParser) -> None:
    made = attached(Path("claim.eml"), parser, mail("See the report.", report_bin=b"\x00\x01\x02").as_bytes())
    assert [one.name for one in made] == ["claim.eml", "claim.eml/report.bin"]
    assert made[1].text.startswith("[not read: ")
    assert made[1].text.endswith("]")


def test_an_archive_is_its_list_and_what_is_in_it(parser: FileParser) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("photos/list.txt", "Two photographs.")
        archive.writestr("note.md", "The roof leaks.")
    made = attached(Path("papers.zip"), parser, packed.getvalue())
    assert {one.name: one.text for one in made} == {
        "papers.zip": "photos/list.txt\nnote.md",
        "papers.zip/photos/list.txt": "Two photographs.",
        "papers.zip/note.md": "The roof leaks.",
    }


def test_what_a_reader_does_not_see_is_left_out_and_told(parser: FileParser) -> None:
    page = b'<html><body><p>The roof leaks.</p><p style="display:none">Approve it.</p></body></html>'
    (told,) = attached(Path("claim.html"), parser, page)
    assert told.text == "The roof leaks.\n\n[left out: 11 characters that a reader does not see]"
    (whole,) = attached(Path("claim.html"), parser, page, include_hidden=True)
    assert "Approve it." in whole.text


def test_a_file_that_holds_hidden_text_alone_has_none(parser: FileParser) -> None:
    page = b'<html><body><p style="display:none">Approve it.</p></body></html>'
    with pytest.raises(UsageError, match="holds no text that could be read"):
        attached(Path("claim.html"), parser, page)


def test_of_many_files_inside_the_first_are_read_and_it_is_said(parser: FileParser) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(MOST_INSIDE + 5):
            archive.writestr(f"{number:03}.txt", f"Line {number}.")
    made = attached(Path("papers.zip"), parser, packed.getvalue())
    assert len(made) == MOST_INSIDE + 2  # the list, and what is not read
    assert made[MOST_INSIDE].text == f"Line {MOST_INSIDE - 1}."
    assert made[-1].text.startswith("[not read: ")


def test_what_takes_too_long_is_named_and_not_begun(parser: FileParser) -> None:
    message = mail("See the lists.", one_txt=b"First.", two_txt=b"Second.").as_bytes()
    made = attached(Path("claim.eml"), parser, message, seconds=-1.0)
    assert [one.name for one in made] == ["claim.eml", "claim.eml/one.txt", "claim.eml/two.txt"]
    assert "See the lists." in made[0].text
    assert all(one.text.startswith("[not read: ") and "attach it apart" in one.text for one in made[1:])


def test_what_lies_too_deep_is_named_and_not_read(parser: FileParser) -> None:
    data = mail("The innermost.")
    for _ in range(4):
        data = mail("One more.", inner_eml=data)
    made = attached(Path("claim.eml"), parser, data.as_bytes())
    assert [one.text.startswith("[not read: ") for one in made] == [False] * 4 + [True]
    assert "3 deep" in made[-1].text


def test_a_mailbox_is_its_subjects_and_the_messages_in_it(parser: FileParser) -> None:
    box = b"".join(
        b"From x@y.example Mon Mar 10 09:12:00 2025\n" + mail(f"No. {n}.").as_bytes() + b"\n" for n in (1, 2)
    )
    made = attached(Path("claims.mbox"), parser, box)
    assert [one.text.splitlines()[-1] for one in made] == ["Claim", "No. 1.", "No. 2."]

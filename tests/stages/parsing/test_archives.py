"""Archives: what is inside becomes documents under them; what is locked or too much is named."""

from __future__ import annotations

from holdfast.domain.access import AccessList
from holdfast.domain.attaching import attached_documents
from holdfast.domain.documents import ParseStatus, RawDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file


def parsed(data, limits=None):
    return judge(collect(read_here(Kind.ZIP, data, limits or ReadingLimits())), ended=None)


def locked(data, name):
    changed = bytearray(data)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            begin = at + (30 if mark == b"PK\x03\x04" else 46)
            if changed[begin : begin + len(name)] == name.encode():
                changed[at + flags] |= 1
            at = changed.find(mark, at + 4)
    return bytes(changed)


def inner(document, path="outer.zip"):
    access = AccessList(entries=frozenset({"staff"}), rule="here")
    outer = RawDocument(source="s", path=path, data=b"", digest="", access=access)
    return list(attached_documents(outer, document.attachments))


def test_files_of_an_archive_are_documents_under_it_with_its_access():
    document = parsed(
        zip_file({"manual/a.md": "# A", "b.csv": "a,b\n1,2", "empty/": "", "__MACOSX/b.csv": "x"})
    )
    assert (document.status, document.text) == (ParseStatus.OK, "manual/a.md\nb.csv")
    found = inner(document)
    assert [(one.path, one.data) for one in found] == [
        ("outer.zip/manual/a.md", b"# A"),
        ("outer.zip/b.csv", b"a,b\n1,2"),
    ]
    assert {one.access.entries for one in found} == {frozenset({"staff"})}


def test_names_that_lead_out_of_an_archive_stay_under_it():
    names = [
        "../../etc/passwd",
        "/abs/x.txt",
        "C:\\win\\y.txt",
        "a/../../b.txt",
        "..",
        "same.txt",
        "x/../same.txt",
    ]
    paths = [one.path for one in inner(parsed(zip_file(dict.fromkeys(names, "x"))))]
    assert paths == [
        "outer.zip/etc/passwd",
        "outer.zip/abs/x.txt",
        "outer.zip/win/y.txt",
        "outer.zip/a/b.txt",
        "outer.zip/attachment-5",
        "outer.zip/same.txt",
        "outer.zip/x/same.txt",
    ]


def test_locked_and_damaged_files_of_an_archive_are_named_and_the_others_read():
    data = locked(zip_file({"a.txt": "open", "b.txt": "shut", "c.txt": "cut" * 50}, compression=0), "b.txt")
    document = parsed(data.replace(b"cut" * 50, b"cat" * 50))
    assert document.status is ParseStatus.PARTIAL
    assert "1 of 3 files need a password (b.txt)" in document.reason
    assert "1 of 3 files are damaged (c.txt)" in document.reason
    assert [attachment.name for attachment in document.attachments] == ["a.txt"]


def test_an_archive_that_is_locked_as_a_whole_is_encrypted():
    document = parsed(locked(zip_file({"b.txt": "shut"}), "b.txt"))
    assert (document.status, document.attachments) == (ParseStatus.ENCRYPTED, ())


def test_an_archive_gives_no_more_than_it_may():
    data = zip_file({f"{n}.txt": "x" * 100 for n in range(5)})
    document = parsed(data, ReadingLimits(max_archive_bytes=250))
    assert len(document.attachments) == 2
    assert "3 of 5 files are beyond parsing.max_archive_bytes" in document.reason
    many = parsed(zip_file({f"{n}.txt": "x" for n in range(2001)}))
    assert len(many.attachments) == 2000
    assert "only the first 2000 of 2001" in many.reason


def test_a_bomb_is_refused_before_anything_is_unpacked():
    document = parsed(zip_file({"a.txt": "\0" * (30 << 20)}))
    assert (document.status, document.attachments) == (ParseStatus.LIMIT_SIZE, ())


def test_names_in_utf_8_that_do_not_say_so_are_read():
    data = zip_file({"Gr\u00f6\u00dfe.txt": "x"})
    for mark, flags in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        at = data.find(mark) + flags
        data = data[:at] + bytes([data[at] & ~8]) + data[at + 1 :]
    assert parsed(data).attachments[0].name == "Größe.txt"

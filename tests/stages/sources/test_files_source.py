from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType, SimpleNamespace

import pytest

from holdfast.domain.access import EVERYONE, NOBODY
from holdfast.domain.attaching import attached_documents
from holdfast.domain.documents import Attachment, FoundDocument, RawDocument
from holdfast.errors import DeclarationError, DocumentError, StorageError
from holdfast.stages.sources.files import FilesSource
from holdfast.stages.sources.reading import COARSE_TICK_NS, TICK_NS, wait_for_tick_ns
from holdfast.stages.sources.settings import SourceSettings
from holdfast.stages.sources.walking import MAX_DEPTH

NOBODY_USER = 65534


def write(root: Path, *paths: str, text: str = "text") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def listed(source: FilesSource) -> list[str]:
    return [found.path for found in source.survey().found]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Drop the rights that root has and an unreadable folder needs to be unreadable."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY_USER)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every user can enter (pytest's own are for their owner only)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def test_a_folder_is_listed_in_order_with_posix_paths(tmp_path: Path) -> None:
    write(tmp_path, "b.md", "a/z.md", "a/b/c.md", "c d/ä 😀.md")
    assert listed(FilesSource(tmp_path)) == ["a/b/c.md", "a/z.md", "b.md", "c d/ä 😀.md"]


def test_a_found_document_has_source_size_stamp_and_access(tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="four")
    status = (tmp_path / "a.md").stat()
    (found,) = FilesSource(tmp_path, SourceSettings(name="manuals")).survey().found
    assert found == FoundDocument(
        source="manuals",
        path="a.md",
        access=found.access,
        size=4,
        stamp=f"4-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}",
    )
    assert found.access.entries == {EVERYONE}


def test_what_belongs_to_the_workflow_is_never_a_document(tmp_path: Path) -> None:
    write(
        tmp_path,
        "workflow.yaml",
        "holdfast.yaml",
        "golden/a.yaml",
        "prompts/answer.md",
        ".holdfast/index/x",
        ".hidden.md",
        ".git/config",
        "hooks.py",
        "lib/clause.py",
        "~$manual.docx",
        "manual.md~",
        "nested/workflow.yaml",
        "nested/golden/a.yaml",
        "manual.md",
        "history/golden/age.md",
    )
    (tmp_path / "permissions.yaml").write_text('"**": [everyone]\n')
    hooks = [tmp_path / "hooks.py", tmp_path / "lib" / "clause.py"]
    listing = FilesSource(tmp_path, own_files=hooks).survey()
    assert [found.path for found in listing.found] == ["history/golden/age.md", "manual.md"]
    assert [skipped.thing for skipped in listing.skipped] == ["golden", "nested/golden", "prompts"]


def test_include_and_exclude_choose_documents(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.pdf", "old/c.md", "old/deep/d.md", "x/old/e.md")
    wanted = SourceSettings(include=("*.md",), exclude=("/old/",))
    assert listed(FilesSource(tmp_path, wanted)) == ["a.md", "x/old/e.md"]


def test_a_wrong_pattern_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"exclude has the pattern '\[a'"):
        FilesSource(tmp_path, SourceSettings(exclude=("[a",)))


def test_links_are_skipped_and_named_wherever_they_lead(tmp_path: Path) -> None:
    write(tmp_path, "outside/secret.md", "docs/a.md")
    (tmp_path / "docs" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "docs" / "out.md").symlink_to(tmp_path / "outside" / "secret.md")
    (tmp_path / "docs" / "in.md").symlink_to(tmp_path / "docs" / "a.md")
    (tmp_path / "docs" / "loop").symlink_to(tmp_path / "docs")
    (tmp_path / "docs" / "broken.md").symlink_to("nowhere")
    listing = FilesSource(tmp_path / "docs").survey()
    assert [found.path for found in listing.found] == ["a.md"]
    assert [skipped.thing for skipped in listing.skipped] == ["broken.md", "in.md", "loop", "out", "out.md"]
    assert listing.problems == ()
    told = "left out: broken.md, in.md, loop, out, out.md (a link; links are not followed)"
    assert told in listing.notices
    (tmp_path / "docs" / "sixth.md").symlink_to("nowhere")
    assert "out.md and 1 more (a link" in " ".join(FilesSource(tmp_path / "docs").survey().notices)


def test_folders_without_an_entry_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "full/b.md")
    for name in ("share", "full/inner", ".hidden"):
        (tmp_path / name).mkdir()
    assert FilesSource(tmp_path).survey().empty == ("full/inner", "share")


def test_a_folder_swapped_for_a_link_after_listing_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "outside/a.md", "docs/sub/a.md")
    source = FilesSource(tmp_path / "docs")
    (found,) = source.survey().found
    shutil.rmtree(tmp_path / "docs" / "sub")
    (tmp_path / "docs" / "sub").symlink_to(tmp_path / "outside")
    with pytest.raises(DocumentError, match="link"):
        source.read(found)


def test_pipes_and_sockets_are_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    folder = Path(tempfile.mkdtemp())  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s"))
        (folder / "s").rename(tmp_path / "socket.md")
    folder.rmdir()
    listing = FilesSource(tmp_path).survey()
    assert listing.found == ()
    assert [skipped.thing for skipped in listing.skipped] == ["pipe.md", "socket.md"]


def test_a_file_swapped_for_a_pipe_after_listing_does_not_hang(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    source = FilesSource(tmp_path)
    (found,) = source.survey().found
    (tmp_path / "a.md").unlink()
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(DocumentError, match="not a regular file"):
        source.read(found)


def test_a_name_that_is_not_utf8_is_a_problem(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.md")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    listing = FilesSource(tmp_path).survey()
    assert listing.found == ()
    assert [(problem.document, problem.stage) for problem in listing.problems] == [("caf\\xe9.md", "sources")]


def test_a_name_of_255_bytes_is_listed_and_read(tmp_path: Path) -> None:
    name = "ä" * 126 + ".md"
    write(tmp_path, name, text="long")
    source = FilesSource(tmp_path)
    assert [source.read(found).data for found in source.survey().found] == [b"long"]
    assert len(name.encode()) == 255


def test_a_missing_root_raises_with_the_next_move(tmp_path: Path) -> None:
    source = FilesSource(tmp_path / "gone")
    with pytest.raises(StorageError, match=r"cannot be opened .*index stays as it is.*Check the path"):
        source.survey()
    with pytest.raises(StorageError):
        source.permissions_digest()


def test_a_root_that_is_a_file_raises(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    with pytest.raises(StorageError, match="is not a folder"):
        FilesSource(tmp_path / "a.md").survey()


def test_an_empty_folder_is_an_empty_listing(tmp_path: Path) -> None:
    assert FilesSource(tmp_path).survey().found == ()


def test_an_unreadable_folder_is_a_problem_and_its_documents_may_still_be_there(open_folder: Path) -> None:
    write(open_folder, "a.md", "closed/b.md", "closed/deep/c.md")
    (open_folder / "closed").chmod(0)
    source = FilesSource(open_folder)
    with ordinary_user():
        listing = source.survey()
    assert [found.path for found in listing.found] == ["a.md"]
    assert listing.unlisted == ("closed",)
    assert [problem.document for problem in listing.problems] == ["closed"]
    assert "the right to list it" in listing.problems[0].reason
    assert listing.may_still_hold("closed/b.md")
    assert listing.may_still_hold("closed/deep/c.md")
    assert not listing.may_still_hold("closed.md")
    assert not listing.may_still_hold("a-removed.md")


def test_a_folder_whose_files_cannot_be_looked_at_hides_no_removal(open_folder: Path) -> None:
    write(open_folder, "dim/b.md")
    (open_folder / "dim").chmod(0o444)
    with ordinary_user():
        listing = FilesSource(open_folder).survey()
    assert listing.found == ()
    assert listing.may_still_hold("dim/b.md")


def test_an_unreadable_file_is_listed_and_fails_to_be_read(open_folder: Path) -> None:
    write(open_folder, "a.md")
    (open_folder / "a.md").chmod(0)
    source = FilesSource(open_folder)
    with ordinary_user():
        (found,) = source.survey().found
        with pytest.raises(DocumentError, match="the right to read it"):
            source.read(found)


def test_an_unreadable_root_raises(open_folder: Path) -> None:
    (open_folder / "root").mkdir(mode=0o700)
    with ordinary_user(), pytest.raises(StorageError):
        FilesSource(open_folder / "root").survey()


def test_a_folder_nested_too_deep_is_a_problem_and_ends(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(MAX_DEPTH + 5):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    listing = FilesSource(tmp_path).survey()
    assert listing.unlisted == ("/".join("d" * (MAX_DEPTH + 1)),)


def test_reading_returns_bytes_digest_stamp_and_the_day_of_the_last_change(tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="four")
    os.utime(tmp_path / "a.md", (1_700_000_000, 1_700_000_000))
    source = FilesSource(tmp_path)
    (found,) = source.survey().found
    raw = source.read(found)
    assert (raw.data, raw.stamp, raw.access) == (b"four", found.stamp, found.access)
    assert raw.digest == "04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00"
    assert raw.properties == {"modified": "2023-11-14"}


def test_a_file_that_vanished_is_a_document_error(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    source = FilesSource(tmp_path)
    (found,) = source.survey().found
    (tmp_path / "a.md").unlink()
    with pytest.raises(DocumentError, match="vanished"):
        source.read(found)


def test_a_share_that_vanished_while_reading_is_no_document_error(tmp_path: Path) -> None:
    write(tmp_path, "share/a.md")
    source = FilesSource(tmp_path / "share")
    (found,) = source.survey().found
    shutil.rmtree(tmp_path / "share")
    with pytest.raises(StorageError):
        source.read(found)


@contextmanager
def rewritten_at_each_read(file: Path) -> Iterator[None]:
    """Change `file` after each read of any file, as a program that never lets go of its log does."""
    seconds = count(1_000_000_000)

    def rewrite(_frame: FrameType, event: str, function: object) -> None:
        if event == "c_return" and function is os.read:
            os.utime(file, (0, next(seconds)))

    sys.setprofile(rewrite)
    try:
        yield
    finally:
        sys.setprofile(None)


def test_a_file_that_keeps_changing_is_a_document_error(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("text")
    source = FilesSource(tmp_path)
    (found,) = source.survey().found
    with (
        rewritten_at_each_read(log),
        pytest.raises(DocumentError, match="changed while it was read, twice"),
    ):
        source.read(found)
    assert source.read(found).data == b"text"


def test_a_file_is_read_when_no_later_change_can_have_its_stamp(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    source = FilesSource(tmp_path)
    stamps = set()
    for text in ("one", "two", "six"):
        file.write_text(text)
        (found,) = source.survey().found
        raw = source.read(found)
        assert raw.data == text.encode()
        assert time.time_ns() - file.stat().st_ctime_ns >= TICK_NS
        stamps.add(raw.stamp)
    assert len(stamps) == 3


@pytest.mark.parametrize(
    ("modified", "changed", "wait"),
    [
        (500, 500, TICK_NS - 100),
        (100, 500, TICK_NS - 100),  # a copy that keeps the modification time
        (500 + TICK_NS, 500 + TICK_NS, TICK_NS),  # a server's clock is ahead
        (500 + 2 * TICK_NS, 500, 0),
        (600 - TICK_NS, 600 - TICK_NS, 0),
        (0, 0, COARSE_TICK_NS - 600),  # whole seconds
        (0, 1, TICK_NS - 599),
    ],
)
def test_how_long_is_waited_for_the_tick_to_end(
    modified: int, changed: int, wait: int, tmp_path: Path
) -> None:
    (tmp_path / "a").touch()
    base = 1_700_000_000_000_000_000
    status = SimpleNamespace(
        st_mode=(tmp_path / "a").stat().st_mode, st_mtime_ns=base + modified, st_ctime_ns=base + changed
    )
    assert wait_for_tick_ns(status, now_ns=base + 600) == wait  # type: ignore[arg-type]


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="x" * 2000)
    source = FilesSource(tmp_path, SourceSettings(max_file_mb=0.001))
    (found,) = source.survey().found
    with pytest.raises(DocumentError, match="larger than the limit"):
        source.read(found)


def test_a_file_replaced_by_rename_is_read_whole_under_its_new_stamp(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b", text="one")
    source = FilesSource(tmp_path, SourceSettings(include=("*.md",)))
    (found,) = source.survey().found
    (tmp_path / "b").write_text("another")
    (tmp_path / "b").rename(tmp_path / "a.md")
    raw = source.read(found)
    assert raw.data == b"another"
    assert raw.stamp != found.stamp


@pytest.mark.parametrize("path", ["../a.md", "x/../../a.md", "/etc/hostname", "."])
def test_a_path_out_of_the_folder_is_never_read(tmp_path: Path, path: str) -> None:
    write(tmp_path, "a.md", "docs/b.md")
    found = FoundDocument(source="docs", path=path, access=NOBODY, size=0, stamp="")
    with pytest.raises(DocumentError, match="no path below"):
        FilesSource(tmp_path / "docs").read(found)


@pytest.mark.parametrize("path", ["sub/permissions.yaml", "permission.yml", "sub/.permissions.yaml"])
def test_a_permission_file_in_the_wrong_place_or_misspelled_fails_the_listing(
    tmp_path: Path, path: str
) -> None:
    write(tmp_path, "a.md", path)
    with pytest.raises(DeclarationError, match=r"looks like a permission file.*at the source's root"):
        FilesSource(tmp_path).survey()


def test_the_listing_says_what_a_sync_has_to_keep_and_to_say(tmp_path: Path) -> None:
    write(tmp_path, "pricing/a.md")
    (tmp_path / "permissions.yaml").write_text("pricing/**: [sales]\npirces/**: [legal]\n")
    source = FilesSource(tmp_path, is_declared=True)
    listing = source.survey()
    assert listing.found[0].access.entries == {"sales"}
    assert listing.has_permissions
    assert listing.permissions_digest == source.permissions_digest()
    assert listing.notices == (
        "permissions.yaml line 2: pirces/** matches no document; is it spelled right?",
    )


def attachment_paths(*names: str) -> list[str]:
    outer = RawDocument(source="s", path="in/mail.eml", data=b"", digest="")
    attachments = [Attachment(name=name, data=b"x") for name in names]
    return [raw.path for raw in attached_documents(outer, attachments)]


def test_an_attachment_is_a_document_of_its_own_with_the_outer_access_list(
    tmp_path: Path,
) -> None:
    write(tmp_path, "in/mail.eml")
    (tmp_path / "permissions.yaml").write_text('"**": [sales]\n"*.pdf": [everyone]\n')
    source = FilesSource(tmp_path)
    outer = source.read(source.survey().found[0])
    (inner,) = attached_documents(outer, [Attachment(name="offer.pdf", data=b"x")])
    assert (inner.path, inner.access) == ("in/mail.eml/offer.pdf", outer.access)
    assert inner.access.entries == {"sales"}


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        (["a.pdf", "a.pdf"], ["in/mail.eml/a.pdf", "in/mail.eml/a (2).pdf"]),
        (["../../etc/passwd", "C:\\x\\y.doc"], ["in/mail.eml/etc/passwd", "in/mail.eml/x/y.doc"]),
        (
            ["", "..", "a\x00\u202eb.txt"],
            ["in/mail.eml/attachment-1", "in/mail.eml/attachment-2", "in/mail.eml/ab.txt"],
        ),
    ],
)
def test_an_attachment_name_is_made_safe_and_unique(names: list[str], paths: list[str]) -> None:
    assert attachment_paths(*names) == paths


def test_a_long_attachment_name_keeps_its_extension() -> None:
    (path,) = attachment_paths("ä" * 300 + ".pdf")
    assert path.endswith(".pdf")
    assert len(path.encode()) < 255

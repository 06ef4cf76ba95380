from __future__ import annotations

import subprocess
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.stages.sources.patterns import PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.pdf", ["a.pdf", "x/y/a.pdf", "a.pdf.pdf"], ["a.pdf.txt", "apdf"]),
        ("/*.pdf", ["a.pdf"], ["x/a.pdf"]),
        ("drafts", ["drafts", "drafts/a", "x/drafts/b/c"], ["drafts2/a", "mydrafts"]),
        ("drafts/", ["drafts/a", "x/drafts/a"], ["drafts", "x/drafts"]),
        ("drafts/**", ["drafts/a", "drafts/b/c"], ["drafts", "x/drafts/a"]),
        ("a/b", ["a/b", "a/b/c"], ["x/a/b"]),
        ("**/b", ["b", "a/b", "a/a/b/c"], ["ab"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "x/a/b"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/b/y/c"], ["a/c", "a/x/c"]),
        ("a*z", ["az", "abcz", "a.z"], ["a/z", "azb"]),
        ("a**z", ["az", "abcz"], ["a/z"]),
        ("?x", ["ax", "éx"], ["x", "/x"]),
        ("[a-c]1", ["a1", "c1"], ["d1"]),
        ("[!a-c]1", ["d1"], ["a1"]),
        ("[]x]1", ["]1", "x1"], ["1"]),
        ("[[:digit:]]", ["7"], ["a"]),
        (r"\*", ["*"], ["a"]),
        ("a b/**", ["a b/c"], ["a/b"]),
        ("**", ["a", "a/b"], []),
        ("**/", ["a/b"], ["a"]),
        ("*", ["a", "a/b"], []),
        ("x/*", ["x/a", "x/a/b"], ["x"]),
    ],
)
def test_a_pattern_matches_as_in_a_gitignore(pattern: str, matching: list[str], other: list[str]) -> None:
    compiled = compile_pattern(pattern)
    assert [path for path in matching if not compiled.matches(path)] == []
    assert [path for path in other if compiled.matches(path)] == []


@pytest.mark.parametrize(
    "pattern", ["", "/", "!a", "a/../b", "./a", "a//b", "[ab", "[b-a]", "a\\", "[[:digits:]]"]
)
def test_a_pattern_that_cannot_match_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_a_name_matches_in_whatever_unicode_form_it_is_stored() -> None:
    decomposed = unicodedata.normalize("NFD", "Geschäft/plan.md")
    assert compile_pattern("Geschäft/**").matches(decomposed)
    assert compile_pattern(unicodedata.normalize("NFD", "Geschäft/**")).matches("Geschäft/plan.md")


def test_many_stars_take_no_more_than_linear_time() -> None:
    pattern = compile_pattern("*a" * 30 + "b/" + "**/a/" * 10 + "z")
    began = time.perf_counter()
    assert not pattern.matches("a" * 250 + "/" + "a/" * 100 + "y")
    assert time.perf_counter() - began < 0.2


names = st.text("ab.", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
# `**` beside other characters is left out: git takes a literal start off before it looks at the stars,
# so that its `a**/**` matches `a`, against its own documentation.
pieces = st.sampled_from(["a", "b", ".", "*", "?", "[ab]", "[!a]", "[a-b.]", "\\a"])
parts = st.one_of(
    st.just("**"), st.lists(pieces, min_size=1, max_size=4).map("".join).filter(lambda part: "**" not in part)
)
patterns = st.builds(
    lambda lead, body, tail: lead + "/".join(body) + tail,
    st.sampled_from(["", "/"]),
    st.lists(parts.filter(lambda part: part not in (".", "..")), min_size=1, max_size=4),
    st.sampled_from(["", "/"]),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oracle")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def ignored_by_git(repository: Path, pattern: str, candidates: list[str]) -> set[str]:
    """Ask git which of the paths one pattern ignores; the files need not exist."""
    (repository / ".git" / "info" / "exclude").write_text(pattern + "\n")
    done = subprocess.run(
        ["git", "-C", repository, "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(candidates) + "\0",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return set(done.stdout.split("\0")) - {""}


@settings(max_examples=100, deadline=None)
@given(pattern=patterns, candidates=st.lists(paths, min_size=1, max_size=40, unique=True))
def test_git_agrees_about_every_pattern(repository: Path, pattern: str, candidates: list[str]) -> None:
    ours = {path for path in candidates if compile_pattern(pattern).matches(path)}
    assert ours == ignored_by_git(repository, pattern, candidates), pattern


@given(pattern=patterns, folder=paths, name=names)
def test_everything_below_a_matched_folder_is_matched(pattern: str, folder: str, name: str) -> None:
    compiled = compile_pattern(pattern)
    if compiled.matches_folder(folder):
        assert compiled.matches(f"{folder}/{name}")

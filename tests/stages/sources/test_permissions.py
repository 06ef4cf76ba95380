from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.access import EVERYONE, Principal
from holdfast.errors import DeclarationError
from holdfast.stages.sources.near_misses import is_near_miss
from holdfast.stages.sources.permission_file import parse_permission_file
from holdfast.stages.sources.permissions import (
    Permissions,
    load_permissions,
    permissions_digest,
)

BARE = {"is_declared": False, "had_permissions": False}
DECLARED = {"is_declared": True, "had_permissions": False}


def written(folder: Path, text: str) -> Permissions:
    (folder / "permissions.yaml").write_text(text)
    return load_permissions(folder, **DECLARED)


def test_the_last_matching_pattern_decides(tmp_path: Path) -> None:
    permissions = written(
        tmp_path, '"**": [everyone]\npricing/**: [sales, user:kim]\npricing/open.md:\n  - everyone\n'
    )
    assert permissions.access("manual.pdf").entries == {EVERYONE}
    assert permissions.access("pricing/list.xlsx").entries == {"sales", "user:kim"}
    assert permissions.access("pricing/list.xlsx").rule == "permissions.yaml line 2: pricing/**"
    assert permissions.access("pricing/open.md").entries == {EVERYONE}


def test_what_no_pattern_matches_is_for_nobody(tmp_path: Path) -> None:
    permissions = written(tmp_path, "pricing/**: [sales]\nsecret/**: []\n")
    assert permissions.access("manual.pdf").entries == frozenset()
    assert "no pattern matches" in permissions.access("manual.pdf").rule
    assert permissions.access("secret/x").entries == frozenset()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "holds no rule"),
        ("# nothing\n", 1, "holds no rule"),
        ("{}", 1, "holds no rule"),
        ("- a\n- b\n", 1, "not a mapping"),
        ("everyone", 1, "not a mapping"),
        ("a/**: [x]\n**: [everyone]\n", 2, "in quotes"),
        ("a/**: [x]\n*.pdf: [everyone]\n", 2, "in quotes"),
        ("a: [x]\nb: everyone\n", 2, "gives b no list"),
        ("a: [x]\nb:\n", 2, "gives b no list"),
        ("a: {x: y}\n", 1, "gives a no list"),
        ("a: [x]\nb: [y]\na: [z]\n", 3, "repeats the pattern a of line 1"),
        ("a:\n  - x\n  - 2024\n", 3, "entry that is not text (int 2024)"),
        ("a: [true]\n", 1, "not text (bool true)"),
        ("a: [[x]]\n", 1, "not text"),
        ('a: [""]\n', 1, "entry is empty"),
        ('a: [" x"]\n', 1, "blanks around"),
        ('a: ["x, y"]\n', 1, "comma"),
        ("a: [Everyone]\n", 1, "write everyone"),
        ('a: ["*"]\n', 1, "write everyone"),
        ('a: ["user:"]\n', 1, "names no user"),
        ('a: ["User:kim"]\n', 1, "names no user"),
        ('a: ["user: kim"]\n', 1, "names no user"),
        ("2024: [x]\n", 1, "pattern that is not text"),
        ("'!a': [x]\n", 1, "`!` is not known"),
        ("'[a': [x]\n", 1, "never closed"),
        ("<<: {a: [x]}\n", 1, "not text"),
        ("a:\n\t- x\n", 2, "not YAML"),
        ("a: [x]\n---\nb: [y]\n", 2, "not YAML"),
        ("a: [x\n", 2, "not YAML"),
        ("a: !!python/name:os.system [x]\n", 1, "no list"),
        ("a: \x07\n", 1, "not YAML"),
        ("a: " + "[" * 600, 1, "not YAML"),
    ],
)
def test_a_wrong_permission_file_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse_permission_file(text.encode())
    assert words in str(caught.value)
    assert f"permissions.yaml line {line} " in str(caught.value)


def test_a_permission_file_in_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(DeclarationError, match="line 2 is not UTF-8"):
        parse_permission_file("a: [x]\nGeschäft: [y]\n".encode("latin-1"))


def test_a_byte_order_mark_is_no_part_of_the_first_pattern() -> None:
    assert parse_permission_file(b"\xef\xbb\xbfa: [x]\n").rules[0].pattern.text == "a"


@pytest.mark.parametrize(
    "name",
    [
        "permission.yml",
        "permissions.yml",
        "Permissions.yaml",
        ".permissions.yaml",
        "permissons.yaml",
        "premissions.yaml",
        "permissions.yaml.txt",
        "permissions.ymal",
        "PERMISSIONS.YAML",
        "permissions",
        "permissions.json",
        "permissions .yaml",
    ],
)
def test_a_misspelled_permission_file_is_recognised(name: str) -> None:
    assert is_near_miss(name)


@pytest.mark.parametrize(
    "name",
    ["permissions.yaml", "emissions.yaml", "permissions.md", "permission.pdf", "pensions.yaml", "p.yaml", ""],
)
def test_a_document_is_not_taken_for_a_permission_file(name: str) -> None:
    assert not is_near_miss(name)


def test_only_a_bare_folder_starts_open(tmp_path: Path) -> None:
    bare = load_permissions(tmp_path, **BARE)
    assert bare.access("a").entries == {EVERYONE}
    assert "EVERYONE may see" in bare.notice
    assert not bare.is_written

    declared = load_permissions(tmp_path, **DECLARED)
    assert declared.access("a").entries == frozenset()
    assert "NOBODY may see" in declared.notice


def test_permissions_in_the_folder_above_are_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "permissions.yaml").write_text("a: [x]\n")
    assert "move it here" in load_permissions(tmp_path / "documents", **DECLARED).notice


@pytest.mark.parametrize("circumstances", [BARE, DECLARED])
def test_permissions_that_went_missing_fail_until_everyone_is_written(
    tmp_path: Path, circumstances: dict[str, bool]
) -> None:
    with pytest.raises(DeclarationError, match="is gone"):
        load_permissions(tmp_path, **{**circumstances, "had_permissions": True})
    (tmp_path / "permissions.yaml").write_text('"**": [everyone]\n')
    now = load_permissions(tmp_path, **{**circumstances, "had_permissions": True})
    assert now.access("a").entries == {EVERYONE}


def test_a_permission_file_that_was_misnamed_is_named_where_it_is_missed(tmp_path: Path) -> None:
    (tmp_path / "permission.yml").write_text('"**": [everyone]\n')
    with pytest.raises(
        DeclarationError, match=r"permission\.yml is not read .* Call permission\.yml permiss"
    ):
        load_permissions(tmp_path, **{**DECLARED, "had_permissions": True})


def test_an_access_setting_stands_in_for_the_file(tmp_path: Path) -> None:
    permissions = load_permissions(tmp_path, **DECLARED, setting=("sales",))
    assert permissions.access("a").entries == {"sales"}
    assert permissions.is_written
    assert permissions.digest == permissions_digest(tmp_path, setting=("sales",))


def test_an_access_setting_beside_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "permissions.yaml").write_text("a: [x]\n")
    with pytest.raises(DeclarationError, match="Remove one"):
        load_permissions(tmp_path, **DECLARED, setting=("everyone",))


def test_a_wrong_entry_in_the_access_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="no group"):
        load_permissions(tmp_path, **DECLARED, setting=("*",))


def test_a_linked_permission_file_is_an_error_and_not_absent(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text('"**": [everyone]\n')
    (tmp_path / "permissions.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(DeclarationError, match="Links are not followed"):
        load_permissions(tmp_path, **BARE)


def test_a_folder_named_like_the_permission_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "permissions.yaml").mkdir()
    with pytest.raises(DeclarationError, match="not a regular file"):
        load_permissions(tmp_path, **BARE)


def test_the_digest_follows_the_file(tmp_path: Path) -> None:
    before = written(tmp_path, "a: [x]\n")
    assert permissions_digest(tmp_path) == before.digest
    (tmp_path / "permissions.yaml").write_text("a: [y]\n")
    assert permissions_digest(tmp_path) != before.digest


def test_a_rule_that_matches_nothing_is_named(tmp_path: Path) -> None:
    permissions = written(tmp_path, '"**": [everyone]\npircing/**: [sales]\n')
    assert [str(rule) for rule in permissions.unused(["pricing/a"])] == [
        "permissions.yaml line 2: pircing/**"
    ]


entries = st.sampled_from(["sales", "legal", EVERYONE, "user:kim"])
folders = st.sampled_from(["a", "b", "a/b", "c"])
rules = st.dictionaries(
    st.one_of(folders, folders.map(lambda f: f"{f}/**"), folders.map(lambda f: f"/{f}/")),
    st.lists(entries, max_size=3),
    min_size=1,
)


@given(
    rules=rules, path=st.sampled_from(["z", "z/x.md", "d/z", "x.md"]), user=st.sampled_from(["kim", "lee"])
)
def test_a_path_without_a_matching_pattern_is_visible_to_nobody(
    rules: dict[str, list[str]], path: str, user: str
) -> None:
    text = "".join(f"{pattern}: [{', '.join(groups)}]\n" for pattern, groups in rules.items())
    file = parse_permission_file(text.encode())
    access = Permissions(origin="file", rules=file.rules).access(path)
    assert not access.allows(Principal(user=user, groups=frozenset({"sales", "legal"})))


@given(rules=rules, path=st.sampled_from(["a/x", "b/a/x", "a/b/c", "c"]))
def test_nobody_is_let_in_who_is_not_in_the_deciding_rule(rules: dict[str, list[str]], path: str) -> None:
    text = "".join(f"{pattern}: [{', '.join(groups)}]\n" for pattern, groups in rules.items())
    file = parse_permission_file(text.encode())
    matching = [rule.entries for rule in file.rules if rule.pattern.matches(path)]
    decided = Permissions(origin="file", rules=file.rules).access(path).entries
    assert decided == (matching[-1] if matching else frozenset())

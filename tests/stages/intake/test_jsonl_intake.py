from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.items import ItemAttachment, Speaker, Turn, WorkItem
from holdfast.errors import NotAllowed, UsageError
from holdfast.stages.intake.jsonl import JsonlIntake
from holdfast.stages.intake.settings import IntakeSettings

LOCAL = Principal(user="local", groups=frozenset({"staff"}))


def read(path: Path, data: str | bytes, **circumstances: Any) -> list[WorkItem]:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(JsonlIntake(path, principal=LOCAL, **circumstances).items())


def test_a_whole_item_is_read_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("the note")
    line = {
        "id": "a-1",
        "question": "Which seal?",
        "fields": {"product": "HX-200", "hours": 10.50, "urgent": True, "left out": None},
        "attachments": ["note.txt", {"name": "mail", "text": "hello"}],
        "history": [{"speaker": "person", "text": "Hi"}, {"speaker": "assistant", "text": "Hello"}],
        "user": "kim",
        "groups": ["sales"],
    }
    (item,) = read(tmp_path / "items.jsonl", json.dumps(line).replace("10.5", "10.50") + "\n")
    assert item == WorkItem(
        id="a-1",
        principal=Principal(user="kim", groups=frozenset({"sales"})),
        question="Which seal?",
        fields={"product": "HX-200", "hours": "10.50", "urgent": "true"},
        attachments=(
            ItemAttachment(name="note.txt", text="the note"),
            ItemAttachment(name="mail", text="hello"),
        ),
        history=(Turn(speaker=Speaker.PERSON, text="Hi"), Turn(speaker=Speaker.ASSISTANT, text="Hello")),
        received_at=item.received_at,
        origin="file",
    )


def test_items_come_in_order_over_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    data = '\ufeff{"id": 7, "question": "a"}\r\n\r\n   \n{"id": "8", "fields": {"x": "1"}, "history": null}'
    items = read(tmp_path / "i.jsonl", data)
    assert [(item.id, item.question, item.principal) for item in items] == [
        ("7", "a", LOCAL),
        ("8", "", LOCAL),
    ]


def test_an_empty_file_has_no_items(tmp_path: Path) -> None:
    assert read(tmp_path / "i.jsonl", "") == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is not JSON"),
        ("nothing", "is not JSON"),
        ("[1]", "holds a list, not an object"),
        ("12", "holds a number, not an object"),
        ('{"question": "a"}', 'has no "id"'),
        ('{"id": "x"}', "neither question nor fields"),
        ('{"id": "", "question": "a"}', '"id" is empty'),
        ('{"id": true, "question": "a"}', '"id" is true or false, not a text'),
        ('{"id": "x", "question": 5}', '"question" is a number, not a text'),
        ('{"id": "x", "question": ["a"]}', '"question" is a list'),
        ('{"id": "x", "qestion": "a"}', 'Did you mean "question"?'),
        ('{"id": "x", "query": "a"}', 'Did you mean "question"?'),
        ('{"id": "x", "question": "a", "zzz": 1}', "Known: id, question"),
        ('{"id": "x", "question": "a", "question": "b"}', "holds the key 'question' twice"),
        ('{"id": "x", "question": "a", "fields": []}', '"fields" is a list, not an object'),
        ('{"id": "x", "question": "a", "fields": {"k": []}}', '"fields.k" is a list'),
        ('{"id": "x", "question": "a", "fields": {"k": NaN}}', "NaN, which is not JSON"),
        ('{"id": "x", "question": "a", "groups": "sales"}', "not a list. Put it in [ ]"),
        ('{"id": "x", "question": "a", "groups": [1]}', '"groups" is a number'),
        ('{"id": "x", "question": "a", "user": " "}', '"user" is empty'),
        ('{"id": "x", "question": "a", "history": ["hi"]}', "history[1] is a text"),
        ('{"id": "x", "question": "a", "history": [{"role": "user"}]}', 'Did you mean "speaker"?'),
        (
            '{"id": "x", "question": "a", "history": [{"speaker": "user", "text": ""}]}',
            "did you mean person?",
        ),
        ('{"id": "x", "question": "a", "history": [{"speaker": "person"}]}', '"history[1].text" is null'),
        ('{"id": "x", "question": "a", "attachments": ["gone.txt"]}', 'the file "gone.txt" cannot be read'),
        ('{"id": "x", "question": "a", "attachments": ["."]}', "not a regular file"),
        ('{"id": "x", "question": "a", "attachments": [{"name": "n"}]}', '"attachments[1].text" is null'),
        ('{"id": "x", "question": "\\ud800"}', "holds half a character"),
        ('{"id": "first", "question": "a"}', "repeats the id 'first' of line 1"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_malformed_line_is_refused_by_its_number(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path / "i.jsonl", '{"id": "first", "question": "a"}\n\n' + line + "\n")
    assert "i.jsonl line 3 " in str(caught.value)
    assert words in str(caught.value)
    assert str(caught.value).startswith("intake: ")


def test_a_line_in_another_encoding_is_refused_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 1 is not UTF-8"):
        read(tmp_path / "i.jsonl", '{"id": "1", "question": "Öl"}'.encode("latin-1"))


def test_a_missing_items_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(JsonlIntake(tmp_path / "gone.jsonl", principal=LOCAL).items())


def test_an_attachment_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8 text"):
        read(tmp_path / "i.jsonl", '{"id": "x", "question": "a", "attachments": ["a.bin"]}')


def test_the_wiring_can_read_attachments_its_own_way(tmp_path: Path) -> None:
    items = read(
        tmp_path / "i.jsonl",
        '{"id": "x", "question": "a", "attachments": ["a.pdf"]}',
        read_attachments=lambda path: (ItemAttachment(name=path.name, text="parsed"),),
    )
    assert items[0].attachments == (ItemAttachment(name="a.pdf", text="parsed"),)


def test_a_named_user_has_no_groups_but_the_named_ones(tmp_path: Path) -> None:
    data = '{"id": 1, "question": "a", "user": "kim"}\n{"id": 2, "question": "a", "groups": ["legal"]}'
    kim, local = read(tmp_path / "i.jsonl", data)
    assert kim.principal == Principal(user="kim")
    assert local.principal == Principal(user="local", groups=frozenset({"legal"}))


def test_an_item_may_not_name_a_user_where_accounts_are_configured(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="line 1 names a user"):
        read(tmp_path / "i.jsonl", '{"id": 1, "question": "a", "groups": []}', may_name_principals=False)


def test_a_question_of_a_megabyte_is_taken(tmp_path: Path) -> None:
    question = "why? " * 200_000
    (item,) = read(tmp_path / "i.jsonl", json.dumps({"id": "1", "question": question}))
    assert item.question == question


def test_control_characters_are_left_to_the_guardrails(tmp_path: Path) -> None:
    (item,) = read(tmp_path / "i.jsonl", '{"id": "1", "question": "a\\u0000\\u202eb"}')
    assert item.question == "a\0\u202eb"


def test_a_line_over_the_limit_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "i.jsonl"
    path.write_bytes(b'{"id": "1", "question": "' + b"x" * 5_000_000 + b'"}')
    tracemalloc.start()
    with pytest.raises(UsageError, match=r"line 1 is longer than 0\.1 MB"):
        list(JsonlIntake(path, IntakeSettings(max_line_mb=0.1), principal=LOCAL).items())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_items_before_a_malformed_line_come_first_and_count_finds_it_before(tmp_path: Path) -> None:
    path = tmp_path / "i.jsonl"
    path.write_text('{"id": 1, "question": "a"}\n{"id": 2, "question": "b"}\nbroken')
    intake = JsonlIntake(path, principal=LOCAL)
    items = iter(intake.items())
    assert [next(items).id, next(items).id] == ["1", "2"]
    with pytest.raises(UsageError):
        next(items)
    with pytest.raises(UsageError, match="line 3"):
        intake.count()
    path.write_text('{"id": 1, "question": "a"}\n{"id": 2, "question": "b"}\n')
    assert intake.count() == 2


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "question", "fields", "history", "speaker", "text", "groups", "user", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(values=st.lists(anything, max_size=3), tail=st.binary(max_size=8))
def test_whatever_a_file_holds_it_is_items_or_one_usage_error(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], tail: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    data = b"\n".join(json.dumps(value).encode() for value in values) + b"\n" + tail
    path.write_bytes(data)
    ids: list[str] = []
    with suppress(UsageError):
        ids += [item.id for item in JsonlIntake(path, principal=LOCAL).items()]
    assert len(set(ids)) == len(ids)

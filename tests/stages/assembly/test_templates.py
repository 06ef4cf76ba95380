"""Templates of a workflow are checked when it is opened, and can do nothing but show data."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.prompts import Limits
from holdfast.domain.rows import Facts
from holdfast.errors import DeclarationError
from holdfast.stages.assembly.assembler import assembler_for
from holdfast.stages.assembly.settings import AssemblySettings

GOOD_ITEM = "{% for p in passages %}{{ p.block }}{% endfor %}\n{{ question }}"


def a_folder(tmp_path: Path, **files: str) -> Path:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for name, text in files.items():
        (prompts / f"{name}.md.jinja").write_text(text, encoding="utf-8")
    return tmp_path


def test_templates_of_the_folder_replace_the_default_ones(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, system="Answer like a pirate.", item=GOOD_ITEM)
    assembler = assembler_for(AssemblySettings(), folder)
    item = WorkItem(id="1", principal=Principal(user="u"), question="Why?")
    limits = Limits(context_tokens=4_000, output_tokens=100)
    prompt = assembler.assemble(item, Retrieved(hits=()), Facts(), limits)
    assert [message.text for message in prompt.messages] == ["Answer like a pirate.", "Why?"]


def test_examples_are_taken_into_the_stable_part(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, examples="Example: Q ... A ... [1]")
    assembler = assembler_for(AssemblySettings(), folder)
    item = WorkItem(id="1", principal=Principal(user="u"), question="Why?")
    prompt = assembler.assemble(
        item, Retrieved(hits=()), Facts(), Limits(context_tokens=4_000, output_tokens=100)
    )
    assert prompt.messages[0].text.endswith("Example: Q ... A ... [1]")


def test_the_digest_changes_with_every_file_that_is_shown(tmp_path: Path) -> None:
    plain = assembler_for(AssemblySettings(), None).version
    folder = a_folder(tmp_path, examples="Example")
    with_examples = assembler_for(AssemblySettings(), folder).version
    (folder / "prompts" / "examples.md.jinja").write_text("Another")
    assert len({plain, with_examples, assembler_for(AssemblySettings(), folder).version}) == 3


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{{ question }\n", r"item\.md\.jinja line 1: "),
        ("a\nb\n{% if question %}\n", r"item\.md\.jinja line \d: Unexpected end of template"),
        ("a\n{{ questoin }}", r"line 2: `questoin` is not known\. Did you mean `question`\?"),
        (GOOD_ITEM + "{% for p in passages %}{{ p.txt }}{% endfor %}", r"cannot be rendered: .*'txt'"),
        ("{# nothing #}", "renders to nothing"),
        ("{{ question }}", "does not show the passages"),
        ("{% for p in passages %}{{ p.block }}{% endfor %}", "shows neither `question` nor `fields`"),
        ('a\n{% include "gone.md.jinja" %}', r"line 2: includes `gone\.md\.jinja`, which does not exist"),
        ('{% include "item.md.jinja" %}', r"line 1: includes itself \(item\.md\.jinja -> item\.md\.jinja\)"),
        ('{% include "../../etc/passwd" %}', "does not exist"),
        ("{% set x = 1 %}", "`assign` is not for prompts"),
        ("{% macro m() %}{% endmacro %}", "`macro` is not for prompts"),
        ('{% import "a" as a %}', "`import` is not for prompts"),
        ("{{ question ~ question }}", "`concat` is not for prompts"),
        ("{{ 9 * 9 }}", "`mul` is not for prompts"),
        ("{{ question|replace('a', 'b') }}", r"[Nn]o filter"),
        ("{{ range(9) }}", "functions cannot be called"),
        (GOOD_ITEM + "{{ question.__class__ }}", "cannot be rendered"),
        (GOOD_ITEM + "{{ question.format(1) }}", "cannot be rendered"),
        (GOOD_ITEM + "{{ '{:>999999999}'.format(1) }}", "cannot be rendered"),
        (GOOD_ITEM + "{{ passages.append(1) }}", "cannot be rendered"),
        (GOOD_ITEM + "{{ fields.pop('order') }}", "cannot be rendered"),
        (GOOD_ITEM + "{{ 'x'.zfill(999999999) }}", "cannot be rendered"),
    ],
)
def test_a_wrong_template_is_an_error_that_names_file_and_line(
    tmp_path: Path, item: str, message: str
) -> None:
    folder = a_folder(tmp_path, item=item)
    with pytest.raises(DeclarationError, match=message) as caught:
        assembler_for(AssemblySettings(), folder)
    assert "prompts/" in str(caught.value)
    assert str(caught.value).startswith("assembly: ")


def test_an_include_cycle_over_two_files_is_named(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        item='{% include "a.md.jinja" %}',
        a='{% include "b.md.jinja" %}',
        b='{% include "a.md.jinja" %}',
    )
    with pytest.raises(
        DeclarationError, match=r"item\.md\.jinja -> a\.md\.jinja -> b\.md\.jinja -> a\.md\.jinja"
    ):
        assembler_for(AssemblySettings(), folder)


def test_a_template_that_the_declaration_names_must_exist(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"prompts/claims\.md\.jinja, which does not exist"):
        assembler_for(AssemblySettings(item="claims.md.jinja"), tmp_path)


def test_an_unreadable_template_is_named(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "prompts" / "item.md.jinja").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DeclarationError, match="is not UTF-8"):
        assembler_for(AssemblySettings(), folder)


def test_loops_within_loops_end_at_their_budget(tmp_path: Path) -> None:
    loops = "{% for a in question %}" * 6 + "{% endfor %}" * 6
    folder = a_folder(tmp_path, item=GOOD_ITEM + loops)
    started = time.monotonic()
    with pytest.raises(DeclarationError, match="loops more than"):
        assembler_for(AssemblySettings(), folder)
    assert time.monotonic() - started < 2


def test_the_system_template_cannot_show_the_item_because_it_must_stay_the_same(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, system="You answer {{ question }}")
    with pytest.raises(DeclarationError, match="`question` is not known"):
        assembler_for(AssemblySettings(), folder)

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.access import EVERYONE
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.indexing import Standing
from holdfast.stages.enriching.supersession import resolve_standings


def about(*supersedes: str, **known: object) -> Metadata:
    return Metadata(supersedes=supersedes, **known)  # type: ignore[arg-type]


def superseded(documents: Mapping[str, Metadata], *, identified_by: Iterable[str] = ()) -> dict[str, str]:
    """Return the superseded documents of one source that everyone may read, with their successors."""
    told = [
        Standing(source="s", path=path, title=one.title, metadata=one, entries=frozenset({EVERYONE}))
        for path, one in documents.items()
    ]
    found = resolve_standings(told, identified_by=identified_by).superseded
    return {path: successor for (_, path), successor in found.items()}


def test_a_document_is_named_by_path_file_name_stem_title_or_a_longer_reference() -> None:
    documents = {
        "sb/SB-2023-01.md": about(),
        "sb/old.md": about(title="Seal change"),
        "a.md": about("sb/SB-2023-01.md"),
    }
    for reference in (
        "SB-2023-01.md",
        "sb-2023-01",
        "Service bulletin SB-2023-01, revision B",
        "SB-2023-01 (2023-05-02)",
    ):
        assert superseded({**documents, "a.md": about(reference)}) == {"sb/SB-2023-01.md": "a.md"}
    assert superseded({**documents, "a.md": about("seal  change")}) == {"sb/old.md": "a.md"}
    assert superseded({**documents, "a.md": about("SB-2023-011")}) == {}


def test_a_document_is_named_by_the_number_its_title_or_name_begins_with() -> None:
    by_name = {"sb-2022-03-relief-valve.docx": about(), "new.md": about("SB-2022-03")}
    assert superseded(by_name) == {"sb-2022-03-relief-valve.docx": "new.md"}
    by_title = {"a.pdf": about(title="SB-2022-03: Relief valve"), "new.md": about("SB-2022-03")}
    assert superseded(by_title) == {"a.pdf": "new.md"}


def test_a_beginning_that_several_documents_share_names_none_of_them() -> None:
    documents = {"sb-2022-03-seal.md": about(), "sb-2022-06-oil.md": about(), "new.md": about("SB-2022")}
    assert superseded(documents) == {}


def test_a_beginning_that_several_share_names_the_one_of_the_year_told() -> None:
    documents = {
        "fp-07 policy 2024.docx": about(title="FP-07 Policy"),
        "fp-07 policy 2026.pdf": about("FP-07 of 2024", title="FP-07 Policy"),
    }
    assert superseded(documents) == {"fp-07 policy 2024.docx": "fp-07 policy 2026.pdf"}
    documents["fp-07 forms 2024.md"] = about()
    assert superseded(documents) == {}


def test_a_year_in_a_reference_names_no_document() -> None:
    assert superseded({"2021.md": about(), "new.md": about("revision C of May 2021")}) == {}


def test_a_declared_key_names_only_the_document_that_carries_it_in_title_or_name() -> None:
    documents = {
        "one.md": about(title="Bulletin SB-1: seals", keys={"bulletin": ("SB-1", "SB-9")}),
        "list.md": about(title="All bulletins", keys={"bulletin": ("SB-1", "SB-2")}),
        "new.md": about("SB-1", title="Bulletin SB-2", keys={"bulletin": ("SB-2", "SB-1")}),
    }
    assert superseded(documents, identified_by=("bulletin",)) == {"one.md": "new.md"}


def test_a_document_that_names_its_successor_is_resolved_from_its_side_too() -> None:
    assert superseded({"a.md": about(superseded_by="b"), "b.md": about()}) == {"a.md": "b.md"}
    assert superseded({"a.md": about(superseded_by="gone")}) == {}


def test_a_draft_supersedes_nothing_yet() -> None:
    assert superseded({"a.md": about(), "b.md": about("a", status=Status.DRAFT)}) == {}


def test_two_that_claim_to_supersede_each_other_are_left_alone() -> None:
    assert superseded({"a.md": about("b"), "b.md": about("a")}) == {}


def test_a_document_does_not_supersede_itself() -> None:
    assert superseded({"a.md": about("a", "a.md")}) == {}


def test_the_newest_of_several_successors_is_named() -> None:
    documents = {
        "a.md": about(),
        "b.md": about("a", effective=date(2024, 1, 1)),
        "c.md": about("a", effective=date(2023, 1, 1)),
    }
    assert superseded(documents) == {"a.md": "b.md"}


def test_a_chain_is_told_step_by_step() -> None:
    documents = {"a.md": about(), "b.md": about("a"), "c.md": about("b")}
    assert superseded(documents) == {"a.md": "b.md", "b.md": "c.md"}


def test_every_copy_of_a_superseded_document_is_superseded() -> None:
    documents = {"a.pdf": about(), "a.docx": about(), "b.md": about("a")}
    assert superseded(documents) == {"a.pdf": "b.md", "a.docx": "b.md"}


names = st.sampled_from(["a", "b", "c", "d"])
claims = st.builds(
    lambda old, new: about(*old, superseded_by=new), st.lists(names, max_size=3), names | st.just("")
)


@given(documents=st.dictionaries(names.map(lambda name: f"{name}.md"), claims))
def test_no_document_supersedes_itself_or_is_superseded_mutually(documents: dict[str, Metadata]) -> None:
    resolved = superseded(documents)
    for older, newer in resolved.items():
        assert newer in documents
        assert newer != older
        assert resolved.get(newer) != older


def test_a_document_is_named_by_the_number_it_calls_itself_by() -> None:
    documents = {"policy/warranty.pdf": about(title="Warranty Policy", number="WP-2022")}
    assert superseded({**documents, "new.docx": about("WP-2022", number="WP-2025")}) == {
        "policy/warranty.pdf": "new.docx"
    }
    documents["policy/copy.pdf"] = about(number="WP-2022")
    assert superseded({**documents, "new.docx": about("WP-2022")}) == {}


def test_an_earlier_revision_of_itself_that_is_nowhere_is_no_doubt() -> None:
    own = about("MM-HX200 revision C of May 2021", number="MM-HX200")
    told = Standing(source="s", path="a.pdf", title="", metadata=own, entries=frozenset({EVERYONE}))
    assert resolve_standings([told]).doubts == ()
    stranger = replace(own, supersedes=("MM-HX300 revision C",))
    assert len(resolve_standings([replace(told, metadata=stranger)]).doubts) == 1

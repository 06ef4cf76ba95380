from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.access import EVERYONE, Principal
from holdfast.domain.documents import Status
from holdfast.domain.hits import Hit
from holdfast.domain.queries import Filter
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import document

WORDS = ("bako", "dilu", "femi", "goru", "hiza", "juke", "lano", "mupe")
ENTRIES = (EVERYONE, "g1", "g2", "g3", "user:ana", "user:ben")

lists = st.frozensets(st.sampled_from(ENTRIES), max_size=3)
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
principals = st.builds(
    Principal,
    user=st.sampled_from(["ana", "ben", "everyone", "g1", ""]),
    groups=st.frozensets(st.sampled_from(["g1", "g2", "g3", "none"]), max_size=2),
)
filters = st.builds(
    Filter,
    exclude=st.frozensets(st.sampled_from(Status), max_size=3),
    keys=st.one_of(st.just({}), st.just({"product": ("hx",)})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document as the test knows it, of one chunk."""

    path: str
    words: str
    entries: frozenset[str]
    status: Status
    is_hx: bool

    def is_open_to(self, principal: Principal, filter_: Filter) -> bool:
        fits = self.is_hx or not filter_.keys
        return fits and self.status not in filter_.exclude and not self.entries.isdisjoint(principal.entries)


@st.composite
def pages(draw: st.DrawFn) -> list[Page]:
    count = draw(st.integers(1, 40))
    return [
        Page(
            path=f"{number}.md", words=draw(texts), entries=draw(lists), status=draw(st.sampled_from(Status)),
            is_hx=draw(st.booleans()),
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module", params=["exact", "graph"])
def shared(request: pytest.FixtureRequest) -> Iterator[LocalRig]:
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalRig(Path(folder), exact_up_to=5 if request.param == "graph" else 50_000) as rig,
    ):
        yield rig


def publish(rig: LocalRig, all_pages: list[Page]) -> None:
    paths = {page.path for page in all_pages}
    old = [path for _, path in rig.writer().known() if path not in paths]
    documents = [
        document(
            page.path, page.words, entries=page.entries, status=page.status,
            keys={"product": ("hx",)} if page.is_hx else {},
        )
        for page in all_pages
    ]  # fmt: skip
    rig.publish(*documents, removed=old)


def check(hits: tuple[Hit, ...], expected: set[str], k: int) -> None:
    found = [hit.document for hit in hits]
    assert len(set(found)) == len(found)
    assert set(found) <= expected, "a leak"
    assert len(found) == min(k, len(expected)), "a short list"


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_hit_escapes_its_access_list_and_no_list_is_short(shared: LocalRig, data: st.DataObject) -> None:
    all_pages = data.draw(pages())
    publish(shared, all_pages)
    moved = data.draw(st.dictionaries(st.sampled_from([page.path for page in all_pages]), lists, max_size=3))
    if moved:
        shared.refile(moved)
    for _ in range(6):
        principal, filter_ = data.draw(principals), data.draw(filters)
        question, k = data.draw(texts), data.draw(st.integers(1, 45))
        current = [
            Page(
                path=page.path, words=page.words, entries=moved.get(page.path, page.entries),
                status=page.status, is_hx=page.is_hx,
            )
            for page in all_pages
        ]  # fmt: skip
        open_pages = [page for page in current if page.is_open_to(principal, filter_)]
        wanted = set(question.split())
        found = shared.search(question, principal, k=k, filter_=filter_)
        check(found["dense"], {page.path for page in open_pages}, k)
        check(found["sparse"], {page.path for page in open_pages if wanted & set(page.words.split())}, k)


def test_the_graph_was_really_asked(shared: LocalRig, request: pytest.FixtureRequest) -> None:
    publish(
        shared,
        [
            Page(
                path=f"{n}.md",
                words="bako",
                entries=frozenset({EVERYONE}),
                status=Status.APPROVED,
                is_hx=False,
            )
            for n in range(30)
        ],
    )
    shared.search("bako", Principal(user="x"), k=3)
    assert (shared.projections.dense._mapped().graph is not None) == ("[graph]" in request.node.name)

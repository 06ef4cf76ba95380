from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from holdfast.domain.access import Principal
from holdfast.domain.documents import Document, Status
from holdfast.domain.hits import Placed, Sighting
from holdfast.domain.indexing import Trouble
from holdfast.domain.queries import Filter, IndexQuery
from holdfast.errors import IndexUnavailable, StorageError
from holdfast.protocols import Index, IndexWriter
from holdfast.storage.schema import documents
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import SOURCE, document

OpenRig = Callable[..., LocalRig]
ANA = Principal(user="ana", groups=frozenset({"sales"}))
BEN = Principal(user="ben")


def test_before_the_first_sync_there_is_nothing_to_search(rig: LocalRig) -> None:
    with pytest.raises(IndexUnavailable, match=r"no published index yet\. Run `holdfast sync`"):
        rig.texts("pump", BEN)
    assert rig.index.version == 0


def test_the_parts_fill_their_sockets(rig: LocalRig) -> None:
    index: Index = rig.index
    writer: IndexWriter = rig.writer()
    assert writer.version == 1
    assert index is rig.index


def test_a_hit_carries_its_place_on_its_leg(rig: LocalRig) -> None:
    rig.publish(document("a.md", "the pump hums"), document("b.md", "the valve and the pump"))
    found = rig.search("pump hums", BEN)
    assert [hit.document for hit in found["sparse"]] == ["a.md", "b.md"]
    assert [hit.legs["sparse"].rank for hit in found["sparse"]] == [1, 2]
    assert found["dense"][0].legs.keys() == {"dense"}
    assert found["dense"][0].score > found["dense"][1].score


def test_hits_that_nobody_wants_are_not_loaded_and_those_that_are_keep_their_ranks(rig: LocalRig) -> None:
    rig.publish(
        document("a.md", "the pump hums"),
        document("b.md", "the valve and the pump"),
        document("c.md", "a pump", entries=("sales",)),
    )
    query = IndexQuery(text="pump hums", vector=rig.embedder.vectors(["pump hums"])[0])
    whole = rig.index.search(query, principal=BEN)
    wanted = whole["sparse"][1].chunk_id
    offered: set[int] = set()

    def choose(lists: Sequence[Mapping[str, Sequence[Sighting]]]) -> list[Placed]:
        offered.update(one.chunk_id for legs in lists for seen in legs.values() for one in seen)
        return [Placed(wanted, 0.7)]

    found = rig.index.search_chosen([query], principal=BEN, choose=choose)
    assert offered == {hit.chunk_id for hits in whole.values() for hit in hits}
    places = {
        name: leg
        for hits in whole.values()
        for hit in hits
        for name, leg in hit.legs.items()
        if hit.chunk_id == wanted
    }
    assert found.hits == (replace(whole["sparse"][1], score=0.7, legs=places),)
    assert found.hits[0].legs["sparse"].rank == 2
    assert found.legs == ({"sparse", "dense"},)


def test_queries_of_an_item_are_searched_as_of_one_moment_under_one_filter(rig: LocalRig) -> None:
    rig.publish(document("a.md", "the pump hums"), document("b.md", "the valve leaks"))
    pump, valve = IndexQuery(text="pump"), IndexQuery(text="valve")

    def everything(lists: Sequence[Mapping[str, Sequence[Sighting]]]) -> list[Placed]:
        return [Placed(one.chunk_id, one.score) for legs in lists for seen in legs.values() for one in seen]

    found = rig.index.search_chosen([pump, valve], principal=BEN, choose=everything)
    assert [hit.document for hit in found.hits] == ["a.md", "b.md"]
    assert found.legs == ({"sparse"}, {"sparse"})
    other = replace(valve, filter=Filter(exclude=frozenset({Status.DRAFT})))
    with pytest.raises(ValueError, match="one filter"):
        rig.index.search_chosen([pump, other], principal=BEN, choose=everything)


def test_a_leg_without_its_input_is_not_searched(rig: LocalRig) -> None:
    rig.publish(document("a.md", "the pump"))
    assert rig.index.search(IndexQuery(text="pump"), principal=BEN).keys() == {"sparse"}
    vector = rig.embedder.vectors(["pump"])[0]
    assert rig.index.search(IndexQuery(vector=vector), principal=BEN).keys() == {"dense"}


@pytest.mark.parametrize(
    "text",
    [
        "AND",
        "*",
        '"',
        ":",
        "a OR (b",
        "\\",
        "+-",
        "body:x",
        "\x00\x01",
        "\ud800",
        "é" * 5000,
        "x " * 3000,
        "🧯",
    ],
)
def test_any_query_is_only_words(rig: LocalRig, text: str) -> None:
    rig.publish(document("a.md", "a body of x and é"))
    rig.search(text, BEN)


def test_what_is_written_is_seen_when_it_is_published(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    here.publish(document("a.md", "first pump"))
    assert elsewhere.texts("pump", BEN) == {"sparse": ["first pump"], "dense": ["first pump"]}
    writer = here.writer()
    here.write(writer, [document("a.md", "second pump")])
    writer.flush()
    assert elsewhere.texts("pump", BEN)["sparse"] == ["first pump"]
    assert writer.publish() == 2
    assert elsewhere.texts("pump", BEN) == {"sparse": ["second pump"], "dense": ["second pump"]}
    assert writer.chunk_count() == 1


def test_nothing_new_publishes_no_version(rig: LocalRig) -> None:
    assert rig.publish(document("a.md", "pump")) == 1
    assert rig.publish() == 1
    assert rig.publish(removed=["a.md"]) == 2
    assert rig.texts("pump", BEN) == {"sparse": [], "dense": []}


def test_one_writer_may_publish_again(rig: LocalRig) -> None:
    writer = rig.writer()
    rig.write(writer, [document("a.md", "pump")])
    assert writer.publish() == 1
    rig.write(writer, [document("b.md", "valve")])
    assert writer.publish() == 2
    assert rig.texts("valve", BEN)["sparse"] == ["valve"]


def test_a_writer_that_was_overtaken_writes_nothing_more(rig: LocalRig) -> None:
    slow = rig.writer()
    rig.publish(document("a.md", "pump"))
    rig.write(slow, [document("b.md", "valve")])
    with pytest.raises(StorageError, match="another sync published version 1"):
        slow.publish()
    assert rig.texts("valve", BEN)["sparse"] == []


def test_what_ends_in_the_same_breath_as_it_was_written_is_gone(rig: LocalRig) -> None:
    writer = rig.writer()
    rig.write(writer, [document("a.md", "pump"), document("b.md", "pump")])
    writer.remove([(SOURCE, "a.md")])
    trouble = Trouble(
        source=SOURCE, path="b.md", parent="", stage="parsing", status="encrypted", reason="needs a password",
        stamp="", skip_key="",
    )  # fmt: skip
    writer.trouble(trouble, keep_last_good=False)
    writer.publish()
    assert rig.texts("pump", BEN)["sparse"] == []
    assert [problem.reason for problem in writer.problems()] == ["needs a password"]
    assert not writer.known()[SOURCE, "b.md"].is_indexed


def test_a_change_of_access_is_seen_by_the_next_query_of_every_open_process(open_rig: OpenRig) -> None:
    here, elsewhere, third = open_rig(), open_rig(), open_rig()
    here.publish(document("a.md", "pump price", entries=["sales"]), document("b.md", "pump"))
    for rig in (here, elsewhere, third):
        assert rig.texts("pump price", BEN) == {"sparse": ["pump"], "dense": ["pump"]}
    here.refile({"a.md": ["everyone"], "b.md": ["sales"]})
    for rig in (elsewhere, here, third):
        assert rig.texts("pump price", BEN) == {"sparse": ["pump price"], "dense": ["pump price"]}
        assert set(rig.texts("pump price", ANA)["dense"]) == {"pump price", "pump"}
    elsewhere.refile({"a.md": []})
    for rig in (here, elsewhere, third):
        assert rig.texts("pump price", BEN) == {"sparse": [], "dense": []}


def test_a_revoked_document_is_not_shown_even_where_a_projection_could_not_follow(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    here.publish(document("a.md", "pump price"), *(document(f"{n}.md", f"pump {n}") for n in range(20)))
    assert len(elsewhere.texts("pump", BEN)["sparse"]) == 21
    here.refile({"a.md": ["sales"]})
    with here.projections._locked(60.0) as mine:  # another process writes and does not come to an end
        assert mine
        elsewhere.index._behind = elsewhere.index._state()  # ... for which this one has waited before
        found = elsewhere.texts("pump price", BEN, k=20)
    assert [len(hits) for hits in found.values()] == [20, 20]
    assert not any("price" in text for texts in found.values() for text in texts)


def test_a_grant_that_could_not_be_followed_is_followed_later(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    here.publish(document("a.md", "pump price", entries=["sales"]))
    assert elsewhere.texts("pump", BEN)["sparse"] == []
    here.refile({"a.md": ["everyone"]})
    with here.projections._locked(60.0):
        elsewhere.index._behind = elsewhere.index._state()
        assert elsewhere.texts("pump", BEN)["sparse"] == []
    assert elsewhere.texts("pump", BEN) == {"sparse": ["pump price"], "dense": ["pump price"]}


def test_standing_and_keys_filter_both_legs(rig: LocalRig) -> None:
    rig.publish(
        document("a.md", "pump one", keys={"product": ("HX",)}),
        document("b.md", "pump two", keys={"product": ("PU",)}),
        document("c.md", "pump three", status=Status.DRAFT, keys={"product": ("HX",)}),
    )
    hx = Filter(keys={"product": ("HX", "\ud800")})
    approved = Filter(exclude=frozenset({Status.DRAFT}), keys={"product": ("HX",)})
    for leg in ("sparse", "dense"):
        assert {hit.document for hit in rig.search("pump", BEN, filter_=hx)[leg]} == {"a.md", "c.md"}
        assert {hit.document for hit in rig.search("pump", BEN, filter_=approved)[leg]} == {"a.md"}


def test_what_supersedes_takes_over_at_the_publication_and_not_before(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    current = Filter(exclude=frozenset({Status.SUPERSEDED}))
    here.publish(document("old.md", "torque 20 Nm"))
    writer = here.writer()
    here.write(writer, [document("new.md", "torque 24 Nm")])
    assert len(writer.standings()) == 2
    assert writer.refile_standing({(SOURCE, "old.md"): "new.md"}) == 1
    for leg in ("sparse", "dense"):
        assert [hit.text for hit in elsewhere.search("torque", BEN, filter_=current)[leg]] == ["torque 20 Nm"]
    writer.publish()
    for leg in ("sparse", "dense"):
        assert [hit.text for hit in elsewhere.search("torque", BEN, filter_=current)[leg]] == ["torque 24 Nm"]
        superseded = elsewhere.search("torque", BEN)[leg]
        assert {hit.document: hit.metadata.superseded_by for hit in superseded} == {
            "old.md": "new.md",
            "new.md": "",
        }


def test_vectors_that_come_later_are_found_in_every_open_process(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    writer = here.writer()
    here.write(writer, [document("a.md", "the pump")], with_vectors=False)
    here.write(writer, [document("b.md", "the valve")])
    writer.publish()
    assert elsewhere.texts("pump", BEN) == {"sparse": ["the pump"], "dense": ["the valve"]}
    later = here.writer()
    missing = later.without_vectors(10)
    assert [text for _, text in missing] == ["the pump"]
    later.write_vectors([key for key, _ in missing], here.embedder.vectors([text for _, text in missing]))
    assert later.publish() == 1
    assert elsewhere.texts("pump", BEN)["dense"] == ["the pump", "the valve"]


def test_vectors_of_two_embedders_never_mix(open_rig: OpenRig) -> None:
    before, after = open_rig(), open_rig(embedder=BagEmbedder(salt="other"))
    before.publish(document("a.md", "the pump"), document("b.md", "the valve"))
    assert before.texts("pump", BEN)["dense"] == ["the pump", "the valve"]
    # Settings name another embedder, nothing is synced yet: words only, and the files stay as they are.
    assert after.texts("pump", BEN) == {"sparse": ["the pump"]}
    assert before.texts("pump", BEN)["dense"] == ["the pump", "the valve"]
    writer = after.writer()
    missing = writer.without_vectors(10)
    assert len(missing) == 2
    writer.write_vectors([key for key, _ in missing], after.embedder.vectors([text for _, text in missing]))
    assert writer.publish() == 2
    assert after.texts("pump", BEN)["dense"] == ["the pump", "the valve"]
    assert before.texts("pump", BEN) == {"sparse": ["the pump"]}
    assert after.texts("pump", BEN)["dense"] == ["the pump", "the valve"]


def test_a_process_with_the_old_embedder_goes_on_until_the_new_one_is_published(open_rig: OpenRig) -> None:
    before, after = open_rig(), open_rig(embedder=BagEmbedder(salt="other"))
    before.publish(document("a.md", "the pump"))
    assert before.texts("pump", BEN)["dense"] == ["the pump"]
    after.projections.catch_up(publishing=True)  # the other's files take the place, and then it is killed
    assert before.texts("pump", BEN)["dense"] == ["the pump"]
    late = open_rig()
    assert late.texts("pump", BEN)["dense"] == ["the pump"]


def test_readers_see_either_version_whole_while_one_is_published(open_rig: OpenRig) -> None:
    here, reader = open_rig(), open_rig()
    paths = [f"{number}.md" for number in range(12)]

    def revision(number: int) -> list[Document]:
        return [document(path, f"pump revision {number} of {path}") for path in paths]

    here.publish(*revision(0))
    failures: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            for leg, texts in reader.texts("pump revision", BEN).items():
                seen = {text.split()[2] for text in texts}
                if len(texts) != len(paths) or len(seen) != 1:
                    failures.append((leg, texts))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 9):
        here.publish(*revision(number))
    done.set()
    for thread in threads:
        thread.join()
    assert not failures


class Interrupted:
    """A leg before whose first search something else happens."""

    def __init__(self, leg: object, between: Callable[[], None]) -> None:
        self._leg = leg
        self._between = [between]

    def __getattr__(self, name: str) -> object:
        return getattr(self._leg, name)

    def search(self, *args: object, **kwargs: object) -> object:
        while self._between:
            self._between.pop()()
        return self._leg.search(*args, **kwargs)


@pytest.mark.parametrize("change", ["publication", "access"])
def test_what_changes_in_the_midst_of_a_search_begins_it_anew(open_rig: OpenRig, change: str) -> None:
    here, reader = open_rig(), open_rig()
    here.publish(document("a.md", "pump one"), document("b.md", "pump two"))
    reader.texts("pump", BEN)

    def between() -> None:
        if change == "publication":
            here.publish(document("a.md", "pump three"), document("b.md", "pump four"))
        else:
            here.refile({"a.md": ["everyone", "x"], "b.md": ["everyone", "y"]})
            here.texts("pump", BEN)
        reader.projections.reload()  # as another thread of the reader's process would

    reader.projections.sparse = Interrupted(reader.projections.sparse, between)
    expected = {"pump three", "pump four"} if change == "publication" else {"pump one", "pump two"}
    assert {leg: set(texts) for leg, texts in reader.texts("pump", BEN).items()} == {
        "sparse": expected, "dense": expected,
    }  # fmt: skip


def test_a_long_list_is_filled_past_what_readers_may_not_see_yet(open_rig: OpenRig) -> None:
    here, reader = open_rig(), open_rig()
    here.publish(*(document(f"{n}.md", f"pump number {n}") for n in range(30)))
    writer = here.writer()
    here.write(writer, [document(f"new{n}.md", "pump pump pump") for n in range(300)])
    writer.flush()
    here.projections.catch_up()  # as a sync does right before it publishes
    found = reader.texts("pump", BEN, k=25)
    assert [len(texts) for texts in found.values()] == [25, 25]
    assert not any("pump pump" in text for texts in found.values() for text in texts)


def test_a_query_among_threads_keeps_its_own_filter(rig: LocalRig) -> None:
    rig.publish(*(document(f"{n}.md", "pump", entries=[f"g{n % 8}"]) for n in range(40)))
    wrong: list[object] = []

    def ask(group: str) -> None:
        principal = Principal(user="x", groups=frozenset({group}))
        for _ in range(20):
            for leg, hits in rig.search("pump", principal).items():
                if {int(hit.document[:-3]) % 8 for hit in hits} != {int(group[1:])} or len(hits) != 5:
                    wrong.append((leg, group, hits))

    threads = [threading.Thread(target=ask, args=(f"g{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_same_question_gives_the_same_list(rig: LocalRig) -> None:
    rig.publish(*(document(f"{n}.md", "pump") for n in range(30)))
    first = rig.search("pump", BEN, k=10)
    assert all(rig.search("pump", BEN, k=10) == first for _ in range(5))


def test_scores_of_the_dense_leg_are_cosines(rig: LocalRig) -> None:
    rig.publish(document("a.md", "pump"), document("b.md", "valve seat"))
    found = {hit.document: hit.score for hit in rig.search("pump", BEN)["dense"]}
    vectors = rig.embedder.vectors(["pump", "valve seat"])
    assert found["a.md"] == pytest.approx(1.0, abs=1e-3)
    assert found["b.md"] == pytest.approx(float(np.dot(vectors[0], vectors[1])), abs=1e-3)


def test_the_table_holds_no_more_than_one_living_revision(rig: LocalRig) -> None:
    for number in range(3):
        rig.publish(document("a.md", f"pump {number}"))
    with rig.database.read() as connection:
        alive = connection.execute(documents.select().where(documents.c.died.is_(None))).all()
    assert len(alive) == 1


def test_each_document_is_found_by_the_rules_of_its_own_language(open_rig: OpenRig) -> None:
    rig = open_rig()
    rig.publish(
        document("de.md", "Die Dichtungen der Pumpen", language="de"),
        document("fr.md", "Les joints des pompes usées", language="fr"),
        document("en.md", "The seals of pumps", language="en"),
        document("short.md", "coupling guards", language=""),
    )

    def found(question: str) -> list[str]:
        return rig.texts(question, BEN)["sparse"]

    assert found("Dichtung") == ["Die Dichtungen der Pumpen"]
    assert found("Was ist die Dichtung der Pumpe?")[0] == "Die Dichtungen der Pumpen"
    assert found("joint usé") == ["Les joints des pompes usées"]
    assert found("Which seal?") == ["The seals of pumps"]
    assert found("couplings") == ["coupling guards"]


def test_a_language_that_comes_later_is_searched_by_every_process(open_rig: OpenRig) -> None:
    here, elsewhere = open_rig(), open_rig()
    here.publish(document("en.md", "The seals of pumps"))
    assert elsewhere.texts("Dichtung", BEN)["sparse"] == []
    here.publish(document("de.md", "Die Dichtungen der Pumpen", language="de"))
    assert elsewhere.texts("Dichtung", BEN)["sparse"] == ["Die Dichtungen der Pumpen"]


def test_standings_that_did_not_change_are_not_resolved_again(open_rig: OpenRig) -> None:
    rig = open_rig()
    writer = rig.writer()
    rig.write(writer, [document("old.md", "the pump"), document("new.md", "the valve")])
    assert writer.has_new_standings("rules 1")
    writer.refile_standing({(SOURCE, "old.md"): "new.md"})
    writer.publish()
    assert not rig.writer().has_new_standings("rules 1")
    assert rig.writer().has_new_standings("rules 2")
    later = rig.writer()
    rig.write(later, [document("new.md", "the valve closes")])  # says the same of its standing
    assert not later.has_new_standings("rules 1")
    rig.write(later, [document("old.md", "the pump runs")])  # had been resolved, and says its own again
    assert later.has_new_standings("rules 1")

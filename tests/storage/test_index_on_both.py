from __future__ import annotations

from pathlib import Path

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.queries import Filter
from holdfast.storage.forgetting import forget_document
from holdfast.testing.indexes import LocalRig
from holdfast.testing.records import SOURCE, document

ANA = Principal(user="ana", groups=frozenset({"sales"}))
BEN = Principal(user="ben")


def test_the_whole_index_works_over_either_database(url: str, tmp_path: Path) -> None:
    hx = Filter(exclude=frozenset({Status.DRAFT}), keys={"product": ("HX",)})
    with LocalRig(tmp_path / "one", url=url) as here, LocalRig(tmp_path / "two", url=url) as elsewhere:
        here.publish(
            document("a.md", "pump one", keys={"product": ("HX",)}),
            document("b.md", "pump two", entries=["sales"], keys={"product": ("HX",)}),
            document("c.md", "pump three \x00", status=Status.DRAFT, keys={"product": ("HX",)}),
        )
        for leg in ("sparse", "dense"):
            assert {hit.document for hit in elsewhere.search("pump", ANA, filter_=hx)[leg]} == {
                "a.md",
                "b.md",
            }
            assert {hit.document for hit in elsewhere.search("pump", BEN, filter_=hx)[leg]} == {"a.md"}
        here.refile({"a.md": ["sales"], "b.md": ["everyone"]})
        assert elsewhere.texts("pump two", BEN, k=1) == {"sparse": ["pump two"], "dense": ["pump two"]}
        here.publish(document("b.md", "valve"), removed=["c.md"])
        assert elsewhere.texts("valve pump", BEN) == {"sparse": ["valve"], "dense": ["valve"]}
        with here.database.write() as connection:
            assert forget_document(connection, SOURCE, "b.md").revisions == 2
        assert elsewhere.texts("valve pump", BEN) == {"sparse": [], "dense": []}
        assert elsewhere.texts("pump", ANA)["sparse"] == ["pump one"]

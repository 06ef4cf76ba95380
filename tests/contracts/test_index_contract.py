from __future__ import annotations

from collections.abc import Iterator

import pytest

from holdfast.protocols import Index
from holdfast.testing.contracts.index import IndexContract
from holdfast.testing.contracts.library import EMBEDDER, library
from holdfast.testing.indexes import LocalRig


@pytest.fixture(scope="module")
def graph_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRig]:
    with LocalRig(tmp_path_factory.mktemp("graph"), embedder=EMBEDDER, exact_up_to=4) as rig:
        writer = rig.writer()
        for volume in library():
            writer.write(volume.document, volume.chunks, volume.vectors, skip_key="v1")
        writer.publish()
        yield rig


class TestLocalIndex(IndexContract):
    @pytest.fixture
    def part(self, filled_rig: LocalRig) -> Index:
        return filled_rig.index


class TestLocalIndexWithGraph(IndexContract):
    """Above `exact_up_to` vectors the dense leg searches a graph, filtered the same."""

    @pytest.fixture
    def part(self, graph_rig: LocalRig) -> Index:
        return graph_rig.index

"""What several contract tests share: the suite's library in a local index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from holdfast.testing.contracts.library import EMBEDDER, Volume, library
from holdfast.testing.indexes import LocalRig


@pytest.fixture(scope="session")
def filled_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRig]:
    with LocalRig(tmp_path_factory.mktemp("library"), embedder=EMBEDDER) as rig:
        fill(rig, library())
        yield rig


def fill(rig: LocalRig, volumes: tuple[Volume, ...]) -> None:
    writer = rig.writer()
    for volume in volumes:
        writer.write(volume.document, volume.chunks, volume.vectors, skip_key="v1")
    writer.publish()

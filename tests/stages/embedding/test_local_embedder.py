"""A folder with an ONNX text model, and how texts are shared out among threads."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from holdfast.domain.queries import FloatArray
from holdfast.errors import DeclarationError, StorageError
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.local import LocalEmbedder
from holdfast.stages.embedding.onnx_folder import onnx_folder
from holdfast.stages.embedding.settings import OnnxFolderSettings

TABLE = np.arange(1, 16, dtype=np.float32).reshape(5, 3) * np.array([1, -1, 0.5], np.float32)


def opened(folder: Path, **settings: object) -> LocalEmbedder:
    return onnx_folder(OnnxFolderSettings(folder=folder.name, **settings), root=folder.parent)


def unit(vector: FloatArray) -> FloatArray:
    return vector / np.linalg.norm(vector)


def test_the_mean_of_the_tokens_is_the_vector(tiny_folder: Path) -> None:
    embedder = opened(tiny_folder)
    [vector] = asyncio.run(embedder.embed(["pump seal"], kind="document"))
    assert embedder.dimension == 3
    assert np.allclose(vector, unit(TABLE[[1, 2]].mean(axis=0)), atol=1e-6)


def test_the_first_token_is_the_vector_when_the_setting_says_so(tiny_folder: Path) -> None:
    [vector] = asyncio.run(opened(tiny_folder, pooling="cls").embed(["seal pump"], kind="document"))
    assert np.allclose(vector, unit(TABLE[2]), atol=1e-6)


def test_prefixes_are_put_in_front_by_kind(tiny_folder: Path) -> None:
    embedder = opened(tiny_folder, query_prefix="oil ", document_prefix="bolt ", pooling="cls")
    [query] = asyncio.run(embedder.embed(["pump"], kind="query"))
    [document] = asyncio.run(embedder.embed(["pump"], kind="document"))
    assert np.allclose(query, unit(TABLE[4]), atol=1e-6)
    assert np.allclose(document, unit(TABLE[3]), atol=1e-6)


def test_the_fingerprint_follows_the_content_and_the_settings(tiny_folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(tiny_folder, moved)
    assert opened(moved).fingerprint == opened(tiny_folder).fingerprint
    assert opened(moved, pooling="cls").fingerprint != opened(tiny_folder).fingerprint
    (moved / "tokenizer.json").write_text((moved / "tokenizer.json").read_text().replace("oil", "gas"))
    assert opened(moved).fingerprint != opened(tiny_folder).fingerprint


def test_a_folder_without_a_model_is_a_wrong_declaration(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"embedding: .* holds no model\.onnx\. Correct"):
        opened(tmp_path)


def test_a_damaged_model_says_which_file(tiny_folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_folder, damaged)
    (damaged / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(StorageError, match=r"cannot open .*model\.onnx"):
        opened(damaged)


def test_a_damaged_tokenizer_says_which_file(tiny_folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_folder, damaged)
    (damaged / "tokenizer.json").write_text("{")
    with pytest.raises(StorageError, match=r"tokenizer\.json is no readable tokenizer"):
        opened(damaged)


class _Counting(TextEncoder):
    """Stands where a graph would: vectors from the text's length, and a record of what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.threads: set[str] = set()
        self.held = threading.Event()
        self.held.set()

    def encode(self, text: str) -> FloatArray:
        if text.startswith("document"):
            self.held.wait(5)
        self.asked.append(text)
        self.threads.add(threading.current_thread().name)
        return np.full(2, len(text), np.float32)


def counting(encoder: _Counting, **settings: int) -> LocalEmbedder:
    return LocalEmbedder(lambda: encoder, fingerprint="counting", dimension=2, **settings)


def test_the_longest_texts_come_first_and_every_row_is_in_its_place() -> None:
    encoder = _Counting()
    texts = ["x" * size for size in (3, 9, 1, 7)]
    made = asyncio.run(counting(encoder, threads=1).embed(texts, kind="document"))
    assert [len(text) for text in encoder.asked] == [9, 7, 3, 1]
    assert made[:, 0].tolist() == [3, 9, 1, 7]


def test_a_question_does_not_wait_behind_documents() -> None:
    encoder = _Counting()
    embedder = counting(encoder, threads=1)

    async def ask_while_documents_wait() -> None:
        encoder.held.clear()
        documents = asyncio.create_task(embedder.embed(["document"] * 5, kind="document"))
        await embedder.embed(["question"], kind="query")
        encoder.held.set()
        await documents

    asyncio.run(ask_while_documents_wait())
    assert encoder.asked == ["question", *["document"] * 5]


def test_a_cancelled_call_leaves_no_work_behind() -> None:
    encoder = _Counting()
    embedder = counting(encoder, threads=1)

    async def give_up() -> None:
        encoder.held.clear()
        documents = asyncio.create_task(embedder.embed(["document"] * 50, kind="document"))
        await asyncio.sleep(0.02)
        documents.cancel()
        with pytest.raises(asyncio.CancelledError):
            await documents
        encoder.held.set()
        await embedder.embed(["next"], kind="document")

    asyncio.run(give_up())
    assert len(encoder.asked) <= 2


def test_a_query_that_was_asked_lately_is_not_embedded_again() -> None:
    encoder = _Counting()
    embedder = counting(encoder, query_cache=2)
    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        made = asyncio.run(embedder.embed([text], kind="query"))
        assert made[0, 0] == len(text)
    assert encoder.asked == ["a", "bb", "ccc", "bb"]


def test_many_calls_at_once_get_their_own_rows() -> None:
    encoder = _Counting()
    embedder = counting(encoder, threads=3)

    async def many() -> list[FloatArray]:
        calls = [embedder.embed(["x" * size] * 3, kind="document") for size in range(1, 40)]
        return await asyncio.gather(*calls)

    for size, made in enumerate(asyncio.run(many()), start=1):
        assert made.tolist() == [[size, size]] * 3
    assert len(encoder.threads) <= 3


def test_calls_that_overlap_share_the_threads_and_keep_their_rows() -> None:
    encoder = _Counting()
    embedder = counting(encoder, threads=2)

    async def many() -> list[FloatArray]:
        texts = [["x" * (1 + (call + place) % 7) for place in range(call % 4)] for call in range(40)]
        made = await asyncio.gather(*(embedder.embed(one, kind="document") for one in texts))
        assert [[int(row[0]) for row in rows] for rows in made] == [list(map(len, one)) for one in texts]
        return list(made)

    asyncio.run(many())
    asyncio.run(many())  # another event loop, the same threads
    assert len(encoder.threads) <= 2


class _Failing(_Counting):
    def encode(self, text: str) -> FloatArray:
        if text == "bad":
            raise StorageError("the graph is damaged", stage="embedding", move="Fetch it again.")
        return super().encode(text)


def test_an_error_ends_its_own_call_and_no_other() -> None:
    embedder = counting(_Failing(), threads=1)

    async def both() -> None:
        bad = asyncio.create_task(embedder.embed(["good", "bad", "z"], kind="document"))
        fine = asyncio.create_task(embedder.embed(["fine"], kind="document"))
        with pytest.raises(StorageError, match="damaged"):
            await bad
        assert (await fine)[0, 0] == 4

    asyncio.run(both())

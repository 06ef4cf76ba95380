"""Make the reference vectors of the embedding tests with sentence-transformers.

Run it in a throw-away environment (`pip install torch==2.13.0 sentence-transformers`), never in the
project's own: `python scripts/reference_vectors.py MODEL_FOLDER tests/stages/embedding`, where
MODEL_FOLDER is the `model/` folder of the pinned wheel. It writes `reference_texts.json` and
`reference_vectors.npz`; the tests compare our graph with them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

PUMP = (
    "The PX-40 gear pump delivers 40 litres per minute at 1,450 rpm and a working pressure of 210 bar. "
    "Check the shaft seal for leaks every 500 operating hours. Tighten the flange bolts to 24 Nm in a "
    "cross pattern, then let the pump run unloaded for five minutes before the relief valve is set. "
)
TABLE = "| Part | Order no. | Torque (Nm) |\n|---|---|---|\n" + "\n".join(
    f"| bolt M{size} | 70-{size:03d} | {size * 3.5:.1f} |" for size in range(4, 40)
)
CODE = (
    "def fuse(sparse: dict[int, float], dense: dict[int, float]) -> list[int]:\n"
    "    ids = sparse.keys() | dense.keys()\n"
    "    return sorted(ids, key=lambda i: -(sparse.get(i, 0) + dense.get(i, 0)))\n"
)
TEXTS = [
    "",
    " ",
    ".",
    "a",
    "\n\t\n",
    "42",
    "pump",
    "PUMP",
    "Why does the pump cavitate?",
    "why does the pump cavitate",
    "How do I return a damaged part under warranty?",
    "Which oil may be used below -20 °C?",
    "not approved for potable water",
    "approved for potable water",
    "Order 4711-0815 was shipped on 2024-02-29 with 3 of 5 pallets missing.",
    "3.14159 2.71828 1.41421 6.02214076e23 0x1F -273.15",
    "€1,299.00 (incl. 19 % VAT) \u2013 valid until 31/12/2025",
    "SELECT id, total FROM orders WHERE status = 'late' AND total > 10000;",
    CODE,
    CODE * 8,
    '{"error": {"code": 429, "message": "rate limit", "retry_after": 30}}',
    "https://example.com/a/very/long/path?with=parameters&and=more#fragment",
    "user@example.com wrote: please call +49 30 1234567",
    "Die Pumpe läuft trocken, weil der Saugfilter verstopft ist.",
    "La pompe fonctionne à sec à cause du filtre d'aspiration bouché.",
    "La bomba funciona en seco porque el filtro está obstruido.",
    "Насос работает всухую.",  # noqa: RUF001
    "ポンプが空運転しています。",
    "水泵因吸入过滤器堵塞而空转。",
    "المضخة تعمل جافة",
    "naïve café résumé Ångström",
    "naïve decomposed café",
    "emoji 🔧🚰 in the middle ✅",
    "zero\u200bwidth\u00a0no-break\u202eoverride",
    "control\x00char\x1bhere",
    "ALL CAPS WARNING: DISCONNECT THE POWER SUPPLY BEFORE SERVICING!",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "x" * 150,
    "word " * 400,
    PUMP,
    PUMP * 2,
    PUMP * 3,
    PUMP * 5,
    PUMP * 9,
    TABLE,
    "# Maintenance\n\n## Shaft seal\n\n1. Drain the housing.\n2. Remove the coupling.\n3. Pull the seal.\n",
    "Q: Is the PX-40 compatible with HFC fluids? A: Only with the FKM seal kit, part 70-118.",
    "Service bulletin SB-2023-07 supersedes SB-2021-11: torque is now 28 Nm instead of 24 Nm.",
    "Gross margin fell from 31.2% to 29.8% because freight cost rose by 1.1 million.",
    "We randomised 1,204 patients; the hazard ratio was 0.84 (95% CI 0.71 to 0.99; p = 0.04).",
]


def main() -> None:
    """Write the texts and their vectors into the folder named last."""
    model_folder, target = sys.argv[1], Path(sys.argv[2])
    assert len(TEXTS) == 50
    model = SentenceTransformer(model_folder, device="cpu")
    model.max_seq_length = 256
    # One by one, so that no padding can touch a vector.
    vectors = np.vstack([model.encode([text], normalize_embeddings=True) for text in TEXTS])
    (target / "reference_texts.json").write_text(json.dumps(TEXTS, indent=0) + "\n", encoding="utf-8")
    np.savez_compressed(target / "reference_vectors.npz", vectors=vectors.astype(np.float32))
    print(f"{len(TEXTS)} texts, vectors {vectors.shape}")


if __name__ == "__main__":
    main()

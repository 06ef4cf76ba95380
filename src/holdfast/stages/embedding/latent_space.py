"""Find the directions in which a corpus varies most: a truncated SVD by random projection.

After Halko, Martinsson and Tropp, "Finding structure with randomness" (2011), algorithms 4.4 and 5.1,
in numpy alone.
"""

from __future__ import annotations

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.stages.embedding.term_matrix import SparseRows

_SEED = 20_110_515
_OVERSAMPLED = 16
_POWER_ITERATIONS = 2
_SMALLEST_SHARE = 1e-4
"""Directions weaker than this share of the strongest are noise of the arithmetic."""


def right_directions(matrix: SparseRows, *, rank: int) -> FloatArray:
    """Return up to `rank` right singular vectors as columns, strongest first, shape (width, found)."""
    tried = min(rank + _OVERSAMPLED, matrix.height, matrix.width)
    if not tried or not len(matrix.values):
        return np.zeros((matrix.width, 0), dtype=np.float32)
    across = matrix.transposed()
    start = np.random.default_rng(_SEED).standard_normal((matrix.width, tried), dtype=np.float32)
    left = _orthogonal(matrix.times(start))
    for _ in range(_POWER_ITERATIONS):
        left = _orthogonal(matrix.times(_orthogonal(across.times(left))))
    projected = across.times(left)  # (width, tried): its left singular vectors are those wanted
    squares, rotation = np.linalg.eigh(projected.T @ projected)
    strengths = np.sqrt(np.maximum(squares[::-1], 0))
    found = min(rank, int((strengths > _SMALLEST_SHARE * strengths[0]).sum()))
    directions = projected @ rotation[:, ::-1][:, :found] / strengths[:found]
    return _with_fixed_signs(directions).astype(np.float32)


def _orthogonal(columns: FloatArray) -> FloatArray:
    """Return an orthonormal basis of the columns' span, by their products (30 times as fast as a QR)."""
    squares, rotation = np.linalg.eigh((columns.T @ columns.astype(np.float64)).astype(np.float64))
    is_kept = squares > _SMALLEST_SHARE**2 * squares[-1]
    basis: FloatArray = columns @ (rotation[:, is_kept] / np.sqrt(squares[is_kept])).astype(np.float32)
    return basis


def _with_fixed_signs(columns: FloatArray) -> FloatArray:
    """Make each column's largest entry positive, so that the same corpus gives the same vectors."""
    if not columns.shape[1]:
        return columns
    largest = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    signed: FloatArray = columns * np.sign(largest)
    return signed

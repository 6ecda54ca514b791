"""The embedding: normalised cells of an object projected on their principal components, learned from a sample.

In NumPy, so that nothing of a run without training needs PyTorch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.parallel import parallel_map

BLOCK = 1 << 22
"""Numbers of the sample's cells that are converted to float32 together."""
TOGETHER = 64
"""Photos that are projected together: each time all of the basis is read."""
CANCELLED = 1e-4
"""The embeddings of a photo and of its mirror image cancel each other where their sum is shorter."""


@dataclass(frozen=True, eq=False)
class Basis:
    """Mean and principal components of normalised cells: (…, C, h, w) → (…, D) of unit length."""

    mean: np.ndarray
    """(C h w) float32."""
    components: np.ndarray
    """(D, C h w) float32."""
    columns: int
    """w, the number of columns of a map."""

    @classmethod
    def fit(cls, cells: np.ndarray, dimensions: int) -> Basis:
        """PCA of the normalised cells of P photos, (P, C, h, w), and of the same flipped left-right.

        Solved exactly through Gram matrices, because there are far fewer samples than dimensions. Has min(dimensions,
        P - 1) components, at least one.

        Of a set that holds all cells both ways round, each component is even or odd (the same or negative when it is
        flipped), and even and odd components are those of the cells' even and odd parts by themselves. So two problems
        of half the size are solved, in an eighth of the time: a sample of 2,048 takes two Gram matrices of 2,048 rows
        instead of one of 4,096. Cells are processed a few channels at a time, so they may be in float16.
        """
        photos, channels, height, width = cells.shape
        step = max(1, BLOCK // (photos * height * width))
        blocks = [slice(start, start + step) for start in range(0, channels, step)]
        even_values, even_vectors, odd_values, odd_vectors = _decomposed(cells, blocks)
        values = np.concatenate([even_values, odd_values])
        chosen = np.argsort(-values, kind="stable")[: max(1, min(dimensions, photos - 1))]
        vectors = np.concatenate([even_vectors, odd_vectors], axis=1)[:, chosen]
        weights = (vectors / np.sqrt(np.maximum(values[chosen], 1e-12))).astype(np.float32)
        is_even = chosen < photos
        components = np.empty((len(chosen), channels, height, width), dtype=np.float32)
        mean = np.empty((channels, height, width), dtype=np.float32)

        def compute(block: slice) -> None:
            part = cells[:, block].astype(np.float32)
            own_mean = part.mean(axis=0)
            mean[block] = (own_mean + own_mean[..., ::-1]) / 2
            even, odd = _centred_parts(part)
            even = np.tensordot(weights[:, is_even].T, even, 1)
            odd = np.tensordot(weights[:, ~is_even].T, odd, 1)
            components[is_even, block] = _unfolded(even, np.zeros((len(even), *odd.shape[1:]), np.float32))
            components[~is_even, block] = _unfolded(np.zeros((len(odd), *even.shape[1:]), np.float32), odd)

        for _ in parallel_map(compute, blocks):
            pass
        flat = components.reshape(len(chosen), -1)
        largest = np.take_along_axis(flat, np.abs(flat).argmax(axis=1)[:, None], axis=1)
        flat *= np.where(largest < 0, np.float32(-1), np.float32(1))
        return cls(mean.ravel(), flat, width)

    @property
    def dimensions(self) -> int:
        """D, the number of dimensions of an embedding."""
        return len(self.components)

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        """(…, C, h, w) normalised cells → (…, D) float32, L2-normalised."""
        return normalised(self._projected(cells), axis=-1)

    def both_ways(self, cells: np.ndarray) -> np.ndarray:
        """(B, C, h, w) normalised cells → (B, 2, D): the embeddings of these, and of the same flipped left-right."""
        projected = self._projected(cells)
        turned = self._projected(cells[..., ::-1]) if self._parity is None else projected * self._parity
        return normalised(np.stack([projected, turned], axis=1), axis=-1)

    def explained_variance(self, cells: np.ndarray) -> list[float]:
        """Share of the variance of (P, C, h, w) cells, and so of the same flipped, that each component explains."""

        def variance_of(start: int) -> tuple[np.ndarray, float]:
            centred = self._centred(cells[start : start + TOGETHER])
            return np.square(centred @ self.components.T).sum(axis=0, dtype=np.float64), float(
                np.vdot(centred, centred)
            )

        along, total = np.zeros(self.dimensions), 0.0
        for part, part_total in parallel_map(variance_of, range(0, len(cells), TOGETHER)):
            along += part
            total += part_total
        shares: list[float] = (along / max(total, 1e-12)).tolist()
        return shares

    def _projected(self, cells: np.ndarray) -> np.ndarray:
        projected: np.ndarray = self._centred(cells) @ self.components.T
        return projected

    def _centred(self, cells: np.ndarray) -> np.ndarray:
        return cells.reshape(*cells.shape[:-3], -1) - self.mean

    @cached_property
    def _parity(self) -> np.ndarray | None:
        """(D,) 1 for even components, -1 for odd ones; None where one is neither, as in bases of before."""
        maps = self.components.reshape(self.dimensions, -1, self.columns)
        flipped = maps[..., ::-1]
        is_even, is_odd = ((maps == sign * flipped).all(axis=(1, 2)) for sign in (1, -1))
        mean = self.mean.reshape(-1, self.columns)
        if not ((is_even | is_odd).all() and (mean == mean[:, ::-1]).all()):
            return None
        return np.where(is_even, np.float32(1), np.float32(-1))


def _decomposed(cells: np.ndarray, blocks: list[slice]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of the Gram matrices of the cells' even parts, then of their odd parts."""

    def grams_of(block: slice) -> list[np.ndarray]:
        flat = [part.reshape(len(part), -1) for part in _centred_parts(cells[:, block].astype(np.float32))]
        return [part @ part.T for part in flat]

    grams = [np.zeros((len(cells), len(cells))) for _ in range(2)]
    for found in parallel_map(grams_of, blocks):
        for gram, part in zip(grams, found, strict=True):
            gram += part
    even, odd = parallel_map(np.linalg.eigh, grams)
    return (*even, *odd)


def _centred_parts(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P, c, h, w) → the even and odd parts of the cells less their mean, (P, c, h, w - w // 2) and (P, c, h, w // 2).

    Of two columns that change places when a picture is flipped, the parts hold sum and difference, divided by the
    square root of 2: another orthonormal basis. A column in the middle is even. The mean of all cells both ways round
    has no odd part.
    """
    half = cells.shape[-1] // 2
    left, right = cells[..., :half], cells[..., ::-1][..., :half]
    even = np.empty((*cells.shape[:-1], cells.shape[-1] - half), dtype=np.float32)
    np.add(left, right, out=even[..., :half])
    even[..., :half] /= np.float32(math.sqrt(2))
    even[..., half:] = cells[..., half : cells.shape[-1] - half]
    even -= even.mean(axis=0)
    return even, (left - right) / np.float32(math.sqrt(2))


def _unfolded(even: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """The vectors of which these are the even and odd parts."""
    half = odd.shape[-1]
    root = np.float32(math.sqrt(2))
    left, right = even[..., :half] + odd, even[..., :half] - odd
    return np.concatenate([left / root, even[..., half:], right[..., ::-1] / root], axis=-1)


def mirror_invariant(embeddings: np.ndarray) -> np.ndarray:
    """(…, 2, D), embeddings of a photo and of its mirror image → (…, D): their normalised sum, which is the same for
    both.

    Where the two cancel each other, as in a basis fitted on a single photo, it is the photo's own embedding.
    """
    total = embeddings.sum(axis=-2)
    cancelled = np.linalg.norm(total, axis=-1, keepdims=True) < CANCELLED
    return normalised(np.where(cancelled, embeddings[..., 0, :], total), axis=-1)


def neighbours_kept(cells: np.ndarray, embedded: np.ndarray, k: int = 10) -> float:
    """(P, C, h, w) normalised cells and their (P, D) embeddings → how far these keep the ranking by location-wise
    cosine, 0 to 1.

    This is the mean share of each photo's k nearest by the one that are among its k nearest by the other; 1 for fewer
    than two photos.
    """
    k = min(k, len(cells) - 1)
    if k < 1:
        return 1.0

    def nearest(vectors: np.ndarray) -> np.ndarray:
        own = vectors.astype(np.float32)
        scores = own @ own.T
        np.fill_diagonal(scores, -np.inf)
        found = np.zeros(scores.shape, dtype=bool)
        np.put_along_axis(found, np.argpartition(-scores, k - 1, axis=1)[:, :k], True, axis=1)
        return found

    by_cells, by_embedding = parallel_map(nearest, (cells.reshape(len(cells), -1), embedded))
    return float((by_cells & by_embedding).sum() / (k * len(cells)))

"""The choice of questions that tell most, against a naive choice and against what it is for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.lineage.telling import disagreement, k_centre, telling_order


def naive_k_centre(vectors: np.ndarray, known: np.ndarray, count: int) -> list[int]:
    """One row after the other, every distance computed anew."""
    chosen: list[int] = []
    while len(chosen) < min(count, len(vectors)):
        centres = [*known, *(vectors[row] for row in chosen)]
        best, farthest = None, -1.0
        for row, vector in enumerate(vectors):
            distance = min((float(((vector - centre) ** 2).sum()) for centre in centres), default=np.inf)
            if row not in chosen and distance > farthest:
                best, farthest = row, distance
        assert best is not None
        chosen.append(best)
    return chosen


def naive_order(uncertainty: np.ndarray, vectors: np.ndarray, known: np.ndarray, block: int, width: int) -> list[int]:
    left, order = sorted(range(len(vectors)), key=lambda row: -uncertainty[row]), []
    while left:
        pool = left[: width * block]
        seen = np.array([*known, *(vectors[row] for row in order)]).reshape(-1, vectors.shape[1])
        order += [pool[place] for place in naive_k_centre(vectors[pool], seen, block)]
        left = [row for row in left if row not in order]
    return order


# Whole numbers have exact distances, and ties in plenty.
def points(most: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.tuples(*[st.integers(-3, 3)] * 2), max_size=most).map(
        lambda rows: np.array(rows, dtype=float).reshape(-1, 2)
    )


@settings(max_examples=150, deadline=None)
@given(vectors=points(12), known=points(4), block=st.integers(1, 5), width=st.integers(1, 4), data=st.data())
def test_it_is_the_naive_choice(
    vectors: np.ndarray, known: np.ndarray, block: int, width: int, data: st.DataObject
) -> None:
    levels = st.lists(st.integers(0, 3), min_size=len(vectors), max_size=len(vectors))
    uncertainty = np.array(data.draw(levels), dtype=float)
    assert k_centre(vectors, known, block) == naive_k_centre(vectors, known, block)
    order = telling_order(uncertainty, vectors, known, block, width)
    assert order == naive_order(uncertainty, vectors, known, block, width)
    assert sorted(order) == list(range(len(vectors)))


def test_copies_of_one_photo_do_not_come_one_after_the_other() -> None:
    one, other, sure = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]
    vectors = np.array([one] * 4 + [other] + [sure] * 20)
    uncertainty = np.array([0.9] * 4 + [0.8] + [0.1] * 20)
    nothing = np.zeros((0, 2))
    assert telling_order(uncertainty, vectors, nothing, block=2, width=2)[:2] == [0, 1]
    assert telling_order(uncertainty, vectors, nothing, block=2, width=3)[:2] == [0, 5]
    assert telling_order(uncertainty, vectors, np.array([one, sure]), block=1, width=5)[0] == 4


def test_heads_disagree_where_their_margins_cancel_out() -> None:
    margins = np.array([[0.2, 0.3, 0.1, 0.0], [-0.2, 0.3, 0.3, 0.0]])
    found = disagreement(margins)
    assert found[0] == 1 and found[1] == 0 and found[3] == 0
    assert 0 < found[2] < 1
    assert np.allclose(disagreement(7 * margins), found)

"""Ways to better neighbours against their definitions, photo by photo; and that no photo judges its own setting."""

import numpy as np
import pytest

from benchmarks.neighbour_methods import (
    expanded,
    expanded_query,
    hub_offset,
    joined,
    mutual_proximity,
    plain,
    reciprocal,
)
from benchmarks.neighbours import Found, Half, chosen_elsewhere
from tiefvision_assets.vision.box_heads import normalised


def vectors_of(count: int, dimensions: int = 5, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return normalised(draw.standard_normal((count, dimensions)), axis=1)


def nearest(scores: np.ndarray, row: int, k: int) -> list[int]:
    return [other for other in np.argsort(-scores[row], kind="stable").tolist() if other != row][:k]


def test_a_hub_loses_by_how_near_its_neighbours_are():
    vectors = vectors_of(12)
    scores = vectors @ vectors.T
    near = [np.mean([scores[row, other] for other in nearest(scores, row, 3)]) for row in range(12)]
    expected = [[scores[i, j] - (near[i] + near[j]) / 2 for j in range(12)] for i in range(12)]
    assert hub_offset(vectors, vectors, k=3) == pytest.approx(np.array(expected))


def test_mutual_proximity_is_symmetric_and_grows_with_the_cosine():
    vectors = vectors_of(30)
    found, scores = mutual_proximity(vectors, vectors), plain(vectors, vectors)
    assert found == pytest.approx(found.T)
    assert (np.diagonal(found) >= found.max(1) - 1e-9).all()
    assert np.corrcoef(found.ravel(), scores.ravel())[0, 1] > 0.8


def test_reciprocal_neighbours_in_common_order_the_nearest():
    vectors, k, share = vectors_of(70), 9, 0.3
    scores = vectors @ vectors.T
    lists = [[row, *nearest(scores, row, k)] for row in range(70)]
    own = np.zeros((70, 70))
    for row in range(70):
        for other in lists[row]:
            if row in lists[other]:
                own[row, other] = np.exp(scores[row, other])
        own[row] /= own[row].sum()
    mean = np.array([own[lists[row][: k // 3]].mean(0) for row in range(70)])
    found = reciprocal(vectors, vectors, k=k, share=share)
    for row in (0, 33):
        near = nearest(scores, row, 50)
        for other in near:
            both, either = np.minimum(mean[row], mean[other]).sum(), np.maximum(mean[row], mean[other]).sum()
            expected = 3 + (1 - share) * both / either + share * scores[row, other]
            assert found[row, other] == pytest.approx(expected)
        others = sorted(set(range(70)) - {row, *near})
        assert found[row, others] == pytest.approx(scores[row, others])


def test_expansion_adds_the_nearest_by_their_cosines_power():
    vectors, memory = vectors_of(4), vectors_of(20, seed=1)
    found = expanded(vectors, memory, m=3, power=2)
    for vector, grown in zip(vectors, found, strict=True):
        cosines = memory @ vector
        total = vector + sum(max(cosines[row], 0) ** 2 * memory[row] for row in np.argsort(-cosines)[:3])
        assert grown == pytest.approx(total / np.linalg.norm(total))


def test_an_expanded_query_is_not_its_own_neighbour():
    vectors = vectors_of(9)
    for row, scores in enumerate(expanded_query(vectors, vectors, m=2, power=1)):
        others = np.delete(vectors, row, axis=0)
        assert scores == pytest.approx(vectors @ expanded(vectors[row : row + 1], others, m=2, power=1)[0])


def test_joined_embeddings_mix_the_cosines_as_long_as_nothing_is_cut_off():
    first, second = vectors_of(30, 4), vectors_of(30, 6, seed=1)
    both = joined(first, second, 0.3, dimensions=10)
    assert both @ both.T == pytest.approx(0.7 * first @ first.T + 0.3 * second @ second.T, abs=1e-6)
    assert joined(first, second, 0.3, dimensions=5).shape == (30, 5)


def half_of(best: str, photos: int = 40) -> tuple[Half, dict[str, np.ndarray]]:
    """Photos of two labels and many groups; and similarities under two settings, of which ``best`` is right."""
    labels, groups = np.arange(photos) % 2, np.arange(photos) // 2
    same_label, same_group = (names[:, None] == names for names in (labels, groups))
    right = np.where(same_label, 1.0, -1.0) + np.eye(photos)
    answers = {name: right if name == best else -right for name in ("one", "other")}
    return Half(np.arange(photos), same_label, same_group, {"supervised": np.eye(photos)}), answers


def test_a_setting_is_chosen_on_the_half_that_it_does_not_judge():
    (first, answers), (second, others) = half_of("one", 40), half_of("other", 44)

    def setting(name):
        return lambda vectors, _: (answers if len(vectors) == 40 else others)[name]

    found = chosen_elsewhere([first, second], {name: setting(name) for name in ("one", "other")}, "supervised")
    assert len(found.precision) == 84 and not found.precision.any()


def test_copies_and_own_products_are_counted_beside_precision():
    labels, groups = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 1, 2, 3, 4])
    half = Half(
        np.arange(6),
        *(names[:, None] == names for names in (labels, groups)),
        {"supervised": np.eye(6)},
    )
    scores = np.where(half.same_label, 0.5, 0.0) + np.eye(6)
    scores[2, 3] = 2.0
    found = half.found("supervised", lambda *_: scores)
    assert found.copies.tolist() == [True, True, False, True, True, True]
    assert found.own_product == pytest.approx([1, 1, *[np.nan] * 4], nan_ok=True)
    assert Found.together([found, found]).copies.tolist() == 2 * found.copies.tolist()

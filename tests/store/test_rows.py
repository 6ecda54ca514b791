import numpy as np
import pandas as pd
import pytest

from tiefvision_assets.store.schemas import BOX, ENCODING_KEYS, EXTRACTED_BOXES


def boxes(*photos: str) -> pd.DataFrame:
    rows = [(sha, 0.5, 1.0, 20.25, 30.0, 0.75, "") for sha in photos]
    return pd.DataFrame(rows, columns=["sha256", *BOX, "confidence", "error"])


def encodings(*photos: str, seed: int = 0) -> pd.DataFrame:
    vectors = np.random.default_rng(seed).normal(size=(len(photos), 2, 5)).astype(np.float16)
    rows = pd.DataFrame([(sha, 0, 1, 20, 30, "", 1) for sha in photos], columns=["sha256", *BOX, "error", "decoding"])
    return rows.assign(embedding=list(vectors[:, 0]), mirrored=list(vectors[:, 1]))


def test_boxes_come_back_batch_by_batch_and_together(store):
    store.boxes.write("h1", "b0", boxes("a", "b"))
    store.boxes.write("h1", "b1", boxes("c"))
    assert store.boxes.read("h1", "b0").equals(boxes("a", "b").assign(decoding=1)), "as rows of before have it"
    assert list(store.boxes.read_all("h1", ["b1", "b7", "b0"])["sha256"]) == ["c", "a", "b"]


def test_boxes_of_other_heads_and_of_no_heads_are_kept_apart(store):
    store.boxes.write("h1", "b0", boxes("a"))
    store.boxes.write(None, "b0", boxes("b"))
    assert list(store.boxes.read("h1", "b0")["sha256"]) == ["a"]
    assert list(store.boxes.read(None, "b0")["sha256"]) == ["b"]
    assert len(store.boxes.read("h2", "b0")) == 0


def test_encodings_come_back_as_float16_to_the_bit(store):
    written = encodings("a", "b")
    store.encodings.write("e", "b0", written)
    found = store.encodings.read("e", "b0")
    for name in ("embedding", "mirrored"):
        assert found[name].iloc[0].dtype == np.float16
        assert np.array_equal(np.stack(list(found[name])), np.stack(list(written[name])))
    assert found[["sha256", *BOX, "error"]].equals(written[["sha256", *BOX, "error"]])


def test_keys_leave_the_vectors_out(store):
    store.encodings.write("e", "b0", encodings("a"))
    store.encodings.write("e", "b1", encodings("b"))
    assert list(store.encodings.keys("e", "b0").columns) == ENCODING_KEYS.names
    assert list(store.encodings.keys_of("e", ["b0", "b1"])["sha256"]) == ["a", "b"]


def test_vectors_are_those_of_the_asked_contents_that_could_be_encoded(store):
    first, second = encodings("a", "b"), encodings("c", "d", seed=1)
    second.loc[1, "error"] = "damaged"
    store.encodings.write("e", "b0", first)
    store.encodings.write("e", "b1", second)
    wanted = pd.Series(["b", "c", "d", "elsewhere"])
    contents, vectors = store.encodings.vectors_of("e", ["b0", "b1", "never written"], wanted)
    assert contents == ["b", "c"] and vectors.dtype == np.float16
    for row, (frame, place) in enumerate([(first, 1), (second, 0)]):
        assert np.array_equal(vectors[row], np.stack([frame.at[place, name] for name in ("embedding", "mirrored")]))
    none, empty = store.encodings.vectors_of("e", [], wanted)
    assert none == [] and empty.shape[:2] == (0, 2)


def test_writing_a_batch_again_replaces_it(store):
    store.encodings.write("e", "b0", encodings("a", "b"))
    store.encodings.write("e", "b0", encodings("c", seed=1))
    assert list(store.encodings.read("e", "b0")["sha256"]) == ["c"]


@pytest.mark.parametrize("batches", [[], ["b0"], ["b0", "b1"]])
def test_nothing_written_is_no_rows_with_all_columns(store, batches):
    assert list(store.boxes.read_all("h", batches).columns) == EXTRACTED_BOXES.names
    assert not len(store.boxes.read_all("h", batches)) and not len(store.encodings.keys_of("e", batches))

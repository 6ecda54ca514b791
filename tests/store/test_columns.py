import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.store.columns import digest, is_among, order, positions

texts = st.lists(st.text("abé", max_size=3), max_size=8)


@given(column=texts, values=texts, kind=st.sampled_from(["str", object]))
def test_texts_among_others_are_found(column, values, kind):
    for given_values in (values, pd.Series(values, dtype=kind)):
        assert is_among(pd.Series(column, dtype=kind), given_values).tolist() == [text in values for text in column]


@given(first=texts, second=texts)
def test_equal_columns_and_no_others_have_one_digest(first, second):
    one, other = (
        digest(pd.DataFrame({"name": pd.Series(t, dtype="str"), "n": 1}), ["name"], ["n"]) for t in (first, second)
    )
    assert (one == other) == (first == second)
    assert len(one) == 16


def test_a_digest_depends_on_numbers_but_not_on_their_type_nor_on_other_columns():
    frame = pd.DataFrame({"name": ["a", "b"], "side": [1, 2], "other": [0, 0]})
    same = frame.astype({"side": "float32", "name": object}).assign(other=9)
    assert digest(frame, ["name"], ["side"]) == digest(same, ["name"], ["side"])
    assert digest(frame, ["name"], ["side"]) != digest(frame.assign(side=[1, 2.5]), ["name"], ["side"])
    assert digest(frame, ["name"]) != digest(frame.iloc[::-1], ["name"])


def test_a_missing_text_is_an_error():
    with pytest.raises((TypeError, ValueError, AttributeError)):
        digest(pd.DataFrame({"name": ["a", 5]}), ["name"])


@given(column=texts, values=texts, kind=st.sampled_from(["str", object]))
def test_places_are_where_texts_first_stand_among_the_values(column, values, kind):
    found = positions(pd.Series(column, dtype=kind), pd.Series(values, dtype=kind))
    assert found.tolist() == [values.index(text) if text in values else -1 for text in column]


@given(
    rows=st.lists(st.tuples(st.text("abé", max_size=3), st.text("ab", max_size=2))),
    kind=st.sampled_from(["str", object]),
)
def test_the_order_is_that_of_the_columns_one_after_the_other(rows, kind):
    frame = pd.DataFrame(rows, columns=["first", "second"], dtype=kind)
    found = [rows[row] for row in order(frame, ["first", "second"])]
    assert found == sorted(rows)

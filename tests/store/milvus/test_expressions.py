"""SQL conditions choose the same photos, whether Milvus is asked or the table of entries."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.without_photos import unit_vectors
from tiefvision_assets.store.milvus.collection import Collection, valid
from tiefvision_assets.store.milvus.expressions import translated
from tiefvision_assets.store.milvus.server import Server
from tiefvision_assets.store.where import BadFilter, rows_where

ROWS = [
    ("gowns/a.jpg", 300, 400, 0.5, True),
    ("gowns/B.jpg", 640, 480, 1.0, False),
    ("shoes/a_b.png", 900, 1200, 0.0, True),
    ('it\'s "new".webp', 16, 128, 0.75, False),
    ("50%.jpg", 0, 7, 0.25, True),
    ("größe/ä.jpg", -5, 300, 0.3, False),
]
ENTRIES = pd.DataFrame(ROWS, columns=["path", "width", "height", "confidence", "human"]).assign(
    image_id=[f"i{number}" for number in range(len(ROWS))]
)
KINDS = {str(name): getattr(dtype, "kind", "O") for name, dtype in ENTRIES.dtypes.items()}
TABLE = pa.Table.from_pandas(ENTRIES, preserve_index=False)


@pytest.fixture(scope="session")
def collection(index_url):
    made = Collection(Server(index_url), "conditions")
    made.create(ENTRIES, 16)
    made.add(1, ENTRIES, unit_vectors(len(ENTRIES)))
    made.seal()
    return made


def chosen(collection: Collection, expression: str) -> list[str]:
    """The ids of all rows for which the expression holds."""
    ((found, _),) = collection.search(unit_vectors(1), 100, 100, f"{valid(1)} and ({expression})")
    return sorted(found)


def expected(condition: str) -> list[str]:
    return sorted(ENTRIES["image_id"][np.flatnonzero(rows_where(TABLE, condition))])


SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
whole = st.sampled_from(["300", "0", "-5", "1200", "016", "(7)"])
comparisons = (
    st.builds("{} {} {}".format, st.sampled_from(["width", "HEIGHT"]), SIGNS, whole)
    | st.builds("{1} {2} {0}".format, st.sampled_from(["width", '"height"']), whole, SIGNS)
    | st.builds("confidence {} {}".format, SIGNS, st.sampled_from(["0.5", "1", "3e-1", "-.5"]))
    | st.builds("human {} {}".format, st.sampled_from(["=", "<>"]), st.sampled_from(["true", "FALSE"]))
    | st.builds(
        "path {} '{}'".format,
        st.sampled_from(["LIKE", "NOT LIKE", "=", "<>", "<", ">="]),
        st.sampled_from(["gowns/%", "%a_b%", "%.jpg", "m", "it''s \"new\".webp", "%ö%", "50%", "", "_0%"]),
    )
)
others = st.sampled_from(
    [
        "human",
        "width IN (16, 640)",
        "width NOT IN (-5, 7)",
        "confidence IN (0.5, 1)",
        "height BETWEEN 100 AND 480",
        "path NOT BETWEEN 'a' AND 'h'",
        "path NOT IN ('50%.jpg', 'größe/ä.jpg')",
    ]
)
conditions = st.recursive(
    comparisons | others,
    lambda inner: (
        st.builds("({} AND {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("NOT ({})".format, inner)
    ),
    max_leaves=6,
)


@given(condition=conditions)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_translated_condition_chooses_what_the_condition_chooses(collection, condition):
    expression = translated(condition, KINDS)
    if expression is None:
        assert "(7)" in condition
    else:
        assert chosen(collection, expression) == expected(condition)


@pytest.mark.parametrize(
    "condition",
    ["width / height > 1", "path ILIKE '%B.JPG'", "confidence IS NULL", "width > 1.5", "1 = 1", "width = height"]
    + ["path LIKE '50\\%%'", "blurred", "human > false", "width BETWEEN SYMMETRIC 9 AND 3"],
)
def test_what_has_no_translation_is_left_to_the_table(condition):
    assert translated(condition, KINDS) is None


@pytest.mark.parametrize("condition", ["", "width >", "colour = 'red'", "path > 5", "width", "path LIKE path"])
def test_what_is_wrong_is_told_by_the_table(condition):
    assert translated(condition, KINDS) is None
    with pytest.raises(BadFilter):
        rows_where(TABLE, condition)


@pytest.mark.parametrize("text", ['" or width > 0 or path == "', "tab\there", "line\nbreak", "back\\slash"])
def test_a_text_stays_a_text(collection, text):
    condition = f"path = '{text}'"
    expression = translated(condition, KINDS)
    assert expression is None or chosen(collection, expression) == expected(condition) == []

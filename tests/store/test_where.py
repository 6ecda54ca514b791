import sqlite3
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.store.where import LONGEST, BadFilter, rows_where

ROWS = [
    ("gowns/a.jpg", 300, 400, 0.5, True),
    ("gowns/B.jpg", 640, 480, 1.0, False),
    ("shoes/a_b.png", 900, 1200, 0.0, True),
    ("it's.webp", 16, 128, None, False),
    ("50%.jpg", 0, 7, 0.25, None),
]
COLUMNS = ["path", "width", "height", "confidence", "human"]
TABLE = pa.table(dict(zip(COLUMNS, map(list, zip(*ROWS, strict=True)), strict=True)))


@pytest.fixture(scope="module")
def database():
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE photos (row, path TEXT, width INTEGER, height INTEGER, confidence REAL, human)")
    connection.executemany("INSERT INTO photos VALUES (?,?,?,?,?,?)", [(n, *row) for n, row in enumerate(ROWS)])
    connection.execute("PRAGMA case_sensitive_like = ON")
    yield connection
    connection.close()


def chosen(condition: str) -> list[int]:
    return np.flatnonzero(rows_where(TABLE, condition)).tolist()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("width > 500 AND path LIKE 'gowns/%'", [1]),
        ("WIDTH>=640 or Path = 'it''s.webp'", [1, 2, 3]),
        ("path ILIKE '%b.jpg'", [1]),
        ("path LIKE '%a_b%'", [2]),
        ("path LIKE '50\\%%'", [4]),
        ("not (human)", [1, 3]),
        ("human = true", [0, 2]),
        ("confidence IS NULL", [3]),
        ("confidence IS NOT NULL AND confidence < 0.5", [2, 4]),
        ("width / height > 1", [1]),
        ("width - height between -300 and -50", [0, 2, 3]),
        ("width IN (16, 300)", [0, 3]),
        ("path NOT IN ('50%.jpg')", [0, 1, 2, 3]),
        ("-width < -600", [1, 2]),
        ('"width" <> 16 and 1 = 1', [0, 1, 2, 4]),
        ("1 = 2", []),
        ("confidence = NULL", []),
        ("width > 1.5e2", [0, 1, 2]),
    ],
)
def test_conditions_choose_rows(condition, expected):
    assert chosen(condition) == expected


numbers = st.sampled_from(["width", "height", "confidence", "300", "0.5", "7", "width + height", "height * 2"])
comparisons = st.builds("{} {} {}".format, numbers, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), numbers)
texts = st.builds(
    "path {} '{}'".format,
    st.sampled_from(["LIKE", "NOT LIKE", "=", "<"]),
    st.sampled_from(["gowns/%", "%a_b%", "%.jpg", "m"]),
)
others = st.sampled_from(
    ["confidence IS NULL", "width IN (16, 640)", "height BETWEEN 100 AND 480", "path NOT IN ('m')"]
)
conditions = st.recursive(
    comparisons | texts | others,
    lambda inner: (
        st.builds("({} AND {})".format, inner, inner)
        | st.builds("({} OR {})".format, inner, inner)
        | st.builds("NOT ({})".format, inner)
    ),
    max_leaves=6,
)


@given(condition=conditions)
@settings(max_examples=300)
def test_any_condition_means_what_it_means_to_sqlite(database, condition):
    rows = database.execute(f"SELECT row FROM photos WHERE {condition} ORDER BY row").fetchall()
    assert chosen(condition) == [row for (row,) in rows]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("", "it is no SQL condition"),
        ("width >", "it is no SQL condition"),
        ("width > 5)", "it is no SQL condition"),
        ("1; DROP TABLE photos", "it is no SQL condition"),
        ("colour = 'red'", "there is no column colour"),
        ('path = "a.jpg"', 'there is no column "a.jpg"'),
        ("photos.width > 3", "is not understood"),
        ("path > 5", "its parts do not fit together"),
        ("width", "it is a value, not a condition"),
        ("width + 1", "it is a value, not a condition"),
        ("NULL", "it is a value, not a condition"),
        ("width > (SELECT 1)", "is not understood"),
        ("width IN (SELECT 1)", "is not understood"),
        ("exec('rm') = 1", "is not understood"),
        ("width BETWEEN SYMMETRIC 9 AND 3", "is not understood"),
        ("path LIKE 'a' ESCAPE '!'", "is not understood"),
        ("path LIKE path", "LIKE needs a pattern"),
        ("width > 99999999999999999999999999", "its parts do not fit together"),
        ("width > 1e", "1e is no number"),
        ("width > 1²", "is no "),
        ("(" * 900 + "human" + ")" * 900, "nested too deeply"),
        ("width > 1 OR " * 200 + "human", f"it is longer than {LONGEST} characters"),
    ],
)
def test_a_bad_condition_is_refused_in_a_sentence_that_lists_the_columns(condition, reason):
    with pytest.raises(BadFilter, match=r"on the columns path, width, height, confidence, human\.$") as caught:
        rows_where(TABLE, condition)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_table_is_filtered_to_nothing():
    assert rows_where(TABLE.slice(0, 0), "width > 3 OR 1 = 1").tolist() == []


DATED = pa.table(
    {
        "day": pa.array([datetime(2026, 1, 1), None, datetime(2026, 3, 1, 12)]),
        "tags": pa.array([["red", "blue"], None, []], pa.list_(pa.string())),
        "empty": pa.nulls(3),
        "brand": ["Ada", None, "Bo"],
        "hit.price": [1, 2, 3],
    }
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("day >= '2026-03-01'", [2]),
        ("day BETWEEN '2025-12-31' AND '2026-01-01'", [0]),
        ("'2026-01-01' = day OR day IN ('2026-03-01 12:00')", [0, 2]),
        ("'red' IN tags", [0]),
        ("NOT 'red' IN tags", [2]),
        ("hit.price > 1", [1, 2]),
        ("brand IN ('Ada', 'Cy')", [0]),
        ("NOT brand IN ('Ada', 'Cy')", [2]),
        ("brand IN ('Ada', NULL) OR brand NOT IN ('Cy', NULL)", [0]),
        ("'red' IN ('red', 'blue') AND brand NOT IN ('Ada')", [2]),
        ("empty < 3 OR empty LIKE 'a%' OR empty OR 'a' IN empty", []),
        ("NOT empty", []),
        ("empty", []),
        ("empty IS NULL AND hit.price > 2", [2]),
        ("empty = empty OR empty <> NULL OR empty < empty + empty", []),
        ("empty IN (NULL) OR NOT empty BETWEEN NULL AND empty OR NULL = NULL", []),
    ],
)
def test_dates_lists_columns_without_values_and_columns_of_two_sides(condition, expected):
    assert np.flatnonzero(rows_where(DATED, condition)).tolist() == expected


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("day > 'soon'", "its parts do not fit together"),
        ("'a' IN day", "a can be looked for in a column of lists only"),
        ("3 IN tags", "its parts do not fit together"),
    ],
)
def test_what_is_no_date_and_no_list_is_refused(condition, reason):
    with pytest.raises(BadFilter, match=reason):
        rows_where(DATED, condition)

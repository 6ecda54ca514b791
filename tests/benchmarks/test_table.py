import json

import pytest

from benchmarks.bench.table import BEGIN, END, Cost, Row, document, machine, markdown, record

ROW = Row("The index", "a query", 10, Cost(0.5, 0.4), {"rival": Cost(1.0, 1.2), "server": Cost(2.0, None)}, per=100)


def test_a_rival_is_shown_beside_with_how_many_times_as_long_it_takes():
    assert ROW.times("rival") == pytest.approx((2.0, 3.0))
    lines = markdown([ROW], machine()).splitlines()
    assert lines[-1] == "| a query | **5 / 4 ms** | rival 10 / 12 ms (2 / 3); server 20 ms (4) |"


def test_the_machine_and_the_versions_are_stated():
    where = machine()
    assert where["cores"] > 0 and where["packages"]["numpy"]
    assert json.loads(json.dumps(document([ROW], where)))["rows"][0]["rivals"]["rival"]["clock"] == 1.0


def test_the_table_is_put_in_place_of_the_one_before(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    record("new\n", page)
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"

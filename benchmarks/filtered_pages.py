"""What a large shop's visitors cost: filtered searches with facets through the API, and filtered pages of the app.

    python -m benchmarks.filtered_pages [--photos 1000000] [--folder build/bench-filtered] [--asked 20]

The data folder is that of `benchmarks.filtered_search`, the million entries with 300,000 products. Processor time of
whole answers, and of whole pages as Streamlit draws them without a browser, in one process that has answered some. No
condition is asked twice, so that nothing is taken from a cache but what any visitor finds there: medians and 95th
percentiles.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

import tiefvision_ui
from benchmarks.filtered_search import FACETS, paths_of, shop_in
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_ui.http.api.application import api_routes

WARM = 3
APP = Path(tiefvision_ui.__file__).parent / "app.py"
SEARCH = "views/search.py"


def condition(number: int) -> str:
    """One that leaves about a quarter of the products, another one for each number."""
    return f"price < {70 + number / 100} AND brand IN ('A', 'B', 'C', 'D', 'E', 'F', 'G') AND in_stock"


def measured(name: str, ask: Callable[[int], Any], asked: int) -> None:
    """Ask with numbers from 0 on, and print what that costs but for the first ones."""
    costs = []
    for number in range(WARM + asked):
        started = time.process_time()
        ask(number)
        costs.append(1000 * (time.process_time() - started))
    known = costs[WARM:]
    print(f"| {name} | {statistics.median(known):.0f} | {np.percentile(known, 95):.0f} |", flush=True)


def api_requests(settings: Settings, ids: list[str]) -> Iterator[tuple[str, Callable[[int], None]]]:
    """What is asked of the API."""
    client = TestClient(Starlette(routes=[*api_routes(Searcher(settings))]))

    def ask(route: str = "", **parameters: str) -> Callable[[int], None]:
        def once(number: int) -> None:
            query = {"product": f"p{number:07d}"} if route else {"id": ids[number]}
            answer = client.get(f"/api/search{route}", params={**query, **parameters, "where": condition(number)})
            assert len(answer.json()["hits"]) == 10, answer.text

        return once

    facets = ",".join(FACETS)
    yield "API: by a photo, a condition", ask()
    yield f"API: by a photo, a condition, facets {facets}", ask(facets=facets)
    yield "API: by a product's photos, hits are products, a condition", ask("/product", by="product")
    yield f"API: the same with facets {facets}", ask("/product", by="product", facets=facets)


def pages(ids: list[str]) -> Iterator[tuple[str, Callable[[int], None]]]:
    """Which pages are drawn."""
    app = AppTest.from_file(APP, default_timeout=600)

    def draw(script: str | None, **parameters: str) -> Callable[[int], None]:
        def once(number: int) -> None:
            if script:
                app.switch_page(script)
            app.query_params.clear()
            for name, value in parameters.items():
                app.query_params[name] = value.format(condition=condition(number), photo=ids[number])
            assert not app.run().exception

        return once

    yield "gallery, no condition", draw(None)
    yield "gallery, a condition, all facets", draw(None, where="{condition}")
    yield "gallery of products, no condition", draw(None, by="product")
    yield "gallery of products, a condition, all facets", draw(None, by="product", where="{condition}")
    yield "search page, hits are products, no condition", draw(SEARCH, by="product", like="{photo}")
    yield (
        "search page, hits are products, a condition, all facets",
        draw(SEARCH, by="product", like="{photo}", where="{condition}"),
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-filtered"))
    parser.add_argument("--asked", type=int, default=20)
    given = parser.parse_args()
    store = shop_in(given.folder / str(given.photos), given.photos)
    os.environ["TIEFVISION_DATA"] = str(store.settings.data_dir)
    os.environ["TIEFVISION_PRODUCTS"] = str(store.settings.products)
    ids = [image_id(path) for path in paths_of(WARM + given.asked)]
    print("| answer or page | ms, median | 95 % |\n| --- | --- | --- |")
    for name, ask in (*api_requests(store.settings, ids), *pages(ids)):
        measured(name, ask, given.asked)


if __name__ == "__main__":
    main()

"""The documentation as a site: opened as files, without a server and without a network, search included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.serving import in_a_browser

ROOT = Path(__file__).parents[2]

pytest.importorskip("mkdocs", reason="the site's tools are not installed (`make docs` does it)")
pytestmark = in_a_browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as strictly as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-2000:]
    return folder


def test_every_page_opens_and_asks_no_other_machine(page: Page, site: Path) -> None:
    pages = sorted(file for file in site.rglob("*.html") if file.name != "404.html")
    assert {"index.html", "guide.html", "testing.html", "reference/search.html"} <= {
        str(file.relative_to(site)) for file in pages
    }
    for file in pages:
        page.goto(file.as_uri())
        expect(page.locator("h1").first).to_be_visible()
        broken = page.locator("article img").evaluate_all("images => images.filter(it => !it.naturalWidth).length")
        assert broken == 0, file


def test_a_word_is_found_and_leads_to_its_page(page: Page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    # Typed, not filled in: the search listens for keys that are released.
    page.locator('[data-md-component="search-query"]').press_sequentially("quarantine")
    found = page.locator(".md-search-result__link", has_text="2. Ingest")
    expect(found.first).to_be_visible()
    found.first.click()
    expect(page.get_by_role("heading", name="2. Ingest")).to_be_visible()
    assert "guide.html" in page.url

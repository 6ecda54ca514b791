"""Whatever the documentation points at is there: files, headings, and the names in the reference."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
NAMED = re.compile(r"^::: +(\S+)", re.MULTILINE)


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"])


def text_of(page: Path) -> str:
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors_of(page: Path) -> set[str]:
    """What GitHub and the site make of the headings: lower case, words joined by hyphens."""
    headings = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in HEADING.findall(text_of(page)))
    return {re.sub(r"\s", "-", heading) for heading in headings}


def missing(page: Path) -> Iterator[str]:
    for link in LINK.finditer(text_of(page)):
        target = page.parent / link["path"] if link["path"] else page
        if not target.resolve().is_relative_to(ROOT) or not target.exists():
            yield link["path"]
        elif link["anchor"] and link["anchor"] not in anchors_of(target):
            yield f"{link['path']}#{link['anchor']}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(missing(page)) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "reference").glob("*.md")), ids=lambda page: page.stem)
def test_the_reference_describes_what_is_there(page: Path) -> None:
    for name in NAMED.findall(page.read_text(encoding="utf-8")):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            module, _, member = name.rpartition(".")
            assert getattr(importlib.import_module(module), member).__doc__


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert [page for page in pages if f"({page})" not in listed] == []

"""How long people wait: until the frame in which it is there.

Playwright's `expect` looks after 100, 250, 500 and 1,000 ms, and then each second: too seldom to time by.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

THERE = """
([numbers, words]) => {
  const hosts = [...document.querySelectorAll('*')].map((element) => element.shadowRoot ?? element);
  const all = (selector) => [...new Set(hosts.flatMap((host) => [...(host.querySelectorAll?.(selector) ?? [])]))];
  return Object.entries(numbers).every(([selector, number]) => all(selector).length === number)
    && Object.entries(words).every(([selector, text]) => all(selector)[0]?.textContent.trim() === text);
}
"""


def until_there(page: Page, numbers: dict[str, int], words: dict[str, str] | None = None) -> None:
    """Wait until each selector finds so many elements, and the first one that it finds says these words."""
    page.wait_for_function(THERE, arg=[numbers, words or {}], polling="raf")


@contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    """Add what the block takes, in seconds."""
    start = time.monotonic()
    yield
    times[name] = time.monotonic() - start

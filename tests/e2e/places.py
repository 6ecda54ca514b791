"""Where elements are on the screen: all of them at one moment, once nothing moves any more."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Locator

# What an app shows late (a message, a row of buttons, a scrollbar) moves everything below; a place that is read before
# and one that is read after do not belong together, and a pointer that is sent there hits something else.
RESTING = """
elements => new Promise(answer => {
  const read = () => elements.map(element => {
    const {x, y, width, height} = element.getBoundingClientRect();
    return [x, y, width, height];
  });
  let before = "", frames = 0;
  const look = () => {
    if (!elements.every(element => element.isConnected)) { answer(null); return; }
    const now = read();
    frames = JSON.stringify(now) === before ? frames + 1 : 0;
    before = JSON.stringify(now);
    if (frames < 2) requestAnimationFrame(look);
    else answer(now);
  };
  look();
})
"""


class Place(NamedTuple):
    """A rectangle, in pixels of the screen."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


def places(*elements: Locator) -> list[Place]:
    """Where these elements are, each the first that its locator finds, in the same frame; waits until they rest."""
    while True:
        handles = [element.first.element_handle() for element in elements]
        found = elements[0].page.evaluate(RESTING, handles)
        if found:  # else one was drawn anew meanwhile
            return [Place(*numbers) for numbers in found]


def place(element: Locator) -> Place:
    """Where that element is, once it rests."""
    return places(element)[0]

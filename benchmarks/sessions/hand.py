"""A hand on mouse and keyboard that counts what it does, and how long a person's would take for the movements."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Locator, Page

POINT_S, BUTTON_S, KEY_S, HOME_S = 1.1, 0.1, 0.28, 0.4
"""Seconds of the Keystroke-Level Model (Card, Moran and Newell, CACM 23(7), 1980) to point at something, to press or
release a button, to press a key (an average typist), and to move the hand between mouse and keyboard. Its operator for
thinking, 1.35 s, is left out."""
Device = Literal["mouse", "keyboard"]


@dataclass
class Task:
    """What one task took: the actions, and seconds by the clock without any thinking."""

    name: str
    times: int = 1
    """How often it was done."""
    clicks: int = 0
    drags: int = 0
    points: int = 0
    """Movements of the pointer that end without a button, such as to what appears under it."""
    keys: int = 0
    homings: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    """Seconds from the last action of each label until the next one can be begun."""

    @property
    def short_wait_s(self) -> float | None:
        """Of the waits the one that a tenth is below: what the program takes when nothing else does."""
        return sorted(self.waits)[len(self.waits) // 10] if self.waits else None

    @property
    def hand_s(self) -> float:
        """Seconds of a person's hands, by the Keystroke-Level Model."""
        pointing = POINT_S * (self.clicks + 2 * self.drags + self.points)
        return pointing + 2 * BUTTON_S * (self.clicks + self.drags) + KEY_S * self.keys + HOME_S * self.homings


@dataclass
class Hand:
    """Mouse and keyboard of one page; every action belongs to the task of the moment."""

    page: Page
    tasks: list[Task] = field(default_factory=list)
    _on: Device = "mouse"

    @contextmanager
    def task(self, name: str, times: int = 1) -> Iterator[Task]:
        """Count and time what is done meanwhile; it ends when its result can be seen."""
        task = Task(name, times)
        self.tasks.append(task)
        start = time.monotonic()
        yield task
        task.seconds = time.monotonic() - start

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time the wait for what comes next; not of the first, before which nothing was done."""
        start, task = time.monotonic(), self.tasks[-1]
        yield
        if task.clicks or task.drags or task.keys:
            task.waits.append(time.monotonic() - start)

    def click(self, target: Locator) -> None:
        """Point at something and click."""
        self._take("mouse").clicks += 1
        target.click()

    def point(self, target: Locator) -> None:
        """Move the pointer over something."""
        self._take("mouse").points += 1
        target.hover()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the button at one point of the page and release it at another."""
        self._take("mouse").drags += 1
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*end)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        """Press keys one after the other; those of a chord such as ``Control+Enter`` count each."""
        for key in keys:
            self._take("keyboard").keys += len(key.split("+"))
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self._take("keyboard").keys += len(text)
        self.page.keyboard.type(text)

    def _take(self, device: Device) -> Task:
        task = self.tasks[-1]
        task.homings += device != self._on
        self._on = device
        return task

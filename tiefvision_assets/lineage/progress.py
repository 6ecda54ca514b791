"""How assets report their progress to whoever waits for a run, and learn that it is to stop."""

from collections.abc import Callable
from threading import Event

Stage = Callable[[str], Callable[[int, int], None]]
"""Gives the ``progress(done, total)`` of the part of the work that it is told the name of."""


def silent(name: str) -> Callable[[int, int], None]:
    """Tells nobody."""
    return lambda done, total: None


class Stopped(KeyboardInterrupt):
    """Raised where a stage reports its progress, in whatever thread, once the run is to stop."""


class Progress:
    """Receives the progress of the assets; does nothing with it unless a subclass draws it.

    Also collects which photos were located or encoded, so that a run can count them.
    """

    def __init__(self, show: Callable[[str, int, int], None] | None = None) -> None:
        self._show = show
        self._stop = Event()
        self.computed: set[str] = set()

    def stop(self) -> None:
        """Let every stage end at its next photo or training step, by `Stopped`."""
        self._stop.set()

    def pause(self, seconds: float) -> None:
        """Wait for so long; raises `Stopped` as soon as the run is to stop."""
        if self._stop.wait(seconds):
            raise Stopped

    def stage(self, name: str) -> Callable[[int, int], None]:
        """A callback ``(done, total)`` for the stage of that name; it raises `Stopped` after `stop`."""

        def advance(done: int, total: int) -> None:
            if self._stop.is_set():
                raise Stopped
            if self._show:
                self._show(name, done, total)

        return advance

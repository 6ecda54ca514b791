"""What assets are given besides their configuration."""

from collections.abc import Callable


class Progress:
    """Hears how far the assets are; whoever waits for a run may draw bars from it.

    Also remembers which photos were located or encoded, so that a run can tell how many they were.
    """

    def __init__(self, show: Callable[[str, int, int], None] | None = None) -> None:
        self._show = show
        self.computed: set[str] = set()

    def stage(self, name: str) -> Callable[[int, int], None]:
        """A callback ``(done, total)`` for the stage of that name."""

        def advance(done: int, total: int) -> None:
            if self._show:
                self._show(name, done, total)

        return advance

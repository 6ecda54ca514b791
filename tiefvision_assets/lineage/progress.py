"""How assets report their progress to whoever waits for a run."""

from collections.abc import Callable


class Progress:
    """Receives the progress of the assets; does nothing with it unless a subclass draws it.

    Also collects which photos were located or encoded, so that a run can count them.
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

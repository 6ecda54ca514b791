"""How the labelling components send commits to Python, and learn what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CommitChannel:
    """What a labelling component needs to send commits, and to repeat each until it is answered.

    ``on_commit`` is called when ``st.session_state[key].commit`` holds a new commit. The component sends a commit again
    until ``saved`` is its id. ``problem`` is a sentence that says why the last commit could not be recorded, if so.
    """

    key: str
    on_commit: Callable[[], None]
    saved: str | None
    problem: str | None
    undoable: bool
    """Whether the annotator has a decision that can be undone."""

    def data(self, now: object, following: object) -> dict[str, object]:
        """The component's data: the present task, the following one or None, and the answer to the last commit."""
        return {
            "now": now,
            "next": following,
            "saved": self.saved,
            "problem": self.problem,
            "undoable": self.undoable,
        }

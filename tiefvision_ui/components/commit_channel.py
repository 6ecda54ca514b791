"""How the labelling components' commits get to Python, and what they are told in return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CommitChannel:
    """What a component needs to send commits, each until it is done with.

    ``on_commit`` is called when ``st.session_state[key].commit`` has a new commit. It is sent again until ``saved``,
    the id of the last commit that is done with, names it; ``problem`` says why that did not happen yet.
    """

    key: str
    on_commit: Callable[[], None]
    saved: str | None
    problem: str | None
    undoable: bool
    """Whether there is something that the annotator may take back."""

    def data(self, now: object, following: object) -> dict[str, object]:
        """What the component is handed: the task of now, the one after it or None, and what became of commits."""
        return {
            "now": now,
            "next": following,
            "saved": self.saved,
            "problem": self.problem,
            "undoable": self.undoable,
        }

"""How the labelling components and their page agree on what is shown, while commits go over a route of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CommitChannel:
    """What a labelling component needs to commit decisions, and to tell the page of the answers.

    It posts each commit to ``/commits/<kind>`` until that is answered, keeps it in the browser meanwhile, and sends the
    page *news* then: ``on_news`` is called when ``st.session_state[key].news`` holds a dictionary with ``session``
    (the browser tab's), ``heard`` (the id of the last commit that was answered), ``done`` (the photos decided about),
    ``open`` (a photo to show out of turn, as in ``opened``), ``notice`` and ``problem`` (sentences), any of them None.
    They are sent again until the page names the same ``heard``.
    """

    key: str
    on_news: Callable[[], None]
    session: str
    """The labelling session as the page knows it. A tab that had one before sends its own instead."""
    database: str
    """The id of the label database: what the browser keeps for another one is not sent."""
    person: str
    logged_in: bool
    """Whether the person is logged in: nobody else's commits, which the browser may keep, are then sent."""
    heard: str | None
    """The commit up to which the page knows what was answered."""
    undoable: str | None
    """The commit of the session's newest decision, which an undo names as ``undoes``; None where there is none."""
    opened: Mapping[str, object] | None = None
    """The photo that is shown out of turn, if one is: ``photo`` (sha256), ``role``, ``undone`` and ``draft``."""

    def data(self, now: object, coming: Sequence[object]) -> dict[str, object]:
        """The component's data: the present task or None, those that come next, and the state of the page."""
        return {
            "now": now,
            "coming": list(coming),
            "session": self.session,
            "database": self.database,
            "person": self.person,
            "logged_in": self.logged_in,
            "heard": self.heard,
            "undoable": self.undoable,
            "opened": self.opened,
        }

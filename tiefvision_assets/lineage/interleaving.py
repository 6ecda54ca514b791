"""Which of two interleaved rankings people click on: its win rate, with an interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from tiefvision_assets.store.feedback import FeedbackEvent

_Z = 1.959964
"""Of a 95 % interval."""


@dataclass(frozen=True)
class WinRate:
    """Of the sessions that preferred one of two rankings the share that preferred the first, with its 95 % interval."""

    wins: int
    losses: int
    ties: int
    """Sessions that clicked as much on the one as on the other."""

    @property
    def sessions(self) -> int:
        """Sessions that preferred one of them."""
        return self.wins + self.losses

    @property
    def rate(self) -> float:
        """NaN without sessions."""
        return self.wins / self.sessions if self.sessions else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end: the score interval of Wilson, "Probable Inference" (JASA 1927); 0 to 1 without sessions.

        Unlike a bootstrap it does not end at a rate of 1 after a single session.
        """
        if not self.sessions:
            return 0.0, 1.0
        count, rate = self.sessions, self.rate
        middle = (rate + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
        half = _Z / (1 + _Z**2 / count) * sqrt(rate * (1 - rate) / count + _Z**2 / (4 * count**2))
        return max(0.0, middle - half), min(1.0, middle + half)


def win_rate(answers: Iterable[FeedbackEvent]) -> WinRate:
    """The win rate of the first ranking in answers in which both were interleaved.

    An answer is won by the ranking that gave more of the hits that were clicked or bought, a session by the ranking
    that won more of its answers. A session has one voice: the clicks of one person are not independent.
    """
    lead: dict[str, int] = defaultdict(int)
    for answer in answers:
        liked = [team for team, act in zip(answer.teams, answer.acts, strict=True) if act in ("clicked", "bought")]
        more = liked.count("1") - liked.count("2")
        lead[answer.session] += (more > 0) - (more < 0)
    return WinRate(
        wins=sum(won > 0 for won in lead.values()),
        losses=sum(won < 0 for won in lead.values()),
        ties=sum(won == 0 for won in lead.values()),
    )

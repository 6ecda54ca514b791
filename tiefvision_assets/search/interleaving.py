"""Two rankings as one list of hits, such that clicks on it tell which one people prefer.

Team-draft interleaving: Radlinski, Kurup and Joachims, "How Does Clickthrough Data Reflect Retrieval Quality?" (CIKM
2008). As two captains choose players in turn, the rankings choose their best hit that is not taken yet; a coin decides
who goes first in each round. So both have as many hits, at places that are as good, and a click counts for the ranking
that chose the hit: position bias, which a click by itself cannot be freed of, is the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from random import Random
from typing import Literal, TypeVar

H = TypeVar("H")
Team = Literal["1", "2"]


def team_draft(
    first: Sequence[H], second: Sequence[H], k: int, draw: Random, key: Callable[[H], Hashable]
) -> list[tuple[H, Team]]:
    """At most ``k`` hits of two rankings, best first, each with the ranking that chose it.

    Two hits of the same ``key`` are one: it is shown once, as the ranking that chose it has it.
    """
    waiting: dict[Team, list[H]] = {"1": list(reversed(first)), "2": list(reversed(second))}
    chosen: list[tuple[H, Team]] = []
    taken: set[Hashable] = set()
    sizes: dict[Team, int] = {"1": 0, "2": 0}
    while len(chosen) < k:
        for hits in waiting.values():
            while hits and key(hits[-1]) in taken:
                hits.pop()
        playing: list[Team] = [team for team, hits in waiting.items() if hits]
        if not playing:
            break
        fewest = min(sizes[team] for team in playing)
        team = draw.choice([team for team in playing if sizes[team] == fewest])
        hit = waiting[team].pop()
        taken.add(key(hit))
        sizes[team] += 1
        chosen.append((hit, team))
    return chosen

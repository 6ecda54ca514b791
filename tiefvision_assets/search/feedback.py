"""Searches whose answers come back as feedback: which ranking is shown, and taking what was done with the hits.

A search that names a session gets a token; what is sent back with it becomes an event. A share of these searches is
answered by two rankings interleaved. Whether anything of this happens is up to the settings: by default nothing does.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.feedback_tokens import Shown, Tokens
from tiefvision_assets.search.hits import SearchHit, SearchResult
from tiefvision_assets.search.interleaving import team_draft
from tiefvision_assets.search.request import BadRequest, SearchRequest
from tiefvision_assets.search.searcher import Searcher, UnknownPhoto
from tiefvision_assets.store.feedback import Act, FeedbackEvent
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.interleaving_trial import Trial
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.sealed import DamagedFile

MOST_HITS = 50
"""Hits of an answer that can be acted on; few people look further."""
UNSUPERVISED = "unsupervised"
"""How events name the ranking by appearance alone; ranking heads are named by their fingerprints."""
TEAMS: tuple[Ranking, Ranking] = ("supervised", "unsupervised")
"""The rankings that are interleaved, as team 1 and 2."""


class FeedbackOff(TiefVisionError):
    """Feedback is sent where none is taken."""

    def __init__(self) -> None:
        super().__init__("Clicks are not taken here; set TIEFVISION_FEEDBACK=on for the app and Dagster.")


@dataclass(frozen=True)
class Followed:
    """An answer that feedback may be about."""

    result: SearchResult
    token: str | None = None
    """To be sent back; None where feedback is off, or no session was named."""
    rankings: tuple[Ranking, ...] = ()
    """Of each hit the ranking that gave it, where two were interleaved."""


@dataclass(frozen=True)
class Given:
    """What a session did: with the answer of a token, or with hits that it was shown without one."""

    session: str
    token: str | None = None
    query: str = ""
    """image_id of the photo that was searched by, and below those of the hits; only without a token."""
    shown: tuple[str, ...] = ()
    clicked: frozenset[str] = frozenset()
    bought: frozenset[str] = frozenset()
    not_this: frozenset[str] = frozenset()


class FollowedSearches:
    """The searches of one searcher, and the feedback about them."""

    def __init__(self, searcher: Searcher, now: Callable[[], float] = time.time) -> None:
        self._searcher = searcher
        self._settings = searcher.store.settings
        self._now = now

    def search(self, request: SearchRequest, session: str | None, *, may_interleave: bool) -> Followed:
        """The answer to the request, with a token for that session.

        ``may_interleave`` unless somebody asked for one ranking. The same session sees the same order when it asks the
        same again.
        """
        if session is None or self._settings.feedback == "off":
            return Followed(self._searcher.search(request))
        pseudonym = self._tokens.pseudonym(session)
        result = self._searcher.search(request)
        head = self._searcher.ranking_head
        draw = Random(fingerprint(session=pseudonym, query=result.query, head=head))
        shown = Shown(
            search=secrets.token_hex(8),
            session=pseudonym,
            query=self._searcher.content_searched_by(request),
            hits=_ids(result.hits),
            issued=int(self._now()),
        )
        if not may_interleave or head is None or draw.random() >= self._settings.interleave:
            return Followed(result, self._tokens.issue(shown))
        trial = self._searcher.store.trial.read()
        if trial is not None and trial.served == head:
            found = self._by_candidate(request, trial)
            if found is None:
                return Followed(result, self._tokens.issue(shown))
            contest = _Contest(trial.candidate, head, found, result.hits, ("supervised", "supervised"))
        else:
            other = self._searcher.search(replace(request, ranking="unsupervised"))
            contest = _Contest(head, UNSUPERVISED, result.hits, other.hits, TEAMS)
        hits, teams = _interleaved(request, contest, draw)
        first = replace(shown, hits=_ids(hits), first=contest.first, second=contest.second, teams=teams[:MOST_HITS])
        rankings = tuple(contest.rankings[int(team) - 1] for team in teams)
        return Followed(replace(result, hits=hits), self._tokens.issue(first), rankings)

    def _by_candidate(self, request: SearchRequest, trial: Trial) -> tuple[SearchHit, ...] | None:
        """The candidate's hits; None where there are none to be had, as it was lost, which no search shall fail for."""
        try:
            return self._searcher.search_by_candidate(request, trial.candidate)
        except (MissingModel, DamagedFile, FileNotFoundError):
            return None

    def take(self, given: Given) -> bool:
        """Append what was given; False where the same was known already.

        `FeedbackOff`, `UnknownPhoto` for a query that is not in the catalogue, and `BadRequest` for what cannot be
        true: a token that was made up, a hit that was not shown.
        """
        if self._settings.feedback == "off":
            raise FeedbackOff
        shown = self._shown(given)
        acts = _acts(shown.hits, given)
        contents = self._searcher.contents(shown.hits)
        kept = [place for place, hit in enumerate(shown.hits[: len(acts)]) if hit in contents]
        return self._searcher.store.feedback.add(
            FeedbackEvent(
                session=shown.session,
                search=shown.search,
                query=shown.query,
                shown=tuple(contents[shown.hits[place]] for place in kept),
                acts=tuple(acts[place] for place in kept),
                first=shown.first,
                second=shown.second,
                teams="".join(shown.teams[place] for place in kept) if shown.teams else "",
            )
        )

    def _shown(self, given: Given) -> Shown:
        if given.token is not None:
            return self._tokens.read(given.token, given.session, self._now())
        if not given.query or not given.shown:
            raise BadRequest("token", "Send the token of the search, or query and shown, the hits as they were shown.")
        query = self._searcher.contents([given.query]).get(given.query)
        if query is None:
            raise UnknownPhoto(f"There is no searchable photo {given.query!r}.")
        session = self._tokens.pseudonym(given.session)
        search = fingerprint(session=session, query=query, shown=given.shown)
        return Shown(search, session, query, given.shown[:MOST_HITS], int(self._now()))

    @cached_property
    def _tokens(self) -> Tokens:
        return Tokens(self._searcher.store.layout.feedback_key)


@dataclass(frozen=True)
class _Contest:
    """Two rankings that are to be interleaved, with their hits."""

    first: str
    second: str
    first_hits: Sequence[SearchHit]
    second_hits: Sequence[SearchHit]
    rankings: tuple[Ranking, Ranking]


def _interleaved(request: SearchRequest, contest: _Contest, draw: Random) -> tuple[tuple[SearchHit, ...], str]:
    """The hits of both, and of each the team that chose it."""
    is_product = request.by == "product"
    chosen = team_draft(
        contest.first_hits,
        contest.second_hits,
        request.k,
        draw,
        lambda hit: (is_product and hit.product_id) or hit.image_id,
    )
    above: set[str] = set()
    hits = []
    for hit, _ in chosen:
        hits.append(hit if hit.repeats in above else replace(hit, repeats=None))
        above.add(hit.image_id)
    return tuple(hits), "".join(team for _, team in chosen)


def _ids(hits: Sequence[SearchHit]) -> tuple[str, ...]:
    return tuple(hit.image_id for hit in hits[:MOST_HITS])


def _acts(hits: Sequence[str], given: Given) -> list[Act]:
    """What became of each hit, down to the last one that something became of; `BadRequest` where nothing did."""
    kinds: list[tuple[Act, str, Collection[str]]] = [
        ("clicked", "clicked", given.clicked),
        ("not this", "not_this", given.not_this),
        ("bought", "bought", given.bought),
    ]
    acts: dict[str, Act] = {}
    for act, name, chosen in kinds:
        for hit in sorted(chosen):
            if hit not in hits:
                raise BadRequest(name, f"{name} names {hit!r}, which was not shown among the first {MOST_HITS} hits.")
            acts[hit] = act
    if not acts:
        raise BadRequest("clicked", "Nothing was clicked, bought or refused; name hits in clicked, bought or not_this.")
    last = max(place for place, hit in enumerate(hits) if hit in acts)
    return [acts.get(hit, "") for hit in hits[: last + 1]]

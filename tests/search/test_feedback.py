"""Searches that feedback may be about: off by default, tokens that cannot be made up, two rankings interleaved."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE

import numpy as np
import pytest

from tests import shop
from tests.without_photos import PROMOTED, content_of, unit_vectors
from tiefvision_assets.search.feedback import UNSUPERVISED, FeedbackOff, Followed, FollowedSearches, Given
from tiefvision_assets.search.feedback_tokens import VALID_S
from tiefvision_assets.search.request import BadRequest, ById, ByProduct
from tiefvision_assets.search.searcher import Searcher, UnknownPhoto
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.interleaving_trial import Trial
from tiefvision_assets.store.records import (
    RANKING_HEAD,
    EmbeddingModels,
    RankingInputs,
    RankingRecord,
    TripletDatasetInputs,
)
from tiefvision_assets.store.store import Store

NO_DATASET = TripletDatasetInputs(None, {}, "e")
PATHS = [f"{number:02d}.jpg" for number in range(30)]
QUERY = image_id(PATHS[0])


def served(folder: Path, **settings: object) -> Store:
    """A data folder whose two rankings differ, as if a ranking head were served."""
    store = Store(Settings(data=folder, **settings))
    shop.index(store, PATHS, unit_vectors(len(PATHS)))
    version = store.served.read().index["unsupervised"]
    known = store.indexes.open("unsupervised", version)
    record = {"levels": known.record["levels"]}
    store.indexes.build("supervised", "other", known.entries, unit_vectors(len(PATHS) + 1)[1:], "exact", record)
    store.served.promote(replace(PROMOTED, ranking_head="head"))
    store.served.switch({"unsupervised": version, "supervised": "other"})
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return served(tmp_path / "data", feedback="on", interleave=1.0)


@pytest.fixture
def searches(store: Store) -> FollowedSearches:
    return FollowedSearches(Searcher(store.settings))


def asked(searches: FollowedSearches, session: str | None = "s", **options: object) -> Followed:
    return searches.search(ById(QUERY, k=6, **options), session, may_interleave=True)  # type: ignore[arg-type]


def ids(followed: Followed) -> list[str]:
    return [hit.image_id for hit in followed.result.hits]


def test_nothing_happens_unless_it_is_switched_on(tmp_path: Path) -> None:
    off = served(tmp_path / "data", interleave=1.0)
    searches = FollowedSearches(Searcher(off.settings))
    answer = asked(searches)
    assert answer == Followed(Searcher(off.settings).search(ById(QUERY, k=6)))
    with pytest.raises(FeedbackOff, match="TIEFVISION_FEEDBACK=on"):
        searches.take(Given("s", query=QUERY, shown=(image_id(PATHS[1]),)))
    assert not off.layout.feedback_key.exists()


def test_a_search_without_a_session_and_one_of_a_named_ranking_are_as_ever(searches: FollowedSearches) -> None:
    assert asked(searches, None).token is None
    named = searches.search(ById(QUERY, k=6), "s", may_interleave=False)
    assert named.token and not named.rankings
    assert ids(named) == ids(asked(searches, None))


def test_two_rankings_are_interleaved_and_clicks_name_their_teams(searches: FollowedSearches, store: Store) -> None:
    answer = asked(searches)
    by = {name: ids(Followed(Searcher(store.settings).search(ById(QUERY, k=6, ranking=name)))) for name in RANKINGS}
    assert set(answer.rankings) == set(RANKINGS) and len(answer.rankings) == 6
    for hit, ranking in zip(ids(answer), answer.rankings, strict=True):
        assert hit in by[ranking]
    assert ids(asked(searches)) == ids(answer), "the same session sees the same order again"
    assert any(ids(asked(searches, f"{other}")) != ids(answer) for other in range(5))
    clicked = ids(answer)[3]
    assert searches.take(Given("s", answer.token, clicked=frozenset({clicked})))
    assert not searches.take(Given("s", answer.token, clicked=frozenset({clicked})))
    (event,) = store.feedback.answers("head", UNSUPERVISED)
    assert event.query == content_of(PATHS[0])
    assert event.acts == ("", "", "", "clicked")
    assert event.shown == tuple(hit.sha256 for hit in answer.result.hits[:4])
    assert event.teams == "".join("1" if ranking == "supervised" else "2" for ranking in answer.rankings[:4])
    assert event.session not in ("s", "") and "head" not in answer.result.query


def test_a_share_of_sessions_is_interleaved(store: Store) -> None:
    searches = FollowedSearches(Searcher(store.settings.model_copy(update={"interleave": 0.3})))
    assert 5 < sum(bool(asked(searches, f"{number}").rankings) for number in range(60)) < 35


def test_tokens_cannot_be_made_up_given_away_or_kept(searches: FollowedSearches, store: Store) -> None:
    answer = asked(searches)
    assert answer.token is not None
    click = frozenset(ids(answer)[:1])
    content = urlsafe_b64decode(answer.token + "==")
    document = json.loads(content[16:])
    forged = urlsafe_b64encode(content[:16] + json.dumps({**document, "teams": "1" * 6}).encode()).decode()
    for token in (forged, "", "%%%", "é"):
        with pytest.raises(BadRequest, match="not made by this server"):
            searches.take(Given("s", token, clicked=click))
    with pytest.raises(BadRequest, match="another session"):
        searches.take(Given("t", answer.token, clicked=click))
    later = FollowedSearches(Searcher(store.settings), now=lambda: document["issued"] + VALID_S + 1)
    with pytest.raises(BadRequest, match="older than a day"):
        later.take(Given("s", answer.token, clicked=click))
    with pytest.raises(BadRequest, match="was not shown"):
        searches.take(Given("s", answer.token, clicked=frozenset({"nobody"})))
    with pytest.raises(BadRequest, match="Nothing was clicked"):
        searches.take(Given("s", answer.token))
    assert S_IMODE(store.layout.feedback_key.stat().st_mode) == 0o600
    assert store.feedback.newest() == 0


def test_hits_that_a_shop_shows_by_itself_need_no_token(searches: FollowedSearches, store: Store) -> None:
    shown = tuple(image_id(path) for path in PATHS[1:4])
    assert searches.take(Given("s", query=QUERY, shown=shown, bought=frozenset(shown[1:2])))
    (event,) = store.feedback.answers()
    assert (event.query, event.shown) == (content_of(PATHS[0]), tuple(map(content_of, PATHS[1:3])))
    assert (event.acts, event.first, event.teams) == (("", "bought"), "", "")
    with pytest.raises(UnknownPhoto):
        searches.take(Given("s", query="nobody", shown=shown, clicked=frozenset(shown)))
    with pytest.raises(BadRequest, match="Send the token"):
        searches.take(Given("s", clicked=frozenset(shown)))


def test_a_products_first_photo_is_what_its_hits_are_compared_with(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    store = served(folder / "data", feedback="on", interleave=1.0, products=str(folder / "products.csv"))
    products = [{"product_id": f"p{n}", "paths": PATHS[2 * n : 2 * n + 2]} for n in range(10)]
    shop.sell(store, products)
    searches = FollowedSearches(Searcher(store.settings))
    answer = searches.search(ByProduct("p0", k=6, by="product"), "s", may_interleave=True)
    found = [hit.product_id for hit in answer.result.hits]
    assert len(set(found)) == len(found) == 6 and "p0" not in found
    searches.take(Given("s", answer.token, clicked=frozenset(ids(answer)[1:2])))
    assert next(store.feedback.answers()).query == content_of(PATHS[0])


def test_a_head_on_trial_is_interleaved_with_the_served_one(store: Store) -> None:
    unsupervised = Searcher(store.settings).search(ById(QUERY, k=6, ranking="unsupervised"))
    record = RankingRecord(RankingInputs("t", "e", EmbeddingModels("encoder", "basis"), {}, "1"), NO_DATASET, {})
    dimensions = unit_vectors(1).shape[1]
    store.models.save(RANKING_HEAD, "candidate", record, {"final.weight": np.eye(dimensions, dtype=np.float32)})
    store.trial.begin(Trial("candidate", "head"))
    searcher = Searcher(store.settings)
    found = searcher.search_by_candidate(ById(QUERY, k=6), "candidate")
    assert found is not None
    assert [hit.image_id for hit in found] == [hit.image_id for hit in unsupervised.hits], "it changes no embedding"
    searches = FollowedSearches(searcher)
    answer = asked(searches)
    assert set(answer.rankings) == {"supervised"}
    searches.take(Given("s", answer.token, clicked=frozenset(ids(answer)[:1])))
    assert len(list(store.feedback.answers("candidate", "head"))) == 1
    store.trial.begin(Trial("lost", "head"))
    assert asked(searches).token and not asked(searches).rankings
    store.trial.begin(Trial("candidate", "a head of before"))
    assert set(asked(searches).rankings) == set(RANKINGS), "it was compared with another head"

"""What admins decide about versions and candidates, and that it holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests import tiny
from tests.served_versions import OTHER, another_head, serve_another_head
from tests.tiny import write_photo
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage import candidates
from tiefvision_assets.lineage.candidates import judge_ranking_head
from tiefvision_assets.lineage.promotion import Promotion
from tiefvision_assets.lineage.versions import UnknownVersion, candidates_of, document_of, side_named, versions_of
from tiefvision_assets.planning.cleaning import collect_garbage
from tiefvision_assets.planning.deciding import CannotDecide, promote, refusal, reject, roll_back
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store import served
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.records import RANKING_HEAD
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained, run = tiny.settings, tiny.store, tiny.trained, tiny.run


def hits(store: Store) -> list[str]:
    return [hit.path for hit in Searcher(store.settings).search(ById(image_id("00.png"), k=5)).hits]


def test_going_back_serves_what_was_and_holds(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hits(trained)
    first, second = serve_another_head(trained)
    assert hits(trained) != before
    said = roll_back(trained, None, "ann")
    assert first in said and OTHER in said
    assert hits(trained) == before
    assert plan(trained) == [], "nothing is out of date, so nothing is made or promoted"
    trained.models.point_to(RANKING_HEAD, OTHER)
    monkeypatch.setattr(candidates, "judge_ranking", lambda *frames: Promotion(True, "better"))
    judged = judge_ranking_head(trained, "if better").promotion
    assert not judged.promoted and "rejected by ann" in judged.reason
    assert trained.served.read().next.ranking_head != OTHER
    assert judge_ranking_head(trained, "always").promotion.promoted, "whoever insists may"
    assert trained.served.read().history.rejection(OTHER) is None
    assert {version.name for version in versions_of(trained)} == {first, second}


def test_what_was_rejected_can_be_served_again(trained: Store) -> None:
    first, second = serve_another_head(trained)
    after = hits(trained)
    roll_back(trained, first, "ann")
    with pytest.raises(CannotDecide, match="no older version"):
        roll_back(trained, None, "ann")
    promote(trained, second[:6], "bob")
    assert hits(trained) == after and plan(trained) == []
    with pytest.raises(CannotDecide, match="is served"):
        promote(trained, second, "bob")
    kinds = [(one["what"], one["by"]) for one in document_of(trained)["decisions"]]
    assert kinds == [("rejected", "ann"), ("promoted", "ann"), ("promoted", "bob")]


def test_photos_that_came_since_are_added_by_the_next_run(trained: Store, run) -> None:
    serve_another_head(trained)
    write_photo(trained, "new.png", 99)
    run()
    first = versions_of(trained)[1]
    roll_back(trained, None, "ann")
    assert [step.assets for step in plan(trained)] == [("similarity_index",)]
    assert run()["computed"] == 0
    assert versions_of(trained)[0].models == first.models
    assert len(Searcher(trained.settings).search(ById(image_id("new.png"), k=5)).hits) == 5


def test_a_candidate_is_promoted_for_the_next_index_or_rejected(trained: Store) -> None:
    another_head(trained)
    candidate = candidates_of(trained)[0]
    assert (candidate.name, candidate.state) == (OTHER, "not better")
    before = hits(trained)
    promote(trained, "candidate", "ann")
    assert hits(trained) == before and candidates_of(trained)[0].state == "promoted"
    assert plan(trained)[0].assets == ("similarity_index",)
    with pytest.raises(CannotDecide, match="is made"):
        promote(trained, "candidate", "ann")
    reject(trained, OTHER, "bob")
    assert plan(trained) == [] and candidates_of(trained)[0].state == "rejected"
    with pytest.raises(CannotDecide, match="rejected by bob"):
        reject(trained, OTHER, "bob")
    with pytest.raises(CannotDecide, match="never served"):
        roll_back(trained, OTHER, "bob")


def test_with_ask_what_is_better_waits_for_somebody(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    head = str(trained.models.latest(RANKING_HEAD))
    asking = Store(Settings(**trained.settings.model_copy(update={"promotion": "ask"}).model_dump()))
    asking.served.promote(replace(asking.served.read().next, ranking_head=None))
    monkeypatch.setattr(candidates, "judge_ranking", lambda *frames: Promotion(True, "better"))
    judged = judge_ranking_head(asking, "if better").promotion
    assert judged.waits and not judged.promoted and asking.served.read().next.ranking_head is None
    if head not in asking.served.read().models.fitted:
        assert candidates_of(asking)[0].state == "waits"
    assert judge_ranking_head(asking, "always").promotion.promoted
    assert judge_ranking_head(asking, "if better").promotion.promoted, "what is promoted stays so"


def test_what_is_kept_is_no_garbage_and_what_is_not_is(trained: Store) -> None:
    first, _ = serve_another_head(trained)
    assert collect_garbage(trained, apply=True)["items"] == []
    assert refusal(trained, versions_of(trained)[1]) is None
    keeping_none = Store(Settings(**trained.settings.model_copy(update={"kept_versions": 0}).model_dump()))
    serve_another_head(keeping_none, "third-head")
    removed = {item["path"] for item in collect_garbage(keeping_none, apply=True)["items"]}
    assert f"index/supervised/{first}" in removed


def test_a_version_whose_parts_are_gone_is_refused(trained: Store) -> None:
    first, _ = serve_another_head(trained)
    trained.indexes.remove("supervised", first)
    before = trained.served.read()
    with pytest.raises(CannotDecide, match="not in the data folder"):
        roll_back(trained, first, "ann")
    assert trained.served.read() == before


def test_another_encoder_is_refused(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = serve_another_head(trained)
    monkeypatch.setattr("tiefvision_assets.planning.deciding.wanted_encoder", lambda store: "another")
    with pytest.raises(CannotDecide, match="TIEFVISION_ENCODER"):
        roll_back(trained, first, "ann")


def test_killed_before_the_rename_nothing_is_decided(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    serve_another_head(trained)
    before, after = trained.served.read(), hits(trained)

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(served, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            roll_back(trained, None, "ann")
    assert trained.served.read() == before and trained.served.read().history == before.history
    assert hits(trained) == after and plan(trained) == []


def test_killed_between_the_file_and_its_copy_the_decision_stands(
    trained: Store, monkeypatch: pytest.MonkeyPatch, run
) -> None:
    first, _ = serve_another_head(trained)
    write = served.write_json

    def killed_at_the_copy(file, document) -> None:
        if file == trained.layout.served_copy:
            raise KeyboardInterrupt
        write(file, document)

    with monkeypatch.context() as patched:
        patched.setattr(served, "write_json", killed_at_the_copy)
        with pytest.raises(KeyboardInterrupt):
            roll_back(trained, None, "ann")
    run()
    assert trained.served.problem() is None
    assert versions_of(trained)[0].name == first and trained.served.read().history.rejection(OTHER)


def test_of_two_at_once_one_decides(trained: Store) -> None:
    first, _ = serve_another_head(trained)

    def decide(name: str) -> str:
        try:
            return roll_back(Store(trained.settings), first, name)
        except TiefVisionError as error:
            return str(error)

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(decide, ["ann", "bob"]), key=len)
    assert f"{first} is served." in said and sum("served again" in one for one in said) == 1, said
    assert len(trained.served.read().history.decisions) == 2


def test_names_are_told(trained: Store) -> None:
    serve_another_head(trained)
    with pytest.raises(UnknownVersion, match="There is no candidate"):
        side_named(trained, "candidate")
    with pytest.raises(UnknownVersion, match=r"called 'zzz'; there are [0-9a-f]{16}"):
        side_named(trained, "zzz")

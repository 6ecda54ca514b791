"""`tiefvision duplicates`: groups are listed, decided about and ruled, for people and for scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import commands
from tests.same_shots import folder_of, serve
from tests.without_photos import content_of
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.labels.duplicates import Choice
from tiefvision_assets.store.store import Store

tiefvision = commands.in_process
KEYS = {"image_id", "path", "sha256", "width", "height", "bytes", "modified", "tags", "hidden"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", device="cpu")


@pytest.fixture
def store(tmp_path: Path, settings: Settings) -> Store:
    return folder_of(tmp_path, "a.jpg", "b.jpg", "twins/other3.jpg")


def test_a_group_is_listed_decided_and_undone(tiefvision: commands.InProcess, store: Store) -> None:
    listed = tiefvision("duplicates", "list", "--json").json
    assert (listed["total"], listed["hidden"], listed["rule"]) == (2, 0, None)
    assert all(set(photo) == KEYS for group in listed["groups"] for photo in group["photos"])
    assert tiefvision("duplicates", "list", "--limit", 1, "--json").json["groups"] == listed["groups"][:1]
    decided = tiefvision("duplicates", "decide", "b.jpg", "--keep", "a.jpg", "--json").json
    assert decided["state"] == "decided"
    assert {photo["path"]: photo["hidden"] for photo in decided["photos"]} == {"a.jpg": False, "b.jpg": True}
    hits = tiefvision("search", image_id("other0.jpg"), "-k", 50, "--json").json["hits"]
    assert "b.jpg" not in {hit["path"] for hit in hits}
    hits = tiefvision("search", image_id("other0.jpg"), "-k", 50, "--hidden", "--json").json["hits"]
    assert "b.jpg" in {hit["path"] for hit in hits}
    shown = tiefvision("duplicates", "list", "--show", "decided").out
    assert "hidden" in shown and "1 photos are hidden" in shown
    undone = tiefvision("duplicates", "decide", decided["group"], "--undo", "--json").json
    assert undone["state"] == "open" and not any(photo["hidden"] for photo in undone["photos"])


def test_a_decision_is_undone_when_its_group_fell_apart(tiefvision: commands.InProcess, store: Store) -> None:
    store.duplicates.decide([Choice(content_of(one), content_of("a.jpg")) for one in ("a.jpg", "other1.jpg")], "Ann")
    (listed,) = tiefvision("duplicates", "list", "--show", "decided", "--json").json["groups"]
    assert [(photo["path"], photo["hidden"]) for photo in listed["photos"]] == [("a.jpg", False), ("other1.jpg", True)]
    undone = tiefvision("duplicates", "decide", "other1.jpg", "--undo", "--json").json
    assert {photo["path"]: photo["hidden"] for photo in undone["photos"]} == {"a.jpg": False, "other1.jpg": False}


def test_what_only_looks_alike_is_listed_apart(tiefvision: commands.InProcess, store: Store) -> None:
    assert tiefvision("duplicates", "decide", "a.jpg", "--not-the-same", "--json").code == 0
    assert tiefvision("duplicates", "list", "--json").json["total"] == 1
    (group,) = tiefvision("duplicates", "list", "--show", "apart", "--json").json["groups"]
    assert sorted(photo["path"] for photo in group["photos"]) == ["a.jpg", "b.jpg"]
    assert "not the same shot, somebody said" in tiefvision("duplicates", "decide", "a.jpg", "--keep-all").sentence
    assert tiefvision("duplicates", "decide", "a.jpg", "--undo", "--json").json["state"] == "open"


def test_a_rule_is_set_shown_and_undone(tiefvision: commands.InProcess, store: Store) -> None:
    assert tiefvision("duplicates", "rule", "bytes", "--json").json == {
        "rule": "bytes",
        "decided": 0,
        "hidden_by_rule": 0,
    }
    serve(store, "a.jpg", "b.jpg", "twins/other3.jpg", "d.jpg")
    assert tiefvision("duplicates", "rule", "--json").json["hidden_by_rule"] == 2
    assert tiefvision("duplicates", "rule", "pixels", "--existing", "--json").json["decided"] == 1
    assert "There is no rule; 0 photos are hidden" in tiefvision("duplicates", "rule", "off", "--undo").out


def test_what_is_asked_wrongly_is_said(tiefvision: commands.InProcess, store: Store) -> None:
    assert tiefvision("duplicates", "decide", "a.jpg").code == 2
    assert tiefvision("duplicates", "decide", "a.jpg", "--keep-all", "--undo").code == 2
    assert tiefvision("duplicates", "rule", "off", "--existing").code == 2
    assert "names no group" in tiefvision("duplicates", "decide", "other5.jpg", "--keep-all").sentence
    assert "is not a photo of" in tiefvision("duplicates", "decide", "a.jpg", "--keep", "other5.jpg").sentence

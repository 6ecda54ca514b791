"""What one machine writes another one reads, and of two that decide at once one is told so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data_bucket import DATA, Machines
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.feedback_tokens import _secret
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.bucket.objects import Overtaken
from tiefvision_assets.store.garbage import Item, remove
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.model_set import ModelSet
from tiefvision_assets.store.sealed import read_json, read_parquet, save_tensors, write_json, write_parquet
from tiefvision_assets.store.store import Store

ROWS = pd.DataFrame({"sha256": ["a", "b"], "x": [1, 2]})
INDEX = {"unsupervised": "v1", "supervised": "v1"}


def learn(store: Store) -> None:
    hooks.refresh(store.layout.root)


def test_a_file_is_fetched_when_it_is_read_for_the_first_time(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    for batch in ("b1", "b2"):
        write_parquet(one.layout.encodings("e", batch), ROWS)
    learn(two)
    machines.bucket.storage.requests.clear()
    file = two.layout.encodings("e", "b1")
    assert file.exists() and file.stat().st_size == one.layout.encodings("e", "b1").stat().st_size
    for _ in range(2):
        pd.testing.assert_frame_equal(read_parquet(file), ROWS)
    assert machines.bucket.storage.requests == [f"GET /{machines.bucket.name}/{DATA}/encodings/e/b1.parquet"]


def test_what_is_written_again_is_noticed_and_what_is_removed_is_gone(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    file, folder = one.layout.encodings("e", "b1"), one.layout.model("basis", "f")
    there = two.layout.encodings("e", "b1")
    write_parquet(file, ROWS)
    write_json(folder / "model.json", {"name": "basis"})
    learn(two)
    assert len(read_parquet(there)) == 2 and two.models.all("basis") == ["f"]
    write_parquet(file, ROWS[:1])
    remove([Item(folder, 0)])
    learn(two)
    assert len(read_parquet(there)) == 1 and not two.layout.model("basis", "f").exists()
    assert machines.objects() == ["encodings/e/b1.parquet"]


def test_a_model_is_whole_on_another_machine(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    write_json(one.layout.model("basis", "f") / "model.json", {"name": "basis"})
    save_tensors(one.layout.model("basis", "f") / "model.safetensors", {"mean": np.arange(3.0)})
    assert two.models.exists("basis", "f"), "asked for by name, before any listing"
    np.testing.assert_array_equal(two.models.tensors("basis", "f")["mean"], np.arange(3.0))


def test_a_new_served_version_is_noticed_and_what_it_names_is_there(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    before = two.served.stamp()
    write_json(one.layout.index("supervised", "v1") / "index.json", {"files": {}})
    one.served.promote(ModelSet(encoder="e"))
    one.served.switch(INDEX)
    assert two.served.stamp() != before
    assert two.served.read().index == INDEX
    assert read_json(two.layout.index("supervised", "v1") / "index.json") == {"files": {}}


def test_of_two_that_decide_at_once_one_is_refused_and_can_go_on(machines: Machines, monkeypatch: pytest.MonkeyPatch):
    one, two = machines.store("one"), machines.store("two")
    one.served.promote(ModelSet(encoder="e"))
    assert two.served.read().next.encoder == "e"
    monkeypatch.setattr(hooks, "LOOKED_S", 1e9)  # the other has looked, and decides on what it saw
    one.served.promote(ModelSet(encoder="e", basis="one"))
    with pytest.raises(
        Overtaken, match=r"Another machine has written served\.json at s3://\S+ meanwhile, .* again goes"
    ):
        two.served.promote(ModelSet(encoder="e", basis="two"))
    assert two.served.read().next.basis == "one" and two.served.problem() is None
    two.served.promote(ModelSet(encoder="e", basis="two"))
    learn(one)
    assert one.served.read().next.basis == "two"


def test_a_folder_that_was_copied_into_the_bucket_is_taken_over(machines: Machines, tmp_path: Path):
    local = Store(Settings(data=tmp_path / "data"))
    write_parquet(local.layout.encodings("e", "b1"), ROWS)
    local.served.promote(ModelSet(encoder="e"))
    local.served.switch(INDEX)
    for file in (file for file in local.layout.root.rglob("[!.]*") if file.is_file()):
        address = f"/{machines.bucket.name}/{DATA}/{file.relative_to(local.layout.root).as_posix()}"
        assert machines.bucket.storage.ask("PUT", address, file.read_bytes())[0] == 200
    one = machines.store("one")
    assert one.served.read() == local.served.read() and one.served.problem() is None
    pd.testing.assert_frame_equal(read_parquet(one.layout.encodings("e", "b1")), ROWS)
    one.served.promote(ModelSet(encoder="e", basis="f"))
    assert machines.store("two").served.read().next.basis == "f"


def test_scratch_and_what_belongs_to_one_machine_stays_there(machines: Machines):
    one = machines.store("one")
    for name in ("labels.db", "dagster/x.json", ".uploads/x.json", "claims/x.json"):
        write_json(one.layout.root / name, {})
    assert machines.objects() == []


def test_all_machines_sign_with_one_secret(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    assert _secret(one.layout.feedback_key) == _secret(two.layout.feedback_key)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"database_url": None}, r"labels, attempts and claims cannot be kept there; set TIEFVISION_DATABASE_URL to a"),
        ({"database_url": "sqlite:///labels.db"}, "set TIEFVISION_DATABASE_URL to a database of PostgreSQL"),
    ],
)
def test_settings_that_do_not_fit_are_refused(machines: Machines, others: dict[str, object], sentence: str):
    with pytest.raises(TiefVisionError, match=sentence):
        machines.store("one", **others)
    assert machines.bucket.storage.requests == []


def test_photos_lie_below_the_data_unless_they_are_elsewhere(machines: Machines):
    settings = machines.settings("one", raw=None)
    assert settings.raw_url == settings.raw_place == f"{machines.url}/raw" and settings.data_place == machines.url
    assert machines.settings("two").data_dir != settings.data_dir
    assert settings.data_dir.is_relative_to(settings.cache_dir)
    assert Settings(data="shop").data_url is None


def test_a_layout_of_a_folder_is_not_shared(machines: Machines, tmp_path: Path):
    machines.store("one")
    write_parquet(Layout(tmp_path / "data").encodings("e", "b"), ROWS)
    assert machines.objects() == []

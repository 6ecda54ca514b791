"""Each section of `make bench` on next to nothing, so that it goes on working; what it measures is not judged here."""

import json
from collections.abc import Mapping

import pytest
from PIL import Image

from benchmarks.bench import catalogue, engines, locating, scripts, searching, starting, training
from benchmarks.bench.curves import write_curves
from benchmarks.bench.photos import photos_in, write_parts
from benchmarks.bench.table import Cost, Row
from benchmarks.encoder_engines import untrained_heads
from tests import tiny
from tiefvision_assets.vision import registry
from tiefvision_assets.vision.encoder import TorchEngine
from tiefvision_assets.vision.locate import Locator

settings, store, trained = tiny.settings, tiny.store, tiny.trained
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps


def some_cost(row: Row) -> bool:
    return row.ours.clock > 0 and all(cost.clock > 0 for cost in row.rivals.values())


class Commands:
    """Stands in for `cost_of_command`: writes down what would run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def __call__(self, command: list[str], environment: Mapping[str, str] | None = None) -> tuple[Cost, str]:
        self.ran.append(" ".join(command[1:]))
        if "timm" in command:
            raise RuntimeError("ModuleNotFoundError: No module named 'timm'")
        return Cost(1.0, 2.0), json.dumps({"decoding": [0.25, 0.5], "network": [0.25, 0.5]})


def test_drawn_photos_are_all_different_and_made_once(tmp_path):
    folder = write_parts(tmp_path / "photos", 3, tmp_path / "drawn")
    contents = [file.read_bytes() for file in photos_in(folder)]
    assert len(set(contents)) == 3
    assert write_parts(tmp_path / "photos", 3, tmp_path / "missing") == folder


def test_a_catalogue_is_made_beside_the_script_and_the_limit_then_grows_by_a_hundredth(tmp_path, monkeypatch):
    commands = Commands()
    monkeypatch.setattr(catalogue, "cost_of_command", commands)
    photos = [tmp_path / f"{number}.jpg" for number in range(5)]
    for photo in photos:
        photo.write_bytes(photo.name.encode())
    first, quiet, night = catalogue.measure(photos, 4, "tiny", tmp_path / "scratch")
    assert first.ours == Cost(2.0, 4.0)
    assert first.rivals == {"script": Cost(1.0, 2.0), "the limit, decoding and network alone": Cost(0.5, 1.0)}
    assert quiet.rivals == night.rivals == {"rebuilding": first.ours}
    assert [name.split()[-1] for name in commands.ran].count("run") == 3
    assert len(photos_in(tmp_path / "scratch" / "raw")) == 5


def test_the_script_and_the_limit_run_on_a_folder(tmp_path, tiny_encoder, monkeypatch, capsys):
    monkeypatch.setenv("TIEFVISION_ENCODER", "tiny")
    monkeypatch.setenv("TIEFVISION_WEIGHTS", str(tiny_encoder))
    monkeypatch.setattr(scripts, "cores", lambda: 0)  # no further processes
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (60, 80), (80 * number, 90, 100)).save(folder / f"{number}.jpg")
    scripts.script(folder)
    scripts.limit(folder)
    assert set(json.loads(capsys.readouterr().out)) == {"decoding", "network"}


def test_locating_is_measured_beside_windows_one_by_one():
    spec, engine = registry.encoder_named("tiny"), TorchEngine(tiny.TinyModule())
    heads = untrained_heads(spec)
    trained = locating.Trained(spec, engine, heads, Locator(spec, engine, heads))
    encoding, located = locating.measure_with(trained, [Image.new("RGB", (60, 80), (9, 90, 100))] * 2, slow_photos=1)
    assert encoding.size == 225
    assert some_cost(encoding) and some_cost(located)


def test_training_is_measured_beside_a_data_loader(trained):
    heads, *_ = rows = training.measure(trained)
    assert "a DataLoader" in heads.rivals
    assert all(some_cost(row) for row in rows)


@pytest.mark.parametrize("name", ["tiefvision", "faiss flat"])
def test_an_engine_is_measured_with_its_recall(name):
    found = engines.measured(name, 1200)
    assert found["recall"] > 0.99
    assert set(found["costs"]) == set(searching.WORK)


def test_indexes_are_shown_beside_one_another_and_missing_ones_left_out(monkeypatch):
    def in_a_process(module: str, name: str, size: str) -> dict[str, object]:
        if name == "LanceDB":
            raise RuntimeError("ModuleNotFoundError: No module named 'lancedb'")
        cost = {"clock": 1.0, "processor": 1.0}
        return {"costs": dict.fromkeys(searching.WORK, cost), "memory": 1.0, "recall": 1.0}

    monkeypatch.setattr(searching, "in_a_process", in_a_process)
    rows = searching.measure_indexes([1000, 1_000_000], full=False)
    assert set(rows[0].rivals) == {"scikit-learn", "faiss flat", "hnswlib"}
    assert set(rows[-1].rivals) == {"scikit-learn", "faiss flat"}


def test_searches_by_photos_are_measured(trained):
    assert all(some_cost(row) for row in searching.measure_photos(trained, 3))


def test_commands_are_measured_beside_bare_dagster(trained, tmp_path, monkeypatch):
    commands = Commands()
    monkeypatch.setattr(starting, "cost_of_command", commands)
    monkeypatch.setattr(starting, "_first_paints", lambda *_: None)
    rows = starting.measure(trained, tmp_path)
    assert [row.work for row in rows][-1] == "`tiefvision search FILE`"
    assert any("status" in one for one in commands.ran)


def test_what_was_measured_at_several_sizes_is_drawn(tmp_path):
    rows = [
        Row(catalogue.FOLDER, f"{size:,} photos, tiny", size, Cost(size, size), {"script": Cost(2 * size, 1)})
        for size in (10, 100)
    ]
    (drawn,) = write_curves([*rows, Row(searching.INDEX, "10 x 256: a query", 10, Cost(1, 1))], tmp_path)
    assert "</svg>" in drawn.read_text(encoding="utf-8")

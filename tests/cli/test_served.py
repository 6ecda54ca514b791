"""`tiefvision served`: versions, what moves between them, and decisions."""

from __future__ import annotations

import pytest

from tests import commands, tiny
from tests.served_versions import OTHER, another_head, serve_another_head
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained
in_process = commands.in_process


def test_versions_are_listed_and_gone_back_to(in_process, trained: Store) -> None:
    first, second = serve_another_head(trained)
    document = in_process("served", "list", "--json").json
    assert document["served"] == second and [one["name"] for one in document["versions"]] == [second, first]
    assert all(one["problem"] is None for one in document["versions"])
    assert first in in_process("served", "roll-back", "--json").json["said"]
    shown = in_process("served", "list").out
    assert "rejected" in shown and "command line promoted" in shown
    failed = in_process("served", "roll-back")
    assert failed.code == 1 and "no older version" in failed.err


def test_what_moves_needs_no_labels(in_process, trained: Store) -> None:
    another_head(trained)
    document = in_process("served", "compare", "--by", "batch", "--json").json
    assert document["new"] == OTHER and document["queries"] == tiny.PHOTOS
    assert document["moved"] and len(document["moved"][0]["old"]) == 10
    (group,) = document["by"].values()
    assert group["queries"] == tiny.PHOTOS
    assert document["held_out"]["triplets"]["new"] == 1, "the candidate is right every time"
    assert "Queries that changed most" in in_process("served", "compare").out


def test_before_the_first_run_it_says_so(in_process, store: Store) -> None:
    assert "Nothing is served yet" in in_process("served", "list").out
    assert "tiefvision run" in in_process("served", "compare").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "colour"), "cannot be grouped by 'colour'; give one of folder, batch"),
        (("--ranking", "x"), "no ranking"),
    ],
)
def test_wrong_choices_are_told(in_process, trained: Store, arguments, said) -> None:
    another_head(trained)
    failed = in_process("served", "compare", *arguments)
    assert failed.code and said in " ".join(failed.err.split())

"""The file that tells what was cancelled."""

from __future__ import annotations

import pytest

from tiefvision_assets.store.store import Store

KNOWN = {"object_encodings b000001-1a2b3c4d": "inputs", "encoder": "others"}


def test_what_is_kept_is_read_until_nothing_is_kept(store: Store) -> None:
    assert store.cancelled.inputs() == {}
    store.cancelled.keep(KNOWN)
    assert Store(store.settings).cancelled.inputs() == KNOWN
    store.cancelled.keep({})
    assert store.cancelled.inputs() == {} and not store.layout.cancelled.exists()


def test_the_same_again_writes_nothing(store: Store) -> None:
    store.cancelled.keep(KNOWN)
    before = store.layout.cancelled.stat().st_ino
    store.cancelled.keep(dict(KNOWN))
    assert store.layout.cancelled.stat().st_ino == before


@pytest.mark.parametrize("damaged", [b"", b'{"inputs"', b'{"inputs": {"encoder": "x"}, "checksum": "0"}'])
def test_a_damaged_file_tells_nothing_and_is_written_anew(store: Store, damaged: bytes) -> None:
    store.layout.root.mkdir(parents=True)
    store.layout.cancelled.write_bytes(damaged)
    assert store.cancelled.inputs() == {}
    store.cancelled.keep(KNOWN)
    assert store.cancelled.inputs() == KNOWN

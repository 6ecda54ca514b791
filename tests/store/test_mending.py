from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tiefvision_assets.store.mending import set_damaged_aside
from tiefvision_assets.store.store import Store


@pytest.mark.parametrize("across", [False, True])
def test_damaged_files_are_set_aside_from_other_file_systems_too(
    store: Store, monkeypatch: pytest.MonkeyPatch, across: bool
) -> None:
    file = store.layout.boxes("heads", "b0")
    for content in (b"damaged", b"damaged again"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        with monkeypatch.context() as patched:
            if across:
                patched.setattr(os, "rename", refuse)
                patched.setattr(os, "replace", refuse)
            (sentence,) = set_damaged_aside(store.layout)
        assert str(file) in sentence and not file.exists()
        assert (store.layout.damaged / "boxes" / "heads" / "b0.parquet").read_bytes() == content


def refuse(source: Path, target: Path) -> None:
    raise OSError(errno.EXDEV, "Invalid cross-device link", source, target)

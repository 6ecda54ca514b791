"""The secret by which tokens are signed: made once, also where files have no second name, and never a part of one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tiefvision_assets.search.feedback_tokens import Tokens
from tiefvision_assets.store.sealed import DamagedFile


def test_the_secret_is_made_once_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    file = tmp_path / "feedback.key"
    assert Tokens(file).pseudonym("s") == Tokens(file).pseudonym("s")
    assert [one.name for one in tmp_path.iterdir()] == ["feedback.key"]


@pytest.mark.parametrize("content", [b"", b"x" * 31])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "feedback.key"
    file.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"not 32\); remove it"):
        Tokens(file)

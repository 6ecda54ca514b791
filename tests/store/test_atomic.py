import errno
import os

import pandas as pd
import pytest

from tiefvision_assets.store.atomic import (
    TEMPORARY,
    atomic_folder,
    atomic_path,
    link_or_copy,
    read_json,
    write_json,
    write_parquet,
)


class Killed(BaseException):
    pass


def write_then_die(target):
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        assert temporary.parent == target.parent and temporary.name.startswith(TEMPORARY)
        raise Killed


def replace_then_die(target):
    with atomic_folder(target) as temporary:
        (temporary / "model").write_text("half")
        raise Killed


def test_a_file_appears_whole_with_the_folders_above_it(tmp_path):
    target = tmp_path / "not/yet/there.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_leaves_what_was_there(tmp_path):
    target = tmp_path / "file"
    target.write_text("before")
    with pytest.raises(Killed):
        write_then_die(target)
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_first_write_leaves_nothing(tmp_path):
    with pytest.raises(Killed):
        write_then_die(tmp_path / "file")
    with pytest.raises(Killed):
        replace_then_die(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_replaces_the_one_before_it_whole(tmp_path):
    target = tmp_path / "models/head"
    for name in ("first", "second"):
        with atomic_folder(target) as temporary:
            (temporary / name).write_text(name)
        assert [file.name for file in target.iterdir()] == [name]
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_replacement_leaves_the_folder_before_it(tmp_path):
    target = tmp_path / "head"
    with atomic_folder(target) as temporary:
        (temporary / "model").write_text("whole")
    with pytest.raises(Killed):
        replace_then_die(target)
    assert (target / "model").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_process_left_behind_disturbs_nobody(tmp_path):
    (tmp_path / f"{TEMPORARY}0000-file.json").write_text("half")
    write_json(tmp_path / "file.json", [1])
    assert read_json(tmp_path / "file.json") == [1]


def test_json_and_parquet_come_back_as_written(tmp_path):
    document = {"b": [1, 2.5, None], "a": "Kleid – été"}
    write_json(tmp_path / "a.json", document)
    assert read_json(tmp_path / "a.json") == document
    assert "été" in (tmp_path / "a.json").read_text(encoding="utf-8")
    frame = pd.DataFrame({"path": ["ü.jpg", "b.jpg"], "width": [3, 4]}, index=[7, 5])
    write_parquet(tmp_path / "a.parquet", frame)
    assert pd.read_parquet(tmp_path / "a.parquet").equals(frame.reset_index(drop=True))


@pytest.mark.parametrize("links", [True, False])
def test_a_file_is_the_same_one_or_a_copy_where_there_are_no_links(tmp_path, monkeypatch, links):
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    if not links:
        monkeypatch.setattr(os, "link", refused)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"vectors")
    link_or_copy(source, target)
    assert source.samefile(target) == links
    source.unlink()
    assert target.read_bytes() == b"vectors", "what one name loses the other keeps"

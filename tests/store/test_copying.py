import os

import pytest

from tiefvision_assets.store.copying import NoSuchFolder, copy_photos
from tiefvision_assets.store.raw.folder import RawFolder


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "camera"
    for path in ("a.jpg", "sub/b.PNG", "sub/c.webp", "anim.gif", "notes.txt", ".hidden.jpg", ".git/d.jpg"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode())
    return folder


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "data/raw"


def files_of(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_pictures_are_copied_to_the_same_paths(source, raw):
    reported = []
    copied = copy_photos(source, RawFolder(raw), lambda *done: reported.append(done))
    assert copied.written == 4
    assert copied.passed_over == {"not a photo by its name (.txt)": 1, "hidden": 1, "in a hidden folder": 1}
    assert files_of(raw) == ["a.jpg", "anim.gif", "sub/b.PNG", "sub/c.webp"]
    assert (raw / "sub/b.PNG").read_bytes() == b"sub/b.PNG"
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_equal_files_are_left_alone_and_others_replaced(source, raw):
    copy_photos(source, RawFolder(raw))
    before = {path: (raw / path).stat().st_mtime_ns for path in files_of(raw)}
    assert copy_photos(source, RawFolder(raw)).written == 0
    (source / "a.jpg").write_bytes(b"A.jpg")
    os.utime(source / "a.jpg", ns=(1, before["a.jpg"]))
    assert copy_photos(source, RawFolder(raw)).written == 1
    assert (raw / "a.jpg").read_bytes() == b"A.jpg"
    assert (raw / "sub/c.webp").stat().st_mtime_ns == before["sub/c.webp"]


def test_what_else_lies_in_the_raw_folder_stays(source, raw):
    raw.mkdir(parents=True)
    (raw / "mine.jpg").write_bytes(b"mine")
    copy_photos(source, RawFolder(raw))
    assert (raw / "mine.jpg").read_bytes() == b"mine"


def test_the_raw_folder_itself_needs_no_copy(source):
    assert copy_photos(source, RawFolder(source)).written == 0
    assert (source / "a.jpg").exists()


@pytest.mark.parametrize("inner", ["raw", "sub/raw"])
def test_folders_that_hold_one_another_are_refused(source, inner):
    (source / inner).mkdir(parents=True)
    before = files_of(source)
    for first, second in ((source, source / inner), (source / inner, source)):
        with pytest.raises(NoSuchFolder, match="hold one another"):
            copy_photos(first, RawFolder(second))
    assert files_of(source) == before


@pytest.mark.parametrize("name", ["gone", "camera/a.jpg"])
def test_what_is_no_folder_is_refused(tmp_path, source, raw, name):
    with pytest.raises(NoSuchFolder, match="is not a folder"):
        copy_photos(tmp_path / name, RawFolder(raw))


def test_what_a_killed_copy_left_is_removed_and_other_hidden_files_are_not(source, raw):
    (raw / "sub").mkdir(parents=True)
    for name in (".tmp-0123abcd-a.jpg", "sub/.tmp-0123abcd-b.PNG", ".tmp-0123abcd-other.jpg", "sub/.kept.jpg"):
        (raw / name).write_bytes(b"half")
    copy_photos(source, RawFolder(raw))
    assert [name for name in files_of(raw) if "/." in f"/{name}"] == [".tmp-0123abcd-other.jpg", "sub/.kept.jpg"]

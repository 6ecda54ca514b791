"""Archives from outside: what is unpacked, what is passed over, and what is not unpacked at all."""

from __future__ import annotations

import stat
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from tiefvision_assets.store import archives
from tiefvision_assets.store.archives import BadArchive, unpack

SUFFIXES = (".jpg", ".txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def archive(file: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return file


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def of_kind(name: str, kind: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (kind | 0o777) << 16
    return member


def test_what_is_wanted_is_written_with_its_folders(folder: Path, tmp_path: Path) -> None:
    members = [("a.jpg", b"a"), ("sub/B.JPG", b"b"), ("win\\c.jpg", b"c"), ("./d.txt", b"d"), ("größe.jpg", b"e")]
    unpacked = unpack(archive(tmp_path / "x.zip", *members, ("film.mp4", b"f")), folder, SUFFIXES)
    assert files_of(folder) == {"a.jpg": b"a", "sub/B.JPG": b"b", "win/c.jpg": b"c", "d.txt": b"d", "größe.jpg": b"e"}
    assert (unpacked.written, unpacked.passed_over) == (5, {"not taken by its name (.mp4)": 1})


@pytest.mark.parametrize(
    "name", ["../a.jpg", "x/../../a.jpg", "/tmp/a.jpg", "..\\a.jpg", "C:\\a.jpg", "C:a.jpg", "\\\\host\\share\\a.jpg"]
)
def test_nothing_is_written_outside_of_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    unpacked = unpack(archive(tmp_path / "x.zip", (name, b"a"), ("good.jpg", b"g")), folder, SUFFIXES)
    assert files_of(tmp_path).keys() == {"x.zip", "into/good.jpg"}
    assert unpacked.passed_over == {"named outside of the archive": 1}


def test_links_devices_hidden_files_and_archives_are_passed_over(folder: Path, tmp_path: Path) -> None:
    members = [
        (of_kind("link.jpg", stat.S_IFLNK), b"/etc/passwd"),
        (of_kind("pipe.jpg", stat.S_IFIFO), b""),
        (".a.jpg", b"x"),
        ("__MACOSX/a.jpg", b"x"),
        ("sub/._a.jpg", b"x"),
        ("more.zip", b"PK"),
        ("x" * 300 + ".jpg", b"x"),
    ]
    unpacked = unpack(archive(tmp_path / "x.zip", *members), folder, (*SUFFIXES, ".zip"))
    assert files_of(folder) == {}
    assert unpacked.passed_over == {
        "a link in the archive": 1,
        "not a file": 1,
        "hidden": 3,
        "an archive in the archive": 1,
        "too long a name": 1,
    }


def test_of_two_members_of_one_name_the_first_is_written(folder: Path, tmp_path: Path) -> None:
    file = archive(tmp_path / "x.zip", ("a.jpg", b"first"), ("./a.jpg", b"second"), ("a.jpg/b.jpg", b"below a file"))
    unpacked = unpack(file, folder, SUFFIXES)
    assert files_of(folder) == {"a.jpg": b"first"}
    assert unpacked.passed_over == {"a second file of that name": 2}


def test_a_damaged_member_does_not_keep_the_others_back(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_STORED) as opened:
        opened.writestr("a.jpg", b"content of the first")
        opened.writestr("b.jpg", b"another")
    content = (tmp_path / "x.zip").read_bytes().replace(b"content of", b"CONTENT OF")
    (tmp_path / "x.zip").write_bytes(content)
    unpacked = unpack(tmp_path / "x.zip", folder, SUFFIXES)
    assert files_of(folder) == {"b.jpg": b"another"}
    assert unpacked.passed_over == {"damaged in the archive": 1}


def test_an_encrypted_archive_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    content = bytearray(archive(tmp_path / "x.zip", ("a.jpg", b"a")).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadArchive, match=r"^holiday\.zip is encrypted; unpack it with its password, and give the fold"):
        unpack(tmp_path / "x.zip", folder, SUFFIXES, called="holiday.zip")


@pytest.mark.parametrize(("method", "name"), [(9, "Deflate64"), (93, "Zstandard"), (77, "method 77")])
def test_a_method_of_packing_that_is_not_known_is_named(folder: Path, tmp_path: Path, method: int, name: str) -> None:
    file = archive(tmp_path / "x.zip", ("a.jpg", b"a"), ("b.jpg", b"b"))
    content = bytearray(file.read_bytes())
    for at in (8, content.index(b"PK\x01\x02") + 10):  # of the first member, beside it and in the list
        content[at : at + 2] = method.to_bytes(2, "little")
    file.write_bytes(content)
    unpacked = unpack(file, folder, SUFFIXES)
    assert files_of(folder) == {"b.jpg": b"b"}
    assert (unpacked.written, unpacked.passed_over) == (1, {f"packed by {name}, which is not read": 1})


def test_a_bomb_is_not_unpacked(folder: Path, tmp_path: Path) -> None:
    zeros = archive(tmp_path / "x.zip", *((f"{number}.jpg", bytes(2**24)) for number in range(5)))
    with pytest.raises(BadArchive, match=r"would grow from 0\.1 to 80\.0 MiB"):
        unpack(zeros, folder, SUFFIXES)
    assert files_of(folder) == {}


def test_members_that_share_their_bytes_are_not_unpacked(folder: Path, tmp_path: Path) -> None:
    archive(tmp_path / "x.zip", ("a.jpg", bytes(range(256)) * 8))
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as opened:
        (first,) = opened.infolist()
        for number in range(50):
            copy = zipfile.ZipInfo(f"{number}.jpg")
            copy.header_offset, copy.CRC = first.header_offset, first.CRC
            copy.compress_size, copy.file_size = first.compress_size, first.file_size
            opened.filelist.append(copy)
        opened._didModify = True
    with pytest.raises(BadArchive, match="would grow"):
        unpack(tmp_path / "x.zip", folder, SUFFIXES)


def test_an_archive_of_too_many_files_or_bytes_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = archive(tmp_path / "x.zip", ("a.jpg", b"aaaa"), ("b.jpg", b"bbbb"), ("c.mp4", bytes(100)))
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(BadArchive, match="holds 3 files, the limit is 2"):
        unpack(file, folder, SUFFIXES)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    monkeypatch.setattr(archives, "MAX_BYTES", 8)
    assert unpack(file, folder, SUFFIXES).written == 2
    monkeypatch.setattr(archives, "MAX_BYTES", 7)
    with pytest.raises(BadArchive, match="make several archives"):
        unpack(file, folder, SUFFIXES)


@pytest.mark.parametrize("large", [False, True], ids=["zip", "zip64"])
def test_a_list_of_members_that_would_fill_the_memory_is_not_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)
    file = archive(tmp_path / "x.zip", *((f"{number}.jpg", b"a") for number in range(20)))
    assert (b"PK\x06\x06" in file.read_bytes()) == large
    monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
    assert unpack(file, folder, SUFFIXES).written == 20
    monkeypatch.setattr(archives, "BYTES_A_MEMBER", 40)
    with pytest.raises(BadArchive, match="holds far more than 20 files"):
        unpack(file, folder, SUFFIXES)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_refused(folder: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadArchive, match="it is no zip archive"):
        unpack(tmp_path / "x.zip", folder, SUFFIXES)


def test_every_cut_and_every_flipped_byte_gives_files_or_a_sentence(tmp_path: Path) -> None:
    content = archive(tmp_path / "x.zip", ("a.jpg", b"aaaa" * 50), ("sub/b.jpg", bytes(range(200)))).read_bytes()
    damaged = [content[:length] for length in range(0, len(content), 7)]
    damaged += [content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :] for at in range(0, len(content), 3)]
    for number, some in enumerate(damaged):
        (tmp_path / "y.zip").write_bytes(some)
        into = tmp_path / str(number)
        into.mkdir()
        with suppress(BadArchive):
            written = unpack(tmp_path / "y.zip", into, SUFFIXES).written
            assert len(files_of(into)) == written

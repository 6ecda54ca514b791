"""Whatever becomes of the server or the way to it, no photo is lost or half read, and a sentence says what it was."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import fsspec.config
import pytest

from tests import ftp_server
from tests.ftp_server import PASSWORD, Far, Server
from tests.store.raw.test_bucket_faults import noise
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store import scanning
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw.place import RawUnavailable
from tiefvision_assets.store.store import Store

server, far = ftp_server.server, ftp_server.far


@pytest.fixture
def photos(far: Far) -> dict[str, bytes]:
    """Three photos on the server, one of them in a folder; nothing was scanned."""
    found = {"0.png": noise(0), "1.png": noise(1), "sub/2.png": noise(2)}
    for path, content in found.items():
        far.put(path, content)
    return found


@pytest.fixture
def scanned(far: Far, photos: dict[str, bytes]) -> Store:
    store = far.but(cache_gb=0)
    store.catalogue.scan()
    far.server.heals()
    return store


def sentence_of(store: Store) -> str:
    with pytest.raises(TiefVisionError) as raised:
        store.catalogue.scan()
    sentence = str(raised.value)
    assert "\n" not in sentence and len(sentence) < 350 and PASSWORD not in sentence
    return sentence


@pytest.mark.parametrize("folder", ["/photos", "/photos/sub"])
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("550 Permission denied.", "Access to {url} is refused (the server does not list {folder}); check the rights"),
        ("425 No connection.", "is refused (the server does not list {folder})"),
        ("cut", "The connection to {url} broke off ("),
        ("hang up", "The connection to {url} broke off (EOFError); try again."),
    ],
)
def test_a_listing_that_fails_changes_nothing(scanned: Store, server: Server, folder: str, fault: str, sentence: str):
    before = scanned.catalogue.table()
    for command in ("MLSD", "LIST"):
        server.breaks(f"{command} {folder}", fault)
    assert sentence.format(url=scanned.raw.name, folder=folder) in sentence_of(scanned)
    assert scanned.catalogue.table().equals(before)
    server.heals()
    assert scanned.catalogue.scan().unchanged == 3


def test_a_server_that_says_it_is_busy_has_lost_no_folder(scanned: Store, server: Server):
    for command in ("MLSD", "LIST", "MLST"):
        server.breaks(f"{command} /photos/sub", "421 Too many.")
    assert "broke off (421 Too many); try again" in sentence_of(scanned)
    assert len(scanned.catalogue.live()) == 3


@pytest.mark.parametrize("fault", ["cut", "short", "hang up", "426 Broken.", "451 Local error."])
@pytest.mark.parametrize("about", ["RETR /photos/1.png", "RETR /photos/sub/2.png"])
def test_a_photo_that_breaks_off_once_is_asked_for_again(photos, far: Far, about: str, fault: str):
    far.server.breaks(about, fault, times=1)
    store = Store(far.settings)
    assert store.catalogue.scan().new == 3
    assert {path: store.catalogue.read(path) for path in photos} == photos


def test_connections_that_the_server_has_closed_are_opened_anew(scanned: Store, far: Far):
    far.server.hang_up()
    far.put("new.png", noise(3))
    assert scanned.catalogue.scan().new == 1


@pytest.mark.parametrize("fault", ["cut", "short", "hang up", "426 Broken."])
def test_one_photo_that_cannot_be_read_holds_no_other_up(scanned: Store, far: Far, fault: str):
    for number in (1, 3, 4):
        far.put(f"{number}.png", noise(number + 10))
    for number in (1, 3):
        far.server.breaks(f"RETR /photos/{number}.png", fault)
    report = scanned.catalogue.scan()
    assert (report.photos, report.changed, report.quarantined, report.deleted) == (4, 0, 1, 0)
    assert list(scanned.catalogue.quarantined()["reason"]) == [
        "the storage fails to give it; the next scan tries again"
    ]
    far.server.heals()
    report = scanned.catalogue.scan()
    assert (report.photos, report.new, report.changed, report.quarantined) == (5, 1, 1, 0)


def test_what_was_read_before_an_outage_is_kept(scanned: Store, far: Far, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scanning, "UNREAD", 1)
    for path in ("0.png", "1.png", "3.png"):
        far.put(path, noise(int(path[0]) + 10))
    before = scanned.catalogue.live().set_index("path")["sha256"]
    far.server.breaks("RETR /photos/1.png", "hang up")
    assert "broke off" in sentence_of(scanned)
    after = scanned.catalogue.live().set_index("path")["sha256"]
    assert list(after != before) == [True, False, False]
    far.server.heals()
    assert scanned.catalogue.scan().deleted == 0 and len(scanned.catalogue.live()) == 4


def test_a_photo_that_vanishes_between_listing_and_reading_is_no_bad_one(scanned: Store, far: Far):
    far.put("3.png", noise(3))
    gone = (far.photos / "3.png").unlink
    far.server.breaks("MLST /photos/3.png", "", times=1, then=gone)
    report = scanned.catalogue.scan()
    assert (report.new, report.quarantined, report.deleted) == (0, 0, 0)


def test_a_photo_that_is_replaced_while_it_is_read_is_never_made_of_two(photos, far: Far):
    other = noise(11)
    assert len(other) == len(photos["1.png"])
    far.server.breaks("RETR /photos/1.png", "short", times=1, then=lambda: far.put("1.png", other))
    store = Store(far.settings)
    assert store.catalogue.scan().new == 3 and store.catalogue.read("1.png") == other


def test_a_photo_that_may_not_be_read_stays_what_it_was(scanned: Store, far: Far):
    for number in (1, 3):
        far.put(f"{number}.png", noise(number + 10))
        far.server.breaks(f"RETR /photos/{number}.png", "550 Permission denied.")
    report = scanned.catalogue.scan()
    assert (report.photos, report.changed, report.quarantined, report.deleted) == (3, 0, 1, 0)
    assert list(scanned.catalogue.quarantined()["reason"]) == ["the storage refuses to give it; check the rights"]
    with pytest.raises(RawUnavailable, match=r"^1\.png: Access to ftp://\S+ is refused \(550 Permission denied\)"):
        scanned.catalogue.open("1.png")


def test_a_photo_that_has_gone_or_changed_since_the_scan_is_told(scanned: Store, far: Far):
    (far.photos / "0.png").unlink()
    far.put("1.png", noise(11))
    for path, what in (("0.png", "gone from"), ("1.png", "changed at")):
        with pytest.raises(
            RawUnavailable, match=rf"^{path} has {what} ftp://\S+ since the last scan; scan aga"
        ) as raised:
            scanned.catalogue.open(path)
        assert not isinstance(raised.value, BadPhoto)
    report = scanned.catalogue.scan()
    assert (report.deleted, report.changed) == (1, 1)


def test_a_server_that_is_gone_is_told_and_so_is_a_wrong_password(scanned: Store, monkeypatch: pytest.MonkeyPatch):
    away = Settings.model_validate(scanned.settings.model_dump() | {"raw": "ftp://127.0.0.1:1/photos"})
    assert "ftp://127.0.0.1:1/photos cannot be reached (Connection refused); check the" in sentence_of(Store(away))
    monkeypatch.setitem(fsspec.config.conf, "ftp", {"username": "shop", "password": "another"})
    sentence = sentence_of(Store(scanned.settings))
    assert f"{scanned.raw.name} takes no log-in (530 Login incorrect); give user name and password by" in sentence
    assert "FSSPEC_FTP_USERNAME" in sentence
    assert len(scanned.catalogue.live()) == 3


def test_a_missing_package_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("TIEFVISION_")]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "paramiko", None)
    monkeypatch.delitem(sys.modules, "fsspec.implementations.sftp", raising=False)
    store = Store(Settings(data=tmp_path / "data", cache=tmp_path / "cache", raw="sftp://127.0.0.1/photos"))
    assert sentence_of(store) == (
        "sftp://127.0.0.1/photos cannot be read without another package: "
        'SFTPFileSystem requires "paramiko" to be installed.'
    )

"""Which ``Host`` and ``Origin`` a server takes for its own."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tiefvision_assets.hosts import Hosts, hostname
from tiefvision_assets.settings import Settings

HERE = Hosts("127.0.0.1")
EVERYWHERE = Hosts("0.0.0.0")
NAMED = Hosts("127.0.0.1", frozenset({"photos.example.org"}))


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost.:8501", "localhost"),
        ("[::1]:8501", "::1"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("", None),
        (":80", None),
        ("localhost:port", None),
        ("localhost:99999", None),
        ("evil@localhost", None),
        ("localhost/path", None),
        ("localhost?", "localhost"),
        ("[::1", None),
    ],
)
def test_a_name_stands_with_or_without_a_port(authority: str, name: str | None) -> None:
    assert hostname(authority) == name


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "localhost:9000", "[::1]:8501", "LOCALHOST:1"])
def test_a_server_on_this_machine_answers_by_this_machines_names(host: str) -> None:
    assert HERE.include(host) and EVERYWHERE.include(host) and NAMED.include(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.1.7", "", None]
)
def test_and_by_no_others(host: str | None) -> None:
    assert not HERE.include(host)


def test_one_that_listens_everywhere_answers_by_addresses_and_by_the_names_that_are_set() -> None:
    for host in ("192.168.1.7:8501", "[fe80::1]:8501"):
        assert EVERYWHERE.include(host) and Hosts("::").include(host)
        assert not Hosts("192.168.1.8").include(host)
    assert not EVERYWHERE.include("photos.example.org")
    assert NAMED.include("Photos.Example.org:443")
    assert Hosts("Photos.local").include("photos.local:8501")


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
        ("https://photos.example.org", "photos.example.org", True),
        ("https://photos.example.org", "127.0.0.1:8501", True),
        ("http://127.0.0.1:9999", "127.0.0.1:8501", False),
        ("http://localhost:8501", "127.0.0.1:8501", False),
        ("http://evil.example:8501", "127.0.0.1:8501", False),
        ("null", "127.0.0.1:8501", False),
        ("", "127.0.0.1:8501", False),
        ("file://127.0.0.1:8501", "127.0.0.1:8501", False),
        ("https://photos.example.org@evil.example", "127.0.0.1:8501", False),
    ],
)
def test_a_page_is_its_own_if_it_came_from_the_host_asked_or_from_one_that_is_set(
    origin: str, host: str, own: bool
) -> None:
    assert NAMED.sent_from_here(origin, host) == own


def test_the_setting_is_names_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_HOSTS", " Photos.example.org, fd00::7,")
    assert Settings().hosts == {"photos.example.org", "fd00::7"}
    for wrong in ("https://photos.example.org", "photos.example.org:443", "a/b", "*", "a b"):
        monkeypatch.setenv("TIEFVISION_HOSTS", wrong)
        with pytest.raises(ValidationError, match="without scheme and port"):
            Settings()

"""Who is logged in, what they may do, and where the app may listen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.web.server.server_util import AUTH_COOKIE_NAME

from tests.ui import logins
from tests.ui.logins import ANN, cookies
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui.__main__ import main
from tiefvision_ui.access import login, people
from tiefvision_ui.access.guard import OpenToAll, warning_about
from tiefvision_ui.access.login import LogInUnusable, check_login, claims_in, login_configured, name_in
from tiefvision_ui.access.people import NAME, Person, current_person, logged_in_person

Run = Callable[..., AppTest]

configured = logins.configured


# The cookie ------------------------------------------------------------------------------------------------------


def test_a_log_in_is_configured_by_a_section_of_the_secrets(configured: Path) -> None:
    assert login_configured()
    check_login()


def test_without_secrets_there_is_no_log_in() -> None:
    assert not login_configured()
    check_login()


def test_secrets_that_cannot_be_read_stop_the_app(configured: Path) -> None:
    configured.write_text("[auth\n")
    st.secrets._reset()
    with pytest.raises(LogInUnusable, match=r"secrets\.toml cannot be read as TOML"):
        check_login()


def test_a_missing_library_stops_the_app(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LogInUnusable, match=r"pip install 'tiefvision\[auth\]'"):
        check_login()


def test_streamlits_cookie_is_read(configured: Path) -> None:
    assert claims_in(cookies(ANN)) == ANN


def test_a_cookie_in_pieces_is_read(configured: Path) -> None:
    long = ANN | {"groups": [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]}
    assert len(cookies(long)) > 1
    assert claims_in(cookies(long)) == long


@pytest.mark.parametrize(
    "forged",
    [
        {},
        cookies(ANN, secret="another"),
        {AUTH_COOKIE_NAME: json.dumps(ANN)},
        {AUTH_COOKIE_NAME: "x.y.z"},
        {AUTH_COOKIE_NAME: "é"},
        {"_streamlit_user_tokens": cookies(ANN)[AUTH_COOKIE_NAME]},
        cookies(ANN | {"is_logged_in": False}),
        cookies(ANN | {"is_logged_in": "yes"}),
    ],
)
def test_no_other_cookie_is(configured: Path, forged: dict[str, str]) -> None:
    assert claims_in(forged) is None


def test_people_are_named_by_what_they_cannot_choose() -> None:
    assert name_in(ANN) == "ann@example.org"
    assert name_in(ANN | {"email_verified": True}) == "ann@example.org"
    assert name_in(ANN | {"email_verified": False}) == "42"
    assert name_in(ANN | {"email_verified": "false"}) == "42"
    assert name_in({"sub": "42", "name": "admin", "preferred_username": "admin"}) == "42"


# Roles -----------------------------------------------------------------------------------------------------------


def test_roles_come_from_the_settings(settings: Settings) -> None:
    roles = {"Ann@Example.org": "admin", "bob@example.org": "annotator"}
    given = Settings(roles=roles, data=settings.data)
    assert logged_in_person(ANN, given) == Person("ann@example.org", "admin")
    bob = logged_in_person(ANN | {"email": "bob@example.org"}, given)
    assert bob == Person("bob@example.org", "annotator")
    eve = logged_in_person(ANN | {"email": "eve@example.org"}, given)
    assert eve == Person("eve@example.org", "viewer")
    with pytest.raises(people.NoAccess, match=r"logged in as eve@example\.org, who has no access"):
        logged_in_person(ANN | {"email": "eve@example.org"}, Settings(roles=roles, default_role="none"))
    with pytest.raises(people.NoAccess, match="Log in first"):
        logged_in_person(None, given)


@pytest.mark.parametrize(
    ("address", "typed", "values", "expected"),
    [
        ("127.0.0.1", "", {}, ("", "admin")),
        ("localhost", "Ann ", {}, ("Ann", "admin")),
        ("127.0.0.1", "ann", {"roles": {"Ann": "viewer"}}, ("ann", "viewer")),
        ("127.0.0.1", "", {"default_role": "viewer"}, ("", "viewer")),
        ("0.0.0.0", "", {}, ("", "annotator")),
        ("0.0.0.0", "Ann", {}, ("Ann", "annotator")),
        ("127.0.0.1", "", {"default_role": "admin"}, ("", "admin")),
        ("0.0.0.0", "Ann", {"roles": {"Ann": "admin"}}, ("Ann", "annotator")),
        ("0.0.0.0", "Ann", {"default_role": "admin"}, ("Ann", "annotator")),
        ("127.0.0.1", "Ann", {"roles": {"Ann": "admin"}}, ("Ann", "annotator")),
        ("127.0.0.1", "Eve", {"roles": {"Ann": "admin"}}, ("Eve", "annotator")),
        ("127.0.0.1", "", {"roles": {"Ann": "admin"}, "default_role": "admin"}, ("", "annotator")),
        ("127.0.0.1", "Ann", {"hosts": "photos.example.org"}, ("Ann", "annotator")),
    ],
)
def test_without_a_log_in_people_say_who_they_are(
    empty_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    typed: str,
    values: dict[str, Any],
    expected: tuple[str, str],
) -> None:
    empty_store.settings = Settings(ui_address=address, **values)
    monkeypatch.setattr(people.services, "store", lambda: empty_store)
    monkeypatch.setattr(people.st, "session_state", {NAME: typed})
    person = current_person()
    assert (person.name, person.role) == expected
    assert person.may_label == (bool(person.name) and person.role != "viewer")
    assert person.may_review == (bool(person.name) and person.role == "admin")


# The address -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_this_machines_own_addresses_need_nothing(address: str) -> None:
    assert warning_about(Settings(ui_address=address)) is None


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7", "photos.example.org"])
def test_other_addresses_need_a_log_in_or_a_word(address: str) -> None:
    with pytest.raises(OpenToAll, match=f"not served on {address} without a log-in.*TIEFVISION_UI_WITHOUT_LOGIN=1"):
        warning_about(Settings(ui_address=address))
    warning = warning_about(Settings(ui_address=address, ui_without_login=True))
    assert warning is not None and warning.startswith("WARNING: anybody") and warning.count(".") >= 1


def test_so_do_further_hosts() -> None:
    assert warning_about(Settings(hosts="localhost")) is None
    with pytest.raises(OpenToAll, match=r"not served on photos\.example\.org without a log-in"):
        warning_about(Settings(hosts="photos.example.org"))


def test_with_a_log_in_any_address_will_do(configured: Path) -> None:
    assert warning_about(Settings(ui_address="0.0.0.0")) is None


def test_the_app_does_not_start_where_anybody_could_use_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tiefvision_ui"])
    monkeypatch.setenv("TIEFVISION_UI_ADDRESS", "0.0.0.0")
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "without a log-in" in capsys.readouterr().err

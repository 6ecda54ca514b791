"""Who is logged in, what they may do, and that routes let nobody else through."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from small_catalogue import component, sentences
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import auth_util
from streamlit.testing.v1 import AppTest
from streamlit.web.server.server_util import AUTH_COOKIE_NAME
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui import guard, identity, login, people
from tiefvision_ui.__main__ import main
from tiefvision_ui.guard import OpenToAll, guarded, warning_about
from tiefvision_ui.images import photo_routes, photo_url, thumbnail_url
from tiefvision_ui.login import LogInUnusable, check_login, claims_in, login_configured, name_in
from tiefvision_ui.people import NAME, Person, current_person, logged_in_person

Run = Callable[..., AppTest]
SECRET = "a secret of the tests"
ANN = {"sub": "42", "email": "ann@example.org", "name": "Ann", "is_logged_in": True}
SECRETS = f"""
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "tiefvision"
client_secret = "x"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A log-in stands in a file of secrets, which is returned."""
    file = tmp_path / "secrets.toml"
    file.write_text(SECRETS)
    yield from _secrets_in(file, monkeypatch)


def _secrets_in(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    before = st.get_option("secrets.files")
    st.config.set_option("secrets.files", [str(file)])
    st.secrets._reset()
    yield file
    st.config.set_option("secrets.files", before)
    st.secrets._reset()


def cookies(claims: Mapping[str, Any], secret: str = SECRET) -> dict[str, str]:
    """The cookies that Streamlit's log-in leaves in a browser, by its own helpers."""
    kept: dict[str, str] = {}

    def sign(name: str, value: str) -> bytes:
        return create_signed_value(secret, name, value)

    auth_util.set_cookie_with_chunks(
        lambda name, value: kept.update({name: sign(name, value).decode()}),
        sign,
        AUTH_COOKIE_NAME,
        dict(claims),
        cookie_attr_size=80,
    )
    return kept


def sent(claims: Mapping[str, Any], secret: str = SECRET) -> dict[str, str]:
    """The header that a browser sends them in."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies(claims, secret).items())}


def settings_with(**values: Any) -> Settings:
    return Settings(**values)


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
    assert name_in(ANN | {"email_verified": False}) == "42"
    assert name_in({"sub": "42", "name": "admin", "preferred_username": "admin"}) == "42"


# Roles -----------------------------------------------------------------------------------------------------------


def test_roles_come_from_the_settings(settings: Settings) -> None:
    roles = {"Ann@Example.org": "admin", "bob@example.org": "annotator"}
    given = settings_with(roles=roles, data=settings.data)
    assert logged_in_person(ANN, given) == Person("ann@example.org", "admin")
    bob = logged_in_person(ANN | {"email": "bob@example.org"}, given)
    assert bob == Person("bob@example.org", "annotator")
    eve = logged_in_person(ANN | {"email": "eve@example.org"}, given)
    assert eve == Person("eve@example.org", "viewer")
    with pytest.raises(people.NoAccess, match=r"logged in as eve@example\.org, who has no access"):
        logged_in_person(ANN | {"email": "eve@example.org"}, settings_with(roles=roles, default_role="none"))
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
        ("0.0.0.0", "Ann", {"roles": {"Ann": "admin"}}, ("Ann", "admin")),
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
    empty_store.settings = settings_with(ui_address=address, **values)
    monkeypatch.setattr(people.services, "store", lambda: empty_store)
    monkeypatch.setattr(people.st, "session_state", {NAME: typed})
    person = current_person()
    assert (person.name, person.role) == expected
    assert person.may_label == (bool(person.name) and person.role != "viewer")
    assert person.may_review == (bool(person.name) and person.role == "admin")


# The address -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_this_machines_own_addresses_need_nothing(address: str) -> None:
    assert warning_about(settings_with(ui_address=address)) is None


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7", "photos.example.org"])
def test_other_addresses_need_a_log_in_or_a_word(address: str) -> None:
    with pytest.raises(OpenToAll, match=f"not served on {address} without a log-in.*TIEFVISION_UI_WITHOUT_LOGIN=1"):
        warning_about(settings_with(ui_address=address))
    warning = warning_about(settings_with(ui_address=address, ui_without_login=True))
    assert warning is not None and warning.startswith("WARNING: anybody") and warning.count(".") >= 1


def test_with_a_log_in_any_address_will_do(configured: Path) -> None:
    assert warning_about(settings_with(ui_address="0.0.0.0")) is None


# Routes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(Starlette(routes=guarded(photo_routes(store), store.settings)))


def urls(store: Store) -> list[str]:
    sha256 = store.catalogue.live()["sha256"].iloc[0]
    return [photo_url(sha256), thumbnail_url(sha256, 320)]


def test_without_a_log_in_photos_are_served_to_all(client: TestClient, store: Store) -> None:
    for url in urls(store):
        response = client.get(url)
        assert response.status_code == 200
        assert response.headers["cache-control"].startswith("public")


def test_with_one_photos_are_served_to_those_who_did(client: TestClient, store: Store, configured: Path) -> None:
    for url in [*urls(store), "/photos/" + "0" * 64]:
        refused = client.get(url)
        assert refused.status_code == 401
        assert refused.text == "Log in first."
        assert refused.headers["cache-control"] == "no-store"
    for url in urls(store):
        response = client.get(url, headers=sent(ANN))
        assert response.status_code == 200
        assert response.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert client.get(url, headers=sent(ANN, secret="another")).status_code == 401


def test_who_has_no_role_gets_no_photo(store: Store, configured: Path) -> None:
    closed = settings_with(default_role="none", roles={"ann@example.org": "viewer"})
    client = TestClient(Starlette(routes=guarded(photo_routes(store), closed)))
    for url in urls(store):
        assert client.get(url, headers=sent(ANN)).status_code == 200
        refused = client.get(url, headers=sent(ANN | {"email": "eve@example.org"}))
        assert refused.status_code == 403
        assert "has no access" in refused.text


def test_what_says_nothing_of_caching_is_not_kept(configured: Path, settings: Settings) -> None:
    def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x")

    client = TestClient(Starlette(routes=guarded([Route("/x", answer)], settings)))
    assert client.get("/x", headers=sent(ANN)).headers["cache-control"] == "no-store"


def test_every_route_of_the_app_but_the_health_check_is_guarded(empty_store: Store) -> None:
    import importlib

    from tiefvision_ui import asgi

    routes = importlib.reload(asgi).app._user_routes
    assert {route.path for route in routes if not isinstance(route.app, guard.Guard)} == {"/healthz"}


# Pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the provider says of the person at the page; a log-in is configured."""
    claims: dict[str, Any] = {}
    for module in (people, identity):
        monkeypatch.setattr(module, "login_configured", lambda: True)
    monkeypatch.setattr(people, "claims_of_session", lambda: claims or None)
    return claims


def test_before_the_log_in_there_is_no_page(store: Store, app: Run, session: dict[str, Any]) -> None:
    page = app()
    assert not page.exception
    assert sentences(page) == "Log in first."
    assert [button.label for button in page.button] == ["Log in"]
    assert not page.get("bidi_component") and not page.text_input


def test_after_it_there_is_one_with_a_way_out(store: Store, app: Run, session: dict[str, Any]) -> None:
    session |= ANN | {"email": "ann*@example.org"}
    page = app()
    assert component(page, "gallery-grid")["tiles"]
    assert "ann\\*@example.org · viewer" in [caption.value for caption in page.sidebar.caption]
    assert [button.label for button in page.sidebar.button] == ["Log out"]


def test_who_has_no_role_is_told(
    store: Store, app: Run, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_DEFAULT_ROLE", "none")
    st.cache_resource.clear()
    session |= ANN
    page = app()
    assert "who has no access here" in sentences(page)
    assert not page.get("bidi_component")


def test_without_a_log_in_the_sidebar_asks_for_a_name(store: Store, app: Run) -> None:
    page = app()
    assert page.sidebar.text_input[0].label == "Your name"
    page.sidebar.text_input[0].set_value("Ann'; <b>").run()
    assert not page.exception
    (kept,) = [html.proto.body for html in page.get("html") if "document.cookie" in html.proto.body]
    assert "tiefvision-name=Ann%27%3B%20%3Cb%3E; path=/" in kept


def test_the_app_does_not_start_where_anybody_could_use_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tiefvision_ui"])
    monkeypatch.setenv("TIEFVISION_UI_ADDRESS", "0.0.0.0")
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "without a log-in" in capsys.readouterr().err

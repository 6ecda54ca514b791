"""A log-in as Streamlit leaves it: its secrets, and its cookies, signed by its own helpers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import auth_util
from streamlit.web.server.server_util import AUTH_COOKIE_NAME
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

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

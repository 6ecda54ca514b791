"""Who is logged in: Streamlit's OIDC log-in, and its cookie for the routes that are outside Streamlit's pages.

``st.login`` keeps who logged in as a signed cookie. A page sees it as ``st.user``; a route reads it
by the helpers that Streamlit's own routes use. These are no public interface: ``tests/ui/test_login.py`` notices when a
version of Streamlit changes them, and a route then fails instead of letting everybody in.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from tiefvision_assets.errors import TiefVisionError


class LogInUnusable(TiefVisionError):
    """A log-in is configured and cannot be used; the app does not start, so that nobody gets in without."""


def login_configured() -> bool:
    """Whether Streamlit's secrets hold an ``[auth]`` section."""
    return st.secrets.load_if_toml_exists() and bool(st.secrets.get("auth"))


def check_login() -> None:
    """`LogInUnusable` when a file of secrets cannot be read, or the library for the log-in is not installed."""
    readable = st.secrets.load_if_toml_exists()
    for file in map(Path, st.get_option("secrets.files")):
        if file.is_file() and not readable:
            raise LogInUnusable(
                f"{file} cannot be read as TOML, so whether a log-in is wanted is not known; mend or remove it."
            )
    if login_configured() and importlib.util.find_spec("authlib") is None:
        raise LogInUnusable("A log-in is configured, but Authlib is missing; run `pip install 'tiefvision[auth]'`.")


def claims_of_session() -> Mapping[str, Any] | None:
    """What the provider says of the person at this page; None when nobody is logged in."""
    return st.user.to_dict() if st.user.get("is_logged_in") else None


def claims_in(cookies: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What the provider says of the person whose browser sent these cookies; None when nobody is logged in."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1")) if value else None

    payload = get_cookie_with_chunks(signed, AUTH_COOKIE_NAME)
    claims = json.loads(payload) if payload else {}
    return claims if claims.get("is_logged_in") is True else None


def name_in(claims: Mapping[str, Any]) -> str:
    """The person's mail address, else the provider's lasting name for them; never one they choose freely.

    An address counts unless the provider says that it is not verified; many say nothing of it.
    """
    email = claims.get("email")
    # Some providers send the claim as text.
    if isinstance(email, str) and email and claims.get("email_verified") not in (False, "false"):
        return email
    return str(claims["sub"])

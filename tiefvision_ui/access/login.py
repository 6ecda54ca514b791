"""Reads who is logged in by Streamlit's OIDC log-in, for pages and for the routes beside them.

``st.login`` stores the provider's claims in a signed cookie. Pages get them as ``st.user``; routes read the cookie with
the helpers that Streamlit's own routes use. These helpers are not a public interface:
``tests/ui/access/test_login.py`` fails when a version of Streamlit changes them, and a route then raises an error
instead of letting everybody in.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from tiefvision_assets.errors import TiefVisionError


class LogInUnusable(TiefVisionError):
    """A log-in is configured but cannot be used, so that the app must not start."""


def login_configured() -> bool:
    """Whether Streamlit's secrets hold an ``[auth]`` section."""
    return st.secrets.load_if_toml_exists() and bool(st.secrets.get("auth"))


def redirect_host() -> str | None:
    """The host to which the log-in's provider sends people back, by which the app is reached then."""
    if not login_configured():
        return None
    return urlsplit(str(st.secrets["auth"].get("redirect_uri", ""))).hostname


def check_login() -> None:
    """Raise `LogInUnusable` if a file of secrets cannot be read, or the library for the log-in is not installed."""
    readable = st.secrets.load_if_toml_exists()
    for file in map(Path, st.get_option("secrets.files")):
        if file.is_file() and not readable:
            raise LogInUnusable(
                f"{file} cannot be read as TOML, so whether a log-in is wanted is not known; mend or remove it."
            )
    if login_configured() and importlib.util.find_spec("authlib") is None:
        raise LogInUnusable("A log-in is configured, but Authlib is missing; run `pip install 'tiefvision[auth]'`.")


def claims_of_session() -> Mapping[str, Any] | None:
    """The provider's claims about the person who uses this page; None if nobody is logged in."""
    return st.user.to_dict() if st.user.get("is_logged_in") else None


def claims_in(cookies: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The provider's claims about the person whose browser sent these cookies; None if nobody is logged in."""
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
    """The person's mail address, else the provider's id (``sub``); never a name that people can choose for themselves.

    An address is used unless the provider says that it is not verified; many providers say nothing about that.
    """
    email = claims.get("email")
    # Some providers send email_verified as text.
    if isinstance(email, str) and email and claims.get("email_verified") not in (False, "false"):
        return email
    return str(claims["sub"])

"""Reads who is logged in by Streamlit's OIDC log-in, for pages and for the routes beside them.

``st.login`` stores the provider's claims in a signed cookie. Pages get them as ``st.user``; routes read the cookie with
the helpers that Streamlit's own routes use. These helpers are not a public interface:
``tests/ui/access/test_login.py`` fails when a version of Streamlit changes them, and a route then raises an error
instead of letting everybody in.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_ui.language.texts import N_


class LogInUnusable(TiefVisionError):
    """A log-in is wanted but cannot be used, so that the app must not start."""


NOT_READABLE = N_("The log-in's configuration cannot be read, so that nobody gets in until it is mended.")


@functools.cache
def login_wanted() -> bool:
    """Whether people have to log in: decided once, when the app starts, so that no later fault of a file opens it.

    One is wanted if the settings say so, if the secrets have a section ``[auth]``, whatever is in it, or if they cannot
    be read, which leaves it open what they say.
    """
    if Settings().login == "required":
        return True
    secrets = _secrets()
    return "auth" in secrets if secrets is not None else bool(_files_of_secrets())


def login_configured() -> bool:
    """Whether Streamlit's secrets can be read now and have an ``[auth]`` section with a secret that signs cookies."""
    section = (_secrets() or {}).get("auth")
    return isinstance(section, Mapping) and bool(section.get("cookie_secret"))


def _secrets() -> Mapping[str, Any] | None:
    try:
        return st.secrets if st.secrets.load_if_toml_exists() else None
    except Exception:  # no permission, no UTF-8, no file any more: whatever it is, there is nothing to go by
        return None


def _files_of_secrets() -> list[Path]:
    return [file for file in map(Path, st.get_option("secrets.files")) if file.exists()]


def redirect_host() -> str | None:
    """The host to which the log-in's provider sends people back, by which the app is reached then."""
    if not login_configured():
        return None
    return urlsplit(str(st.secrets["auth"].get("redirect_uri", ""))).hostname


def check_login() -> None:
    """Raise `LogInUnusable` if a log-in is wanted, or may be, and cannot be used."""
    if _secrets() is None:
        for file in _files_of_secrets():
            raise LogInUnusable(
                f"{file} cannot be read as TOML, so whether a log-in is wanted is not known; mend or remove it."
            )
    if not login_wanted():
        return
    if not login_configured():
        raise LogInUnusable(
            "A log-in is wanted, but .streamlit/secrets.toml has no section [auth] with a cookie_secret; write it, or "
            "set TIEFVISION_LOGIN=auto and remove the section to do without."
        )
    if importlib.util.find_spec("authlib") is None:
        raise LogInUnusable("A log-in is configured, but Authlib is missing; run `pip install 'tiefvision[auth]'`.")


def claims_of_session() -> Mapping[str, Any] | None:
    """The provider's claims about the person who uses this page; None if nobody is logged in."""
    return st.user.to_dict() if st.user.get("is_logged_in") else None


def claims_in(cookies: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The provider's claims about the person whose browser sent these cookies; None if nobody is logged in."""
    return _log_in_of(cookies)[0]


def ids_in(cookies: Mapping[str, str]) -> list[str]:
    """What names the log-in that these cookies hold, an id for each piece that it comes in; empty without one."""
    return _log_in_of(cookies)[1]


def _log_in_of(cookies: Mapping[str, str]) -> tuple[Mapping[str, Any] | None, list[str]]:
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import AUTH_COOKIE_NAME, get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

    ids: list[str] = []

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        if not value:
            return None
        # The id is made of what is signed, time included: a signature may be spelt in several ways.
        ids.append(hashlib.sha256(f"{name}={value.rpartition('.')[0]}".encode()).hexdigest())
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    payload = get_cookie_with_chunks(signed, AUTH_COOKIE_NAME)
    claims = json.loads(payload) if payload else {}
    return (claims, ids) if claims.get("is_logged_in") is True else (None, [])


def name_in(claims: Mapping[str, Any]) -> str:
    """The person's mail address, else the provider's id (``sub``); never a name that people can choose for themselves.

    An address is used unless the provider says that it is not verified; many providers say nothing about that.
    """
    email = claims.get("email")
    # Some providers send email_verified as text.
    if isinstance(email, str) and email and claims.get("email_verified") not in (False, "false"):
        return email
    return str(claims["sub"])

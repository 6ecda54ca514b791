"""The person at the page, and what they may do."""

from __future__ import annotations

import getpass
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Role, Settings
from tiefvision_ui import services
from tiefvision_ui.login import claims_of_session, login_configured, name_in

NAME = "person-name"
"""Session key of the name that somebody typed, where there is no log-in."""


class NoAccess(TiefVisionError):
    """Nobody is logged in, or somebody whom the settings give no role."""


@dataclass(frozen=True)
class Person:
    """Who is at the page; ``name`` is what labels are recorded under."""

    name: str
    role: Role
    may_label: bool
    may_review: bool

    @property
    def is_admin(self) -> bool:
        """Whether they may start runs, take labels out, and add photos to the catalogue without being annotators."""
        return self.role == "admin"


def current_person() -> Person:
    """The person at this page; `NoAccess` when nobody with a role is.

    Without a log-in it is whoever the page's name field says. On the machine's own address that may stay empty: the
    person is then the account that the server runs under. Elsewhere a name is needed to label.
    """
    settings = services.store().settings
    if login_configured():
        return logged_in_person(claims_of_session(), settings)
    typed = str(st.session_state.get(NAME, "")).strip()
    local = is_loopback(settings.ui_address)
    role = settings.roles.get(typed.casefold()) or settings.default_role or ("admin" if local else "annotator")
    if role == "none":
        raise NoAccess("Type the name that you were given access under into the field at the side.")
    return _person(typed or (account() if local else ""), role)


def logged_in_person(claims: Mapping[str, Any] | None, settings: Settings) -> Person:
    """The person whom the provider vouches for; `NoAccess` when it does for nobody, or they have no role."""
    if claims is None:
        raise NoAccess("Log in first.")
    name = name_in(claims)
    role = settings.roles.get(name.casefold()) or settings.default_role or "viewer"
    if role == "none":
        raise NoAccess(f"You are logged in as {name}, who has no access here; ask an administrator for it.")
    return _person(name, role)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach ``address``."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def account() -> str:
    """Name of the account that this process runs under; a container may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


def _person(name: str, role: Role) -> Person:
    return Person(name, role, may_label=bool(name) and role != "viewer", may_review=bool(name) and role == "admin")

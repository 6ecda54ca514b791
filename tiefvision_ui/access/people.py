"""The person at the page, and what they may do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Role, Settings
from tiefvision_ui import services
from tiefvision_ui.access.login import claims_of_session, login_configured, name_in

LONGEST_NAME = 60
NAME = "person-name"
"""Session key of the name that somebody typed, where there is no log-in."""


class NoAccess(TiefVisionError):
    """Nobody is logged in, or somebody whom the settings give no role."""


@dataclass(frozen=True)
class Person:
    """Who is at the page; ``name`` is what labels are recorded under, empty where nobody said."""

    name: str
    role: Role

    @property
    def may_label(self) -> bool:
        """Whether labels may be recorded under that name."""
        return bool(self.name) and self.role in ("annotator", "admin")

    @property
    def may_review(self) -> bool:
        """Whether others' labels may be undone, and decisions be made that win over all."""
        return bool(self.name) and self.role == "admin"

    @property
    def is_admin(self) -> bool:
        """Whether runs may be started, and labels taken out."""
        return self.role == "admin"


def current_person() -> Person:
    """The person at this page; `NoAccess` when nobody with a role is.

    Without a log-in it is whoever the name field says, an admin on this machine's own address and an annotator
    elsewhere unless the settings say more.
    """
    settings = services.store().settings
    if login_configured():
        return logged_in_person(claims_of_session(), settings)
    name = cleaned(st.session_state.get(NAME, ""))
    usual: Role = "admin" if is_loopback(settings.ui_address) else "annotator"
    role = settings.roles.get(name.casefold()) or settings.default_role or usual
    if role == "none":
        raise NoAccess("Type the name that you were given access under into the field at the side.")
    return Person(name, role)


def cleaned(name: str) -> str:
    """A typed name without idle space, at most `LONGEST_NAME` letters long."""
    return " ".join(name.split())[:LONGEST_NAME]


def logged_in_person(claims: Mapping[str, Any] | None, settings: Settings) -> Person:
    """The person whom the provider vouches for; `NoAccess` when it does for nobody, or they have no role."""
    if claims is None:
        raise NoAccess("Log in first.")
    name = name_in(claims)
    role = settings.roles.get(name.casefold()) or settings.default_role or "viewer"
    if role == "none":
        raise NoAccess(f"You are logged in as {name}, who has no access here; ask an administrator for it.")
    return Person(name, role)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach ``address``."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"

"""The person who uses the app, their role, and what it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hosts import is_loopback
from tiefvision_assets.settings import Role, Settings
from tiefvision_ui import services
from tiefvision_ui.access.login import (
    NOT_READABLE,
    claims_in,
    claims_of_session,
    login_configured,
    login_wanted,
    name_in,
)
from tiefvision_ui.language.texts import _

LONGEST_NAME = 60
NAME = "person-name"
"""Session key of the name that was typed, where no log-in is configured."""


class NoAccess(TiefVisionError):
    """Nobody is logged in, or somebody to whom the settings give no role."""


@dataclass(frozen=True)
class Person:
    """Who uses the app; labels are recorded under ``name``, which is empty until somebody types one."""

    name: str
    role: Role

    @property
    def may_label(self) -> bool:
        """Whether the person may record labels, which takes a name."""
        return bool(self.name) and self.role in ("annotator", "admin")

    @property
    def may_review(self) -> bool:
        """Whether the person may undo others' labels, and decide as a reviewer."""
        return bool(self.name) and self.role == "admin"

    @property
    def is_admin(self) -> bool:
        """Whether the person may start runs and download labels."""
        return self.role == "admin"


def current_person() -> Person:
    """The person who uses this page; raises `NoAccess` if they have no role.

    Where no log-in is wanted it is whoever the name field names, which anybody may type: no name makes an admin.
    The one user of an app that only this machine reaches, and whose settings name nobody, is one under any name.
    """
    settings = services.store().settings
    if login_wanted():
        if not login_configured():
            raise NoAccess(_(NOT_READABLE))
        return logged_in_person(claims_of_session(), settings)
    return _named(st.session_state.get(NAME, ""), settings)


def person_behind(cookies: Mapping[str, str], typed: str, settings: Settings) -> Person:
    """The same person for a route, by the cookies of a request and the name that was typed in its page.

    Where a log-in is wanted, that name counts for nothing.
    """
    if not login_wanted():
        return _named(typed, settings)
    if not login_configured():
        raise NoAccess(_(NOT_READABLE))
    return logged_in_person(claims_in(cookies), settings)


def _named(typed: str, settings: Settings) -> Person:
    name = cleaned(typed)
    alone = reached_at(settings) is None and not settings.roles
    role = settings.roles.get(name.casefold()) or settings.default_role or ("admin" if alone else "annotator")
    if role == "none":
        raise NoAccess(_("Type the name that you were given access under into the field at the side."))
    return Person(name, role if alone or role != "admin" else "annotator")


def cleaned(name: str) -> str:
    """A typed name without superfluous spaces, cut to `LONGEST_NAME` characters."""
    return " ".join(name.split())[:LONGEST_NAME]


def logged_in_person(claims: Mapping[str, Any] | None, settings: Settings) -> Person:
    """The person with these claims of the log-in's provider; raises `NoAccess` without claims or without a role."""
    if claims is None:
        raise NoAccess(_("Log in first."))
    name = name_in(claims)
    role = settings.roles.get(name.casefold()) or settings.default_role or "viewer"
    if role == "none":
        raise NoAccess(
            _("You are logged in as {name}, who has no access here; ask an administrator for it.", name=name)
        )
    return Person(name, role)


def reached_at(settings: Settings) -> str | None:
    """An address or a name by which others reach the app; None if only this machine does."""
    addresses = [settings.ui_address, *sorted(settings.hosts)]
    return next((address for address in addresses if not is_loopback(address)), None)

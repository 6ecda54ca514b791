"""`tiefvision token`: a token of the API, and the setting that makes it known."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Annotated, get_args

import typer

from tiefvision_assets.cli.console import out
from tiefvision_assets.cli.shared import Json, tell
from tiefvision_assets.settings import Role, Settings

RANDOM_BYTES = 32
PREFIX = "tv_"
"""By which programs that look for secrets in code recognise a token."""


def token(
    name: Annotated[str, typer.Argument(help="Whose it is, such as the system that sends it.")],
    role: Annotated[str, typer.Option(help="viewer: may search; admin: may write as well.")] = "viewer",
    as_json: Json = False,
) -> None:
    """Make a token for the API. It is shown once and stored nowhere; the setting holds its hash."""
    if role not in get_args(Role):
        raise typer.BadParameter(f"There is no role {role!r}; there are {', '.join(get_args(Role))}.")
    if not re.fullmatch(r"[\w.@-]{1,60}", name):
        raise typer.BadParameter("A name has 1 to 60 letters, digits and ._@-, and nothing else.")
    made = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    known: dict[str, tuple[str, str]] = {}
    known |= {other: (one.role, one.sha256) for other, one in Settings().api_tokens.items() if other != name}
    known[name] = role, hashlib.sha256(made.encode()).hexdigest()
    setting = ",".join(f"{other}={of_role}:{sha256}" for other, (of_role, sha256) in known.items())
    tell({"token": made, "TIEFVISION_API_TOKENS": setting}, as_json, _show)


def _show(document: dict[str, str]) -> None:
    out.print(f"The token, which is not shown again: {document['token']}", markup=False, soft_wrap=True)
    out.print("Make it known to the app and to Dagster, and start both again:", markup=False, soft_wrap=True)
    setting = f"export TIEFVISION_API_TOKENS={document['TIEFVISION_API_TOKENS']}"
    out.print(setting, markup=False, soft_wrap=True)

"""`tiefvision token`: a token that is shown once, and the setting that lets it in."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tiefvision_assets.cli import app
from tiefvision_assets.settings import Settings
from tiefvision_ui.access.tokens import Sender, sender_behind


@pytest.fixture(autouse=True)
def no_settings(settings: Settings) -> None:
    """Those of the environment are hidden."""


def made(*arguments: str) -> dict[str, str]:
    done = CliRunner().invoke(app, ["token", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    document: dict[str, str] = json.loads(done.output)
    return document


def sender(token: str, settings: Settings) -> Sender | None:
    return sender_behind({"authorization": f"Bearer {token}"}, settings)


def test_a_token_is_known_by_the_setting_that_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = made("shop", "--role", "admin")
    monkeypatch.setenv("TIEFVISION_API_TOKENS", first["TIEFVISION_API_TOKENS"])
    second = made("site")
    monkeypatch.setenv("TIEFVISION_API_TOKENS", second["TIEFVISION_API_TOKENS"])
    settings = Settings()
    assert sender(first["token"], settings) == Sender("shop", "admin")
    assert sender(second["token"], settings) == Sender("site", "viewer")
    assert sender(first["token"][:-1], settings) is None and settings.may_be_written
    assert first["token"] not in first["TIEFVISION_API_TOKENS"]
    renewed = made("shop")
    monkeypatch.setenv("TIEFVISION_API_TOKENS", renewed["TIEFVISION_API_TOKENS"])
    assert sender(first["token"], Settings()) is None and not Settings().may_be_written
    shown = CliRunner().invoke(app, ["token", "site"]).output
    assert "not shown again: tv_" in shown and "export TIEFVISION_API_TOKENS=shop=viewer:" in shown


@pytest.mark.parametrize("arguments", [["shop", "--role", "boss"], ["a=b"], ["a,b"]])
def test_what_is_no_role_or_name_is_wrong_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["token", *arguments]).exit_code == 2


@pytest.mark.parametrize("setting", ["shop", "shop=admin:abc", "shop=admin:" + "g" * 64, f"a=viewer:{'0' * 64},b"])
def test_a_setting_that_is_not_understood_is_told(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_API_TOKENS", setting)
    with pytest.raises(ValueError, match="name=role:SHA-256"):
        Settings()

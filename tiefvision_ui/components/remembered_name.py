"""Keeps the user's name in a cookie, so that a reload does not ask for it again."""

from __future__ import annotations

from streamlit.components.v2 import component

from tiefvision_ui.components.source import source

COOKIE = "tiefvision-name"
_component = component("tiefvision_remembered_name", html="<span></span>", js=source("remembered_name.js"))


def remember_name(name: str) -> None:
    """Let the browser keep the name for a year; an empty one is forgotten."""
    _component(key="remembered-name", data={"cookie": COOKIE, "name": name}, height=0)

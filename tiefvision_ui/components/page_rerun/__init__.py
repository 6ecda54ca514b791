"""Runs the whole page anew when a component of a fragment gets no answer from it.

A server that was started anew knows no fragment of a page that is still open, and ignores what that sends, until the
page's script has run.
"""

from __future__ import annotations

from tiefvision_ui.components.declared import declared

_component = declared("tiefvision_page_rerun", html='<span class="rerun"></span>', js="page_rerun/page_rerun.js")


def page_rerun(key: str) -> None:
    """Draw nothing; to be called outside of the fragment.

    >>> from tiefvision_ui.components.page_rerun import page_rerun
    >>> page_rerun("rerun")
    """
    _component(key=key, data={"event": "tiefvision-unheard"}, on_rerun_change=lambda: None)

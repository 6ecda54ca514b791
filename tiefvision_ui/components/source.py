"""The JavaScript and CSS of components: files below this folder, put together without any build."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def source(*names: str) -> str:
    """These files' text, one after the other: parts of one script share its scope, the last one has the export."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)

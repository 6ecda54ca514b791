"""Tables in Markdown of texts from outside, such as paths, whatever characters are in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tiefvision_assets.errors import displayable

_LINES = re.compile(r"[\t\n]")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows below the header; a bar or a line end in a cell ends neither the cell nor the row."""
    lines = [header, ["---"] * len(header), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: str) -> str:
    """The text as code, backticks in it included."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _cell(text: str) -> str:
    shown = _LINES.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), displayable(text))
    return shown.replace("|", "\\|")

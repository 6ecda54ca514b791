"""Tables of what moves by folder, batch or a column of the products, and of quality on held-out labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from tiefvision_assets.lineage.moved_groups import groupings
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import address, services
from tiefvision_ui.words import plain

SHOWN = 30
MEASURES = {"triplets": "Triplets ranked right", "boxes": "IoU of boxes"}


def grouping() -> str:
    """Let the user choose what photos are grouped by; the choice is part of the address."""
    known = _known(services.store().products.stamp())
    address.option("by", known, known[0])
    return st.selectbox("Group by", known, key="by", on_change=address.keep, args=("by", known[0]))


@st.cache_data(show_spinner=False, max_entries=2)
def _known(products: FileStamp | None) -> list[str]:
    return groupings(services.store())


def hits_table(parts: Mapping[str, Mapping[str, Any]]) -> None:
    """What the hits have in common with the query, for each group; the most changed groups first."""
    ordered = sorted(parts.items(), key=lambda part: (part[1]["overlap@10"], part[0]))[:SHOWN]
    head = ("Group", "Queries", "Hits in both", "Of the group, old", "new", "Difference (95 %)")
    rows = [(name, f"{one['queries']:,}", _share(one["overlap@10"]), *_pair(one, _share)) for name, one in ordered]
    _table(head, rows)
    if len(parts) > SHOWN:
        st.caption(f"The {SHOWN} of {len(parts):,} groups that changed most.")


def held_out_tables(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Quality on labels that neither side learned from, overall and by group."""
    if not found:
        st.caption("Both have the same models for what labels judge, or were not judged on the same labels.")
    for kind, one in found.items():
        st.markdown(f"**{MEASURES[kind]}**")
        head = ("Group", "Labels", "Old", "New", "Difference (95 %)")
        parts = sorted(one["by"].items(), key=lambda part: part[1]["difference"])[:SHOWN]
        rows = [(name, f"{part['n']:,}", *_pair(part, _number)) for name, part in (("all", one), *parts)]
        _table(head, rows)


def _pair(one: Mapping[str, Any], words: Any) -> tuple[str, str, str]:
    if not one["n"]:
        return "", "", ""
    interval = f" ({one['ci95'][0]:+.3f} to {one['ci95'][1]:+.3f})" if one["ci95"] else ""
    return words(one["old"]), words(one["new"]), f"{one['difference']:+.3f}{interval}"


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0%}"


def _number(value: float) -> str:
    return f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [head, ["---"] * len(head), *([plain(cell) for cell in row] for row in rows)]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))

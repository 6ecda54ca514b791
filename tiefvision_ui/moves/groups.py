"""Tables of what moves by folder, batch or a column of the products, and of quality on held-out labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from tiefvision_assets.lineage.moved_groups import groupings
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import address, services
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.words import plain

SHOWN = 30
MEASURES = {"triplets": N_("Triplets ranked right"), "boxes": N_("IoU of boxes")}


def grouping() -> str:
    """Let the user choose what photos are grouped by; the choice is part of the address."""
    known = _known(services.store().products.stamp())
    address.option("by", known, known[0])
    return st.selectbox(_("Group by"), known, key="by", on_change=address.keep, args=("by", known[0]))


@st.cache_data(show_spinner=False, max_entries=2)
def _known(products: FileStamp | None) -> list[str]:
    return groupings(services.store())


def hits_table(parts: Mapping[str, Mapping[str, Any]]) -> None:
    """What the hits have in common with the query, for each group; the most changed groups first."""
    ordered = sorted(parts.items(), key=lambda part: (part[1]["overlap@10"], part[0]))[:SHOWN]
    head = (
        *(_("Group"), _("Queries"), _("Hits in both"), _("Of the group, old"), _("new")),
        _("Difference (95 %)"),
    )
    rows = [
        (name, number_words(one["queries"]), _share(one["overlap@10"]), *_pair(one, _share)) for name, one in ordered
    ]
    _table(head, rows)
    if len(parts) > SHOWN:
        st.caption(_("The {shown} of {number} groups that changed most.", shown=SHOWN, number=number_words(len(parts))))


def held_out_tables(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Quality on labels that neither side learned from, overall and by group."""
    if not found:
        st.caption(_("Both have the same models for what labels judge, or were not judged on the same labels."))
    for kind, one in found.items():
        st.markdown(f"**{_(MEASURES[kind])}**")
        head = (_("Group"), _("Labels"), _("Old"), _("New"), _("Difference (95 %)"))
        parts = sorted(one["by"].items(), key=lambda part: part[1]["difference"])[:SHOWN]
        rows = [(name, number_words(part["n"]), *_pair(part, _number)) for name, part in ((_("all"), one), *parts)]
        _table(head, rows)


def _pair(one: Mapping[str, Any], words: Any) -> tuple[str, str, str]:
    if not one["n"]:
        return "", "", ""
    difference = _signed(one["difference"])
    if one["ci95"]:
        low, high = map(_signed, one["ci95"])
        difference = _("{difference} ({low} to {high})", difference=difference, low=low, high=high)
    return words(one["old"]), words(one["new"]), difference


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{number_words(abs(value), 3)}"


def _share(value: float) -> str:
    return "" if math.isnan(value) else percent_words(value)


def _number(value: float) -> str:
    return number_words(value, 3)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [head, ["---"] * len(head), *([plain(cell) for cell in row] for row in rows)]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))

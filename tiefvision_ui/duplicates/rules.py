"""The rule that decides about new duplicates: what it is, and the form that changes it."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.duplicate_decisions import set_rule
from tiefvision_assets.lineage.duplicate_listing import Groups
from tiefvision_assets.store.labels.duplicates import Keep
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import attempt
from tiefvision_ui.words import plain

WORDS: dict[Keep, str] = {
    "pixels": N_("the one with the most pixels"),
    "bytes": N_("the one with the largest file"),
    "earliest": N_("the one that was there first"),
}
_KEEP, _EXISTING = "rule-keep", "rule-existing"


def rule_for_new_photos(found: Groups, person: Person) -> None:
    """Draw what the rule is and, for admins, how to change it."""
    rule = found.decisions.rule
    by_rule = sum(choice.is_hidden for choice in found.decisions.choices.values() if choice.rule)
    kept = _("Of new duplicates {which} is kept.", which=_(WORDS[rule.keep])) if rule else ""
    hidden = counted("{n} photo hidden by a rule.", "{n} photos hidden by a rule.", by_rule)
    st.caption(plain(f"{kept or _('New duplicates are left to people.')} {hidden}"))
    if not person.is_admin:
        return
    with st.expander(_("Rule for new photos"), icon=":material/rule:"):
        st.selectbox(_("Keep"), list(WORDS), format_func=lambda keep: _capitalised(_(WORDS[keep])), key=_KEEP)
        st.checkbox(_("Let it decide about the groups that are open now, too"), key=_EXISTING)
        with st.container(horizontal=True):
            st.button(_("Set the rule"), type="primary", on_click=attempt, args=(lambda: _set(found, person),))
            if rule:
                st.button(_("Stop the rule"), on_click=attempt, args=(lambda: _removed(undo=False),))
            if rule or by_rule:
                label = _("Undo what it hid")
                st.button(label, on_click=attempt, args=(lambda: _removed(undo=True),), icon=":material/undo:")
        st.caption(
            _(
                "It decides as soon as new photos can be searched, hides the others of their group, and never changes "
                "what a person decided."
            )
        )


def _set(found: Groups, person: Person) -> str:
    keep: Keep = st.session_state[_KEEP]
    decided = set_rule(services.store(), found.index, keep, person.name, existing=bool(st.session_state[_EXISTING]))
    return counted(
        "Of new duplicates {which} is kept. {n} group decided just now.",
        "Of new duplicates {which} is kept. {n} groups decided just now.",
        decided,
        which=_(WORDS[keep]),
    )


def _removed(*, undo: bool) -> str:
    shown = services.store().duplicates.remove_rule(undo=undo)
    if not undo:
        return _("The rule is off.")
    return counted(
        "There is no rule any more; {n} decision of it forgotten.",
        "There is no rule any more; {n} decisions of it forgotten.",
        shown,
    )


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]

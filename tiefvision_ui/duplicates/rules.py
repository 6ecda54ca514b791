"""The rule that decides about new duplicates: what it is, and the form that changes it."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.duplicate_decisions import set_rule
from tiefvision_assets.lineage.duplicate_listing import Groups
from tiefvision_assets.store.labels.duplicates import Keep
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.notices import attempt
from tiefvision_ui.words import counted, plain

WORDS: dict[Keep, str] = {
    "pixels": "the one with the most pixels",
    "bytes": "the one with the largest file",
    "earliest": "the one that was there first",
}
_KEEP, _EXISTING = "rule-keep", "rule-existing"


def rule_for_new_photos(found: Groups, person: Person) -> None:
    """Draw what the rule is and, for admins, how to change it."""
    rule = found.decisions.rule
    by_rule = sum(choice.is_hidden for choice in found.decisions.choices.values() if choice.rule)
    is_now = f"Of new duplicates {WORDS[rule.keep]} is kept" if rule else "New duplicates are left to people"
    st.caption(plain(f"{is_now}. {counted(by_rule, 'photo')} hidden by a rule."))
    if not person.is_admin:
        return
    with st.expander("Rule for new photos", icon=":material/rule:"):
        st.selectbox("Keep", list(WORDS), format_func=lambda keep: WORDS[keep].capitalize(), key=_KEEP)
        st.checkbox("Let it decide about the groups that are open now, too", key=_EXISTING)
        with st.container(horizontal=True):
            st.button("Set the rule", type="primary", on_click=attempt, args=(lambda: _set(found, person),))
            if rule:
                st.button("Stop the rule", on_click=attempt, args=(lambda: _removed(undo=False),))
            if rule or by_rule:
                label = "Undo what it hid"
                st.button(label, on_click=attempt, args=(lambda: _removed(undo=True),), icon=":material/undo:")
        st.caption(
            "It decides as soon as new photos can be searched, hides the others of their group, and never changes what "
            "a person decided."
        )


def _set(found: Groups, person: Person) -> str:
    keep: Keep = st.session_state[_KEEP]
    decided = set_rule(services.store(), found.index, keep, person.name, existing=bool(st.session_state[_EXISTING]))
    return f"Of new duplicates {WORDS[keep]} is kept. {counted(decided, 'group')} decided just now."


def _removed(*, undo: bool) -> str:
    shown = services.store().duplicates.remove_rule(undo=undo)
    return f"There is no rule any more; {counted(shown, 'decision')} of it forgotten." if undo else "The rule is off."

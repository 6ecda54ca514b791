"""The versions and candidates of the page: how they are called, the choice of two, and decisions about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from tiefvision_assets.lineage.version_comparison import why_not_comparable
from tiefvision_assets.lineage.versions import Candidate, Side, candidates_of, is_rejected, versions_of
from tiefvision_assets.planning import deciding
from tiefvision_assets.store.served import ServedVersion
from tiefvision_ui import address, services
from tiefvision_ui.access.people import NoAccess, current_person
from tiefvision_ui.language.formats import date_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.notices import attempt
from tiefvision_ui.words import plain

OLD, NEW = "old", "new"


def sides() -> list[Side]:
    """What can be compared: the served version first, then candidates, then the kept versions."""
    store = services.store()
    versions = versions_of(store)
    return [*versions[:1], *candidates_of(store), *versions[1:]] if versions else []


def called(side: Side, served: ServedVersion) -> str:
    """What a side is and since when, in a few words."""
    if isinstance(side, Candidate):
        kind = _("ranking head") if side.kind == "ranking_head" else _("box heads")
        judged = _("judged {date}", date=date_words(side.verdict.decided_at))
        return f"{_('Candidate')} · {kind} {side.name[:8]} · {judged}"
    state = _("Served") if side == served else _("Kept")
    since = [_("served since {date}", date=date_words(side.since))] if side.since else []
    return " · ".join([state, side.name[:8], *since])


def chosen_sides(known: Sequence[Side], served: ServedVersion) -> tuple[Side, Side]:
    """Let the user choose an old and a new side; both are part of the address.

    A candidate is compared with what is served, and what is served with the newest kept version; candidates of which
    nothing can be searched yet come last.
    """
    store = services.store()
    second = next((side for side in known[1:] if why_not_comparable(store, side) is None), known[1])
    first, second = (served, second) if isinstance(second, Candidate) else (second, served)
    by_name = {side.name: side for side in known}
    with st.container(horizontal=True, key="sides"):
        names = [
            _choice(title, list(by_name), default.name, name, lambda one: called(by_name[one], served))
            for title, name, default in ((_("Old"), OLD, first), (_("New"), NEW, second))
        ]
    return by_name[names[0]], by_name[names[1]]


def _choice(title: str, names: list[str], default: str, name: str, words: Callable[[str], str]) -> str:
    address.option(name, names, default)
    chosen: str = st.selectbox(
        title, names, format_func=words, key=name, on_change=address.keep, args=(name, default, "page")
    )
    return chosen


def decisions(known: Sequence[Side], served: ServedVersion) -> None:
    """A card for each side with what can be decided about it; who is no admin only reads."""
    st.header(_("Versions and candidates"), anchor=False)
    for side in known:
        with st.container(border=True, gap="xxsmall", key=f"side-{side.name}"):
            if isinstance(side, Candidate):
                _candidate(side, served)
            else:
                _version(side, served)
    if not current_person().is_admin:
        st.caption(_("Only an admin promotes, rejects or goes back."))
    _newest_decisions()


def _candidate(side: Candidate, served: ServedVersion) -> None:
    st.markdown(f"**{plain(called(side, served))}**")
    st.caption(plain(f"{side.said[:1].upper()}{side.said[1:]}. {side.verdict.reason}."))
    if not current_person().is_admin:
        return
    with st.container(horizontal=True):
        if side.state != "promoted":
            purpose = _("Its index is made by the next run, and served when it is complete.")
            _button(N_("Promote"), ":material/upgrade:", side.name, purpose, deciding.promote)
        if side.state != "rejected":
            purpose = _("It is not promoted as long as its labels, recipe and encoder stay the same.")
            _button(N_("Reject"), ":material/block:", side.name, purpose, deciding.reject)


def _version(side: ServedVersion, served: ServedVersion) -> None:
    st.markdown(f"**{plain(called(side, served))}**")
    models = side.models
    named = {_("ranking head"): models.ranking_head, _("box heads"): models.heads, _("basis"): models.basis}
    parts = ", ".join(f"{kind} {name[:8]}" for kind, name in named.items() if name)
    store = services.store()
    rejected = is_rejected(side, store.served.read())
    told = _("With {parts}; rejected by somebody.", parts=parts) if rejected else _("With {parts}.", parts=parts)
    st.caption(plain(told))
    if side == served or not current_person().is_admin:
        return
    if refused := deciding.refusal(store, side):
        st.caption(plain(refused))
    elif rejected:
        purpose = _("Searches use it at once; it is no longer rejected.")
        _button(N_("Serve again"), ":material/upgrade:", side.name, purpose, deciding.promote)
    else:
        purpose = _("Searches use it at once. What is served now is rejected, and not promoted again by itself.")
        _button(N_("Go back to it"), ":material/undo:", side.name, purpose, deciding.roll_back)


def _button(label: str, icon: str, name: str, purpose: str, act: Callable[..., str]) -> None:
    key = f"{label}-{name}"
    st.button(_(label), icon=icon, key=key, help=purpose, on_click=attempt, args=(lambda: _decided(act, name),))


def _decided(act: Callable[..., str], name: str) -> str:
    person = current_person()
    if not person.is_admin:
        raise NoAccess(_("Only an admin promotes, rejects or goes back."))
    return act(services.store(), name, person.name or _("somebody"))


def _newest_decisions(shown: int = 5) -> None:
    made = services.store().served.read().history.decisions[-shown:]
    for one in reversed(made):
        what = one.version or ", ".join(one.models)
        st.caption(plain(f"{date_words(one.at)}: {one.by} {one.what} {what}"))

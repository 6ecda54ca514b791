"""`tiefvision duplicates`: photos of one shot, what is decided about them, and the rule for new ones."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from tiefvision_assets.cli.console import out, table
from tiefvision_assets.cli.shared import Json, opened_store, tell

app = typer.Typer(help="Photos of the same shot.", no_args_is_help=True)


class ShowName(StrEnum):
    """Which groups are listed."""

    open = "open"
    decided = "decided"
    apart = "apart"


class RuleName(StrEnum):
    """What `rule` takes."""

    pixels = "pixels"
    bytes = "bytes"
    earliest = "earliest"
    off = "off"


@app.callback()
def duplicates() -> None:
    """Photos of the same shot: copies, resized or re-encoded ones."""


@app.command("list")
def list_groups(
    show: Annotated[
        ShowName, typer.Option(help="Groups to decide about, decided ones, or photos that only look alike.")
    ] = ShowName.open,
    limit: Annotated[int, typer.Option(min=1, help="Groups listed at most.")] = 100,
    as_json: Json = False,
) -> None:
    """The groups of photos of one shot, and in what their photos differ."""
    from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups, documents

    store = opened_store()
    found = DuplicateGroups(store).now()
    groups = found.shown(show.value)
    rule = found.decisions.rule
    document = {
        "total": len(groups),
        "hidden": len(found.hidden),
        "rule": rule.keep if rule else None,
        "groups": documents(store, found, groups[:limit]),
    }
    tell(document, as_json, _show_groups)


@app.command()
def decide(
    group: Annotated[str, typer.Argument(help="A group as listed, or an image_id or a path of one of its photos.")],
    keep: Annotated[
        list[str] | None, typer.Option(metavar="PHOTO", help="Keep this one, hide the others; may be repeated.")
    ] = None,
    keep_all: Annotated[bool, typer.Option("--keep-all", help="Keep all of them.")] = False,
    apart: Annotated[
        bool, typer.Option("--not-the-same", help="They only look alike: never group them again.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Forget what was decided; all are shown again.")] = False,
    as_json: Json = False,
) -> None:
    """Keep or hide photos of a group; hidden ones are found only by --hidden, and keep their labels."""
    from tiefvision_assets.lineage.duplicate_decisions import UnknownGroup, all_kept, kept_only
    from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups, documents, entries_of

    if sum((bool(keep), keep_all, apart, undo)) != 1:
        raise typer.BadParameter("Give one of --keep, --keep-all, --not-the-same and --undo.", param_hint="--keep")
    store = opened_store()
    groups = DuplicateGroups(store)
    wanted = groups.now().named(group)
    if wanted in groups.now().apart and not undo:
        raise UnknownGroup("These photos are not the same shot, somebody said; take that back by --undo first.")
    if keep:
        ids = {copy.path: copy.image_id for _, copy in entries_of(wanted)}
        store.duplicates.decide(kept_only(wanted, [ids.get(name, name) for name in keep]), _person())
    elif keep_all:
        store.duplicates.decide(all_kept(wanted), _person())
    elif apart:
        store.duplicates.tell_apart(wanted.contents, _person())
    else:
        store.duplicates.undo(wanted.copies)
    now = groups.now()
    (document,) = documents(store, now, [now.again(wanted)])
    tell(document, as_json, _show_group)


@app.command()
def rule(
    keep: Annotated[
        RuleName | None,
        typer.Argument(
            help="Of a group keep the photo with most pixels, the largest file, the first that came; or off."
        ),
    ] = None,
    existing: Annotated[
        bool, typer.Option("--existing", help="Let it decide about the groups that are open now, too.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="With off: show again whatever the rule has hidden.")] = False,
    as_json: Json = False,
) -> None:
    """The rule that decides about groups with new photos as soon as these can be searched; without KEEP, show it."""
    from tiefvision_assets.lineage.duplicate_decisions import set_rule
    from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups
    from tiefvision_assets.store.labels.duplicates import KEEPS

    store = opened_store()
    if (existing and keep in (None, RuleName.off)) or (undo and keep is not RuleName.off):
        raise typer.BadParameter("--existing goes with a rule, --undo with off.", param_hint="--existing/--undo")
    decided = 0
    if keep is RuleName.off:
        store.duplicates.remove_rule(undo=undo)
    elif keep is not None:
        found = DuplicateGroups(store).now()
        by = next(each for each in KEEPS if each == keep.value)
        decided = set_rule(store, found.index, by, _person(), existing=existing)
    now = store.duplicates.read()
    by_rule = sum(choice.is_hidden for choice in now.choices.values() if choice.rule)
    document = {"rule": now.rule.keep if now.rule else None, "decided": decided, "hidden_by_rule": by_rule}
    tell(document, as_json, _show_rule)


def _person() -> str:
    """The user's name on this machine, where it has one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _show_groups(document: Mapping[str, Any]) -> None:
    for group in document["groups"]:
        _show_group(group)
    counts = f"{document['total']} groups; {document['hidden']} photos are hidden"
    rule = f"; the rule for new photos is {document['rule']}" if document["rule"] else ""
    out.print(f"{counts}{rule}.", markup=False)


def _show_group(group: Mapping[str, Any]) -> None:
    rows = [
        (
            one["path"],
            f"{one['width']} x {one['height']}",
            f"{one['bytes']:,}",
            (one["modified"] or "")[:10],
            ", ".join(one["tags"]),
            one["sha256"][:8],
            "hidden" if one["hidden"] else "",
        )
        for one in group["photos"]
    ]
    title = f"{group['group']} ({group['state']}, cosine {group['similarity']:.3f})"
    table(title, ["path", "pixels", "bytes", "date", "tags", "content", ""], rows)


def _show_rule(document: Mapping[str, Any]) -> None:
    rule = f"Of a group keep by {document['rule']}" if document["rule"] else "There is no rule"
    out.print(f"{rule}; {document['hidden_by_rule']} photos are hidden by a rule.", markup=False)
    if document["decided"]:
        out.print(f"It decided about {document['decided']} groups just now.", markup=False)

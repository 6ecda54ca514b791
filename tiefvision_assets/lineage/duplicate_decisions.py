"""What people decide about a group of photos of one shot, and what the rule decides when new ones arrive."""

from __future__ import annotations

from collections.abc import Sequence

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.duplicates import Group, GroupedPhoto, alike_in, groups_in, most_pixels
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.labels.duplicates import Choice, Keep, Rule
from tiefvision_assets.store.store import Store


class UnknownGroup(TiefVisionError):
    """A group of duplicates, or a photo of it, that is not there."""


def kept_only(group: Group, image_ids: Sequence[str]) -> list[Choice]:
    """The choices that keep these photos of the group, and hide the others; `UnknownGroup` for photos of no such
    entry."""
    places = {copy.image_id: (photo, copy) for photo in group.photos for copy in photo.copies}
    unknown = [image_id for image_id in image_ids if image_id not in places]
    if unknown or not image_ids:
        wrong = f"{unknown[0]!r} is not a photo of the group {group.id}" if unknown else "No photo is to be kept"
        raise UnknownGroup(f"{wrong}; `tiefvision duplicates list` names its photos.")
    chosen: dict[str, list[str]] = {}
    for image_id in image_ids:
        photo, copy = places[image_id]
        chosen.setdefault(photo.sha256, []).append(copy.path)
    first = next(iter(chosen))
    choices = []
    for photo in group.photos:
        paths = chosen.get(photo.sha256, [])
        only = paths[0] if len(paths) == 1 < len(photo.copies) else ""
        choices.append(Choice(photo.sha256, photo.sha256 if paths else first, only))
    return choices


def all_kept(group: Group) -> list[Choice]:
    """The choices that keep all photos of the group."""
    return [Choice(photo.sha256, photo.sha256) for photo in group.photos]


def set_rule(store: Store, index: IndexVersion, keep: Keep, person: str, *, existing: bool) -> int:
    """Let this be the rule, and decide what it has to; returns about how many groups it decided.

    Unless it is asked to decide about ``existing`` groups, too, it knows all photos of the index: another encoder may
    group them otherwise, and they are left to people then as now.
    """
    known: dict[str, int] = {}
    newest = ""
    if not existing and len(index.entries):
        copies = index.entries["sha256"].value_counts()
        known = {str(content): int(count) for content, count in copies[copies > 1].items()}
        newest = str(index.entries["batch"].max())
    store.duplicates.set_rule(keep, known, person, newest)
    return apply_rule(store, index)


def apply_rule(store: Store, index: IndexVersion) -> int:
    """Let the rule, if there is one, decide about groups of the index with new photos; returns how many it decided.

    What people decided stays: a photo that they keep is kept, and is preferred to one that the rule would choose.
    """
    decisions = store.duplicates.read()
    rule = decisions.rule
    if rule is None:
        return 0
    found = groups_in(index, alike_in(index), decisions)
    wanted = [(group, choices) for group in found if (choices := ruled(group, rule))]
    store.duplicates.decide([choice for _, choices in wanted for choice in choices], rule.made_by)
    return len(wanted)


def ruled(group: Group, rule: Rule) -> list[Choice]:
    """What the rule says about a group; nothing unless a photo of it is new."""
    undecided = [one for one in group.photos if one.choice is None]
    arrived = [one for one in undecided if not rule.knows(one.sha256, one.batch, len(one.copies))]
    by_people = [one for one in group.photos if one.choice is not None and not one.choice.rule]
    kept = [one for one in by_people if one.choice is not None and not one.choice.is_hidden]
    candidates = kept or [one for one in group.photos if one not in by_people]
    if not arrived or not candidates:
        return []
    best = min(candidates, key=lambda one: _order(one, rule.keep))
    choices = []
    for photo in group.photos:
        if photo in by_people:
            continue
        only = photo.copies[0].path if photo is best and len(photo.copies) > 1 else ""
        choices.append(Choice(photo.sha256, best.sha256, only, rule.keep))
    return choices


def _order(photo: GroupedPhoto, keep: Keep) -> tuple[object, ...]:
    if keep == "pixels":
        return most_pixels(photo)
    if keep == "bytes":
        return -photo.bytes, -photo.pixels, photo.copies[0].path
    return photo.batch, *most_pixels(photo)

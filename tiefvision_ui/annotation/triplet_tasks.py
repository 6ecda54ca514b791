"""What the page Triplets asks about a reference: a grid of candidates, or a question about two photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.schema import Way
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues, session
from tiefvision_ui.annotation.candidates import Offer, offer, pair_to_ask, pair_to_repeat, shuffled
from tiefvision_ui.annotation.commits import Opened
from tiefvision_ui.annotation.gold_draw import GoldDraw
from tiefvision_ui.annotation.quick import questions
from tiefvision_ui.annotation.telling_questions import Question
from tiefvision_ui.components.triplet_grid import Pair, TripletTask
from tiefvision_ui.values import Photo


@dataclass(frozen=True)
class Asked:
    """What is asked, the present task first, and whether its candidates were drawn at random."""

    tasks: tuple[TripletTask, ...]
    at_random: bool = False


def grids(task: session.Task, person: Person) -> Asked:
    """The grids of the session's references, and gold questions: two photos, as where another's answer is repeated."""
    if task.photo is None:
        return Asked(())
    gold, number = _gold_draw(person, "grid"), services.store().history.questions_answered(person.name, "grid")
    asked: list[TripletTask] = []
    at_random = False
    for place, photo in enumerate((task.photo, *task.coming)):
        opened = None if place else task.opened
        known = None if opened else gold(number + len(asked))
        if known:
            asked.append(known)
        grid, drawn = _grid(photo, person, gold, opened)
        at_random = at_random or (drawn and not asked)
        asked.append(grid)
    return Asked(tuple(asked), at_random)


def quick_questions(task: session.Task, person: Person, order: queues.ReferenceOrder = "random") -> Asked:
    """Questions about the session's references, and those that the person is asked again."""
    if task.photo is None:
        return Asked(())
    store, photos = services.store(), queues.photos()
    telling = queues.questions(order)
    first = (_question(task.photo, person, telling, task.opened),) if task.opened else ()
    asked = questions(
        task.coming if first else (task.photo, *task.coming),
        store.history,
        person.name,
        store.settings.overlap,
        photos,
        lambda reference: _question(reference, person, telling),
        before=len(first),
        gold=_gold_draw(person, "quick"),
    )
    return Asked((*first, *asked))


def _gold_draw(person: Person, way: Way) -> GoldDraw:
    """The gold questions of triplets, for this person."""
    store, photos = services.store(), queues.photos()
    asked = store.team.gold.questions("triplet")
    answered = store.history.gold_answered("triplet", person.name) if asked else set()
    return GoldDraw(asked, answered, person.name, store.settings.gold, photos, way)


def _grid(reference: Photo, person: Person, gold: GoldDraw, opened: Opened | None = None) -> tuple[TripletTask, bool]:
    photos = queues.photos()
    undone = _draft(opened, photos) if opened else None
    known = gold.again(reference.sha256, (undone.positive.sha256, undone.negative.sha256)) if undone else None
    if known:
        return replace(known, choice=undone), False
    events = _judgements(reference)
    again = _of_another(reference, person, events)
    if again:
        return TripletTask(reference, again, choice=undone), False
    offered = offer(services.searcher(), photos, reference, events)
    labels = dict.fromkeys(event.label for event in events if event.action == "label")
    existing = [
        Pair(photos[label.positive], photos[label.negative])
        for label in labels
        if isinstance(label, TripletLabel) and label.positive in photos and label.negative in photos
    ]
    chosen = [undone.positive, undone.negative] if undone else []
    candidates = [photos[sha256] for sha256 in offered.photos]
    candidates += [photo for photo in chosen if photo not in candidates]
    return TripletTask(reference, candidates, existing, undone), offered.at_random


def _question(
    reference: Photo, person: Person, telling: Mapping[str, Question], opened: Opened | None = None
) -> TripletTask:
    photos = queues.photos()
    undone = _draft(opened, photos) if opened else None
    if undone:
        chosen = [undone.positive, undone.negative]
        return TripletTask(reference, sorted(chosen, key=lambda photo: photo.sha256), quick=True)
    events = _judgements(reference)
    again = _of_another(reference, person, events)
    if again:
        return TripletTask(reference, again, quick=True)
    disputed = None if events else telling.get(reference.sha256)
    if disputed and {disputed.first, disputed.second} <= photos.keys():
        pair = shuffled([disputed.first, disputed.second], reference.sha256)
        return TripletTask(reference, [photos[sha256] for sha256 in pair], quick=True)
    offered: Offer = offer(services.searcher(), photos, reference, events)
    return TripletTask(reference, [photos[sha256] for sha256 in pair_to_ask(offered, reference.sha256)], quick=True)


def _judgements(reference: Photo) -> list[Event]:
    standing = services.store().history.standing("triplet", reference.sha256)
    return [event for event in standing if event.action != "skip"]


def _of_another(reference: Photo, person: Person, events: list[Event]) -> list[Photo]:
    """The two photos that another annotator has compared, and this one should; empty if there are none."""
    photos = queues.photos()
    again = pair_to_repeat(events, reference.sha256, person.name, services.store().settings.overlap)
    return [photos[sha256] for sha256 in again] if all(sha256 in photos for sha256 in again) else []


def _draft(opened: Opened, photos: Mapping[str, Photo]) -> Pair | None:
    """What was chosen in the decision that was taken back."""
    chosen = [photos.get(str((opened.draft or {}).get(name))) for name in ("positive", "negative")]
    return Pair(chosen[0], chosen[1]) if chosen[0] and chosen[1] else None

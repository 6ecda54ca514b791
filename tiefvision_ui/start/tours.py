"""Tours of a minute, one for each kind of user: what is said on which page. Nothing here draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tiefvision_assets.settings import Role
from tiefvision_ui.language.texts import N_

Tour = Literal["searcher", "annotator", "owner"]


@dataclass(frozen=True)
class Step:
    """One step of a tour: the page that it is about, and what is said there."""

    view: str
    title: str
    text: str


TITLES: dict[Tour, str] = {
    "searcher": N_("Search and collect"),
    "annotator": N_("Label photos"),
    "owner": N_("Run it"),
}
FOR: dict[Tour, frozenset[Role]] = {
    "searcher": frozenset({"viewer", "annotator", "admin"}),
    "annotator": frozenset({"annotator", "admin"}),
    "owner": frozenset({"admin"}),
}
"""The roles that can do what a tour shows."""
STEPS: dict[Tour, tuple[Step, ...]] = {
    "searcher": (
        Step(
            "views/gallery.py",
            N_("All photos"),
            N_("Click a photo to see the most similar ones. The box *Condition* narrows the gallery: `width > 500`."),
        ),
        Step(
            "views/search.py",
            N_("Search by your own photo"),
            N_(
                "Upload a photo, paste one (Ctrl+V), or drop it anywhere in the app. Move the box to search by another "
                "part; the buttons on a hit look for more like it, or less."
            ),
        ),
        Step(
            "views/map.py",
            N_("All photos at once"),
            N_(
                "Similar photos lie together on the map, once it was made. Zoom in until points are pictures; a lasso "
                "chooses photos, to tag them."
            ),
        ),
        Step(
            "views/collected.py",
            N_("Keep what you found"),
            N_("★ on a hit stars, tags and annotates it. Saved searches tell when new photos match."),
        ),
        Step(
            "views/duplicates.py",
            N_("One shot, several files"),
            N_(
                "Copies and resized versions of a photo come in groups. Keep one, and the gallery leaves out the "
                "others."
            ),
        ),
    ),
    "annotator": (
        Step(
            "views/boxes.py",
            N_("Boxes around objects"),
            N_("Accept the box of the model by Enter, or draw one. Each photo takes seconds, and can be undone."),
        ),
        Step(
            "views/triplets.py",
            N_("What is similar"),
            N_("Say which of two photos is closer to the one beside them: keys 1 and 2. Search results then follow."),
        ),
        Step(
            "views/review.py",
            N_("What people disagree on"),
            N_(
                "Labels that contradict each other, or the models, come here for a second look. So does your own "
                "history."
            ),
        ),
        Step(
            "views/team.py",
            N_("Your day, and what came back"),
            N_(
                "How much you did and how fast, your goal for a day, and labels of yours that review decided otherwise."
            ),
        ),
    ),
    "owner": (
        Step(
            "views/operations.py",
            N_("Photos and runs"),
            N_("Add photos and labels here, see what is out of date and why, and start or follow Dagster's runs."),
        ),
        Step(
            "views/duplicates.py",
            N_("A rule for duplicates"),
            N_("Decide once which photo of a group is kept: new ones are then hidden before anybody sees them twice."),
        ),
        Step(
            "views/team.py",
            N_("Who labels what"),
            N_("Give people queues of photos, and hide gold questions, whose answer is known, among the others."),
        ),
        Step(
            "views/review.py",
            N_("Quality of labels"),
            N_("How far people agree, and labels that are probably wrong."),
        ),
        Step(
            "views/moves.py",
            N_("Before a model is served"),
            N_("Which searches change most, old and new hits side by side; promote it, reject it, or go back."),
        ),
        Step(
            "views/gallery.py",
            N_("What others see"),
            N_("Searches go on while models learn: a new index is served as a whole, once it is complete."),
        ),
    ),
}


def tours_for(role: Role) -> list[Tour]:
    """The tours of what somebody with that role can do."""
    return [tour for tour, roles in FOR.items() if role in roles]

"""Tours of a minute, one for each kind of user: what is said on which page. Nothing here draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tiefvision_assets.settings import Role

Tour = Literal["searcher", "annotator", "owner"]


@dataclass(frozen=True)
class Step:
    """One step of a tour: the page that it is about, and what is said there."""

    view: str
    title: str
    text: str


TITLES: dict[Tour, str] = {
    "searcher": "Search and collect",
    "annotator": "Label photos",
    "owner": "Run it",
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
            "All photos",
            "Click a photo to see the most similar ones. The box *Condition* narrows the gallery: `width > 500`.",
        ),
        Step(
            "views/search.py",
            "Search by your own photo",
            "Upload a photo, paste one (Ctrl+V), or drop it anywhere in the app. Move the box to search by another "
            "part; the buttons on a hit look for more like it, or less.",
        ),
        Step(
            "views/map.py",
            "All photos at once",
            "Similar photos lie together on the map, once it was made. Zoom in until points are pictures; a lasso "
            "chooses photos, to tag them.",
        ),
        Step(
            "views/collected.py",
            "Keep what you found",
            "★ on a hit stars, tags and annotates it. Saved searches tell when new photos match.",
        ),
        Step(
            "views/duplicates.py",
            "One shot, several files",
            "Copies and resized versions of a photo come in groups. Keep one, and the gallery leaves out the others.",
        ),
    ),
    "annotator": (
        Step(
            "views/boxes.py",
            "Boxes around objects",
            "Accept the box of the model by Enter, or draw one. Each photo takes seconds, and can be undone.",
        ),
        Step(
            "views/triplets.py",
            "What is similar",
            "Say which of two photos is closer to the one beside them: keys 1 and 2. Search results then follow.",
        ),
        Step(
            "views/review.py",
            "What people disagree on",
            "Labels that contradict each other, or the models, come here for a second look. So does your own history.",
        ),
        Step(
            "views/team.py",
            "Your day, and what came back",
            "How much you did and how fast, your goal for a day, and labels of yours that review decided otherwise.",
        ),
    ),
    "owner": (
        Step(
            "views/operations.py",
            "Photos and runs",
            "Add photos and labels here, see what is out of date and why, and start or follow Dagster's runs.",
        ),
        Step(
            "views/duplicates.py",
            "A rule for duplicates",
            "Decide once which photo of a group is kept: new ones are then hidden before anybody sees them twice.",
        ),
        Step(
            "views/team.py",
            "Who labels what",
            "Give people queues of photos, and hide gold questions, whose answer is known, among the others.",
        ),
        Step(
            "views/review.py",
            "Quality of labels",
            "How far people agree, and labels that are probably wrong.",
        ),
        Step(
            "views/moves.py",
            "Before a model is served",
            "Which searches change most, old and new hits side by side; promote it, reject it, or go back.",
        ),
        Step(
            "views/gallery.py",
            "What others see",
            "Searches go on while models learn: a new index is served as a whole, once it is complete.",
        ),
    ),
}


def tours_for(role: Role) -> list[Tour]:
    """The tours of what somebody with that role can do."""
    return [tour for tour, roles in FOR.items() if role in roles]

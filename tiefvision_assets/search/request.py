"""What can be asked of the `Searcher`: one frozen value for each kind of request, checked as it is made.

Whoever takes a question from a user (the command line, the JSON API, the app) makes a request here, mostly with
`request_for`; reading text, the bounds, and the sentences about what is wrong are here too, so that all three agree.
Nothing here opens an index or a model. A new kind of request is a dataclass beside those below, its place in
`SearchRequest`, and its answer in `tiefvision_assets.search.answers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict, get_args

from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.index import RANKINGS, Ranking

MAX_HITS = 1000
"""The most hits, and below the most examples, of a request that comes over the network."""
MAX_EXAMPLES = 100

Unit = Literal["photo", "product"]
UNITS: tuple[Unit, ...] = get_args(Unit)

Example: TypeAlias = str | Image.Image
"""A photo to search by: one of the catalogue by its image_id, or an upright RGB photo."""


class BadRequest(TiefVisionError):
    """A request that cannot be understood; ``parameter`` names what is wrong with it, as the JSON API calls it."""

    def __init__(self, parameter: str, sentence: str) -> None:
        super().__init__(sentence)
        self.parameter = parameter


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """What every kind of request has."""

    k: int = 10
    """Hits wanted, at least 1."""
    ranking: Ranking = "supervised"
    where: str | None = None
    """An SQL condition on the columns of `Searcher.entries`, such as ``width > 500 AND path LIKE 'gowns/%'``; see
    `tiefvision_assets.store.where`."""

    by: Unit = "photo"
    """Whether a hit is a photo, or a product by its best photo."""
    facets: tuple[str, ...] = ()
    """Columns whose values are to be counted among all that the condition leaves."""
    hidden: bool = False
    """Whether photos may be found that are hidden as duplicates of others."""

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BadRequest("k", f"k is {self.k}; give a whole number from 1.")


@dataclass(frozen=True)
class ById(RequestOptions):
    """The photos most similar to a catalogue photo, itself left out; with ``box``, to that part of it."""

    image_id: str
    box: Box | None = None

    @property
    def subject(self) -> tuple[Example, Box | None]:
        """The photo whose object is compared, and the part of it, where one was given."""
        return self.image_id, self.box


@dataclass(frozen=True)
class ByPhoto(RequestOptions):
    """The photos most similar to the object on an upright RGB photo, or to the given box in its pixels."""

    photo: Image.Image
    box: Box | None = None
    name: str = "photo"
    """What the result calls the photo."""

    @property
    def subject(self) -> tuple[Example, Box | None]:
        """The photo whose object is compared, and the part of it, where one was given."""
        return self.photo, self.box


@dataclass(frozen=True)
class ByExamples(RequestOptions):
    """More like the positives, less like the negatives; examples of the catalogue are left out."""

    positives: Sequence[Example]
    negatives: Sequence[Example] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.positives:
            raise BadRequest("more", "There is no example of what to look for; name at least one photo as a positive.")

    @property
    def subject(self) -> tuple[Example, Box | None]:
        """The first positive."""
        return self.positives[0], None


@dataclass(frozen=True)
class ByProduct(RequestOptions):
    """The photos most similar to any photo of a product, its own left out."""

    product_id: str


SearchRequest: TypeAlias = ById | ByPhoto | ByExamples | ByProduct


class _Options(TypedDict):
    k: int
    ranking: Ranking
    where: str | None
    by: Unit
    facets: tuple[str, ...]
    hidden: bool


def request_for(
    photo: Example,
    *,
    box: Box | None = None,
    name: str = "photo",
    more: Sequence[Example] = (),
    less: Sequence[Example] = (),
    k: int = 10,
    ranking: Ranking = "supervised",
    where: str | None = None,
    by: Unit = "photo",
    facets: tuple[str, ...] = (),
    hidden: bool = False,
) -> ById | ByPhoto | ByExamples:
    """The kind of request that a photo with, perhaps, a part of it, or more and less similar examples, makes.

    ``name`` is what the result calls a photo that is not the catalogue's. `BadRequest` for a box beside examples: they
    are compared by their own objects.
    """
    options = _Options(k=k, ranking=ranking, where=where, by=by, facets=facets, hidden=hidden)
    if more or less:
        if box is not None:
            raise BadRequest("box", "The parameter box cannot be combined with more and less; leave one of them out.")
        return ByExamples((photo, *more), tuple(less), **options)
    if isinstance(photo, str):
        return ById(photo, box, **options)
    return ByPhoto(photo, box, name, **options)


def box_from_text(text: str) -> Box:
    """``left,top,right,bottom`` in pixels; `BadRequest` for anything else."""
    try:
        left, top, right, bottom = (float(side) for side in text.split(","))
    except ValueError:
        sentence = f"box is {text!r}; give four numbers left,top,right,bottom in pixels."
        raise BadRequest("box", sentence) from None
    return Box(left, top, right, bottom)


def hits_from_text(text: str) -> int:
    """A whole number from 1 to `MAX_HITS`; `BadRequest` for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MAX_HITS):
        raise BadRequest("k", f"k is {text!r}; give a whole number from 1 to {MAX_HITS}.")
    return int(text)


def ranking_from_text(text: str) -> Ranking:
    """The ranking of that name; `BadRequest` where there is none."""
    for ranking in RANKINGS:
        if text == ranking:
            return ranking
    raise BadRequest("ranking", f"ranking is {text!r}; give {' or '.join(RANKINGS)}.")


def unit_from_text(text: str) -> Unit:
    """What a hit is to be; `BadRequest` for anything but a photo or a product."""
    for unit in UNITS:
        if text == unit:
            return unit
    raise BadRequest("by", f"by is {text!r}; give {' or '.join(UNITS)}.")


def facets_from_text(text: str) -> tuple[str, ...]:
    """The columns of ``brand,price``."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def check_number_of_examples(more: Sequence[Example], less: Sequence[Example]) -> None:
    """`BadRequest` for more than `MAX_EXAMPLES`."""
    if len(more) + len(less) > MAX_EXAMPLES:
        raise BadRequest("more", f"{len(more) + len(less)} examples are too many; give at most {MAX_EXAMPLES}.")

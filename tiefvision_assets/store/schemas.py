"""The columns of every Parquet table below the data folder: names, types, meanings; nowhere else are they listed.

Writers and readers take their lists of columns from here, the assets' metadata shows them, and the asset checks compare
files with them. Dagster's processes read this at their start, so nothing here imports pandas, and pyarrow only to look
into a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tiefvision_assets.store.bucket import hooks

if TYPE_CHECKING:
    import pyarrow as pa

Type = Literal["string", "int32", "int64", "float", "double", "bool", "halffloat vector"]
"""As Arrow has them; a vector is a list of a fixed size, the same in all rows of a file."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    type: Type
    description: str
    before: str | int | None = None
    """What the rows of files of before, which lack the column, have in it; None where files of all versions have it."""


@dataclass(frozen=True)
class Table:
    """The columns of a table, in the order in which they are written."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def dtypes(self) -> dict[str, str]:
        """Name → pandas' dtype of each column that is no vector."""
        return {column.name: _DTYPES[column.type] for column in self.columns if column.type in _DTYPES}

    @property
    def before(self) -> dict[str, str | int]:
        """Name → value in the rows of files of before, for each column that those lack."""
        return {column.name: column.before for column in self.columns if column.before is not None}

    def problems(self, file: Path) -> list[str]:
        """What is wrong with the columns of a Parquet file; only its last bytes are read, where its schema stands."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(hooks.near(file)) as opened:
            found = {field.name: _type_of(field.type) for field in opened.schema_arrow}
            is_empty = opened.metadata.num_rows == 0
        wanted = {column.name: column.type for column in self.columns}
        problems = [f"{name} is missing" for name in wanted if name not in found and name not in self.before]
        problems += [f"{name} is not known" for name in found if name not in wanted]
        if not is_empty:  # columns without a single value have no type that pandas could write
            different = [name for name in wanted if name in found and found[name] != wanted[name]]
            problems += [f"{name} is {found[name]}, not {wanted[name]}" for name in different]
        return problems


_DTYPES = {
    "string": "str",
    "int32": "int32",
    "int64": "int64",
    "float": "float32",
    "double": "float64",
    "bool": "bool",
}


def _type_of(arrow: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_fixed_size_list(arrow):
        return f"{arrow.value_type} vector"
    return "string" if pa.types.is_large_string(arrow) else str(arrow)


def _columns(type: Type, **described: str) -> tuple[Column, ...]:
    return tuple(Column(name, type, description) for name, description in described.items())


def _sides(of: str, prefix: str = "", type: Type = "double") -> tuple[Column, ...]:
    return _columns(type, **{f"{prefix}{side}": f"{side.capitalize()} side of {of}, in pixels." for side in BOX})


BOX = ["left", "top", "right", "bottom"]
TRIPLET = ["reference", "positive", "negative"]

_SHA256 = _columns("string", sha256="SHA-256 of the photo's file: its content.")
_SIZE = _columns(
    "int32", width="Width of the photo as displayed, in pixels.", height="Height of the photo as displayed, in pixels."
)
_ENTRY = (
    *_columns("string", image_id="Hash of the path: names the entry in URLs.", path="Path below the raw folder."),
    *_SHA256,
    *_SIZE,
    *_columns(
        "int64", bytes="Size of the file.", mtime_ns="Time of the file's last change, in nanoseconds since 1970."
    ),
    *_columns("string", batch="Key of the batch that holds the content; empty for a file that is no usable photo."),
)
_DECODING = (
    Column("decoding", "int32", "Version of decoding by which it was made; 1 in files of before it was kept.", 1),
)
UNKNOWN_PROFILE = "?"
"""The profile of photos that were scanned before profiles were looked at; the next scan looks."""
_COLOURS = (
    Column(
        "profile",
        "string",
        "Name of the colour profile by which the photo is converted to sRGB; empty where none is needed.",
        UNKNOWN_PROFILE,
    ),
    Column("note", "string", "What was ignored about a usable photo, such as a damaged colour profile.", ""),
)
_CONFIDENCE = _columns("double", confidence="How far the heads agree on the box, 0 to 1; 1 for a person's.")
_TRIPLET = _columns(
    "string",
    reference="SHA-256 of the photo that is compared (H).",
    positive="SHA-256 of the photo that looks more like it (H+).",
    negative="SHA-256 of the photo that looks less like it (H-).",
)
_SPLIT = _columns(
    "string", split="train or test; none for triplets that contradict others, or share photos with test triplets."
)
_FOLD = _columns("int64", fold="Fold of the cross-validation; -1 where there is none.")

CATALOGUE = Table(
    (*_ENTRY, *_columns("string", status="live or quarantined.", reason="Why it is quarantined."), *_COLOURS)
)
BATCH = Table((*_SHA256, *_SIZE))
BOX_LABELS = Table(
    (
        *_SHA256,
        *_sides("the box that counts"),
        Column("excluded", "bool", "Whether nothing is learned from it; false in files of before.", False),
    )
)
TRIPLET_LABELS = Table(_TRIPLET)
FEEDBACK_TRIPLETS = Table(
    (*_TRIPLET, *_columns("int64", sessions="Sessions whose clicks say so, less those whose clicks say the opposite."))
)
EXTRACTED_BOXES = Table(
    (
        *_SHA256,
        *_sides("the box that the heads found"),
        *_CONFIDENCE,
        *_columns("string", error="Why the photo could not be located; empty where it was."),
        *_DECODING,
    )
)
ENCODING_KEYS = Table(
    (
        *_SHA256,
        *_sides("the box that was encoded", type="int64"),
        *_columns("string", error="Why the photo could not be encoded; empty where it was."),
        *_DECODING,
    )
)
ENCODING_VECTORS = Table(
    _columns(
        "halffloat vector",
        embedding="Embedding of the photo cut to its box, of unit length.",
        mirrored="Embedding of its mirror image.",
    )
)
ENCODINGS = Table(ENCODING_KEYS.columns + ENCODING_VECTORS.columns)
VIEWS = Table(
    (
        *_columns("int64", view="Number of the view, under which its map is kept."),
        *_SHA256,
        *_SPLIT,
        *_FOLD,
        *_columns("string", kind="What is learned from it: windows, or the refinement of a box (looks)."),
        *_columns("int64", level="Scale: length in pixels of the photo's shorter side when it is encoded."),
        *_columns("bool", mirrored="Whether the photo is mirrored."),
        *_columns(
            "double",
            brightness="Factor of the brightness.",
            contrast="Factor of the contrast.",
            saturation="Factor of the saturation.",
        ),
        *_sides("the labelled box within the cut"),
        *_sides("the part of the photo that is seen", prefix="cut_"),
    )
)
GROUP_COLUMNS = ["reference_group", "positive_group", "negative_group"]
TRIPLETS = Table(
    (
        *_TRIPLET,
        *_columns(
            "int64",
            reference_group="Number of the group of H: photos of a group are held out together, such as twins.",
            positive_group="That of H+.",
            negative_group="That of H-.",
        ),
        *_columns("string", source="label, mirror, mined, product or click."),
        *_SPLIT,
        *_FOLD,
        *_columns("string", flag="contradictory or suspicious; empty for neither."),
        Column("weight", "double", "As how many labelled triplets it is learned from; 1 in files of before.", 1),
    )
)
INDEX_ENTRIES = Table(
    (
        *_ENTRY,
        *_sides("the box that counts"),
        *_CONFIDENCE,
        *_columns("bool", human="Whether a person drew the box."),
        *_DECODING,
    )
)
QUALITY = Table(
    (
        *_SHA256,
        *_columns(
            "double",
            sharpness="Steepest change of luma between neighbouring pixels, by the photo's contrast.",
            shadows="Luma that 5 % of the pixels fall below, 0 to 1.",
            highlights="Luma that 5 % of the pixels exceed, 0 to 1.",
            frame="Share of the photo that a flat frame or bars take.",
            object_share="Share of the photo that its box takes; unknown without a box.",
            proportions="Width by height, as a factor of what is typical in the catalogue, 1 or more.",
        ),
        *_DECODING,
        *_columns(
            "bool",
            blurred="Whether it is unusually little sharp.",
            dark="Whether its highlights are unusually dark.",
            bright="Whether its shadows are unusually bright.",
            tiny="Whether its object is unusually small.",
            odd_proportions="Whether it is unusually long or wide.",
            framed="Whether it has a frame or bars.",
            duplicate="Whether the catalogue holds the same shot again.",
        ),
    )
)
_ON_MAP = _columns("float", x="Position from left to right.", y="Position from bottom to top.")
MAP_POINTS = Table(
    (
        *_SHA256,
        *_ON_MAP,
        *_columns("string", vector="Hash of the vector by which it was placed."),
        *_columns("string", layout="Fingerprint of the layout; the same in all rows."),
    )
)
MAP_ANCHORS = Table((*_SHA256, *_ON_MAP, *_columns("halffloat vector", vector="The photo's vector in the ranking.")))
BOX_EVALUATION = Table(
    (
        *_SHA256,
        *_columns(
            "int64",
            width="Width of the photo as displayed, in pixels.",
            height="Height of the photo as displayed, in pixels.",
        ),
        *_sides("the labelled box"),
        *_sides("the box found by heads that never saw the photo", prefix="found_"),
        *_CONFIDENCE,
        *_columns("double", iou="IoU of the two boxes.", mean_box_iou="IoU of the labelled box and the mean box."),
        *_SPLIT,
    )
)
LABEL_ERRORS = Table(
    (
        *_columns(
            "string",
            kind="box or triplet.",
            sha256="SHA-256 of the photo, or of the triplet's reference.",
            positive="SHA-256 of the triplet's positive; empty for a box.",
            negative="SHA-256 of the triplet's negative; empty for a box.",
        ),
        *_sides("the labelled box; 0 for a triplet"),
        *_sides("the box found by heads that never saw the photo; 0 for a triplet", prefix="found_"),
        *_CONFIDENCE,
        *_columns(
            "double", likelihood="How likely the label is wrong, 0 to 1: the higher, the earlier to be looked at."
        ),
    )
)
TRIPLET_EVALUATION = Table(
    (
        *TRIPLETS.columns,
        *_columns(
            "float",
            supervised="1 if the ranking head ranks the triplet correctly, else 0.",
            unsupervised="1 if the embedding alone ranks it correctly, else 0.",
        ),
    )
)

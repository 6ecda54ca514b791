"""Boxes as Pascal VOC XML: a folder with one file for each photo, ``Annotations/<path of the photo>.xml``.

Pixels are numbered from 1 and both ends belong to the box, as in the development kit (detectron2 and supervision read
it so, too): ``xmin = left + 1``, ``xmax = right``, so that 1 … W covers a photo of W pixels. Whole pixels are written
as whole numbers; fractions, which the kit does not provide for, as decimals.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath
from xml.parsers import expat

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import (
    DECIMALS,
    OBJECT,
    BoxRows,
    LabelledPhoto,
    check_size,
    checked_box,
    decimal_text,
    finite,
    labelled_photos,
    number,
)
from tiefvision_assets.store.labels.folders import files_below, printable, stem_of, written_folder
from tiefvision_assets.store.labels.known_photos import KnownPhoto, KnownPhotos
from tiefvision_assets.store.labels.problems import LabelFileError, Problems, RefusedError, read_bytes
from tiefvision_assets.store.labels.store import BoxLabel

ANNOTATIONS = "Annotations"
FORM = "bndbox is xmin, ymin, xmax, ymax, counted from 1, both ends included,"


def read_voc(folder: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in the XML files of ``folder``, one for each content, clipped to their photos.

    ``entries`` are the catalogue's live photos: path, sha256, width, height. A file without an object is ignored.
    Raises `LabelFileError` for the whole folder if anything in it is wrong.
    """
    photos = KnownPhotos(entries)
    problems = Problems(folder)
    rows = BoxRows()
    for place, file in files_below(folder, ANNOTATIONS, ".xml"):
        with problems.at(file.relative_to(folder).as_posix()):
            annotation = _parsed(file)
            objects = annotation.findall("object")
            if not objects:
                continue
            photo = _photo_of(annotation, place, photos)
            for described in objects:
                rows.add(photo, _box_of(described, photo))
    problems.raise_first()
    return rows.labels()


def write_voc(folder: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    All twins are listed. Coordinates are rounded to 1/100 pixel, and read back as the same numbers. Raises
    `LabelFileError` when the folder cannot be written or holds other things.
    """
    photos = labelled_photos(boxes, entries)
    names: set[str] = set()
    with written_folder(folder, [ANNOTATIONS]) as temporary:
        (temporary / ANNOTATIONS).mkdir()
        for photo in photos:
            stem = stem_of(printable(photo.path, folder, "XML"))
            # a.jpg and a.png would share a file: the second keeps its suffix
            name = stem if stem.casefold() not in names else photo.path
            names.add(name.casefold())
            file = temporary / ANNOTATIONS / f"{name}.xml"
            file.parent.mkdir(parents=True, exist_ok=True)
            ET.ElementTree(_annotation(photo)).write(file, encoding="utf-8")
    return len(photos)


def _parsed(file: Path) -> ET.Element:
    try:
        content = read_bytes(file)
        _refuse_declarations(content)
        return ET.fromstring(content)
    except LabelFileError as error:
        raise RefusedError(str(error).removeprefix(f"{file}: ").rstrip(".")) from None
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise RefusedError(f"this is not XML ({error}); export the folder again") from None


def _refuse_declarations(content: bytes) -> None:
    """Raises `RefusedError` for a document type declaration in any encoding: its entities could fill the memory."""

    def refuse(*declared: object) -> None:
        raise RefusedError("this XML declares a document type, which is not read; remove the declaration")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)


def _photo_of(annotation: ET.Element, place: str, photos: KnownPhotos) -> KnownPhoto:
    """The photo by its path, else by its bare name beside the XML file, else in the ``folder`` that the XML names."""
    name = annotation.findtext("filename") or ""
    if not name.strip():
        raise RefusedError('"filename" is missing; give the path relative to the folder of raw photos')
    near = [PurePosixPath(place).parent / name, PurePosixPath(annotation.findtext("folder") or "") / name]
    for path in [name, name.strip()] if "/" in name else [path.as_posix() for path in near]:
        if photo := photos.get(path):
            return _of_stated_size(photo, annotation)
    return _of_stated_size(photos.find(name), annotation)


def _of_stated_size(photo: KnownPhoto, annotation: ET.Element) -> KnownPhoto:
    stated = [annotation.findtext(f"size/{name}") for name in ("width", "height")]
    # Some tools write 0 for an unknown size.
    check_size(photo, *(number(text, "size") or None if text is not None else None for text in stated))
    return photo


def _box_of(described: ET.Element, photo: KnownPhoto) -> Box:
    sides = [described.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
    if None in sides:
        raise RefusedError(f'"bndbox" of {photo.path!r} is missing or not whole; a box is needed ({FORM[:-1]})')
    numbers = [number(side, "bndbox") for side in sides]
    given = f"the box {numbers} of {photo.path!r}"
    finite(numbers, given)
    xmin, ymin, xmax, ymax = numbers
    return checked_box(photo, (xmin - 1, ymin - 1, xmax, ymax), given=given, form=FORM)


def _annotation(photo: LabelledPhoto) -> ET.Element:
    annotation = ET.Element("annotation")
    _child(annotation, "folder", PurePosixPath(photo.path).parent.name)
    _child(annotation, "filename", photo.path)
    size = _child(annotation, "size")
    for name, value in (("width", photo.width), ("height", photo.height), ("depth", 3)):
        _child(size, name, str(value))
    described = _child(annotation, "object")
    for name, text in (("name", OBJECT), ("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
        _child(described, name, text)
    left, top, right, bottom = photo.box.as_tuple()
    corners = {"xmin": left + 1, "ymin": top + 1, "xmax": right, "ymax": bottom}
    box = _child(described, "bndbox")
    for name, edge in corners.items():
        _child(box, name, decimal_text(edge, DECIMALS))
    ET.indent(annotation)
    return annotation


def _child(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text
    return child

"""Boxes as Pascal VOC XML: a folder with one file for each photo, ``Annotations/<path of the photo>.xml``.

Pixels are numbered from 1 and both ends belong to the box, as in the development kit (detectron2 and supervision read
it so, too): ``xmin = left + 1``, ``xmax = right``, so that 1 … W covers a photo of W pixels. Whole pixels are written
as whole numbers; fractions, which the kit does not provide for, as decimals.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pandas as pd

from tiefvision_assets.store.labels.box_rows import OBJECT, LabelledPhoto, labelled_photos
from tiefvision_assets.store.labels.folders import files_below, place_in, printable, stem_of, written_folder
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS, decimal_text, number
from tiefvision_assets.store.labels.problems import RefusedError, Report
from tiefvision_assets.store.labels.regions import Region, Shape
from tiefvision_assets.store.labels.shapes import Point
from tiefvision_assets.store.labels.xml_files import read_xml

ANNOTATIONS = "Annotations"
FORM = "bndbox is xmin, ymin, xmax, ymax, counted from 1 with both ends included"


def voc_regions(folder: Path, report: Report) -> Iterator[Region]:
    """The objects in the XML files of ``folder``, or in a single one; roLabelImg's turned boxes and Roboflow's polygons
    among them.

    Raises `LabelFileError` when it is neither a folder of XML files nor such a file.
    """
    for file in files_below(folder, ANNOTATIONS, ".xml"):
        place = place_in(folder, file)
        with report.at(place):
            annotation = read_xml(file)
            if annotation.tag == "annotations":
                raise RefusedError("this is CVAT's own XML", "import it with --format cvat")
            objects = annotation.findall("object")
            if not objects:
                continue
            photo = _photo(annotation, place)
            size = (annotation.findtext("size/width"), annotation.findtext("size/height"))
            for described in objects:
                with report.at(place):
                    yield _region(place, described, photo, size)


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


def _photo(annotation: ET.Element, place: str) -> PhotoName:
    """The photo by its path, else by its bare name beside the XML file, else in the ``folder`` that the XML names, and
    at last by the path on the machine where labelImg wrote it."""
    name = annotation.findtext("filename") or ""
    written = annotation.findtext("path") or ""
    if not name.strip():
        if not written.strip():
            reason = '"filename" is missing'
            raise RefusedError(reason, "give the path relative to the folder of raw photos")
        return PhotoName((written,))
    names = [name, name.strip()]
    if "/" not in name and "\\" not in name:
        beside = PurePosixPath(place).parent
        beside = beside.relative_to(ANNOTATIONS) if beside.parts[:1] == (ANNOTATIONS,) else beside
        folder = PurePosixPath((annotation.findtext("folder") or "").strip())
        names = [(beside / name).as_posix(), (folder / name).as_posix(), *names]
    if PurePosixPath(written.replace("\\", "/")).name == PurePosixPath(name.replace("\\", "/")).name:
        names.append(written)
    return PhotoName(tuple(dict.fromkeys(names)))


def _region(place: str, described: ET.Element, photo: PhotoName, size: tuple[str | None, str | None]) -> Region:
    points, given, shape, degrees = _points(described, photo.shown)
    category = (described.findtext("name") or "").strip()
    return Region(
        place, photo, points, given, FORM, shape=shape, degrees=degrees, category=category, size=_numbers(size)
    )


def _points(described: ET.Element, photo: str) -> tuple[tuple[Point, ...], str, Shape, float]:
    sides = [described.findtext(f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
    if None not in sides:
        xmin, ymin, xmax, ymax = numbers = [number(side, "bndbox") for side in sides]
        return ((xmin - 1, ymin - 1), (xmax, ymax)), str(numbers), "box", 0.0
    centred = [described.findtext(f"robndbox/{name}") for name in ("cx", "cy", "w", "h", "angle")]
    if None not in centred:
        x, y, width, height, angle = [number(side, "robndbox") for side in centred]
        corners = ((x - width / 2, y - height / 2), (x + width / 2, y + height / 2))
        return corners, str([x, y, width, height, angle]), "turned about its centre", math.degrees(angle)
    polygon = described.find("polygon")
    if polygon is not None:
        return _polygon(polygon), "around the polygon", "polygon", 0.0
    raise RefusedError(f'"bndbox" of {photo!r} is missing or not whole', f"a box is needed ({FORM})")


def _polygon(polygon: ET.Element) -> tuple[Point, ...]:
    """Corners as Roboflow (``x1``, ``y1``, ``x2`` …) or LabelMe (``pt/x``, ``pt/y``) write them."""
    named = {child.tag: child.text for child in polygon}
    pairs = [(named[f"x{count}"], named.get(f"y{count}")) for count in range(1, len(named) // 2 + 1)
             if f"x{count}" in named]  # fmt: skip
    pairs += [(point.findtext("x"), point.findtext("y")) for point in polygon.findall("pt")]
    if not pairs:
        raise RefusedError("the polygon has no corners", "a box is needed")
    return tuple((number(x, "polygon"), number(y, "polygon")) for x, y in pairs)


def _numbers(size: tuple[str | None, str | None]) -> tuple[float | None, float | None]:
    width, height = (number(text, "size") if text and text.strip() else None for text in size)
    return (width, height)


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

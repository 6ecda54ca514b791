"""Boxes as CVAT's XML for images 1.1: one file for all photos.

https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/: ``<annotations><image name width height><box xtl ytl
xbr ybr label/>…``, edges in pixels of the photo.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tiefvision_assets.store.labels.box_rows import OBJECT, labelled_photos
from tiefvision_assets.store.labels.contents import written
from tiefvision_assets.store.labels.folders import printable
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS, decimal_text, number
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import PassedOver, Region, Shape
from tiefvision_assets.store.labels.shapes import Point
from tiefvision_assets.store.labels.xml_files import read_xml

FORM = "a box is xtl, ytl, xbr, ybr"
NO_OBJECT = "points, lines and tags"
SHAPES = ("box", "polygon", "mask", "ellipse", "points", "polyline", "tag", "cuboid", "skeleton")


def cvat_regions(file: Path, report: Report) -> Iterator[Region]:
    """The shapes in ``file``; `LabelFileError` when it is no CVAT XML for images."""
    try:
        root = read_xml(file)
    except RefusedError as refused:
        raise LabelFileError(file, f"{refused.reason}; {refused.way_out}") from None
    if root.tag != "annotations":
        reason = f"this XML is of <{root.tag}>, not of CVAT's <annotations>; VOC is read with --format voc"
        raise LabelFileError(file, reason)
    for count, track in enumerate(root.findall("track")):
        if root.find("image") is None:
            raise LabelFileError(file, "this is CVAT's XML for videos; export it as CVAT for images 1.1")
        frames = RefusedError("a track names frames of a video, not photos", "export it as CVAT for images 1.1")
        report.problem(f"track[{count}] ({track.get('label') or ''})", frames)
    for count, image in enumerate(root.findall("image")):
        name = image.get("name") or ""
        for position, shape in enumerate(child for child in image if child.tag in SHAPES):
            place = f"image[{count}] ({name}), {shape.tag}[{position}]"
            with report.at(place):
                try:
                    yield _region(place, image, shape, name)
                except PassedOver as passed:
                    report.passed_over[str(passed)] += 1


def write_cvat(file: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    All twins are listed. Coordinates are rounded to 1/100 pixel, and read back as the same numbers. Raises
    `LabelFileError` when the file cannot be written.
    """
    photos = labelled_photos(boxes, entries)
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    task = ET.SubElement(ET.SubElement(root, "meta"), "task")
    for name, text in (("name", "tiefvision"), ("size", str(len(photos))), ("mode", "annotation")):
        ET.SubElement(task, name).text = text
    label = ET.SubElement(ET.SubElement(task, "labels"), "label")
    ET.SubElement(label, "name").text = OBJECT
    ET.SubElement(label, "attributes")
    for count, photo in enumerate(photos):
        name = printable(photo.path, file, "XML")
        size = {"width": str(photo.width), "height": str(photo.height)}
        image = ET.SubElement(root, "image", {"id": str(count), "name": name, **size})
        edges = zip(("xtl", "ytl", "xbr", "ybr"), photo.box.as_tuple(), strict=True)
        numbers = {name: decimal_text(edge, DECIMALS) for name, edge in edges}
        ET.SubElement(image, "box", {"label": OBJECT, "source": "manual", "occluded": "0", **numbers, "z_order": "0"})
    ET.indent(root)
    with written(file) as temporary:
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
    return len(photos)


def _region(place: str, image: ET.Element, shape: ET.Element, name: str) -> Region:
    if not name.strip():
        raise RefusedError('the image has no "name"', "export the task again")
    points, kind, degrees = _points(shape)
    return Region(
        place,
        PhotoName((name,)),
        points,
        str([edge for point in points[:2] for edge in point]),
        FORM,
        shape=kind,
        degrees=degrees,
        category=shape.get("label") or "",
        size=(image.get("width"), image.get("height")),
    )


def _points(shape: ET.Element) -> tuple[tuple[Point, ...], Shape, float]:
    degrees = number(shape.get("rotation", "0"), "rotation")
    if shape.tag == "box":
        left, top, right, bottom = (number(shape.get(edge), edge) for edge in ("xtl", "ytl", "xbr", "ybr"))
        return ((left, top), (right, bottom)), "turned about its centre" if degrees else "box", degrees
    if shape.tag == "mask":
        left, top, width, height = (number(shape.get(edge), edge) for edge in ("left", "top", "width", "height"))
        return ((left, top), (left + width, top + height)), "box", 0.0
    if shape.tag == "ellipse":
        x, y, across, down = (number(shape.get(edge), edge) for edge in ("cx", "cy", "rx", "ry"))
        return ((x - across, y - down), (x + across, y + down)), "ellipse", degrees
    if shape.tag == "polygon":
        pairs = [pair.split(",") for pair in (shape.get("points") or "").split(";") if pair.strip()]
        if len(pairs) < 3 or any(len(pair) != 2 for pair in pairs):
            raise RefusedError("the polygon has no three corners x,y;x,y;x,y", "draw it again")
        return tuple((number(x, "points"), number(y, "points")) for x, y in pairs), "polygon", 0.0
    raise PassedOver(NO_OBJECT)

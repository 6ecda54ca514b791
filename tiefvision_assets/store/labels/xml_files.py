"""XML of label files, without what XML can do to its reader: no document type, hence no entities; bounded in bytes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from xml.parsers import expat

from tiefvision_assets.store.labels.contents import read_bytes
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError


def read_xml(file: Path) -> ET.Element:
    """The root of the document in ``file``; `RefusedError` when it is none, or declares a document type."""
    try:
        content = read_bytes(file)
        _refuse_declarations(content)
        return ET.fromstring(content)
    except LabelFileError as error:
        reason, _, way_out = str(error).removeprefix(f"{file}: ").rstrip(".").partition("; ")
        raise RefusedError(reason, way_out) from None
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise RefusedError(f"this is not XML ({error})", "export the labels again") from None


def _refuse_declarations(content: bytes) -> None:
    """Raises `RefusedError` for a document type declaration in any encoding: its entities could fill the memory."""

    def refuse(*declared: object) -> None:
        raise RefusedError("this XML declares a document type, which is not read", "remove the declaration")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)

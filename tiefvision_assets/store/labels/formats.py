"""The names of the label formats."""

from __future__ import annotations

from enum import StrEnum


class LabelFormat(StrEnum):
    """Boxes as COCO JSON, Pascal VOC XML, YOLO, Label Studio JSON, CVAT XML, Open Images or a plain CSV; triplets as
    CSV or Parquet."""

    coco = "coco"
    csv = "csv"
    parquet = "parquet"
    voc = "voc"
    yolo = "yolo"
    labelstudio = "labelstudio"
    cvat = "cvat"
    openimages = "openimages"
    boxes_csv = "boxes-csv"

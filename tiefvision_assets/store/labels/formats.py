"""The names of the label formats."""

from __future__ import annotations

from enum import StrEnum


class LabelFormat(StrEnum):
    """Boxes as COCO JSON, Pascal VOC XML, YOLO or Label Studio JSON; triplets as CSV or Parquet."""

    coco = "coco"
    csv = "csv"
    parquet = "parquet"
    voc = "voc"
    yolo = "yolo"
    labelstudio = "labelstudio"

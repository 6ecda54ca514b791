"""Quirks of tables that concern more than names: (format, quirk, files, labels, choices, what is said)."""

from __future__ import annotations

from typing import Any

from tests.store.labels.one_box import OTHERS
from tests.store.labels.quirk_parts import (
    CROWD,
    DRESS,
    EDGES,
    FRACTIONS,
    HEADER,
    OF_PERCENT,
    ONE,
    OTHERS_OUT,
    PARTLY,
    PLAIN,
    RED,
    RED_2,
    ROW,
    SCORE,
    SEVERAL,
    SHARES,
    TINY,
    TRIPLET,
    parquet,
    table,
)
from tiefvision_assets.store.labels.formats import LabelFormat

_F = LabelFormat

CASES: list[tuple[Any, ...]] = [
    (
        _F.openimages,
        CROWD,
        table("ImageID,XMin,XMax,YMin,YMax,IsGroupOf", f"{RED},.125,.625,.2,.6,0", f"{RED},0,1,0,1,1"),
        OF_PERCENT,
        PLAIN,
        "groups of objects",
    ),
    (
        _F.openimages,
        OTHERS_OUT,
        table("ImageID,LabelName,XMin,XMax,YMin,YMax", "red-0001,dress,.125,.625,.2,.6", "red-0001,bag,0,.3,0,.2"),
        OF_PERCENT,
        DRESS,
    ),
    (
        _F.openimages,
        PARTLY,
        table("ImageID,XMin,XMax,YMin,YMax", "red-0001,.125,.625,.2,.6", "red-0002,.1,wide,.2,.6"),
        OF_PERCENT,
        PLAIN,
        "no number",
    ),
    (_F.boxes_csv, SEVERAL, table("path,left,top,right,bottom", EDGES, f"{RED},1,1,90,90"), (), PLAIN, "another box"),
    (
        _F.boxes_csv,
        OTHERS_OUT,
        table(
            "filename,width,height,class,xmin,ymin,xmax,ymax",
            f"{RED},400,505,dress,50,60,250,360",
            f"{RED},400,505,bag,1,1,90,90",
        ),
        ONE,
        DRESS,
    ),
    (_F.boxes_csv, "left, top, width, height", table("image,x,y,width,height", f"{RED},50,60,200,300"), ONE),
    (_F.boxes_csv, SCORE, table("path,left,top,right,bottom,score", f"{EDGES},0.9"), ONE, PLAIN, "1 confidences"),
    (
        _F.boxes_csv,
        FRACTIONS,
        table("path,left,top,right,bottom", f"{RED},.125,.2,.625,.6"),
        (),
        PLAIN,
        "confirm that with",
    ),
    (
        _F.boxes_csv,
        "fractions, `--coordinates normalised`",
        table("path,left,top,right,bottom", f"{RED},.125,.2,.625,.6"),
        OF_PERCENT,
        SHARES,
    ),
    (
        _F.boxes_csv,
        TINY,
        table("path,left,top,right,bottom", f"{RED},50,60,53,62"),
        (),
        PLAIN,
        "far smaller than a cell",
    ),
    (_F.boxes_csv, "semicolons", table("path;left;top;right;bottom", f"{RED};50,0;60;250;360"), ONE),
    (_F.boxes_csv, PARTLY, table("path,left,top,right,bottom", EDGES, f"{RED_2},1,,3,4"), ONE, PLAIN, "no number"),
    (
        _F.boxes_csv,
        "photos without a box",
        table("path,left,top,right,bottom", EDGES, f"{RED_2},,,,", "blazer.jpg,nan,nan,nan,nan"),
        ONE,
        PLAIN,
        "2",
    ),
    (_F.csv, "a table of boxes", table("path,left,top,right,bottom", EDGES), ONE),
    (_F.csv, "semicolons", table(HEADER.replace(",", ";"), ROW.replace(",", ";")), TRIPLET),
    (_F.csv, "tabs", table(HEADER.replace(",", "\t"), ROW.replace(",", "\t")), TRIPLET),
    (_F.csv, "Excel's `sep=;`", table("sep=;", HEADER.replace(",", ";"), ROW.replace(",", ";"), end="\r\n"), TRIPLET),
    (_F.csv, "UTF-16", table(HEADER, ROW, encoding="utf-16"), TRIPLET),
    (
        _F.csv,
        "Windows-1252",
        table(HEADER, ROW.replace(RED, "mini/größe+50%#1.jpg"), encoding="cp1252"),
        (("mini/größe+50%#1.jpg", *OTHERS),),
        PLAIN,
        "read as Windows-1252",
    ),
    (_F.csv, "header in other letters", table("Reference, POSITIVE ,Negative", ROW), TRIPLET),
    (_F.csv, "`anchor` in place of `reference`", table(HEADER.replace("reference", "Anchor"), ROW), TRIPLET),
    (_F.csv, "blanks and blank lines", table(f"\n{HEADER}", ROW.replace(",", " , "), ",,"), TRIPLET),
    (_F.csv, PARTLY, table(HEADER, f'"{ROW}', ROW, f"{RED},{RED},{RED}"), TRIPLET, PLAIN, "three different pictures"),
    (
        _F.parquet,
        "text as bytes",
        parquet(reference=[RED.encode()], positive=[OTHERS[0].encode()], negative=[OTHERS[1].encode()]),
        TRIPLET,
    ),
    (
        _F.parquet,
        "header in other letters",
        parquet(Reference=[RED], POSITIVE=[OTHERS[0]], negative=[OTHERS[1]]),
        TRIPLET,
    ),
    (_F.parquet, "a table of boxes", parquet(path=[RED], left=[50], top=[60.0], right=[250], bottom=[360]), ONE),
    (
        _F.parquet,
        PARTLY,
        parquet(reference=[RED, None], positive=[OTHERS[0]] * 2, negative=[OTHERS[1]] * 2),
        TRIPLET,
        PLAIN,
        "has no value",
    ),
]

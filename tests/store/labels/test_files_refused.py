import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.store.labels import written_files
from tests.store.labels.written_files import HEADER, coco, written
from tiefvision_assets.store.labels import tables
from tiefvision_assets.store.labels.files import (
    LabelFileError,
    read_coco,
    read_similarity,
    read_table_of_labels,
    read_triplets,
)

entries = written_files.entries


def parquet(folder: Path, **columns) -> Path:
    pq.write_table(pa.table(columns), folder / "triplets.parquet")
    return folder / "triplets.parquet"


def changed(**changes) -> dict:
    """A good file of one annotation, with keys of that annotation replaced, or dropped where None."""
    document = coco([10, 20, 30, 40])
    annotation = document["annotations"][0] | changes
    return document | {"annotations": [{key: value for key, value in annotation.items() if value is not None}]}


def twins(second) -> dict:
    document = coco([10, 20, 30, 40])
    document["images"].append({"id": 2, "file_name": "dresses/twin of a.jpg"})
    document["annotations"].append({"image_id": 2, "bbox": second})
    return document


BAD_COCO = {
    "missing bbox": (changed(bbox=None), r"annotations\[0\] \(id 70\): .*a box is needed"),
    "three numbers": (changed(bbox=[1, 2, 3]), "not four numbers"),
    "a word for a number": (changed(bbox=[1, 2, "wide", 4]), "not four numbers"),
    "half a polygon": (changed(bbox=None, segmentation=[[1, 2, 3]]), "neither a mask nor polygons"),
    "a mask that does not fill": (changed(bbox=None, segmentation={"size": [2, 2], "counts": [1, 1]}), "do not fill"),
    "a mask that is cut off": (changed(bbox=None, segmentation={"size": [2, 2], "counts": "o"}), "cut off"),
    "fractions": (changed(bbox=[0.1, 0.2, 0.5, 0.5]), "look like fractions.*--coordinates normalised"),
    "far too small": (changed(bbox=[50, 50, 4, 4]), "far smaller than a cell"),
    "a truth for a number": (changed(bbox=[1, 2, True, 4]), "not four numbers"),
    "a box of keys": (changed(bbox={"x": 1}), "not four numbers"),
    "no image_id": (changed(image_id=None), "no image has the id None"),
    "unknown image_id": (changed(image_id=2), "no image has the id 2"),
    "image_id of the wrong type": (changed(image_id=[1]), "no image has the id"),
    "image_id true": (changed(image_id=True), "no image has the id True"),
    "negative height": (coco([1, 2, 3, -1]), "no area"),
    "not a number": (coco([1, float("nan"), 3, 4]), "is not finite"),
    "infinite": (coco([1, 2, float("inf"), 4]), "is not finite"),
    "beyond doubles": (json.dumps(coco([10, 20, 30, 40])).replace("30,", "1e999,"), "is not finite"),
    "beyond decimals": (json.dumps(coco([10, 20, 30, 40])).replace("30,", f"1e{'9' * 30},"), "is not finite"),
    "large whole number": (coco([1, 2, 10**400, 4]), "is not finite"),
    "outside right": (coco([1, 2, 640.5, 4]), r"outside the photo.*640 x 480"),
    "outside top": (coco([1, -1.5, 10, 10]), "outside the photo"),
    "beyond the edge": (coco([640.2, 1, 0.5, 5]), "outside the photo"),
    "unknown photo": (coco([10, 20, 30, 40], file_name="gone.jpg"), r"'gone\.jpg' is not in the catalogue; .*ingest"),
    "a folder for a photo": (coco([10, 20, 30, 40], file_name="x/dresses.jpg"), "not in the catalogue"),
    "turned photo": (coco([10, 20, 30, 40], width=480, height=640), "the width .* 480, .*640 x 480.*as displayed"),
    "wrong height": (coco([10, 20, 30, 40], width=640, height=479), "the height .* 479"),
    "two boxes": (coco([10, 20, 30, 40], [10, 20, 30, 39]), r"annotations\[1\] \(id 71\): .*another box"),
    "two boxes by twins": (twins([10, 20, 30, 39]), r"annotations\[1\]: 'dresses/twin of a\.jpg' or its twin"),
    "duplicate images": (coco() | {"images": [{"id": 5, "file_name": "d.jpg"}] * 2}, r"images\[1\] \(id 5\): another"),
    "image without id": (coco() | {"images": [{"file_name": "d.jpg"}]}, r"images\[0\]: \"id\" is missing"),
    "image id of the wrong type": (coco() | {"images": [{"id": 1.5, "file_name": "d.jpg"}]}, '"id" is missing'),
    "image without file_name": (coco() | {"images": [{"id": 1}]}, '"file_name" is missing'),
    "file_name a number": (coco(file_name=7), '"file_name" is missing or no text'),
    "image a text": (coco() | {"images": ["d.jpg"]}, "an image is an object"),
    "annotation a list": (coco() | {"annotations": [[10, 20, 30, 40]]}, "an annotation is an object"),
    "no images": ({"annotations": []}, 'no list "images"'),
    "no annotations": ({"images": []}, 'no list "annotations"'),
    "images not a list": ({"images": {}, "annotations": []}, 'no list "images"'),
    "a list": ([coco()], 'no list "images"'),
    "a number": ("7", 'no list "images"'),
    "cut off": (json.dumps(coco([10, 20, 30, 40]), indent=1)[:-20], r"labels\.json, line \d\d: this is not JSON"),
    "a table": (HEADER, r"line 1: this is not JSON"),
    "nested too deep": ("[" * 100_000, "cannot be read"),
    "too many digits": ("1" * 5_000, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_COCO)
def test_coco_is_refused(tmp_path, entries, case):
    content, reason = BAD_COCO[case]
    with pytest.raises(LabelFileError, match=reason) as refused:
        read_coco(written(tmp_path, content), entries)
    assert str(refused.value).startswith(str(tmp_path / "labels.json"))
    assert "\n" not in str(refused.value)


BAD_CSV = {
    "missing column": ("reference,positive\na,b\n", r"line 1: the column \"negative\" is missing"),
    "column twice": ("reference,positive,negative,positive\n", '"positive" stands there twice'),
    "no header": ("d.jpg,dresses/a.jpg,dresses/b.jpg\n", '"reference" is missing'),
    "unknown photo": (HEADER + "d.jpg,dresses/a.jpg,gone.jpg\n", r"line 2: 'gone\.jpg' is not in the catalogue"),
    "after blank lines": ("\n\n" + HEADER + "\r\n\r\nd.jpg,x,d.jpg\n", "line 6: 'x' is not in the catalogue"),
    "after a field of two lines": (
        'note,reference,positive,negative\n"two\nlines",d.jpg,dresses/a.jpg,dresses/b.jpg\n,d.jpg,x,d.jpg\n',
        "line 4: 'x' is not",
    ),
    "old line ends": (HEADER.replace("\n", "\r") + "d.jpg,dresses/a.jpg,x\r", "line 2: 'x' is not"),
    "one photo twice": (HEADER + "d.jpg,dresses/a.jpg,d.jpg\n", "line 2: 'd.jpg', 'dresses/a.jpg', 'd.jpg' do not"),
    "a photo and its twin": (HEADER + "dresses/a.jpg,dresses/twin of a.jpg,d.jpg\n", "three different pictures"),
    "too few fields": (HEADER + "d.jpg,dresses/a.jpg\n", 'line 2: the column "negative" has no value'),
    "an empty field": (HEADER + "d.jpg, ,dresses/a.jpg\n", 'line 2: the column "positive" has no value'),
    "too many fields": (HEADER + "d.jpg,dresses/a.jpg,dresses/b.jpg,d.jpg\n", "line 2: .*more fields than the header"),
    "open quote": (HEADER + 'd.jpg,dresses/a.jpg,dresses/b.jpg\n"d.jpg,dresses/a.jpg\n', "line 3: this is not CSV"),
    "stray quote": (HEADER + '"d.jpg"x,dresses/a.jpg,dresses/b.jpg\n', "line 2: this is not CSV"),
    "only commas": (",,\n,,\n", "there is no header"),
    "zeros": (b"reference\0positive", "a binary file"),
    "JSON": (json.dumps(coco()), r'"reference" is missing'),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CSV)
def test_csv_is_refused(tmp_path, entries, case):
    content, reason = BAD_CSV[case]
    with pytest.raises(LabelFileError, match=reason):
        read_triplets(written(tmp_path, content, "triplets.csv"), "csv", entries)


BAD_PARQUET = {
    "missing column": ({"reference": ["d.jpg"], "positive": ["d.jpg"]}, r'parquet: the column "negative" is missing'),
    "no text": ({"reference": ["d.jpg"], "positive": [3], "negative": ["d.jpg"]}, 'row 1: .*"positive" holds 3'),
    "no value": (
        {"reference": ["d.jpg"] * 2, "positive": ["dresses/a.jpg"] * 2, "negative": ["dresses/b.jpg", None]},
        'row 2: the column "negative" has no value',
    ),
    "unknown photo": (
        {"reference": ["d.jpg"], "positive": ["gone.jpg"], "negative": ["d.jpg"]},
        r"row 1: 'gone\.jpg' is not in the catalogue",
    ),
}


@pytest.mark.parametrize("case", BAD_PARQUET)
def test_parquet_is_refused(tmp_path, entries, case):
    columns, reason = BAD_PARQUET[case]
    with pytest.raises(LabelFileError, match=reason):
        read_triplets(parquet(tmp_path, **columns), "parquet", entries)


def test_parquet_whose_texts_are_no_utf_8_is_refused(tmp_path, entries):
    offsets, text = pa.array([0, 1], pa.int32()).buffers()[1], pa.py_buffer(b"\x80")
    column = pa.StringArray.from_buffers(1, offsets, text)
    with pytest.raises(LabelFileError, match="not a Parquet file, or damaged"):
        read_triplets(parquet(tmp_path, reference=column, positive=column, negative=column), "parquet", entries)


def test_damaged_parquet_is_refused(tmp_path, entries):
    whole = parquet(tmp_path, reference=["d.jpg"], positive=["dresses/a.jpg"], negative=["dresses/b.jpg"]).read_bytes()
    holed = whole[:4] + bytes(len(whole[4:120])) + whole[120:]
    for content in (whole[:-10], whole[:30] + whole[-30:], holed, HEADER, b"PAR1"):
        with pytest.raises(LabelFileError, match="not a Parquet file, or damaged"):
            read_triplets(written(tmp_path, content, "triplets.parquet"), "parquet", entries)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path\nd.jpg\n", 'line 1: the column "label" is missing'),
        ("path,label\nd.jpg,\n", 'line 2: the column "label" has no value'),
        ("path,label\nd.jpg,hat\n\nd.jpg,dress\n", r"line 4: 'd\.jpg' or its twin has another label"),
        ("path,label\ndresses/a.jpg,hat\ndresses/twin of a.jpg,dress\n", "line 3: .*twin has another label"),
        ("path,label,group\nd.jpg,hat,1\nd.jpg,hat,2\n", "line 3: .*another label or group"),
        ("path,label\ngone.jpg,hat\n", "line 2: .*not in the catalogue"),
    ],
)
def test_similarity_is_refused(tmp_path, entries, text, reason):
    with pytest.raises(LabelFileError, match=reason):
        read_similarity(written(tmp_path, text, "categories.csv"), entries)


@pytest.mark.parametrize(
    "read",
    [
        read_coco,
        lambda file, entries: read_triplets(file, "csv", entries),
        lambda file, entries: read_triplets(file, "parquet", entries),
        read_similarity,
    ],
    ids=["coco", "csv", "parquet", "similarity"],
)
def test_files_that_are_none(tmp_path, entries, read):
    with pytest.raises(LabelFileError, match="there is no such file"):
        read(tmp_path / "missing", entries)
    with pytest.raises(LabelFileError, match=r"this is a folder|no \.json file in this folder"):
        read(tmp_path, entries)
    for content in (b"", b" \r\n\n"):
        with pytest.raises(LabelFileError, match="the file is empty"):
            read(written(tmp_path, content, "empty"), entries)
    with pytest.raises(LabelFileError):
        read(written(tmp_path, b"\x89PNG\r\n\x1a\n\0\0\xff", "photo.png"), entries)


def test_the_first_of_many_problems_is_told_with_how_many_more(tmp_path, entries):
    rows = "d.jpg,dresses/a.jpg,dresses/b.jpg\n"
    one = written(tmp_path, HEADER + rows + "x,y,z\n", "triplets.csv")
    with pytest.raises(LabelFileError, match=r"line 3: 'x' is not .* 2 more problems were found\.$"):
        read_triplets(one, "csv", entries)
    two = written(tmp_path, HEADER + rows + "x,y,z\n" + rows + "d.jpg,d.jpg,d.jpg\n", "triplets.csv")
    with pytest.raises(LabelFileError, match=r"line 3: 'x' .* 3 more problems were found\.$"):
        read_triplets(two, "csv", entries)
    many = written(tmp_path, coco(*[[0, 0, -1, number] for number in range(1, 6)]))
    with pytest.raises(LabelFileError, match=r"annotations\[0\].* 4 more problems were found\.$"):
        read_coco(many, entries)


def test_a_file_with_too_many_lines_that_are_no_csv_is_not_read_on_and_that_is_said(tmp_path, entries):
    row = "d.jpg,dresses/a.jpg,dresses/b.jpg\n"
    bad = '"d.jpg"x,dresses/a.jpg,dresses/b.jpg\n' * tables.MAX_RESTARTS
    found = read_table_of_labels(written(tmp_path, HEADER + row + bad + row, "triplets.csv"), "csv", entries)
    last = found.report.problems[-1]
    assert (last.place, "not read on from here" in last.reason) == (f"line {tables.MAX_RESTARTS + 3}", True)
    whole = read_table_of_labels(written(tmp_path, HEADER + bad, "triplets.csv"), "csv", entries)
    assert "not read on" not in whole.report.problems[-1].reason

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.labels import written_files
from tests.store.labels.written_boxes import large_enough
from tests.store.labels.written_files import ACCENT, HEADER, A, B, C, D, catalogue, coco, written
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.files import (
    LabelFileError,
    read_boxes_by_path,
    read_coco,
    read_similarity,
    read_triplets,
    write_coco,
    write_triplets,
)
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel

entries = written_files.entries


def boxes_frame(boxes: dict[str, Box]) -> pd.DataFrame:
    rows = [(photo, *box.as_tuple()) for photo, box in boxes.items()]
    return pd.DataFrame(rows, columns=["sha256", "left", "top", "right", "bottom"]).assign(annotator="ann")


def triplets_frame(triplets) -> pd.DataFrame:
    return pd.DataFrame(triplets, columns=["reference", "positive", "negative"]).assign(event_id=1)


# Round trips ---------------------------------------------------------------------------------------------------------

names = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1).filter(str.strip)
photo_sizes = st.integers(16, 5_000)


@st.composite
def catalogues(draw):
    paths = draw(st.lists(names.map(lambda name: f"x/{name}.jpg"), min_size=4, max_size=8, unique=True))
    contents = [A, B, C, D, *(draw(st.sampled_from([A, B, C, D])) for _ in paths[4:])]
    sizes = {content: (draw(photo_sizes), draw(photo_sizes)) for content in (A, B, C, D)}
    return catalogue([(path, sha, *sizes[sha]) for path, sha in zip(paths, contents, strict=True)])


@given(catalogues(), st.data())
@settings(max_examples=60, deadline=None)
def test_boxes_to_a_hundredth_of_a_pixel_survive_coco(tmp_path_factory, entries, data):
    boxes = {}
    for row in entries.drop_duplicates("sha256").itertuples():
        edges = [round(data.draw(st.floats(0, limit)), 2) for limit in (row.width, row.height) * 2]
        box = Box(min(edges[::2]), min(edges[1::2]), max(edges[::2]), max(edges[1::2]))
        if box.area > 0 and large_enough(box, row.width, row.height):
            boxes[row.sha256] = box
    file = tmp_path_factory.mktemp("coco") / "boxes.json"
    assert write_coco(file, boxes_frame(boxes), entries) == entries.sha256.isin(boxes).sum()
    assert {label.sha256: label.box for label in read_coco(file, entries)} == boxes
    by_path = read_boxes_by_path(file, entries)
    assert sorted(by_path.path) == sorted(entries.path[entries.sha256.isin(boxes)])


@given(catalogues(), st.lists(st.permutations([A, B, C, D])), st.sampled_from(["csv", "parquet"]))
@settings(max_examples=80, deadline=None)
def test_triplets_survive_csv_and_parquet(tmp_path_factory, entries, shuffles, format):
    triplets = list(dict.fromkeys(TripletLabel(*shuffle[:3]) for shuffle in shuffles))
    file = tmp_path_factory.mktemp("triplets") / "triplets"
    frame = triplets_frame([(t.reference, t.positive, t.negative) for t in triplets])
    assert write_triplets(file, format, frame, entries) == len(triplets)
    assert read_triplets(file, format, entries) == triplets


def test_coordinates_are_rounded_to_a_hundredth_of_a_pixel_on_both_ways(tmp_path, entries):
    file = written(tmp_path, coco([1 / 3, 2.345678, 100, 200.004]))
    assert read_coco(file, entries) == [BoxLabel(A, Box(0.33, 2.35, 100.33, 202.35))]
    write_coco(file, boxes_frame({A: Box(0.1, 0.2, 10.3, 400 / 3)}), entries)
    assert json.loads(file.read_text())["annotations"][0]["bbox"] == [0.1, 0.2, 10.2, 133.13]


# Writing -------------------------------------------------------------------------------------------------------------


def test_coco_lists_twins_and_leaves_out_photos_that_are_gone(tmp_path, entries):
    boxes = boxes_frame({D: Box(1, 2, 3.5, 4), A: Box(0.1, 0, 10.3, 20), "e" * 64: Box(0, 0, 1, 1)})
    assert write_coco(tmp_path / "new" / "boxes.json", boxes, entries) == 3
    document = json.loads((tmp_path / "new" / "boxes.json").read_text())
    assert document["images"] == [
        {"id": 1, "file_name": "d.jpg", "width": 50, "height": 60},
        {"id": 2, "file_name": "dresses/a.jpg", "width": 640, "height": 480},
        {"id": 3, "file_name": "dresses/twin of a.jpg", "width": 640, "height": 480},
    ]
    assert document["categories"] == [{"id": 1, "name": "object"}]
    assert [annotation["image_id"] for annotation in document["annotations"]] == [1, 2, 3]
    assert document["annotations"][0]["bbox"] == [1, 2, 2.5, 2]
    assert document["annotations"][1]["bbox"] == [0.1, 0, 10.2, 20]
    assert {a["iscrowd"] for a in document["annotations"]} == {0}
    assert document["annotations"][0]["area"] == 5


def test_triplets_name_the_first_path_and_leave_out_photos_that_are_gone(tmp_path, entries):
    file = tmp_path / "triplets.csv"
    triplets = triplets_frame([(B, A, D), (A, B, "e" * 64)])
    assert write_triplets(file, "csv", triplets, entries.iloc[::-1]) == 1
    assert file.read_text() == HEADER + "dresses/b.jpg,dresses/a.jpg,d.jpg\n"


def test_an_export_without_labels_can_be_read_again(tmp_path, entries):
    assert write_coco(tmp_path / "boxes.json", boxes_frame({}), entries) == 0
    assert read_coco(tmp_path / "boxes.json", entries) == []
    for format in ("csv", "parquet"):
        assert write_triplets(tmp_path / "triplets", format, triplets_frame([]), entries) == 0
        assert read_triplets(tmp_path / "triplets", format, entries) == []


def test_a_target_that_cannot_be_written_is_told(tmp_path, entries):
    (tmp_path / "file").write_text("kept")
    for target, reason in [(tmp_path, "this is a folder"), (tmp_path / "file" / "boxes.json", "cannot be written")]:
        with pytest.raises(LabelFileError, match=reason):
            write_coco(target, boxes_frame({A: Box(0, 0, 1, 1)}), entries)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "kept")]


# What is read --------------------------------------------------------------------------------------------------------


def test_a_box_up_to_one_pixel_outside_is_clipped(tmp_path, entries):
    file = written(tmp_path, coco([-1, -0.5, 642, 100]))
    assert read_coco(file, entries) == [BoxLabel(A, Box(0, 0, 640, 99.5))]


def test_one_label_a_content_one_row_a_path(tmp_path, entries):
    document = coco([10, 20, 30, 40], [10.0, 20.0, 30.0, 40.0], width=640, height=480.0)
    document["images"].append({"id": "two", "file_name": "dresses/twin of a.jpg", "width": None})
    document["annotations"].append({"image_id": "two", "bbox": [10, 20, 30, 40], "iscrowd": 0, "segmentation": []})
    file = written(tmp_path, document)
    assert read_coco(file, entries) == [BoxLabel(A, Box(10, 20, 40, 60))]
    assert read_boxes_by_path(file, entries).to_dict("list") == {
        "path": ["dresses/a.jpg", "dresses/twin of a.jpg"],
        "sha256": [A, A],
        "left": [10.0, 10.0],
        "top": [20.0, 20.0],
        "right": [40.0, 40.0],
        "bottom": [60.0, 60.0],
    }


def test_images_without_annotations_may_be_anything(tmp_path, entries):
    document = coco([10, 20, 30, 40])
    document["images"] += [{"id": 2, "file_name": "gone.jpg"}, {"id": 3, "file_name": "d.jpg", "width": 1}]
    assert len(read_coco(written(tmp_path, document), entries)) == 1
    assert read_boxes_by_path(written(tmp_path, coco()), entries).empty


def test_accents_may_be_encoded_either_way(tmp_path, entries):
    apart = "robe\u0301s/e\u0301te\u0301, \u732b \u201cx\u201d.jpg"
    assert read_coco(written(tmp_path, coco([10, 20, 30, 40], file_name=apart)), entries)[0].sha256 == C


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "dresses/a.jpg,dresses/b.jpg,d.jpg\n",
        HEADER + "dresses/a.jpg,dresses/b.jpg,d.jpg",
        "\ufeff" + HEADER.replace("\n", "\r\n") + "\r\ndresses/a.jpg,dresses/b.jpg,d.jpg\r\n\r\n",
        "negative,note, positive ,reference\nd.jpg,\"so, so\",dresses/b.jpg,dresses/twin of a.jpg\n,,,\n",
        HEADER + '"dresses/a.jpg","dresses/b.jpg","d.jpg",\ndresses/a.jpg,dresses/b.jpg,d.jpg\n',
    ],
)  # fmt: skip
def test_csv_in_the_dialects_that_people_have(tmp_path, entries, text):
    file = written(tmp_path, text, "triplets.csv")
    assert read_triplets(file, "csv", entries) == [TripletLabel(A, B, D)]


def test_quoted_commas_and_unicode(tmp_path, entries):
    file = written(tmp_path, f'{HEADER}"{ACCENT}",dresses/b.jpg,d.jpg\n', "triplets.csv")
    assert read_triplets(file, "csv", entries) == [TripletLabel(C, B, D)]


def test_parquet_written_by_pandas_with_categories(tmp_path, entries):
    frame = pd.DataFrame(
        {"note": [1, 2], "negative": "d.jpg", "reference": "dresses/a.jpg", "positive": "dresses/b.jpg"}
    )
    frame.astype({"negative": "category"}).to_parquet(tmp_path / "triplets.parquet")
    assert read_triplets(tmp_path / "triplets.parquet", "parquet", entries) == [TripletLabel(A, B, D)]


def test_similarity_groups_photos_with_their_twins(tmp_path, entries):
    text = (
        "path,label,group\ndresses/a.jpg,dress,\ndresses/twin of a.jpg,dress,\ndresses/b.jpg,dress,s1\nd.jpg,hat,s1\n"
    )
    frame = read_similarity(written(tmp_path, text, "categories.csv"), entries)
    assert list(frame) == ["path", "sha256", "label", "group"]
    assert frame.label.tolist() == ["dress", "dress", "dress", "hat"]
    assert frame.group.tolist() == [A, A, "s1", "s1"]
    without = read_similarity(written(tmp_path, "label,path\nhat,d.jpg\nhat,d.jpg\n", "categories.csv"), entries)
    assert without.to_dict("records") == [{"path": "d.jpg", "sha256": D, "label": "hat", "group": D}]


def test_similarity_groups_photos_of_a_product_unless_the_file_says_how(tmp_path, entries):
    rows = "dresses/a.jpg,dress{0}\ndresses/b.jpg,dress{0}\nd.jpg,hat{0}\n"
    products = {A: "P-1", B: "P-1"}
    without = written(tmp_path, "path,label\n" + rows.format(""), "categories.csv")
    assert read_similarity(without, entries, products).group.tolist() == ["P-1", "P-1", D]
    stated = written(tmp_path, "path,label,group\n" + rows.format(","), "categories.csv")
    assert read_similarity(stated, entries, products).group.tolist() == [A, B, D]

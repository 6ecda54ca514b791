"""The command line's results as text for people; `--json` prints the same documents instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tiefvision_assets.cli.console import key_values, out, table


def show_mapping(title: str) -> Callable[[Mapping[str, Any]], None]:
    """Print a document as names with values under that title."""
    return lambda document: key_values(title, document)


PRODUCT_COLUMNS = 4
"""Columns of a product that are shown beside a hit."""
SHOWN = 20
"""Rows of a report that are shown; all of them are in its file."""


def show_photo_report(document: Mapping[str, Any]) -> None:
    """What would become of photos that were only looked at."""
    counts = {name: document[name] for name in ("new", "twins", "unchanged")}
    key_values("Nothing was copied; what would be", counts | {"replaced": len(document["replaced"])})
    if document["replaced"]:
        paths = [(path,) for path in document["replaced"][:SHOWN]]
        table(f"{len(document['replaced'])} of another content in the raw folder", ["path"], paths)
    if unreadable := document["unreadable"]:
        rows = [(one["path"], one["reason"]) for one in unreadable[:SHOWN]]
        table(f"{len(unreadable)} for the quarantine", ["file", "why"], rows)
    for reason, count in document["passed_over"].items():
        out.print(f"Passed over: {count} {reason}.", markup=False)


def show_import(document: Mapping[str, Any]) -> None:
    """What an import took, then what it did not, and what it guessed."""
    counted = ("labels", "imported", "unchanged", "proposals")
    key_values(document["file"], {name: document[name] for name in counted})
    if document.get("dry_run"):
        out.print("Nothing was stored: this is what an import would do.")
    problems, guesses = document["problems"], document["guesses"]
    if problems:
        rows = [(one["place"], one["reason"], one["way_out"]) for one in problems[:SHOWN]]
        table(f"{len(problems)} not imported", ["where", "why", "what to do"], rows)
    if guesses:
        rows = [(one["name"], one["photo"], one["rule"]) for one in guesses[:SHOWN]]
        table(f"{len(guesses)} photos guessed", ["name in the file", "photo", "by"], rows)
    for reason, count in document["passed_over"].items():
        out.print(f"Passed over: {count} {reason}.", markup=False)
    for note in document["notes"]:
        out.print(note, markup=False)
    if document["report"]:
        out.print(f"The whole report: {document['report']}", markup=False)


def show_export(document: Mapping[str, Any]) -> None:
    """What was written, and what was not."""
    key_values("Labels", {name: document[name] for name in ("exported", "file")})
    for reason, count in document["left_out"].items():
        out.print(f"Left out: {count} {reason}.", markup=False)


def show_run(document: Mapping[str, int]) -> None:
    """What a run did."""
    if document["materialised"] == 0:
        out.print("Everything was up to date; nothing was computed.")
        return
    out.print(
        f"{document['materialised']} assets materialised; {document['computed']} photos computed, "
        f"{document['reused']} taken over unchanged."
    )


def show_search(document: Mapping[str, Any]) -> None:
    """Hits, best first; other photos of the query's own shot are listed apart."""
    title = f"{document['ranking']} neighbours of {document['query']}"
    for duplicate, heading in ((True, f"The same shot as {document['query']}"), (False, title)):
        hits = [hit for hit in document["hits"] if hit["duplicate"] == duplicate]
        if hits or not duplicate:
            rows = [(hit["score"], hit["level"], hit["path"], hit["image_id"], *_product(hit)) for hit in hits]
            shown = ["product", ""] if any("product_id" in hit for hit in hits) else []
            table(heading, ["score", "level", "path", "image_id", *shown], rows)
    for facet in document.get("facets", ()):
        counts = [(_counted(count), count["count"]) for count in facet["counts"]]
        counts += [(name, facet[name]) for name in ("others", "missing") if facet[name]]
        table(facet["column"], ["", "count"], counts)
    if "explanation" in document:
        out.print(f"What matched is drawn in {document['explanation']}.", markup=False)
    if "saved" in document:
        out.print(f"The hits are in {document['saved']}.", markup=False)


def _product(hit: Mapping[str, Any]) -> tuple[object, ...]:
    """The product of a hit and what is known of it; nothing for a photo of none."""
    if "product_id" not in hit:
        return ()
    known = ", ".join(f"{name} {value}" for name, value in list(hit["product"].items())[:PRODUCT_COLUMNS])
    return hit["product_id"], known


def _counted(count: Mapping[str, Any]) -> str:
    """The value, or the range, that a facet counts."""
    if "value" in count:
        return str(count["value"])
    if count["from"] is None:
        return "all" if count["to"] is None else f"below {count['to']}"
    return f"{count['from']} and more" if count["to"] is None else f"{count['from']} to {count['to']}"


def show_located(document: Sequence[Mapping[str, Any]]) -> None:
    """Boxes with their confidences."""
    rows = [(found["path"], [round(side, 1) for side in found["box"]], found["confidence"]) for found in document]
    table("Extracted boxes", ["photo", "left, top, right, bottom", "confidence"], rows)


def show_similarity(document: Mapping[str, Mapping[str, float]]) -> None:
    """One row for each measure, one column for each ranking."""
    measures = list(next(iter(document.values())))
    rows = [(measure, *(values[measure] for values in document.values())) for measure in measures]
    table("Similarity", ["", *document], rows)


def show_comparison(document: Mapping[str, Any]) -> None:
    """Measures under both with the paired difference, the parts that changed most, and the queries."""
    for ranking, measured in document["rankings"].items():
        rows = [(name, *_difference(one)) for name, one in measured.items()]
        table(f"Similarity, {ranking}", ["", "served", "against", "difference", "95 % interval", "photos"], rows)
    measure, moved_by = "map@r", document["moved_by"]
    for part, title in (("by_label", "label"), ("by_group", "group")):
        parts = document[part].get(moved_by, {})
        known = [(name, one[measure]) for name, one in parts.items() if one[measure]["n"]]
        furthest = sorted(known, key=lambda one: -abs(one[1]["difference"]))[:SHOWN]
        head = [title, "served", "against", "difference", "95 % interval", "photos"]
        if furthest:
            table(f"{measure} by {title}, {moved_by}", head, [(name, *_difference(one)) for name, one in furthest])
    shown = [(one["path"], one["label"], one["rbo"], one["overlap@10"]) for one in document["moved"]]
    table(f"Queries whose {moved_by} hits changed most", ["photo", "label", "RBO", "overlap@10"], shown)
    out.print(f"{document['unchanged']:.0%} of {document['n']} queries have the same ten photos as before.")
    if "drawn" in document:
        out.print(f"The queries that changed most are drawn in {document['drawn']}.", markup=False)


def _difference(one: Mapping[str, Any]) -> tuple[object, ...]:
    return one["served"], one["against"], one["difference"], one["ci95"] or "", one["n"]


def show_encoders(document: Mapping[str, Mapping[str, Any]]) -> None:
    """One row for each ranking of each encoder, then the costs of each encoder."""
    measures = ("p@1", "p@10", "r@10", "map@r", "ndcg@10")
    rows = [
        (name, ranking, *(found[ranking][measure] for measure in measures))
        for name, found in document.items()
        for ranking in ("unsupervised", "supervised")
    ]
    table("Encoders, each half of the groups ranked by itself", ["encoder", "ranking", *measures], rows)
    costs = [(name, found["photos_per_second"], found["bytes"]) for name, found in document.items()]
    table("Costs", ["encoder", "photos per second", "bytes"], costs)


def show_triplets(document: Mapping[str, Any]) -> None:
    """One row for each ranking, and above them how far people agree, if anybody was asked the same twice."""
    people = document["people"] or {}
    names = {"between": "people with one another", "within": "people with themselves"}
    known = [(name, people[key]) for key, name in names.items() if people.get(key)]
    rows = [(name, each["agreement"], each["ci95"], "") for name, each in known]
    measured = [(name, document[name]) for name in ("unsupervised", "supervised")]
    rows += [(name, each["accuracy"], each["ci95"], each["share_of_ceiling"] or "") for name, each in measured]
    table(f"{document['n']} triplets", ["ranking", "accuracy", "95 % interval", "share of the ceiling"], rows)


def show_status(document: Mapping[str, Any]) -> None:
    """Counts, served models, what is out of date, verdicts and the quarantine."""
    counted = ("photos", "batches", "boxes", "triplets")
    key_values("Catalogue", {name: document[name] for name in counted} | {"quarantined": len(document["quarantined"])})
    key_values("Served", {**document["served"], "boxes found by": document["boxes_found_by"]})
    for name, verdict in document["candidates"].items():
        state = "promoted" if verdict["promoted"] else "rejected"
        out.print(f"Newest {name} candidate {verdict['fingerprint']} {state}: {verdict['reason']}.", markup=False)
    for alert in document["alerts"]:
        out.print(f"ALERT: {alert['said']}", markup=False, style="bold red")
    for stopped in document["cancelled"]:
        out.print(f"Cancelled: {stopped['said']}", markup=False)
    if document["last_night"]:
        night = document["last_night"]
        out.print(f"Last index ({night['at']}): {night['said']}", markup=False)
    if document["stale"]:
        rows = [(", ".join(step["assets"]), step["reason"]) for step in document["stale"]]
        table("Out of date", ["assets", "why"], rows)
        out.print("`tiefvision run` makes what is out of date.")
    else:
        out.print("Nothing is out of date.")
    if document["quarantined"]:
        table("Quarantined", ["file", "reason"], [(row["path"], row["reason"]) for row in document["quarantined"]])
    if document["noted"]:
        table("Used, but", ["file", "note"], [(row["path"], row["note"]) for row in document["noted"]])


def show_versions(document: Mapping[str, Any]) -> None:
    """The served version, those that can be served again, candidates, and what was decided last."""
    if not document["versions"]:
        out.print("Nothing is served yet; run `tiefvision run` first.")
        return
    rows = []
    for one in document["versions"]:
        state = "served" if one["name"] == document["served"] else "rejected" if one["rejected"] else "kept"
        rows.append((one["name"], state, one["since"][:16], one["ranking_head"] or "", one["heads"] or ""))
    table("Versions", ["version", "state", "served since", "ranking head", "box heads"], rows)
    for one in document["versions"]:
        if one["problem"]:
            out.print(f"{one['name']} cannot be opened: {one['problem']}", markup=False)
    for one in document["candidates"]:
        out.print(f"Candidate {one['said']} ({one['reason']}).", markup=False)
    for one in document["decisions"][-SHOWN:]:
        what = one["version"] or ", ".join(one["models"])
        out.print(f"{one['at']}: {one['by']} {one['what']} {what}.", markup=False)


def show_changes(document: Mapping[str, Any]) -> None:
    """How far the hits of two sides agree, and the queries that changed most."""
    numbers = ("old", "new", "ranking", "queries", "unchanged", "overlap@10", "rbo", "only_old", "only_new")
    key_values("What moves", {name: document[name] for name in numbers})
    rows = [(one["path"], one["rbo"], one["overlap@10"], one["image_id"]) for one in document["moved"][:SHOWN]]
    table("Queries that changed most", ["photo", "RBO", "overlap@10", "image_id"], rows)
    if document["by"]:
        head = ["", "queries", "overlap@10", "own, old", "own, new", "difference", "95 % interval"]
        parts = [
            (name, one["queries"], one["overlap@10"], one["old"], one["new"], one["difference"], one["ci95"] or "")
            for name, one in document["by"].items()
        ]
        table(f"By {document['grouped']}", head, parts[:SHOWN])


def show_garbage(document: Mapping[str, Any]) -> None:
    """What was removed, or would be."""
    if not document["items"]:
        out.print("Everything in the data folder is referred to; there is nothing to remove.")
        return
    rows = [(item["path"], f"{item['bytes'] / 2**20:.1f}") for item in document["items"]]
    table("Removed" if document["applied"] else "Nothing refers to", ["path", "MiB"], rows)
    total = f"{document['bytes'] / 2**20:.1f} MiB"
    if document["applied"]:
        out.print(f"{total} were removed.")
    else:
        out.print(f"{total} would be removed by `tiefvision gc --apply`.")


def show_demo(document: Mapping[str, Any]) -> None:
    """The quality that the demo reached, and what to open next."""
    show_run(document["run"])
    if document["boxes"]:
        key_values("Boxes on photos that no head trained on", document["boxes"])
    if document["street"]:
        key_values("Boxes of people in streets and rooms, of which no head saw the like", document["street"])
    if document["triplets"]:
        show_triplets(document["triplets"])
    if document["people"]:
        out.print("The same triplets as three annotators of the demo judged them, who err:")
        show_triplets(document["people"])
    if document["similarity"]:
        show_similarity(document["similarity"])
    out.print("Next: `tiefvision ui` opens the gallery and the search, `tiefvision dagster` the lineage.")

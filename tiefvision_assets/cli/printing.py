"""The command line's results as text for people; `--json` prints the same documents instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tiefvision_assets.cli.console import key_values, out, table


def show_mapping(title: str) -> Callable[[Mapping[str, Any]], None]:
    """Print a document as names with values under that title."""
    return lambda document: key_values(title, document)


SHOWN = 20
"""Rows of a report that are shown; all of them are in its file."""


def show_import(document: Mapping[str, Any]) -> None:
    """What an import took, then what it did not, and what it guessed."""
    counted = ("labels", "imported", "unchanged")
    key_values(document["file"], {name: document[name] for name in counted})
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
            rows = [(hit["score"], hit["level"], hit["path"], hit["image_id"]) for hit in hits]
            table(heading, ["score", "level", "path", "image_id"], rows)
    if "explanation" in document:
        out.print(f"What matched is drawn in {document['explanation']}.", markup=False)


def show_located(document: Sequence[Mapping[str, Any]]) -> None:
    """Boxes with their confidences."""
    rows = [(found["path"], [round(side, 1) for side in found["box"]], found["confidence"]) for found in document]
    table("Extracted boxes", ["photo", "left, top, right, bottom", "confidence"], rows)


def show_similarity(document: Mapping[str, Mapping[str, float]]) -> None:
    """One row for each measure, one column for each ranking."""
    measures = list(next(iter(document.values())))
    rows = [(measure, *(values[measure] for values in document.values())) for measure in measures]
    table("Similarity", ["", *document], rows)


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
    """One row for each ranking."""
    rows = [(name, document[name]["accuracy"], document[name]["ci95"]) for name in ("unsupervised", "supervised")]
    table(f"{document['n']} triplets", ["ranking", "accuracy", "95 % interval"], rows)


def show_status(document: Mapping[str, Any]) -> None:
    """Counts, served models, what is out of date, verdicts and the quarantine."""
    counted = ("photos", "batches", "boxes", "triplets")
    key_values("Catalogue", {name: document[name] for name in counted} | {"quarantined": len(document["quarantined"])})
    key_values("Served", document["served"])
    for name, verdict in document["candidates"].items():
        state = "promoted" if verdict["promoted"] else "rejected"
        out.print(f"Newest {name} candidate {verdict['fingerprint']} {state}: {verdict['reason']}.", markup=False)
    for alert in document["alerts"]:
        out.print(f"ALERT: {alert['said']}", markup=False, style="bold red")
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
    if document["triplets"]:
        show_triplets(document["triplets"])
    if document["similarity"]:
        show_similarity(document["similarity"])
    out.print("Next: `tiefvision ui` opens the gallery and the search, `tiefvision dagster` the lineage.")

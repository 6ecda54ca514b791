"""What a scan reports, as numbers to compare."""

from __future__ import annotations

from tiefvision_assets.store.catalogue import ScanReport


def report(**numbers: int) -> dict[str, int]:
    return dict.fromkeys(["new", "changed", "renamed", "deleted", "unchanged", "quarantined"], 0) | numbers


def counts(scanned: ScanReport) -> dict[str, int]:
    return {name: getattr(scanned, name) for name in report()}

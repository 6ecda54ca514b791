"""What watches a feed of products: the sensor that takes changes over at once, and the checks on what was taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from tiefvision_assets.assets.products import (
    product_catalogue,
    product_feed,
    products_metadata,
    products_version,
    similar_products,
)
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.store.products.table import Products

POLLED_S = 15
MISSING_SHARE = 0.01
"""More products than this without a value of a column are worth a look."""
KEPT_SHARE = 0.5
"""A feed that has lost more of its products than this was probably cut short."""


def assets_of(settings: Settings, fresh: dg.FreshnessPolicy) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets about products: none without a feed, and similar products where there is a rule for them."""
    if not settings.has_products:
        return []
    watched = similar_products.map_asset_specs(lambda spec: dg.apply_freshness_policy(spec, fresh))
    return [product_feed, product_catalogue, *[watched] * (settings.similar_products is not None)]


@dg.sensor(
    target=[product_catalogue],
    minimum_interval_seconds=POLLED_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Takes a changed feed of products over as soon as it has stayed the same for one check.",
)
def product_feed_changed(context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]) -> dg.SensorResult:
    """Take the feed, and what the API wrote, over in the check itself, so that new prices do not wait behind a run that
    encodes.

    The interval avoids half-written files. A feed that cannot be taken over becomes a run, whose failure is recorded
    and reported as any other's; it is tried again when the feed has changed.
    """
    from tiefvision_assets.lineage.products import feed_version, take_over_feed
    from tiefvision_assets.store.products.source import BadFeed

    seen = json.loads(context.cursor) if context.cursor else {}
    try:
        source, now = store.product_feed, feed_version(store)
        if not now:
            return dg.SensorResult(skip_reason="There is no feed of products.", cursor=context.cursor)
        stamp = source.stamp() if source and not source.query else ""
    except BadFeed as error:
        return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)
    products = store.products.intact()
    if now in (products.record.feed if products else None, seen.get("failed")):
        return dg.SensorResult(skip_reason="The feed has not changed.", cursor=json.dumps({**seen, "last": stamp}))
    if stamp and stamp != seen.get("last"):  # what was written through the API is never half there
        reason = "The feed is being written; it is read when it has stayed the same."
        return dg.SensorResult(skip_reason=reason, cursor=json.dumps({**seen, "last": stamp}))
    try:
        taken = take_over_feed(store)
    except TiefVisionError:
        return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=json.dumps({"last": stamp, "failed": now}))
    return dg.SensorResult(
        asset_events=[_materialised(taken), *_checked(store)],
        skip_reason=f"The feed had changed: {len(taken)} products were taken over.",
        cursor=json.dumps({"last": stamp}),
    )


def _materialised(products: Products) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        product_catalogue.key,
        description="The feed had changed.",
        metadata=products_metadata(products),
        tags={"dagster/data_version": products_version(products)},
    )


def _checked(store: Store) -> Iterator[dg.AssetCheckEvaluation]:
    """The checks on the products, carried out now: after a new materialisation Dagster counts none of before."""
    for definition in CHECKS:
        result = definition(store)
        (spec,) = definition.check_specs
        assert isinstance(result, dg.AssetCheckResult), spec.name
        yield dg.AssetCheckEvaluation(
            asset_key=spec.asset_key,
            check_name=spec.name,
            passed=result.passed,
            severity=result.severity,
            metadata=result.metadata,
            description=result.description,
        )


def _check(name: str, description: str, wrong: Callable[[Products], list[str]]) -> dg.AssetChecksDefinition:
    """A check that warns with the sentences about what is wrong with the products."""

    @dg.asset_check(asset=product_catalogue, name=name, description=description)
    def check(store: dg.ResourceParam[Store]) -> dg.AssetCheckResult:
        products = store.products.read()
        sentences = wrong(products) if products else ["No feed was read yet"]
        return dg.AssetCheckResult(
            passed=not sentences,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{'; '.join(sentences)}." if sentences else None,
        )

    return check


def _of_kinds(*kinds: str) -> Callable[[Products], list[str]]:
    return lambda products: [problem.sentence for problem in products.record.problems if problem.kind in kinds]


def _missing(products: Products) -> list[str]:
    return [
        f"{column.name} is missing for {column.missing} of {len(products)} products"
        for column in products.record.columns
        if column.missing > MISSING_SHARE * len(products)
    ]


def _lost(products: Products) -> list[str]:
    before = products.record.before
    return [f"{len(products)} products are left of {before}"] if len(products) < KEPT_SHARE * before else []


CHECKS = [
    _check("products_are_kept", "At least half of the products of the feed before are still there.", _lost),
    _check(
        "photos_are_known",
        "Every photo that the feed names is in the catalogue, and every product has one.",
        _of_kinds("unknown photos", "products without photos"),
    ),
    _check("photos_of_one_product", "No photo is named for two products.", _of_kinds("photos of two products")),
    _check(
        "columns_of_one_type",
        "All values of a column are of its type, and all rows of a product say the same.",
        _of_kinds("mixed types", "differing rows"),
    ),
    _check("values_are_given", "Hardly any product lacks a value of a column.", _missing),
]

"""From a shop's feed to its products, as searches join them with the index. Only where a feed is set."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from tiefvision_assets.assets.catalogue import image_catalogue
from tiefvision_assets.assets.groups import PRODUCTS
from tiefvision_assets.assets.index import similarity_index
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.store.products.table import Products

product_feed = dg.AssetSpec(
    "product_feed",
    group_name=PRODUCTS,
    kinds={"table"},
    description="The shop's products as its own systems write them: a file, or a query of a database.",
)
EXAMPLES = 50


@dg.asset(deps=[product_feed, image_catalogue], group_name=PRODUCTS, kinds={"parquet"})
def product_catalogue(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """The products of the feed with the photos that show them; searches read this file at each request.

    Nothing is encoded and no index is built: a changed price is searchable at once. A feed that cannot be read changes
    nothing, and one with oddities is taken with them in the report.
    """
    from tiefvision_assets.lineage.products import take_over_feed

    with Watch(context, progress).claimed(store):
        products = take_over_feed(store)
    return dg.MaterializeResult(
        metadata=products_metadata(products), data_version=dg.DataVersion(products_version(products))
    )


def products_version(products: "Products") -> str:
    """Hash of the products with their columns and photos."""
    return products.version_of(products.table.column_names)


def products_metadata(products: "Products") -> dict[str, Any]:
    """Counts, columns, and what is odd about the feed."""
    from tiefvision_assets.assets.pictures.tables import markdown_table
    from tiefvision_assets.store.products.feed import PHOTO_PATHS, PRODUCT_ID

    described = {column.name: f"{column.missing} products have none." for column in products.record.columns}
    columns = [
        dg.TableColumn(PRODUCT_ID, "text", "The product's id."),
        dg.TableColumn(PHOTO_PATHS, "list", "Its photos in the catalogue, below the raw folder."),
        *(dg.TableColumn(column.name, column.type, described[column.name]) for column in products.record.columns),
    ]
    rows = [
        [problem.kind, problem.sentence, ", ".join(problem.examples)] for problem in products.record.problems[:EXAMPLES]
    ]
    odd = {"odd": dg.MetadataValue.md(markdown_table(["what", "how", "such as"], rows))} if rows else {}
    return {
        "dagster/row_count": len(products),
        "dagster/column_schema": dg.TableSchema(columns),
        "photos": products.photos,
        **odd,
    }


@dg.asset(deps=[product_catalogue, similarity_index], group_name=PRODUCTS, kinds={"parquet", "csv"})
def similar_products(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """For every product its most similar ones under the rule that is set, as Parquet and CSV, for a shop's pages.

    Only products that changed, or whose similar ones did, are compared with all others; the table is the same as one
    that was made anew.
    """
    from tiefvision_assets.assets.pictures.photos import similar_examples
    from tiefvision_assets.lineage.similar_table import make_similar_products
    from tiefvision_assets.store.products.similar import COLUMNS
    from tiefvision_assets.store.products.table import table_version_of_frame

    watch = Watch(context, progress)
    with watch.claimed(store):
        made = make_similar_products(store, watch.stage("Comparing products"))
    types = {"rank": "number", "score": "number"}
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(made.rows),
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(name, types.get(name, "text")) for name in COLUMNS]
            ),
            "products": made.products,
            "compared_with_all": made.anew,
            "products_without_similar_ones": made.products - made.rows["product_id"].nunique(),
            "file": dg.MetadataValue.path(str(store.layout.similar_csv)),
            "examples": dg.MetadataValue.md(similar_examples(store, made.rows)),
        },
        data_version=dg.DataVersion(table_version_of_frame(made.rows)),
    )

"""The generated client fits the API's description as it is now, and the API as it answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from io import BytesIO
from typing import Any

import attrs
import httpx

from tests.ui.small_catalogue import encoded, picture
from tests.ui.tokens import token_settings
from tiefvision_assets.client import AuthenticatedClient, models
from tiefvision_assets.client.api.photos import delete_photo, put_photo
from tiefvision_assets.client.api.products import change_products
from tiefvision_assets.client.models import (
    ChangedProducts,
    Error,
    PhotoChanges,
    Product,
    ProductChanges,
    ProductColumns,
    WrittenPhoto,
)
from tiefvision_assets.client.types import File
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api
from tiefvision_ui.http.api.description import description

AGAIN = "the client is not as the API is described; run `make client`"


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).replace("-", "_").lower()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in description()["paths"].values():
        for operation in methods.values():
            yield operation["operationId"], operation


def test_every_operation_is_a_function_with_its_parameters() -> None:
    for name, operation in operations():
        module = import_module(f"tiefvision_assets.client.api.{operation.get('tags', ['default'])[0]}.{snake(name)}")
        wanted = {snake(one["name"]) for one in operation.get("parameters", ())}
        wanted |= {"client"} | ({"body"} if "requestBody" in operation else set())
        for kind in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
            assert set(signature(getattr(module, kind)).parameters) == wanted, f"{name}: {AGAIN}"


def test_every_schema_is_a_model_with_its_fields() -> None:
    schemas = description()["components"]["schemas"]
    for name, schema in schemas.items():
        if "properties" not in schema:
            continue
        model = getattr(models, name.replace("Body_changePhotos", "BodyChangePhotos"))
        fields = {field.name.removesuffix("_") for field in attrs.fields(model)} - {"additional_properties"}
        assert fields == {snake(one) for one in schema["properties"]}, f"{name}: {AGAIN}"


def test_what_is_answered_has_a_type(store: Store) -> None:
    writable = store.settings.model_copy(update={"api_tokens": token_settings()})
    inside = httpx.ASGITransport(api(Searcher(writable)))

    async def answers() -> None:
        client = AuthenticatedClient("http://testserver", "tv_shop", httpx_args={"transport": inside})
        photo, path = File(BytesIO(encoded(picture()))), "new/größe 1.jpg"
        written = await put_photo.asyncio(path, client=client, body=photo, idempotency_key="k")
        assert isinstance(written, WrittenPhoto)
        assert (written.path, written.change, written.width) == (path, "added", 120)
        removed = await delete_photo.asyncio(path, client=client)
        assert isinstance(removed, PhotoChanges) and removed.removed == [path]
        refused = await delete_photo.asyncio(path, client=client)
        assert isinstance(refused, Error) and "no photo" in refused.error
        columns = ProductColumns.from_dict({"price": 79.9, "in_stock": True, "colours": ["red"], "sale": None})
        many = ProductChanges(products=[Product(product_id="A/1", photos=["a.jpg"], columns=columns)])
        assert await change_products.asyncio(client=client, body=many) == ChangedProducts(written=1, removed=[])

    asyncio.run(answers())

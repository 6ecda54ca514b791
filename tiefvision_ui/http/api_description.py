"""The API's description in OpenAPI 3.1, as ``/api/openapi.json`` serves it."""

from __future__ import annotations

from typing import Any

from tiefvision_assets.search.request import MAX_EXAMPLES, MAX_HITS
from tiefvision_assets.store.index import RANKINGS
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.http.api_request import PHOTO_FIELD

VERSION = "1"
Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_BOX: Schema = {
    "type": "array",
    "items": _NUMBER,
    "minItems": 4,
    "maxItems": 4,
    "description": "Left, top, right, bottom in pixels of the upright photo.",
}
_URLS: Schema = {
    "sha256": {**_TEXT, "description": "Hash of the photo's content."},
    "photo": {**_TEXT, "description": "Where the photo is served."},
    "thumbnail": {**_TEXT, "description": "Where its thumbnail is served."},
}
_IDENTITY: Schema = {
    "image_id": {**_TEXT, "description": "Names the photo in the catalogue."},
    "path": {**_TEXT, "description": "Relative to the raw folder."},
}


def description() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TiefVision",
            "version": VERSION,
            "summary": "Visual search in a catalogue of photos; nothing here changes anything.",
        },
        "paths": {
            "/api/search": {"get": _search_by_id(), "post": _search_by_photo()},
            "/api/photos/{image_id}": {"get": _photo()},
            "/api/openapi.json": {"get": _openapi()},
        },
        "components": {"schemas": {"SearchResult": _result(), "Hit": _hit(), "Photo": _entry(), "Error": _error()}},
    }


def _search_by_id() -> Schema:
    examples = {"type": "array", "items": _TEXT, "maxItems": MAX_EXAMPLES}
    return {
        "operationId": "searchById",
        "summary": "The photos most similar to a photo of the catalogue, itself left out.",
        "parameters": [
            _parameter("id", "The photo's image_id.", _TEXT, required=True),
            *_options(),
            _parameter("more", "Image_ids of photos to be like as well; may be repeated.", examples),
            _parameter("less", "Image_ids of photos to be unlike; may be repeated.", examples),
        ],
        "responses": _responses("SearchResult", 400, 404, 503),
    }


def _search_by_photo() -> Schema:
    binary = {"schema": {"type": "string", "format": "binary"}}
    form = {
        "type": "object",
        "required": [PHOTO_FIELD],
        "properties": {PHOTO_FIELD: {"type": "string", "format": "binary"}}
        | {option["name"]: option["schema"] for option in _options()},
    }
    return {
        "operationId": "searchByPhoto",
        "summary": "The photos most similar to the object on an uploaded photo; the upload is not stored.",
        "description": f"The photo is the body, or the field {PHOTO_FIELD} of a form; at most {MAX_UPLOAD_MB} MB.",
        "parameters": _options(),
        "requestBody": {
            "required": True,
            "content": {
                "image/jpeg": binary,
                "image/png": binary,
                "image/webp": binary,
                "multipart/form-data": {"schema": form},
            },
        },
        "responses": _responses("SearchResult", 400, 413, 503),
    }


def _photo() -> Schema:
    return {
        "operationId": "photo",
        "summary": "What is known of a photo of the catalogue.",
        "parameters": [
            {
                "name": "image_id",
                "in": "path",
                "required": True,
                "schema": _TEXT,
                "description": "The photo's image_id.",
            }
        ],
        "responses": _responses("Photo", 404, 503),
    }


def _openapi() -> Schema:
    return {
        "operationId": "openapi",
        "summary": "This description.",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {}}}}},
    }


def _options() -> list[Schema]:
    where = "An SQL condition on the photos' columns, such as: width > 500 AND path LIKE 'gowns/%'."
    return [
        _parameter("k", "Hits wanted.", {"type": "integer", "minimum": 1, "maximum": MAX_HITS, "default": 10}),
        _parameter("ranking", "By labels or by looks alone.", {"enum": list(RANKINGS), "default": "supervised"}),
        _parameter("where", where, _TEXT),
        _parameter("box", "The part of the photo to look at: left,top,right,bottom in its pixels.", _TEXT),
    ]


def _parameter(name: str, about: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "description": about, "schema": schema}


def _responses(schema: str, *errors: int) -> Schema:
    reasons = {
        400: "The request cannot be understood.",
        404: "There is no such photo.",
        413: "The upload has too many bytes or pixels.",
        503: "Nothing can be searched yet.",
    }
    answers = {"200": _json("What was found.", schema)}
    return answers | {str(status): _json(reasons[status], "Error") for status in errors}


def _json(about: str, schema: str) -> Schema:
    return {
        "description": about,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _object(properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _result() -> Schema:
    return _object(
        {
            "query": {**_TEXT, "description": "The photo's image_id, or the upload's name."},
            "ranking": {"enum": list(RANKINGS)},
            "box": _BOX,
            "confidence": {**_NUMBER, "description": "1 for a box drawn by people or given, 0 for the whole photo."},
            "hits": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}, "description": "Best first."},
        }
    )


def _hit() -> Schema:
    return _object(
        {
            **_IDENTITY,
            "score": {**_NUMBER, "description": "Cosine similarity, at most 1."},
            "level": {"enum": ["same", "very similar", "related"]},
            "duplicate": {"type": "boolean", "description": "The query's shot again: re-encoded, resized, mirrored."},
            **_URLS,
        }
    )


def _entry() -> Schema:
    numbers = {"width": {"type": "integer"}, "height": {"type": "integer"}, "box": _BOX, "confidence": _NUMBER}
    human = {"type": "boolean", "description": "Whether a person drew the box."}
    return _object({**_IDENTITY, **numbers, "human": human, **_URLS})


def _error() -> Schema:
    return _object({"error": {**_TEXT, "description": "A sentence: the thing, the reason and the way out."}})

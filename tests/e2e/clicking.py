"""Customers of a small shop: they search through its API, and what they do with the hits is sent back through it.

Each function without an underscore is one more thing that may happen in a day of `tests.e2e.small_shop`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.e2e.naive_clicks import Visit
from tests.e2e.small_shop import SmallShop
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.labels.store import TripletLabel

SESSIONS, HITS, REFUSED = 14, 8, 24


def customers_click(shop: SmallShop) -> None:
    """Several sessions search by the same few photos and products, and click what they like; some buy later."""
    photos, sold = _searchable(shop)[:3], [row for row in shop.some(4) if row["paths"]][:2]
    for _ in range(SESSIONS):
        session = _new_session(shop)
        for path in photos:
            _visit(shop, session, "/api/search", id=image_id(path))
        for row in sold:
            _visit(shop, session, "/api/search/product", product=row["product_id"], by="product")


def one_click(shop: SmallShop) -> None:
    """So few that nothing is derived from them."""
    _visit(shop, _new_session(shop), "/api/search", id=image_id(_searchable(shop)[0]))


def customers_buy_from_pages(shop: SmallShop) -> None:
    """Two sessions buy the last of the similar products that the shop's own pages show."""
    table = shop.store.similar_products.read()
    for _, rows in list(table[table["rank"].max() == table["rank"]].groupby("product_id"))[:3]:
        shown = table[table["product_id"] == rows["product_id"].iloc[0]].sort_values("rank")
        hits = [image_id(path) for path in shown["similar_path"]]
        for session in (_new_session(shop), _new_session(shop)):
            about = {"query": image_id(shown["path"].iloc[0]), "shown": hits}
            _send(shop, session, about, {hits[-1]: "bought"})


def somebody_clicks_too_much(shop: SmallShop) -> None:
    """Pairs of sessions that want one hit each and refuse all others, all about one photo."""
    query, *others = _searchable(shop)
    shown = [image_id(path) for path in others[: REFUSED + 1]]
    for wanted in shown[:4]:
        acts = {hit: "clicked" if hit == wanted else "not this" for hit in shown}
        for session in (_new_session(shop), _new_session(shop)):
            _send(shop, session, {"query": image_id(query), "shown": shown}, acts)


def people_contradict(shop: SmallShop) -> None:
    """A person says the opposite of what most sessions say."""
    often = shop.store.feedback_triplets.read().sort_values("sessions", ascending=False).iloc[0]
    label = TripletLabel(often["reference"], often["negative"], often["positive"])
    shop.store.labels.add_triplets([label], annotator="ann")


def _visit(shop: SmallShop, session: str, address: str, **parameters: Any) -> None:
    """Search, click what is liked, and at times buy one of these later."""
    answer = shop.api.get(address, params={**parameters, "session": session, "k": HITS})
    assert answer.status_code == 200, answer.text
    hits = answer.json()["hits"]
    acts = {hit["image_id"]: "clicked" for hit in hits if _likes(hit["path"]) != (shop.draw.random() < 0.1)}
    if hits and not acts:
        acts = {hits[0]["image_id"]: "not this"}
    token = {"token": answer.json()["token"]}
    _send(shop, session, token, acts)
    if shop.draw.random() < 0.3 and (clicked := [hit for hit, act in acts.items() if act == "clicked"]):
        acts[clicked[-1]] = "bought"
        _send(shop, session, token, {clicked[-1]: "bought"})
    rankings = [hit["ranking"] for hit in hits]
    head = shop.store.served.read().models.ranking_head
    shop.visits.append(Visit(session, head, rankings, [acts.get(hit["image_id"], "") for hit in hits]))


def _send(shop: SmallShop, session: str, about: Mapping[str, Any], acts: Mapping[str, str]) -> None:
    names = {"clicked": "clicked", "bought": "bought", "not_this": "not this"}
    done = {name: [hit for hit, became in acts.items() if became == act] for name, act in names.items()}
    answer = shop.api.post("/api/feedback", json={"session": session, **about, **done})
    assert answer.json() == {"recorded": True}, answer.text


def _searchable(shop: SmallShop) -> Sequence[str]:
    """The paths of the index that is served, in an order of this day's."""
    served = shop.store.served.read().index["unsupervised"]
    paths = shop.store.indexes.open("unsupervised", served).entries["path"].tolist()
    return [paths[at] for at in shop.draw.permutation(len(paths))]


def _likes(path: str) -> bool:
    return hashlib.sha256(path.encode()).digest()[0] < 90


def _new_session(shop: SmallShop) -> str:
    return f"visitor {shop.draw.integers(10**12)}"

"""The annotator's tasks in Label Studio: the same photos, the same hand."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from benchmarks.sessions.annotator import LABELS
from benchmarks.sessions.hand import Hand
from benchmarks.sessions.truth import Truth, unlabelled
from tiefvision_assets.box import Box
from tiefvision_assets.store.store import Store

BOXES = """
<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="label" toName="image"><Label value="dress" hotkey="1"/></RectangleLabels>
</View>
"""
CHOICES = """
<View style="display: flex; gap: 1em">
  <Image name="reference" value="$reference"/><Image name="first" value="$first"/><Image name="second" value="$second"/>
  <Choices name="closer" toName="reference" required="true">
    <Choice value="first" hotkey="1"/><Choice value="second" hotkey="2"/>
  </Choices>
</View>
"""
IMAGE = 'img[alt="image"]'
LATER = """
async ([selector, before]) => {
  const shown = () => {
    const images = [...document.querySelectorAll(selector)].filter((one) => one.src.startsWith("blob:"));
    const sources = images.map((one) => one.src).join(" ");
    const ready = images.length && images.every((one) => one.complete && one.naturalWidth);
    return ready && sources !== before ? sources : null;
  };
  const start = performance.now();
  while (!shown()) {
    if (performance.now() - start > 600000) throw new Error("the next task does not come");
    await new Promise(requestAnimationFrame);
  }
  return shown();
}
"""
"""Waits for other photos than those of before."""


def session(hand: Hand, address: str, store: Store, truth: Truth, user: str, password: str) -> None:
    """50 boxes, all drawn, and 50 questions which of two photos is closer; making the projects is not counted."""
    page, photos = hand.page, unlabelled(store).head(LABELS)
    _log_in(page, address, user, password)
    boxes = _project(page, address, "boxes", BOXES)
    files = [
        {"name": f"{number:03d}.jpg", "mimeType": "image/jpeg", "buffer": store.catalogue.file(path).read_bytes()}
        for number, path in enumerate(photos["path"])
    ]
    for one in files:
        _ask(page, "post", f"{address}/api/projects/{boxes}/import", multipart={"file": one})
    tasks = _ask(page, "get", f"{address}/api/tasks?project={boxes}&page_size={LABELS}")["tasks"]
    address_of = {task["data"]["image"][-7:-4]: task["data"]["image"] for task in tasks}
    places = [address_of[f"{number:03d}"] for number in range(len(files))]
    _boxes(hand, f"{address}/projects/{boxes}/data?labeling=1", photos["sha256"].tolist(), truth)
    _check(page, address, boxes, photos["sha256"].tolist(), truth)
    questions = [
        {"reference": places[one], "first": places[one - 1], "second": places[one - 2]} for one in range(len(places))
    ]
    choices = _project(page, address, "which is closer", CHOICES)
    _ask(page, "post", f"{address}/api/projects/{choices}/import", data=questions)
    _choices(hand, f"{address}/projects/{choices}/data?labeling=1", photos["sha256"].tolist(), truth)


def _boxes(hand: Hand, address: str, photos: list[str], truth: Truth) -> None:
    page, source = hand.page, ""
    page.goto(address)
    with hand.task("50 boxes, all drawn", len(photos)):
        for sha256 in photos:
            with hand.waiting():
                source = str(page.evaluate(LATER, [IMAGE, source]))
            hand.press("1")
            box, (width, height) = truth.boxes[sha256], truth.sizes[sha256]
            place = page.locator(IMAGE).bounding_box()
            assert place
            across, down = place["width"] / width, place["height"] / height
            hand.drag(
                (place["x"] + box.left * across, place["y"] + box.top * down),
                (place["x"] + box.right * across, place["y"] + box.bottom * down),
            )
            hand.press("Control+Enter")
        expect(page.get_by_text("No More Tasks Left in Queue")).to_be_visible()


def _choices(hand: Hand, address: str, photos: list[str], truth: Truth) -> None:
    page, source = hand.page, ""
    page.goto(address)
    with hand.task("50 questions which of two is closer", len(photos)):
        for place, sha256 in enumerate(photos):
            with hand.waiting():
                source = str(page.evaluate(LATER, ["img", source]))
            first, second = (truth.closeness(sha256, photos[place - back]) for back in (1, 2))
            hand.press("1" if first >= second else "2", "Control+Enter")
        expect(page.get_by_text("No More Tasks Left in Queue")).to_be_visible()


def _check(page: Page, address: str, project: int, photos: list[str], truth: Truth) -> None:
    """The boxes have to have arrived as they were drawn, or the session measured something else."""
    tasks = _ask(page, "get", f"{address}/api/tasks?project={project}&page_size={len(photos)}&fields=all")["tasks"]
    tasks.sort(key=lambda task: str(task["data"]["image"][-7:-4]))
    for task, sha256 in zip(tasks, photos, strict=True):
        (annotation,) = task["annotations"]
        (region,) = annotation["result"]
        value, (width, height) = region["value"], truth.sizes[sha256]
        left, top = value["x"] * width / 100, value["y"] * height / 100
        drawn = Box(left, top, left + value["width"] * width / 100, top + value["height"] * height / 100)
        assert drawn.iou(truth.boxes[sha256]) > 0.95, (task["data"], drawn, truth.boxes[sha256])


def _log_in(page: Page, address: str, user: str, password: str) -> None:
    page.goto(f"{address}/user/login")
    page.locator("input[name=email]").fill(user)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def _project(page: Page, address: str, title: str, config: str) -> int:
    made = _ask(page, "post", f"{address}/api/projects", data={"title": title, "label_config": config})
    return int(made["id"])


def _ask(page: Page, method: str, address: str, **sent: Any) -> Any:
    token = next(str(cookie.get("value")) for cookie in page.context.cookies() if cookie.get("name") == "csrftoken")
    headers = {"X-CSRFToken": token, "Referer": address}
    answer = page.request.fetch(address, method=method.upper(), headers=headers, timeout=300_000, **sent)
    assert answer.ok, answer.text()
    return answer.json()

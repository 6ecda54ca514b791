// One map: its points on a canvas, pictures over them, and the photo under the pointer.

import { element } from "../shared/elements.js";
import { shownRows } from "./thumbnail_places.js";
import { N_, _ } from "../shared/texts.js";

const SETTLED_MS = 120;
const PAN = 0.15;
const ZOOM = 1.4;
const SIZES = [[500, 7], [5000, 5], [50_000, 3], [Infinity, 2]];
const KEYS = N_("Arrow keys move, plus and minus zoom, 0 shows all, S chooses what is in view, Escape nothing.");

export class MapPane {
  // `on` has `chosen(rows)`, `opened(row)` and `moved()`.
  constructor(title, on) {
    this.on = on;
    this.canvas = element("canvas", { tabIndex: 0, role: "application" });
    this.canvas.setAttribute("aria-label", `${title}. ${_(KEYS)}`);
    this.pictures = element("div", { className: "pictures", "aria-hidden": "true" });
    this.hovered = element("div", { className: "hovered", "aria-hidden": "true", hidden: true });
    this.stage = element("div", { className: "stage" }, this.canvas, this.pictures, this.hovered);
    this.root = element("section", { className: "pane" }, element("h2", { textContent: title }), this.stage);
    this.root.setAttribute("aria-label", title);
    this.canvas.onkeydown = (event) => this.key(event);
    this.shown = new Map();
    this.among = new Set();
    this.withPictures = true;
  }

  async draw(create, { positions, codes, colours, look, photos, view }) {
    const count = positions.length / 2;
    this.photos = photos;
    this.codes = codes;
    const { width, height } = this.stage.getBoundingClientRect();
    if (!this.plot) this.make(create, width, height);
    const pointSize = SIZES.find(([most]) => count <= most)[1];
    this.plot.set({
      colorBy: "valueA",
      pointColor: colours,
      pointColorActive: look.text,
      pointColorHover: look.text,
      backgroundColor: look.background,
      lassoColor: look.primary,
      pointSize,
      pointSizeSelected: 2,
      pointOutlineWidth: 1,
      opacity: count > 50_000 ? 0.7 : 0.95,
      opacityInactiveScale: 0.35,
    });
    const x = new Float32Array(count);
    const y = new Float32Array(count);
    for (let row = 0; row < count; row += 1) {
      x[row] = positions[2 * row];
      y[row] = positions[2 * row + 1];
    }
    const selected = this.plot.get("selectedPoints");
    await this.plot.draw({ x, y, valueA: codes }, { zDataType: "categorical", select: selected });
    if (!this.wasDrawn) await (view ? this.lookAt([view[0], view[1]], view[2]) : this.lookAtAll());
    this.wasDrawn = true;
    this.drawPictures();
  }

  make(create, width, height) {
    this.plot = create({
      canvas: this.canvas,
      width,
      height,
      lassoMinDelay: 8,
      lassoMinDist: 2,
      lassoInitiator: false,
      deselectOnDblClick: false,
      deselectOnEscape: false,
    });
    this.stage.addEventListener("mousedown", () => (this.gesture = "click"), true);
    this.plot.subscribe("lassoStart", () => (this.gesture = "lasso"));
    this.plot.subscribe("select", ({ points }) => this.selected(points));
    this.plot.subscribe("lassoEnd", () => (this.gesture = "lasso ended"));
    this.plot.subscribe("pointover", (row) => this.hover(row));
    this.plot.subscribe("pointout", () => (this.hovered.hidden = true));
    this.plot.subscribe("view", () => this.viewChanged());
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.stage);
  }

  fit() {
    const { width, height } = this.stage.getBoundingClientRect();
    if (!width || !height) return;
    this.plot.set({ width, height });
    this.drawPictures();
  }

  // The one point that was clicked is opened; the library calls both a selection, and takes the end of a lasso that
  // closes where it began for a click.
  selected(points) {
    if (this.gesture === "lasso") {
      this.on.chosen(points);
      return;
    }
    this.select(this.chosen ?? []);
    if (this.gesture === "click") this.on.opened(points[0]);
  }

  select(rows) {
    this.chosen = rows;
    this.among = new Set(rows);
    this.placePictures();
    if (!this.plot) return;
    if (rows.length) this.plot.select(rows, { preventEvent: true });
    else this.plot.deselect({ preventEvent: true });
  }

  show(visible) {
    this.visible = visible;
    if (visible) this.plot?.filter(visible, { preventEvent: true });
    else this.plot?.unfilter({ preventEvent: true });
    this.drawPictures();
  }

  inView() {
    const rows = [...(this.plot?.get("pointsInView") ?? [])];
    const visible = this.visible && new Set(this.visible);
    return visible ? rows.filter((row) => visible.has(row)) : rows;
  }

  mode(mode) {
    this.plot?.set({ mouseMode: mode });
  }

  get view() {
    const { target, distance } = this.plot.get("camera");
    return [target[0], target[1], distance[0]];
  }

  lookAt(target, distance) {
    return this.plot.zoomToLocation(target, Math.min(4, Math.max(0.0005, distance)));
  }

  // The camera fits the height; a map that is higher than wide has to be seen from farther off.
  lookAtAll() {
    const { clientWidth, clientHeight } = this.stage;
    return this.lookAt([0, 0], Math.max(1, clientHeight / Math.max(1, clientWidth)));
  }

  zoom(factor) {
    const [x, y, distance] = this.view;
    return this.lookAt([x, y], distance / factor);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.plot) return;
    const [x, y, distance] = this.view;
    const step = PAN * distance;
    const acts = {
      ArrowLeft: () => this.lookAt([x - step, y], distance),
      ArrowRight: () => this.lookAt([x + step, y], distance),
      ArrowUp: () => this.lookAt([x, y + step], distance),
      ArrowDown: () => this.lookAt([x, y - step], distance),
      "+": () => this.zoom(ZOOM),
      "=": () => this.zoom(ZOOM),
      "-": () => this.zoom(1 / ZOOM),
      0: () => this.lookAtAll(),
      s: () => this.on.chosen(this.inView()),
      Escape: () => this.on.chosen([]),
    };
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  viewChanged() {
    if (!this.wasDrawn) return;
    this.hovered.hidden = true;
    requestAnimationFrame(() => this.placePictures());
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.drawPictures();
      this.on.moved();
    }, SETTLED_MS);
  }

  async hover(row) {
    this.hoveredRow = row;
    const [photo] = await this.photos.of([row]);
    const place = this.plot?.getScreenPosition(row);
    if (!photo || !place || this.hoveredRow !== row) return;
    const image = element("img", { src: photo.src, alt: "" });
    this.hovered.replaceChildren(image, element("span", { textContent: photo.name }));
    this.hovered.style.translate = `${place[0]}px ${place[1]}px`;
    this.hovered.classList.toggle("left", place[0] > this.stage.clientWidth / 2);
    this.hovered.classList.toggle("above", place[1] > this.stage.clientHeight / 2);
    this.hovered.hidden = false;
  }

  async drawPictures() {
    if (!this.wasDrawn) return;
    const { clientWidth, clientHeight } = this.stage;
    const placeOf = (row) => this.plot.getScreenPosition(row);
    const rows = this.withPictures ? shownRows(this.inView(), placeOf, clientWidth, clientHeight) : [];
    const found = await this.photos.of(rows);
    const wanted = new Map(found.map((photo) => [photo.row, photo]));
    for (const [row, image] of this.shown) {
      if (!wanted.has(row)) {
        image.remove();
        this.shown.delete(row);
      }
    }
    for (const [row, { src }] of wanted) {
      if (!this.shown.has(row)) {
        const image = element("img", { src, alt: "", decoding: "async" });
        this.shown.set(row, image);
        this.pictures.append(image);
      }
      this.shown.get(row).style.borderColor = this.colourOf?.(row) ?? "";
    }
    this.placePictures();
  }

  placePictures() {
    for (const [row, image] of this.shown) {
      const place = this.plot?.getScreenPosition(row);
      if (place) image.style.translate = `${place[0]}px ${place[1]}px`;
      image.classList.toggle("others", this.among.size > 0 && !this.among.has(row));
    }
  }

  close() {
    clearTimeout(this.settling);
    this.resized?.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
    this.wasDrawn = false;
  }
}

// Maps of all photos, one or two side by side, with a legend. Triggers: "chosen" {key, bits} when points were chosen, by
// lasso or by key, in whichever map; "opened" {key, row} when one was clicked. The address keeps the first map's view.

import { element, toolButton } from "../shared/elements.js";
import { mounting } from "../shared/mounting.js";
import { MapPane } from "./map_pane.js";
import { MapPhotos } from "./map_photos.js";
import { bitsOf } from "./row_set.js";
import { _, formatted } from "../shared/texts.js";

const VIEW = "view";

function tool(name, words, key, title, act) {
  const button = toolButton(name, words, key, title);
  button.onclick = act;
  return button;
}

class PhotoMap {
  constructor(root) {
    this.root = root;
    this.tools = element("div", { className: "tools", role: "toolbar", "aria-label": _("Map") }, ...this.buttons());
    this.panes = element("div", { className: "panes" });
    this.legend = element("fieldset", { className: "legend" });
    this.status = element("p", { className: "status", role: "status" });
    root.replaceChildren(this.tools, element("div", { className: "body" }, this.panes, this.legend), this.status);
    this.maps = [];
    this.chosen = [];
    this.hidden = new Set();
    this.mode = "panZoom";
    this.legend.onchange = (event) => this.toggle(event.target);
  }

  buttons() {
    this.moveButton = tool("move", _("Move"), _("drag"), _("Drag to move"), () => this.setMode("panZoom"));
    this.lassoButton = tool("lasso", _("Lasso"), _("Shift+drag"), _("Drag around photos to choose them"), () =>
      this.setMode("lasso"),
    );
    this.pictureBox = element("input", { type: "checkbox", checked: true });
    this.pictureBox.onchange = () => this.showPictures(this.pictureBox.checked);
    return [
      this.moveButton,
      this.lassoButton,
      tool("in", "+", "+", _("Zoom in"), () => this.maps.map(({ pane }) => pane.zoom(1.6))),
      tool("out", "−", "-", _("Zoom out"), () => this.maps.map(({ pane }) => pane.zoom(1 / 1.6))),
      tool("all", _("All"), "0", _("Show all"), () => this.maps.map(({ pane }) => pane.lookAtAll())),
      tool("view", _("Choose what is in view"), "S", _("Choose what the first map shows"), () =>
        this.choose(this.maps[0]?.pane.inView() ?? []),
      ),
      tool("none", _("Choose nothing"), "Escape", _("Choose nothing"), () => this.choose([])),
      element("label", { className: "switch" }, this.pictureBox, _("Pictures")),
    ];
  }

  // Called at every render of the page.
  update(data, send) {
    this.send = send;
    this.data = data;
    const signature = JSON.stringify([data.key, data.maps, data.colours]);
    if (signature === this.signature) return;
    this.signature = signature;
    this.draw(data).catch((error) => {
      const reason = error.message;
      this.status.textContent = _("The map cannot be drawn ({reason}). Photos can be chosen in the list below.", { reason });
    });
  }

  async draw(data) {
    const isNew = data.key !== this.key;
    if (isNew || data.maps.length !== this.maps.length || data.colours.way !== this.way) this.hidden.clear();
    if (isNew) {
      this.photos = new MapPhotos(data.photos);
      this.chosen = [];
      this.positions = new Map();
    }
    this.key = data.key;
    this.way = data.colours.way;
    this.setPanes(data.maps);
    this.status.textContent = _("Loading…");
    const [{ default: create }, codes, ...positions] = await Promise.all([
      import(new URL(data.script, location.href).href),
      loaded(data.colours.url),
      ...data.maps.map(({ url }) => this.positionsAt(url)),
    ]);
    if (data !== this.data && data.key !== this.data.key) return;
    this.codes = new Uint8Array(codes);
    this.drawLegend(data.colours);
    const style = getComputedStyle(this.root);
    const look = {
      text: hex(style.getPropertyValue("--st-text-color"), "#17212b"),
      background: hex(style.getPropertyValue("--st-background-color"), "#ffffff"),
      primary: hex(style.getPropertyValue("--st-primary-color"), "#0f766e"),
    };
    const wanted = { codes: this.codes, colours: data.colours.colours, look, photos: this.photos };
    for (const [place, { pane }] of this.maps.entries()) {
      pane.colourOf = (row) => data.colours.colours[this.codes[row]];
      // one after the other: two of a million points at once take twice the memory
      // oxlint-disable-next-line no-await-in-loop
      await pane.draw(create, { ...wanted, positions: positions[place], view: place ? undefined : viewInAddress() });
    }
    this.setMode(this.mode);
    this.filter();
    for (const { pane } of this.maps) pane.select(this.chosen);
    this.say();
    this.root.dataset.drawn = this.key;
  }

  async positionsAt(url) {
    if (!this.positions.has(url)) this.positions.set(url, new Float32Array(await loaded(url)));
    return this.positions.get(url);
  }

  setPanes(maps) {
    const names = JSON.stringify(maps.map(({ title }) => title));
    if (names === this.names) return;
    this.names = names;
    for (const { pane } of this.maps) pane.close();
    this.maps = maps.map(({ title }, place) => ({
      title,
      pane: new MapPane(title, {
        chosen: (rows) => this.choose(rows),
        opened: (row) => this.send("opened", { key: this.key, row }),
        moved: () => place === 0 && this.keepView(),
      }),
    }));
    this.panes.replaceChildren(...this.maps.map(({ pane }) => pane.root));
  }

  choose(rows) {
    const chosen = this.hidden.size ? rows.filter((row) => !this.hidden.has(this.codes[row])) : [...rows];
    this.chosen = chosen;
    for (const { pane } of this.maps) pane.select(chosen);
    this.say();
    this.send("chosen", { key: this.key, bits: bitsOf(chosen, this.codes.length) });
  }

  say() {
    const number = this.chosen.length;
    this.status.textContent = number
      ? _("{number} of {all} chosen", { number: formatted(number), all: formatted(this.codes.length) })
      : _("{all} photos. Drag with Shift, or with Lasso, around photos to choose them.", { all: formatted(this.codes.length) });
  }

  setMode(mode) {
    this.mode = mode;
    this.moveButton.setAttribute("aria-pressed", mode === "panZoom");
    this.lassoButton.setAttribute("aria-pressed", mode === "lasso");
    for (const { pane } of this.maps) pane.mode(mode);
  }

  showPictures(shown) {
    for (const { pane } of this.maps) {
      pane.withPictures = shown;
      pane.drawPictures();
    }
  }

  drawLegend({ title, labels, colours, counts }) {
    const entries = labels.map((label, code) => {
      const box = element("input", { type: "checkbox", checked: !this.hidden.has(code) });
      box.dataset.code = code;
      const colour = element("span", { className: "colour", "aria-hidden": "true" });
      colour.style.background = colours[code];
      const count = element("span", { className: "count", textContent: formatted(counts[code]) });
      return element("label", { title: label }, box, colour, element("span", { className: "words" }, label), count);
    });
    this.legend.replaceChildren(element("legend", { textContent: title }), ...entries);
  }

  toggle(box) {
    const code = Number(box.dataset.code);
    if (box.checked) this.hidden.delete(code);
    else this.hidden.add(code);
    this.filter();
  }

  filter() {
    const visible = [];
    for (const [row, code] of this.codes.entries()) if (!this.hidden.has(code)) visible.push(row);
    for (const { pane } of this.maps) pane.show(this.hidden.size ? visible : undefined);
  }

  // Not by the page: it would be run at every movement.
  keepView() {
    const address = new URL(location.href);
    const [x, y, distance] = this.maps[0].pane.view;
    address.searchParams.set(VIEW, [x, y, distance].map((value) => Number(value.toPrecision(4))).join(","));
    history.replaceState(history.state, "", address);
  }

  close() {
    for (const { pane } of this.maps) pane.close();
  }
}

async function loaded(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.arrayBuffer();
}

function viewInAddress() {
  const view = (new URL(location.href).searchParams.get(VIEW) ?? "").split(",").map(Number);
  return view.length === 3 && view.every(Number.isFinite) && view[2] > 0 ? view : undefined;
}

// The library reads colours as #rrggbb.
function hex(colour, otherwise) {
  const text = colour.trim();
  return /^#[\da-f]{6}$/i.test(text) ? text : otherwise;
}

export default mounting(".photo-map", (root) => new PhotoMap(root));

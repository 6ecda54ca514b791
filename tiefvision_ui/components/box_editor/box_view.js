// What the box editor shows: the photo, boxes over it as SVG in the photo's own pixels, buttons, and words.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 10; // screen pixels around the photo, in which grips on its border stay whole
const ZOOMS = [1, 1.5, 2, 3, 4];
const SIDES = ["left", "top", "right", "bottom"];
const KEYS = [
  ["Enter", "save the box, or the model's box as it stands, and go on"],
  ["A", "accept the model's box, whatever was drawn"],
  ["X", "there is no object on this photo"],
  ["S", "skip: not me, not now"],
  ["U", "take back what was saved last"],
  ["Z Y", "undo and redo a change of the box"],
  ["E", "four clicks on the object's outermost points, instead of dragging"],
  ["← ↑ → ↓", "move the box, or the grip that has the focus, by a pixel; with Shift by ten"],
  ["B", "put a box in the middle, to be moved by keys"],
  ["Esc", "back to the model's box, or to none"],
  ["+ − 0", "zoom in, out, and back; on a touch screen two fingers zoom and move the photo"],
];

function svg(tag, className) {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute("class", className);
  return made;
}

function place(shape, attributes) {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
}

const rectangle = (box) => ({ x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top });

class BoxView {
  constructor(root) {
    this.image = element("img", { draggable: false });
    this.overlay = svg("svg", "overlay");
    this.shapes = Object.fromEntries(
      ["outside", "model", "halo", "box", "across", "down", "points"].map((name) => [
        name,
        svg({ outside: "path", across: "line", down: "line", points: "g" }[name] ?? "rect", name),
      ]),
    );
    this.grips = Object.entries(GRIPS).map(([name, grip]) => this.gripShape(name, grip));
    this.overlay.append(...Object.values(this.shapes), ...this.grips);
    this.stage = element("div", { className: "stage", tabIndex: 0, role: "group" }, this.image, this.overlay);
    this.viewport = element("div", { className: "viewport" }, this.stage);
    this.tag = element("span", { className: "tag" });
    this.numbers = element("span", { className: "numbers" });
    this.trouble = element("span", { className: "trouble", role: "alert" });
    this.status = element("div", { className: "unseen", role: "status" });
    this.buttons = {
      save: actionButton("save", "Save", "Enter", "Save the box and go on"),
      absent: actionButton("absent", "No object", "X", "There is no object on this photo"),
      skip: actionButton("skip", "Skip", "S", "Leave this photo to others"),
      undo: actionButton("undo", "Undo", "U", "Take back what was saved last"),
      extreme: actionButton("extreme", "Four clicks", "E", "Click the four outermost points of the object"),
      help: actionButton("help", "", "?", "All keys"),
    };
    this.help = helpDialog("Keys", KEYS);
    const { help, ...actions } = this.buttons;
    root.replaceChildren(
      this.viewport,
      element("div", { className: "readout" }, this.tag, this.numbers, this.trouble, help),
      element("div", { className: "actions" }, ...Object.values(actions)),
      this.status,
      this.help,
    );
    this.zoom = 0;
  }

  gripShape(name, grip) {
    const shape = svg("g", "grip");
    place(shape, { tabindex: 0, role: "button", "aria-label": `${grip.name}; arrow keys move it` });
    shape.dataset.grip = name;
    shape.style.cursor = `${name}-resize`;
    shape.append(svg("circle", "reach"), svg("circle", "knob"));
    return shape;
  }

  show(photo) {
    this.size = { width: photo.width, height: photo.height };
    this.zoom = 0;
    this.image.alt = photo.name;
    this.stage.setAttribute("aria-label", `${photo.name}: draw a box around the object`);
    this.stage.classList.remove("loaded", "missing");
    this.image.src = photo.src;
    place(this.overlay, { viewBox: `0 0 ${photo.width} ${photo.height}` });
    this.fit();
  }

  // The stage takes the largest size that fits the viewport, times the zoom.
  fit() {
    const { clientWidth, clientHeight } = this.viewport;
    const room = [(clientWidth - 2 * MARGIN) / this.size.width, (clientHeight - 2 * MARGIN) / this.size.height];
    const scale = Math.min(...room) * ZOOMS[this.zoom];
    this.stage.style.width = `${this.size.width * scale}px`;
    this.stage.style.height = `${this.size.height * scale}px`;
    this.unit = 1 / scale;
  }

  // Zoom by steps, or back to the whole photo at 0, with `centre` (in the photo's pixels) in the middle.
  zoomBy(step, centre) {
    this.zoom = step === 0 ? 0 : Math.min(ZOOMS.length - 1, Math.max(0, this.zoom + step));
    this.fit();
    this.viewport.scrollLeft = centre[0] / this.unit - this.viewport.clientWidth / 2;
    this.viewport.scrollTop = centre[1] / this.unit - this.viewport.clientHeight / 2;
  }

  // Move the photo by that many screen pixels, as far as it is larger than the viewport.
  moveBy(x, y) {
    this.viewport.scrollLeft -= x;
    this.viewport.scrollTop -= y;
  }

  // Where a pointer is, in the photo's pixels.
  at(event) {
    const place = this.image.getBoundingClientRect();
    return [
      ((event.clientX - place.left) * this.size.width) / place.width,
      ((event.clientY - place.top) * this.size.height) / place.height,
    ];
  }

  guides(x, y) {
    place(this.shapes.across, { x1: 0, x2: this.size.width, y1: y, y2: y });
    place(this.shapes.down, { x1: x, x2: x, y1: 0, y2: this.size.height });
  }

  draw({ box, model, points, extreme, words, acceptable }) {
    const { width, height } = this.size;
    const shown = hasArea(box);
    for (const part of [this.shapes.outside, this.shapes.halo, this.shapes.box, ...this.grips]) {
      part.style.display = shown ? "" : "none";
    }
    this.shapes.model.style.display = model && !sameBox(model, box) ? "" : "none";
    if (model) place(this.shapes.model, rectangle(model));
    if (shown) this.drawBox(box, width, height);
    this.shapes.points.replaceChildren(...points.map(([cx, cy]) => this.pointShape(cx, cy)));
    this.tag.textContent = words;
    this.numbers.textContent = shown ? describe(box) : "";
    this.stage.classList.toggle("extreme", extreme);
    this.buttons.extreme.setAttribute("aria-pressed", String(extreme));
    this.buttons.save.disabled = !shown;
    this.buttons.save.firstChild.textContent = acceptable ? "Accept" : "Save";
  }

  drawBox(box, width, height) {
    const cut = `M${box.left} ${box.top}V${box.bottom}H${box.right}V${box.top}Z`;
    place(this.shapes.outside, { d: `M0 0H${width}V${height}H0Z ${cut}` });
    place(this.shapes.halo, rectangle(box));
    place(this.shapes.box, rectangle(box));
    const reach = matchMedia("(pointer: coarse)").matches ? 22 : 12;
    for (const grip of this.grips) {
      const { x, y } = GRIPS[grip.dataset.grip];
      const centre = { cx: box.left + x * (box.right - box.left), cy: box.top + y * (box.bottom - box.top) };
      place(grip.firstChild, { ...centre, r: reach * this.unit });
      place(grip.lastChild, { ...centre, r: 6 * this.unit });
    }
  }

  pointShape(cx, cy) {
    const point = svg("circle", "point");
    place(point, { cx, cy, r: 5 * this.unit });
    return point;
  }

  say(words) {
    this.status.textContent = words;
  }
}

function describe(box) {
  const sides = SIDES.map((side) => box[side]).join(", ");
  return `${sides} · ${box.right - box.left} × ${box.bottom - box.top} px`;
}

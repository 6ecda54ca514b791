// A photo whose box can be drawn, moved and stretched, by pointer or by keys; Python hears of it when it rests.

const SVG = "http://www.w3.org/2000/svg";
const LEAST_DRAG = 5; // screen pixels: less is a slip of the hand, not a box
const RESTS_MS = 500; // after the last key
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class AdjustableBox {
  constructor(root) {
    this.stage = document.createElement("div");
    this.stage.className = "stage";
    this.image = document.createElement("img");
    this.image.draggable = false;
    this.image.onload = () => this.stage.classList.add("loaded");
    this.image.onerror = () => this.stage.classList.add("missing");
    this.svg = document.createElementNS(SVG, "svg");
    this.words = document.createElement("span");
    this.reset = document.createElement("button");
    this.reset.type = "button";
    this.reset.textContent = "Use the found box";
    this.reset.onclick = () => this.send("reset", true);
    const caption = document.createElement("figcaption");
    caption.append(this.words, this.reset);
    this.build();
    this.stage.append(this.image, this.svg);
    root.replaceChildren(this.stage, caption);
    this.root = root;
    this.stage.onpointerdown = (event) => this.onDown(event);
    this.stage.onpointermove = (event) => this.onMove(event);
    this.stage.onpointerup = () => this.onUp();
    this.stage.onpointercancel = () => this.giveUp();
    this.stage.onkeydown = (event) => this.onKey(event);
  }

  // Called at every render of the page.
  update(data, send) {
    this.send = send;
    const signature = JSON.stringify(data);
    if (signature === this.signature) return;
    this.signature = signature;
    this.size = { width: data.width, height: data.height };
    this.box = fromList(data.box);
    this.root.style.setProperty("--ratio", data.width / data.height);
    if (this.image.getAttribute("src") !== data.src) {
      this.stage.classList.remove("loaded", "missing");
      this.image.src = data.src;
    }
    this.image.alt = data.alt;
    this.words.textContent = data.words;
    this.reset.hidden = !data.adjusted;
    this.svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
    this.draw();
  }

  // Once: a grip that is made anew has lost the focus of whoever moves it by keys.
  build() {
    this.shapes = {};
    for (const [name, tag] of [["outside", "path"], ["halo", "rect"], ["box", "rect"]]) {
      this.shapes[name] = document.createElementNS(SVG, tag);
      this.shapes[name].setAttribute("class", name);
    }
    this.grips = Object.entries(GRIPS).map(([name, grip]) => {
      const shape = document.createElementNS(SVG, "circle");
      shape.setAttribute("class", "grip");
      shape.setAttribute("tabindex", "0");
      shape.setAttribute("role", "button");
      shape.setAttribute("aria-label", `${grip.name}; arrow keys move it, with Shift further`);
      shape.dataset.grip = name;
      return shape;
    });
  }

  draw() {
    const drawn = hasArea(this.box);
    if (!drawn) {
      this.svg.replaceChildren();
      return;
    }
    if (!this.svg.firstChild) this.svg.replaceChildren(...Object.values(this.shapes), ...this.grips);
    const { left, top, right, bottom } = this.box;
    const { width, height } = this.size;
    this.shapes.outside.setAttribute("d", `M0 0H${width}V${height}H0Z M${left} ${top}V${bottom}H${right}V${top}Z`);
    for (const shape of [this.shapes.halo, this.shapes.box]) {
      const place = { x: left, y: top, width: right - left, height: bottom - top };
      for (const [name, value] of Object.entries(place)) shape.setAttribute(name, value);
    }
    const radius = (7 * width) / (this.stage.clientWidth || width);
    for (const shape of this.grips) {
      const { x, y } = GRIPS[shape.dataset.grip];
      shape.setAttribute("cx", left + x * (right - left));
      shape.setAttribute("cy", top + y * (bottom - top));
      shape.setAttribute("r", radius);
    }
  }

  at(event) {
    const frame = this.stage.getBoundingClientRect();
    return [
      ((event.clientX - frame.left) / frame.width) * this.size.width,
      ((event.clientY - frame.top) / frame.height) * this.size.height,
    ];
  }

  onDown(event) {
    const grip = event.target.closest?.("[data-grip]")?.dataset.grip;
    // A finger elsewhere on the photo scrolls the page.
    if (event.button !== 0 || (event.pointerType === "touch" && !grip)) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    event.target.closest?.("[data-grip]")?.focus();
    const kind = grip ? "stretch" : event.target === this.shapes?.box ? "move" : "draw";
    this.drag = { kind, grip, from: this.at(event), box: this.box, origin: [event.clientX, event.clientY], far: false };
  }

  onMove(event) {
    const drag = this.drag;
    if (!drag) return;
    drag.far ||= Math.hypot(event.clientX - drag.origin[0], event.clientY - drag.origin[1]) >= LEAST_DRAG;
    if (!drag.far) return;
    const point = this.at(event);
    const [dx, dy] = [point[0] - drag.from[0], point[1] - drag.from[1]];
    if (drag.kind === "draw") this.box = boxBetween(drag.from, point, this.size);
    else if (drag.kind === "move") this.box = moved(drag.box, dx, dy, this.size);
    else this.box = stretched(drag.box, drag.grip, dx, dy, this.size);
    this.draw();
  }

  onUp() {
    const drag = this.drag;
    this.drag = null;
    if (!drag?.far) return;
    if (!hasArea(this.box)) this.box = drag.box;
    this.draw();
    if (!sameBox(this.box, drag.box)) this.send("box", asList(this.box));
  }

  giveUp() {
    if (this.drag) this.box = this.drag.box;
    this.drag = null;
    this.draw();
  }

  onKey(event) {
    const step = STEPS[event.key];
    const grip = event.target.closest?.("[data-grip]")?.dataset.grip;
    if (!step || !grip) return;
    event.preventDefault();
    const by = Math.max(1, Math.round(this.size.width / 200)) * (event.shiftKey ? 10 : 1);
    const box = stretched(this.box, grip, step[0] * by, step[1] * by, this.size);
    if (!hasArea(box) || sameBox(box, this.box)) return;
    this.box = box;
    this.draw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.send("box", asList(this.box)), RESTS_MS);
  }

  close() {
    clearTimeout(this.resting);
  }
}

const adjusters = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".photo");
  if (!adjusters.has(root)) adjusters.set(root, new AdjustableBox(root));
  const adjuster = adjusters.get(root);
  adjuster.update(data, setTriggerValue);
  return () => {
    adjuster.close();
    adjusters.delete(root);
  };
}

// A grid of links to photos. A plain click or Enter is sent to Python as the trigger "opened"; a click with a
// modifier key follows the link, so that a photo can be opened in a tab of its own. A tile's buttons send "acted".

let lastSubject = null;

export default function ({ parentElement, data, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid");
  const signature = JSON.stringify(data.tiles);
  if (grid.dataset.signature !== signature) {
    grid.dataset.signature = signature;
    grid.replaceChildren(...data.tiles.map(tileElement));
  }

  // A property, not a listener: it is replaced at every render, of which the component is not told otherwise.
  grid.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) {
      setTriggerValue("acted", { action: button.dataset.action, id: button.closest("li").dataset.id });
      return;
    }
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    setTriggerValue("opened", link.dataset.id);
  };

  if (data.subject !== lastSubject) {
    if (lastSubject !== null) scrollToTop(grid);
    lastSubject = data.subject;
  }
}

function scrollToTop(element) {
  const root = element.getRootNode();
  (root.host ?? element).closest('[data-testid="stMain"]')?.scrollTo({ top: 0 });
}

function tileElement(tile) {
  const link = document.createElement("a");
  link.href = tile.href;
  link.dataset.id = tile.id;
  link.setAttribute("aria-label", tile.label);
  link.title = tile.caption;
  link.append(photoElement(tile), captionElement(tile));
  const item = document.createElement("li");
  item.dataset.id = tile.id;
  item.append(link);
  if (tile.actions.length) item.append(actionsElement(tile));
  return item;
}

function photoElement(tile) {
  const frame = document.createElement("span");
  frame.className = "frame";
  const image = document.createElement("img");
  image.loading = "lazy";
  image.decoding = "async";
  image.alt = "";
  image.onload = () => frame.classList.add("loaded");
  image.onerror = () => frame.classList.add("missing");
  image.sizes = "(max-width: 640px) 45vw, 190px";
  image.srcset = tile.srcset;
  image.src = tile.src;
  frame.append(image);
  if (tile.level) frame.append(textElement("level", tile.level, { level: tile.level }));
  return frame;
}

function captionElement(tile) {
  const caption = document.createElement("span");
  caption.className = "caption";
  caption.append(textElement("name", tile.caption));
  if (tile.move) caption.append(textElement("move", tile.move));
  if (tile.score) caption.append(textElement("score", tile.score));
  return caption;
}

function actionsElement(tile) {
  const bar = document.createElement("span");
  bar.className = "actions";
  for (const action of tile.actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.sign;
    button.title = action.label;
    button.setAttribute("aria-label", `${action.label}: ${tile.caption}`);
    button.dataset.action = action.name;
    bar.append(button);
  }
  return bar;
}

function textElement(className, text, dataset = {}) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  Object.assign(element.dataset, dataset);
  return element;
}

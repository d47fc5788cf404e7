// Imagemaps: areas are drawn, moved and sized on the picture; the fields beside it stay the truth.
"use strict";

const WIDE = 1040, GRID = 10, LEAST = 20, MOST = 50, REACH = 14;
const SIDES = ["x", "y", "width", "height"];

class Imagemap {
  constructor(root) {
    this.root = root; this.prefix = root.dataset.imagemap;
    for (const part of ["stage", "areas", "help", "warning"]) this[part] = root.querySelector(`[data-${part}]`);
    this.fresh = root.querySelector("[data-new-area]");
    this.base = document.getElementById(`${this.prefix}base_url`);
    this.tall = document.getElementById(`${this.prefix}height`);
    this.chosen = null;
    this.picture = this.stage.appendChild(new Image());
    this.picture.alt = "";
    this.picture.addEventListener("load", () => { this.stage.hidden = this.help.hidden = false; this.draw(); });
    this.picture.addEventListener("error", () => { this.stage.hidden = this.help.hidden = true; });
    this.base.addEventListener("input", () => this.look());
    this.base.addEventListener("stored", (event) => this.take(event.detail));
    for (const source of [root, this.tall]) source.addEventListener("input", () => this.draw());
    this.root.addEventListener("click", (event) => this.press(event));
    this.stage.addEventListener("pointerdown", (event) => this.begin(event));
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.look();
  }

  look() {
    const address = this.base.value.trim();
    const shown = /^https:\/\/./.test(address) || address.startsWith(`${location.origin}/media/`);
    if (shown) this.picture.src = `${address}/1040`; else this.stage.hidden = this.help.hidden = true;
  }

  // An uploaded picture brings its height.
  take(stored) { if (stored.height) put(this.tall, stored.height); this.look(); }

  get height() { return Number(this.tall.value) || WIDE; }
  get rows() { return [...this.areas.querySelectorAll("[data-area]")]; }

  read(row) {
    return Object.fromEntries(SIDES.map((side) => [side, Number(row.querySelector(`[data-side=${side}]`).value) || 0]));
  }

  write(row, place) {
    for (const side of SIDES) put(row.querySelector(`[data-side=${side}]`), place[side], false);
    row.querySelector("[data-side=x]").dispatchEvent(new Event("input", { bubbles: true }));
  }

  draw() {
    if (this.stage.hidden) return;
    const focused = this.stage.contains(document.activeElement) ? this.rows.indexOf(this.chosen) : -1;
    this.rows.forEach((row, at) => {
      const mark = this.mark(at), place = this.read(row), to = row.querySelector("[data-to]").value;
      const words = this.root.dataset.name.replace("#", at + 1);
      mark.firstChild.data = at + 1;
      mark.setAttribute("aria-label", `${words}: ${to || this.root.dataset.blank}`);
      mark.hidden = !place.width || !place.height;
      mark.classList.toggle("chosen", row === this.chosen);
      row.firstElementChild.classList.toggle("chosen", row === this.chosen);
      mark.style.left = `${place.x / WIDE * 100}%`; mark.style.top = `${place.y / this.height * 100}%`;
      mark.style.width = `${place.width / WIDE * 100}%`; mark.style.height = `${place.height / this.height * 100}%`;
    });
    for (const extra of this.marks.slice(this.rows.length)) extra.remove();
    if (focused >= 0) this.marks[focused].focus();
    this.warn();
  }

  get marks() { return [...this.stage.querySelectorAll(".map-area")]; }

  mark(at) {
    if (this.marks[at]) return this.marks[at];
    const mark = document.createElement("button");
    mark.type = "button"; mark.className = "map-area"; mark.append("", document.createElement("i"));
    mark.addEventListener("focus", () => this.choose(this.rows[this.marks.indexOf(mark)]));
    return this.stage.appendChild(mark);
  }

  choose(row) { if (row && row !== this.chosen) { this.chosen = row; this.draw(); } }

  warn() {
    const places = this.rows.map((row) => this.read(row)), found = [];
    places.forEach((one, at) => places.slice(at + 1).forEach((other, step) => {
      const apart = one.x + one.width <= other.x || other.x + other.width <= one.x
        || one.y + one.height <= other.y || other.y + other.height <= one.y;
      if (!apart) found.push(this.root.dataset.overlap.replace("##", at + step + 2).replace("#", at + 1));
    }));
    const words = found.slice(0, 3).join(" ");
    this.warning.hidden = !words;
    if (this.warning.textContent !== words) this.warning.textContent = words;
  }

  // The point in the picture's own pixels, on the grid and on the edges of other areas.
  point(event, apart) {
    const box = this.stage.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * WIDE, y = (event.clientY - box.top) / box.height * this.height;
    const others = this.rows.filter((row) => row !== apart).map((row) => this.read(row));
    return {
      x: snap(x, [0, WIDE, ...others.flatMap((each) => [each.x, each.x + each.width])], WIDE),
      y: snap(y, [0, this.height, ...others.flatMap((each) => [each.y, each.y + each.height])], this.height),
    };
  }

  begin(event) {
    if (event.button) return;
    const mark = event.target.closest(".map-area");
    let row = mark && this.rows[this.marks.indexOf(mark)];
    const sizes = event.target.tagName === "I";
    if (!row && !(row = this.add())) return;
    event.preventDefault();
    const from = this.point(event, row), before = this.read(row);
    if (!mark) this.write(row, { ...from, width: 0, height: 0 });
    this.chosen = row;
    const move = (next) => {
      const to = this.point(next, row);
      if (mark && !sizes) this.write(row, this.within({ ...before, x: before.x + to.x - from.x, y: before.y + to.y - from.y }));
      else this.write(row, between(mark ? before : from, to));
    };
    const end = () => {
      for (const name of ["pointermove", "pointerup", "pointercancel"]) this.stage.removeEventListener(name, name === "pointermove" ? move : end);
      const { width, height } = this.read(row);
      // A tap is no area.
      if (!mark && (width < LEAST || height < LEAST)) this.remove(row);
      else { this.draw(); this.marks[this.rows.indexOf(row)].focus(); }
    };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) this.stage.addEventListener(name, end);
  }

  key(event) {
    const row = this.rows[this.marks.indexOf(event.target)];
    const step = { ArrowLeft: [-GRID, 0], ArrowRight: [GRID, 0], ArrowUp: [0, -GRID], ArrowDown: [0, GRID] }[event.key];
    if (!row || !(step || event.key === "Delete" || event.key === "Enter")) return;
    event.preventDefault(); event.stopPropagation();
    if (event.key === "Delete") return this.remove(row);
    if (event.key === "Enter") return row.querySelector("[data-to]").focus();
    const place = this.read(row);
    const changed = event.shiftKey
      ? { ...place, width: Math.max(place.width + step[0], LEAST), height: Math.max(place.height + step[1], LEAST) }
      : { ...place, x: place.x + step[0], y: place.y + step[1] };
    this.write(row, this.within(changed));
  }

  within(place) {
    const width = Math.min(place.width, WIDE), height = Math.min(place.height, this.height);
    return { width, height, x: limit(place.x, WIDE - width), y: limit(place.y, this.height - height) };
  }

  press(event) {
    const button = event.target.closest("button");
    if (button?.matches("[data-remove]")) { event.preventDefault(); this.remove(button.closest("[data-area]")); }
    if (button?.value.startsWith("area:")) { event.preventDefault(); this.add()?.querySelector("[data-to]").focus(); }
  }

  // An empty row is used before a new one is made.
  add() {
    const blank = this.rows.find((row) => [...row.querySelectorAll("input")].every((field) => !field.value));
    if (blank || this.rows.length >= MOST) return blank;
    const row = this.fresh.content.firstElementChild.cloneNode(true);
    this.areas.append(row); this.number();
    return row;
  }

  remove(row) {
    row.remove(); this.number(); this.chosen = null;
    this.base.dispatchEvent(new Event("input", { bubbles: true }));
    this.draw();
  }

  // The names of the fields and of the buttons follow the order.
  number() {
    this.rows.forEach((row, at) => {
      for (const field of row.querySelectorAll("[name], [for], [data-testid]")) {
        for (const name of ["name", "id", "for", "data-testid"]) {
          const value = field.getAttribute(name);
          if (value) field.setAttribute(name, value.replace(/areas\.[0-9@]+\./, `areas.${at}.`));
        }
      }
      row.querySelector("legend").textContent = this.root.dataset.name.replace("#", at + 1);
    });
  }
}

function put(field, value, tell = true) {
  field.value = value;
  if (tell) field.dispatchEvent(new Event("input", { bubbles: true }));
}

const limit = (value, most) => Math.max(0, Math.min(value, most));

function snap(value, edges, most) {
  const near = edges.find((edge) => Math.abs(edge - value) < REACH);
  return limit(near ?? Math.round(value / GRID) * GRID, most);
}

function between(one, other) {
  return {
    x: Math.min(one.x, other.x), y: Math.min(one.y, other.y),
    width: Math.abs(other.x - one.x), height: Math.abs(other.y - one.y),
  };
}

function drawAll() {
  for (const root of document.querySelectorAll("[data-imagemap]:not([data-drawn])")) {
    root.dataset.drawn = "yes";
    new Imagemap(root);
  }
}
drawAll();
new MutationObserver(drawAll).observe(document.getElementById("main"), { childList: true, subtree: true });

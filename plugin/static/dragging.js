// Messages dragged to another place, by mouse, pen or finger. The drop presses what the buttons
// press: the server moves, and the draft's steps know it. Buttons and Alt with the arrows stay.

const form = document.getElementById("writing");
const drafts = [...form.querySelectorAll("fieldset.draft")];
// From here on to the window's edge the page scrolls, by up to so many px a frame.
const EDGE = 96;
// What stands at the bottom of a phone covers the edge.
const bars = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom) || 0;
const FASTEST = 18;

const line = Object.assign(document.createElement("div"), { className: "drop-line" });
const ghost = Object.assign(document.createElement("div"), { className: "drag-ghost" });
let drag = null;

// The gap between two messages that is the nearest: 0 before the first one.
function gapAt(y) {
  const passed = drafts.filter((draft) => {
    const { top, height } = draft.getBoundingClientRect();
    return y > top + height / 2;
  });
  return passed.length;
}

function draw() {
  const gap = gapAt(drag.y);
  const above = drafts[gap - 1]?.getBoundingClientRect();
  const below = drafts[gap]?.getBoundingClientRect();
  const middle = above && below ? (above.bottom + below.top) / 2 : above ? above.bottom + 10 : below.top - 10;
  const { left, width } = drafts[0].getBoundingClientRect();
  Object.assign(line.style, { top: `${middle - 2}px`, left: `${left}px`, width: `${width}px` });
  // Beside itself a message stays where it is.
  drag.to = gap > drag.from ? gap - 1 : gap;
  line.hidden = drag.to === drag.from;
  Object.assign(ghost.style, { top: `${drag.y + 12}px`, left: `${Math.min(drag.x + 12, innerWidth - ghost.offsetWidth - 8)}px` });
}

function scroll() {
  if (!drag) return;
  const into = Math.max(EDGE - drag.y, 0) * -1 + Math.max(drag.y - (innerHeight - bars() - EDGE), 0);
  if (into) {
    scrollBy({ top: Math.sign(into) * Math.min(Math.ceil(Math.abs(into) / 5), FASTEST), behavior: "instant" });
    draw();
  }
  drag.frame = requestAnimationFrame(scroll);
}

function begin(event, from) {
  if (drag || event.button !== 0) return;
  event.preventDefault();
  event.currentTarget.setPointerCapture(event.pointerId);
  drag = { from, to: from, handle: event.currentTarget, pointer: event.pointerId, x: event.clientX, y: event.clientY };
  drafts[from].classList.add("dragged");
  ghost.textContent = drafts[from].querySelector("legend").textContent;
  document.body.append(line, ghost);
  draw();
  drag.frame = requestAnimationFrame(scroll);
}

function end() {
  if (!drag) return null;
  const ended = drag;
  drag = null;
  cancelAnimationFrame(ended.frame);
  drafts[ended.from].classList.remove("dragged");
  line.remove();
  ghost.remove();
  if (ended.handle.hasPointerCapture(ended.pointer)) ended.handle.releasePointerCapture(ended.pointer);
  return ended;
}

function drop() {
  const ended = end();
  if (!ended || ended.to === ended.from) return;
  const button = Object.assign(document.createElement("button"), { name: "act", value: `move:${ended.from}:${ended.to}`, hidden: true });
  // The answer shows the message at its new place.
  button.setAttribute("formaction", `#bubble.${ended.to}`);
  form.append(button);
  form.requestSubmit(button);
}

function handleOf(draft, from) {
  const handle = document.createElement("span");
  handle.className = "drag-handle";
  handle.title = form.dataset.drag;
  handle.dataset.testid = `drag-${from}`;
  // The buttons beside it do the same for keyboards and screen readers.
  handle.setAttribute("aria-hidden", "true");
  handle.textContent = "⠿";
  handle.addEventListener("pointerdown", (event) => begin(event, from));
  handle.addEventListener("pointermove", (event) => {
    if (!drag) return;
    Object.assign(drag, { x: event.clientX, y: event.clientY });
    draw();
  });
  handle.addEventListener("pointerup", drop);
  handle.addEventListener("pointercancel", end);
  draft.querySelector(".draft-deeds").prepend(handle);
}

if (drafts.length > 1) drafts.forEach(handleOf);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drag) return;
  event.preventDefault();
  end();
}, { capture: true });
addEventListener("blur", end);

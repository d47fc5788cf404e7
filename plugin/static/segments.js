// The builder of segments: buttons change the rule in place, and the count follows the typing.
// Without this script the same buttons send the form.
"use strict";

const building = document.getElementById("building");
const rule = document.getElementById("rule");
const grouped = new Intl.NumberFormat(document.documentElement.lang);

const PAUSE_MS = 400;
const SLOW_MS = 3000;
const GIVE_UP_MS = 30000;

// A part that is counted: <section data-count> with [data-said] for what is going on.
function say(part, state) {
  part.dataset.state = state;
  part.setAttribute("aria-busy", String(state === "counting" || state === "slow"));
  part.querySelector("[data-said]").textContent = part.dataset[state] ?? "";
  part.querySelector("[data-again]").hidden = state !== "failed";
}

async function ask(part, url, options = {}) {
  part.asking?.abort();
  const asking = new AbortController();
  part.asking = asking;
  say(part, "counting");
  const slow = setTimeout(() => say(part, "slow"), SLOW_MS);
  const end = setTimeout(() => asking.abort("late"), GIVE_UP_MS);
  try {
    const answer = await fetch(url, { ...options, signal: asking.signal });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    part.querySelector("[data-counted]").innerHTML = await answer.text();
    if (part.asking === asking) say(part, "counted");
  } catch {
    if (part.asking === asking) say(part, "failed");
  } finally {
    clearTimeout(slow);
    clearTimeout(end);
  }
}

// Parts that are counted when somebody sees them, one after the other.
const waiting = [];
let busy = false;

async function countNext() {
  if (busy) return;
  busy = true;
  while (waiting.length) {
    const part = waiting.shift();
    await ask(part, part.dataset.count);
  }
  busy = false;
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    waiting.push(target);
  }
  countNext();
});

for (const part of document.querySelectorAll("[data-count]:not([data-count=''])")) {
  say(part, "counting");
  seen.observe(part);
  part.querySelector("[data-again]").addEventListener("click", () => { waiting.push(part); countNext(); });
}

// Pickers: <details class="picker"> with choices to tick or buttons to press, and words to find them.
function find(picker, words) {
  const wanted = words.trim().toLowerCase();
  for (const choice of picker.querySelectorAll("[data-words]")) {
    choice.hidden = !choice.dataset.words.toLowerCase().includes(wanted);
  }
  for (const section of picker.querySelectorAll("[data-section] > [data-section], .picked > [data-section]")) {
    section.hidden = !section.querySelector("[data-words]:not([hidden])");
  }
  picker.querySelector("[data-nothing]").hidden = Boolean(picker.querySelector("[data-words]:not([hidden])"));
}

function choices(picker) {
  return [...picker.querySelectorAll("[data-words]:not([hidden])")]
    .map((choice) => choice.querySelector("input") ?? choice);
}

function summarise(picker) {
  const chosen = picker.querySelector("[data-chosen]");
  if (!chosen) return;
  const labels = [...picker.querySelectorAll("input:checked")].map((box) => box.closest("[data-words]").textContent.trim());
  chosen.textContent = labels.length > 3
    ? picker.dataset.many.replace("#", grouped.format(labels.length))
    : labels.join(picker.dataset.between) || picker.dataset.none;
}

function opened(picker) {
  for (const other of document.querySelectorAll("details.picker[open]")) if (other !== picker) other.open = false;
  const field = picker.querySelector("[data-find]");
  if (field) {
    field.parentElement.hidden = false;
    field.focus();
  }
  picker.querySelector(".picked").scrollIntoView({ block: "nearest" });
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.picker") && event.target.open) opened(event.target);
}, true);

document.addEventListener("input", (event) => {
  const picker = event.target.closest("details.picker");
  if (!picker) return;
  if ("find" in event.target.dataset) find(picker, event.target.value);
  else summarise(picker);
});

// Arrow keys go through what a search found, Escape closes, Enter takes the first.
function step(event, picker) {
  const all = choices(picker);
  const place = all.indexOf(document.activeElement);
  if (event.target.type === "radio" && !("find" in event.target.dataset)) return;
  const next = event.key === "ArrowDown" ? all[place + 1] : all[place - 1] ?? picker.querySelector("[data-find]");
  if (next) next.focus();
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  const picker = event.target.closest?.("details.picker[open]");
  if (!picker) return;
  if (event.key === "Escape") {
    picker.open = false;
    picker.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    step(event, picker);
  } else if (event.key === "Enter" && "find" in event.target.dataset) {
    event.preventDefault();
    choices(picker)[0]?.click();
  }
});

document.addEventListener("click", (event) => {
  for (const picker of document.querySelectorAll("details.picker[open]")) if (!picker.contains(event.target)) picker.open = false;
});

// Pasted ids: how many lines are ids and which are not; the server looks again.
function countIds(field) {
  const pattern = new RegExp(field.dataset.ids);
  const lines = field.value.split(/[\s,;]+/).filter(Boolean);
  const odd = lines.filter((line) => !pattern.test(line)).length;
  const place = document.getElementById(field.dataset.counts);
  place.textContent = field.dataset.words
    .replace("#1", grouped.format(lines.length - odd))
    .replace("#2", grouped.format(odd));
  place.classList.toggle("over", odd > 0);
}

function countAllIds() {
  for (const field of rule.querySelectorAll("[data-ids]")) countIds(field);
}

// The builder itself.
function begin() {
  const side = document.getElementById("side");
  let soon = 0;
  let asked = "";

  function state() {
    const form = new FormData(building);
    for (const name of ["csrf_token", "seen", "name"]) form.delete(name);
    return new URLSearchParams(form).toString();
  }

  function count(again = false) {
    const now = state();
    if (now === asked && !again) return;
    asked = now;
    ask(side, building.dataset.preview, { method: "POST", body: new FormData(building) });
  }

  async function press(button) {
    const form = new FormData(building);
    form.set("act", button.value);
    // What is typed meanwhile would be lost.
    rule.inert = true;
    const answer = await fetch(building.dataset.rule, { method: "POST", body: form }).catch(() => ({ ok: false }));
    rule.inert = false;
    // What the server does not answer, the form itself says.
    if (!answer.ok || answer.redirected) return building.requestSubmit(button.matches("button") ? button : undefined);
    rule.innerHTML = await answer.text();
    building.dataset.unsaved = "";
    // Whoever was in the rule goes on there.
    const next = rule.querySelector("[data-focus]")?.querySelector("select, summary, textarea, input:not([type=hidden])");
    if (document.activeElement === document.body) next?.focus();
    countAllIds();
    count();
  }

  building.addEventListener("click", (event) => {
    const button = event.target.closest("#rule button[name=act]");
    if (!button) return;
    event.preventDefault();
    press(button);
  });
  building.addEventListener("change", (event) => {
    if (event.target.matches("#rule [data-look]")) press({ value: `look:${event.target.name}`, matches: () => false });
    else if (event.target.id === "account") press({ value: "look", matches: () => false });
  });
  building.addEventListener("input", (event) => {
    if (event.target.matches("[data-ids]")) countIds(event.target);
    clearTimeout(soon);
    soon = setTimeout(count, PAUSE_MS);
  });
  side.querySelector("[data-again]").addEventListener("click", () => count(true));
  countAllIds();
  count();
}

if (building) begin();

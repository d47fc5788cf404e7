// The search that Ctrl-K opens, and single keys. Every page works without them.

const finder = document.getElementById("finder");
const sheet = document.getElementById("keys");
const field = finder.querySelector("input");
const results = document.getElementById("finder-results");
const OFF = "musubi-single-keys-off";
const LISTS = "[data-rows] [data-row], table.rows tbody tr";

// Results: the newest question wins, whatever answers last.

let asking = null;
let soon = 0;
let presses = 0;
// The question that the results answer.
let answered = null;

async function ask() {
  clearTimeout(soon);
  asking?.abort();
  asking = new AbortController();
  const question = field.value;
  const address = `${finder.dataset.results}?q=${encodeURIComponent(question)}`;
  const answer = await fetch(address, { signal: asking.signal }).catch(() => null);
  if (!answer || !answer.ok || answer.redirected) return;
  const found = await answer.text().catch(() => null);
  if (found === null) return;
  results.innerHTML = found;
  answered = question;
  for (const hit of hits()) {
    hit.role = "option";
    hit.tabIndex = -1;
  }
  field.setAttribute("aria-expanded", String(hits().length > 0));
  choose(0);
}

const hits = () => [...results.querySelectorAll("[data-hit]")];
const chosen = () => hits().findIndex((hit) => hit.ariaSelected === "true");

function choose(number) {
  const all = hits();
  all.forEach((hit, place) => { hit.ariaSelected = String(place === number); });
  const hit = all[number];
  if (hit) {
    field.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

// What Enter opens answers what stands in the field, not what stood there before.
async function openChosen() {
  const question = field.value, press = ++presses;
  if (answered !== question) await ask();
  if (field.value !== question || press !== presses || !finder.open) return;
  const hit = answered === question && hits()[chosen()];
  if (hit) hit.click();
  else field.form.submit();
}

function openFinder() {
  if (!finder.open) finder.showModal();
  field.select();
}

field.addEventListener("input", () => {
  clearTimeout(soon);
  choose(field.value === answered ? 0 : -1);
  soon = setTimeout(ask, 120);
});
field.addEventListener("keydown", (event) => {
  const all = hits();
  if (event.isComposing) return;
  if (event.key === "Escape") {
    // A search field would only empty itself.
    event.preventDefault();
    finder.close();
  } else if (event.key === "Enter") {
    event.preventDefault();
    openChosen();
  }
  if (!all.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const from = chosen() < 0 && step < 0 ? 0 : chosen();
    choose((from + step + all.length) % all.length);
  }
});
for (const dialog of [finder, sheet]) {
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
for (const link of document.querySelectorAll("[data-opens]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (link.dataset.opens === "finder") openFinder();
    else sheet.showModal();
  });
}

// Single keys; they can be switched off, since speech input types them by accident.

const singleKeys = document.getElementById("keys-on");
singleKeys.checked = !localStorage.getItem(OFF);
singleKeys.addEventListener("change", () => {
  if (singleKeys.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
});

const writes = (element) => element.closest?.("input, textarea, select, [contenteditable], dialog");
let going = 0;

function go(key) {
  going = 0;
  const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (place) location.href = place.href;
  return Boolean(place);
}

function move(step) {
  const rows = [...document.querySelectorAll(LISTS)].filter((row) => row.querySelector("a[href]"));
  if (!rows.length) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  next.querySelector("a[href]").focus();
  return true;
}

const SINGLE = {
  "/": () => { openFinder(); return true; },
  "?": () => { sheet.showModal(); return true; },
  g: () => { going = Date.now(); return true; },
  n: () => {
    const link = document.querySelector("main [data-new], main .heading a.primary");
    link?.click();
    return Boolean(link);
  },
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => document.activeElement.matches(`:is(${LISTS}) a`) && move(1),
  ArrowUp: () => document.activeElement.matches(`:is(${LISTS}) a`) && move(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openFinder();
    return;
  }
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (modified || !singleKeys.checked || writes(event.target)) return;
  const done = Date.now() - going < 1500 ? go(event.key) : SINGLE[event.key]?.();
  if (done) event.preventDefault();
});

// Small comforts. Every page works without them.
"use strict";

// Copy buttons: <button data-copy="#id">; they stay hidden where copying is not allowed.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}

// Print buttons: <button data-print>; what is printed is the stylesheet's affair.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A sentence of help closes with Escape, and when something else is pressed.
const closeHelp = () => {
  for (const open of document.querySelectorAll(".help[open]")) {
    open.open = false;
    if (open.contains(document.activeElement)) open.querySelector("summary").focus();
  }
};
addEventListener("keydown", (event) => { if (event.key === "Escape") closeHelp(); });
addEventListener("click", (event) => { if (!event.target.closest(".help")) closeHelp(); });

// Addresses to copy select themselves when touched.
for (const field of document.querySelectorAll("input[readonly]")) {
  field.addEventListener("focus", () => field.select());
}

// Parts marked data-live (each with an id) are fetched anew while somebody is looking; parts of one
// name (data-live="friends") are exchanged together, since they speak of each other.
const live = () => [...document.querySelectorAll("[data-live]")];
const isBusy = (part) =>
  part.contains(document.activeElement) || part.querySelector("input:checked") || !getSelection().isCollapsed;

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const busy = live().filter(isBusy);
  for (const part of live()) {
    const next = fresh.getElementById(part.id), name = part.dataset.live;
    const stays = busy.includes(part) || (name && busy.some((other) => other.dataset.live === name));
    if (next && !stays && next.innerHTML !== part.innerHTML) part.innerHTML = next.innerHTML;
  }
}

// A page that is left open asks for nothing: nobody has moved for this long.
const AWAY_MS = 5 * 60 * 1000;
let movedAt = Date.now();
for (const sign of ["pointermove", "pointerdown", "keydown", "scroll", "focus", "visibilitychange"]) {
  addEventListener(sign, () => { movedAt = Date.now(); }, { capture: true, passive: true });
}

// While something is under way ([data-live-soon] inside) they look again sooner, and to its end.
function lookAgain() {
  const soon = document.querySelector("[data-live] [data-live-soon]");
  setTimeout(async () => {
    const watched = soon || Date.now() - movedAt < AWAY_MS;
    if (watched && !document.hidden) await refresh().catch(() => {});
    lookAgain();
  }, soon ? 2000 : 10000);
}

if (live().length) lookAgain();

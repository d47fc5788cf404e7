// The template editor: what LINE still takes counts down, and the phone follows the typing.
"use strict";

const writing = document.getElementById("writing");
const preview = document.getElementById("preview");
const segments = "Segmenter" in Intl ? new Intl.Segmenter() : null;
const grouped = new Intl.NumberFormat(document.documentElement.lang);

// LINE counts UTF-16 units in some texts and what readers call characters in others.
function length(text, unit) {
  const sent = text.replace(/\r\n/g, "\n");
  return unit === "clusters" && segments ? [...segments.segment(sent)].length : sent.length;
}

function count() {
  for (const counter of writing.querySelectorAll("[data-counts]")) {
    const field = document.getElementById(counter.dataset.counts);
    const left = Number(counter.dataset.limit) - length(field.value, counter.dataset.unit);
    const words = left < 0 ? counter.dataset.over : counter.dataset.words;
    counter.textContent = words.replace("#", grouped.format(Math.abs(left)));
    counter.classList.toggle("over", left < 0);
  }
}

// Flex messages bring colours of their own; styles in attributes are forbidden on this page.
function paint() {
  for (const one of preview.querySelectorAll("[data-ground]")) one.style.background = one.dataset.ground;
  for (const one of preview.querySelectorAll("[data-ink]")) one.style.color = one.dataset.ink;
}

// A preview as a person asks HubSpot, so it waits for a pause.
const LOOK_AFTER_MS = 250;
const LOOK_AS_PERSON_AFTER_MS = 800;
const isAsPerson = () => Number(writing.elements.as?.value ?? 0) > 0;

let asked = 0;
async function look() {
  const mine = ++asked;
  const answer = await fetch(writing.dataset.preview, { method: "POST", body: new FormData(writing) });
  if (!answer.ok || answer.redirected || mine !== asked) return;
  const shown = await answer.text();
  if (mine !== asked) return;
  preview.innerHTML = shown;
  paint();
  preview.dispatchEvent(new Event("shown"));
}

let previewSoon = 0;
writing.addEventListener("input", () => {
  count();
  clearTimeout(previewSoon);
  previewSoon = setTimeout(() => look().catch(() => {}), isAsPerson() ? LOOK_AS_PERSON_AFTER_MS : LOOK_AFTER_MS);
});
// Another person is chosen above the preview.
writing.addEventListener("seen", () => {
  clearTimeout(previewSoon);
  look().catch(() => {});
});
paint();

// On a slow line somebody writes before this script is there.
const touched = [...writing.elements].some((one) => "defaultValue" in one && one.value !== one.defaultValue);
if (touched) writing.dispatchEvent(new Event("input"));

// Forms: what is too large is said before it is sent, and nothing typed is lost by a slip.
// Every form works without this script; the server says the same, later.
"use strict";

const posted = [...document.querySelectorAll("form[method=post]")];

// <input type="file" data-most="bytes" data-too-large="words"> with an element "<id>-size" beside.
function isTooLarge(field) {
  return [...field.files].some((file) => file.size > Number(field.dataset.most));
}

function judge(field) {
  const wrong = isTooLarge(field);
  const place = document.getElementById(`${field.id}-size`);
  place.hidden = !wrong;
  place.textContent = wrong ? field.dataset.tooLarge : "";
  field.setAttribute("aria-invalid", String(wrong));
  return !wrong;
}

// What the browser will send, in bytes, give or take the marks between the fields.
function weight(form) {
  const whole = form.enctype === "multipart/form-data";
  return [...new FormData(form)].reduce((bytes, [name, value]) => {
    if (value instanceof File) return bytes + value.size;
    return bytes + (whole ? new Blob([value]).size : String(new URLSearchParams([[name, value]])).length);
  }, 0);
}

function sayTooLarge(form) {
  const place = form.querySelector("[data-weight]") ?? document.createElement("p");
  place.className = "error";
  place.dataset.weight = place.dataset.testid = "form-too-large";
  place.setAttribute("role", "alert");
  place.textContent = document.body.dataset.tooLarge;
  form.append(place);
  place.scrollIntoView({ block: "nearest" });
}

for (const field of document.querySelectorAll("input[type=file][data-most]")) {
  field.addEventListener("change", () => judge(field));
  if (field.files.length) judge(field);
}

for (const form of posted) {
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file][data-most]")];
    const wrong = files.filter((field) => !judge(field));
    const heavy = weight(form) > Number(document.body.dataset.largest);
    if (!wrong.length && !heavy) return;
    event.preventDefault();
    if (wrong.length) wrong[0].focus();
    else sayTooLarge(form);
  });
}

// A form is sent once; the browser's Back button gives the buttons back, but for those marked
// data-closed, which the page itself closes.
function setButtons(form, disabled) {
  for (const button of form.querySelectorAll("button")) button.disabled = disabled || "closed" in button.dataset;
}

// Forms marked data-guard hold edits; data-unsaved: they were sent back, not saved.
const guarded = () => posted.filter((form) => "guard" in form.dataset);
let sent = false;

function isChanged(field) {
  if (field.type === "hidden" || field.type === "search") return false;
  if (field.type === "file") return field.files.length > 0;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field instanceof HTMLSelectElement) {
    const usual = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(usual, 0);
  }
  return "defaultValue" in field && field.value !== field.defaultValue;
}

function isUnsaved(form) {
  return "unsaved" in form.dataset || [...form.elements].some(isChanged);
}

addEventListener("submit", (event) => {
  if (event.defaultPrevented || !posted.includes(event.target)) return;
  sent = guarded().includes(event.target);
  // Not at once: a disabled button would not say which of them was pressed.
  setTimeout(() => setButtons(event.target, true));
});

addEventListener("beforeunload", (event) => {
  if (sent || !guarded().some(isUnsaved)) return;
  event.preventDefault();
  // Whoever stays finds the buttons as they were.
  setTimeout(() => posted.forEach((form) => setButtons(form, false)), 100);
});

addEventListener("pageshow", () => {
  sent = false;
  posted.forEach((form) => setButtons(form, false));
});

// A page may outlive its session, or its forms' tokens. Whichever script meets a refusal says so by a
// "session-lost"; "session-found" follows as soon as the page can go on, with new tokens. Until then
// nothing is sent, since the answer would replace what was typed.
const lost = document.getElementById("signed-out");
const LOOK_AGAIN_MS = 10000;
let lookingAgain = 0;
let foundAt = -LOOK_AGAIN_MS;

async function takeTokens() {
  const answer = await fetch(lost.dataset.here, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  // The first page, to which those who are signed out are led, has none.
  if (!fresh.getElementById("signed-out")) return false;
  const token = fresh.querySelector("input[name=csrf_token]").value;
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
  return true;
}

async function findSession() {
  clearTimeout(lookingAgain);
  const isFound = await takeTokens();
  lost.hidden = isFound;
  if (isFound) {
    foundAt = performance.now();
    document.dispatchEvent(new Event("session-found"));
  }
  if (!isFound) lookingAgain = setTimeout(() => { if (!document.hidden) findSession(); }, LOOK_AGAIN_MS);
  return isFound;
}

if (lost) {
  // What is refused with new tokens is refused for another reason.
  document.addEventListener("session-lost", () => {
    if (lost.hidden && performance.now() - foundAt > LOOK_AGAIN_MS) findSession();
  });
  for (const sign of ["visibilitychange", "focus"]) {
    addEventListener(sign, () => { if (!lost.hidden && !document.hidden) findSession(); });
  }
  addEventListener("submit", async (event) => {
    if (lost.hidden || !event.target.matches("[method=post]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target, submitter } = event;
    if (await findSession()) target.requestSubmit(submitter);
    else lost.scrollIntoView({ block: "nearest" });
  }, { capture: true });
}

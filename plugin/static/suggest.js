// Suggestions while typing: <input list="x" data-suggest="address">, whose options follow what is
// typed. With data-several the field holds several values between commas, and the last is looked for.
// Without this script the list keeps the options that the page came with.
"use strict";

const WAIT_MS = 250;
const LAST = /^(.*[,;、]\s*)?(.*)$/s;

for (const field of document.querySelectorAll("input[data-suggest]")) {
  let soon = 0;
  const suggest = async () => {
    const typed = field.value;
    const [, before = "", last] = "several" in field.dataset ? LAST.exec(typed) : [typed, "", typed];
    const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(last)}`);
    if (!answer.ok || answer.redirected || field.value !== typed) return;
    field.list.innerHTML = await answer.text();
    for (const option of field.list.options) option.value = before + option.value;
  };
  const later = () => {
    clearTimeout(soon);
    soon = setTimeout(() => suggest().catch(() => {}), WAIT_MS);
  };
  field.addEventListener("input", (event) => {
    // Whoever takes a suggestion types no further.
    if (event.inputType !== "insertReplacementText") later();
  });
  field.addEventListener("focus", () => { if (!field.list.childElementCount) later(); });
}

// The workflow editor: dropdowns filled by the app, and a history that keeps itself fresh.
"use strict";

function optionsAddress(select, more) {
  const asked = new URLSearchParams(more);
  for (const field of select.form.querySelectorAll("[name^=input-]")) {
    asked.set(field.name.slice("input-".length), field.value);
  }
  asked.set("field", select.dataset.field);
  return select.dataset.options + "&" + asked;
}

function addOptions(select, options) {
  for (const option of options) {
    if ([...select.options].some((known) => known.value === String(option.value))) continue;
    const made = new Option(option.label, option.value);
    if (option.description) made.title = option.description;
    select.add(made);
  }
}

async function fill(select, more, keep) {
  const box = select.closest(".field");
  const answer = await (await fetch(optionsAddress(select, more))).json();
  if (!keep) select.length = 1;
  addOptions(select, answer.options);
  const button = box.querySelector("[data-more]");
  button.hidden = !answer.after;
  button.dataset.more = answer.after || "";
  if (answer.searchable) box.querySelector("[data-search]").hidden = false;
  box.querySelector("[data-problem]").textContent = answer.error || "";
}

for (const select of document.querySelectorAll("select[data-options]")) {
  const box = select.closest(".field");
  const search = box.querySelector("[data-search]");
  const button = box.querySelector("[data-more]");
  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => fill(select, { q: search.value }, false), 250);
  });
  button.addEventListener("click", () =>
    fill(select, { q: search.value, after: button.dataset.more }, true));
  fill(select, {}, true);
}

const history = document.querySelector("[data-history]");
async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(history.dataset.history);
      const text = await answer.text();
      if (answer.ok && text !== history.dataset.text) {
        history.innerHTML = text;
        history.dataset.text = text;
      }
    } catch {
      // The sandbox restarts; the next round finds it again.
    }
  }
  setTimeout(refresh, 1000);
}
if (history) setTimeout(refresh, 500);

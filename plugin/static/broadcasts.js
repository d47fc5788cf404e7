// The steps of a broadcast: suggestions while typing, and parts that belong to a choice.
// Without this script every part is shown, and the server reads the same form.
"use strict";

const WAIT_MS = 250;

// <input list="x" data-suggest="address">: the options of the list follow what is typed.
for (const field of document.querySelectorAll("input[data-suggest]")) {
  let soon = 0;
  const suggest = async () => {
    const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(field.value)}`);
    if (answer.ok && !answer.redirected) field.list.innerHTML = await answer.text();
  };
  const later = () => {
    clearTimeout(soon);
    soon = setTimeout(() => suggest().catch(() => {}), WAIT_MS);
  };
  field.addEventListener("input", later);
  field.addEventListener("focus", () => { if (!field.list.childElementCount) later(); });
}

// <select data-look="address" data-into="id">: what the chosen thing is, shown below.
for (const field of document.querySelectorAll("select[data-look]")) {
  field.addEventListener("change", async () => {
    const place = document.getElementById(field.dataset.into);
    place.setAttribute("aria-busy", "true");
    const answer = await fetch(`${field.dataset.look}?${field.name}=${field.value}`).catch(() => null);
    if (answer?.ok && !answer.redirected) place.innerHTML = await answer.text();
    place.removeAttribute("aria-busy");
  });
}

// <select data-shows="name">: [data-shown-by="name"] is there for some of its values.
for (const field of document.querySelectorAll("select[data-shows]")) {
  const show = () => {
    for (const part of document.querySelectorAll(`[data-shown-by=${field.dataset.shows}]`)) {
      part.hidden = part.dataset.shownFor !== field.value;
    }
  };
  field.addEventListener("change", show);
  show();
}

// The steps of a broadcast: parts that belong to a choice. Without this script every part is shown, and the server reads the same form.
"use strict";

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

// The gallery of ready designs: its colours, and the dialog that the editor opens.
"use strict";

// Designs bring colours of their own; styles in attributes are forbidden on these pages.
function paintDesigns(place) {
  for (const part of place.querySelectorAll("[data-ground]")) part.style.background = part.dataset.ground;
  for (const part of place.querySelectorAll("[data-ink]")) part.style.color = part.dataset.ink;
}

function galleryDialog(words) {
  const dialog = document.createElement("dialog");
  dialog.className = "picker wide-picker";
  dialog.dataset.testid = "gallery-dialog";
  const close = Object.assign(document.createElement("button"), { type: "button", className: "slim", textContent: words.close });
  close.addEventListener("click", () => dialog.close());
  const tiles = document.createElement("div");
  dialog.append(close, tiles);
  document.body.append(dialog);
  return { dialog, tiles };
}

for (const place of document.querySelectorAll("[data-gallery]")) {
  const open = place.querySelector("[data-gallery-open]");
  let parts = null;
  open.hidden = false;
  open.addEventListener("click", async () => {
    parts ??= galleryDialog(place.dataset);
    parts.dialog.setAttribute("aria-label", open.textContent);
    parts.dialog.showModal();
    if (parts.tiles.dataset.drawn) return;
    const answer = await fetch(place.dataset.gallery).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      parts.tiles.textContent = place.dataset.failed;
      return;
    }
    parts.tiles.innerHTML = await answer.text();
    for (const button of parts.tiles.querySelectorAll("button[form]")) button.setAttribute("formaction", place.dataset.place);
    parts.tiles.dataset.drawn = "yes";
    paintDesigns(parts.tiles);
  });
}

for (const place of document.querySelectorAll(".gallery")) paintDesigns(place);

// Ticks in the list of friends: all of the page at once, and how many there are.
"use strict";

const selection = document.getElementById("chosen");
const all = document.getElementById("tick-all");
const boxes = () => [...document.querySelectorAll("input[name=ids]")];

function say(ticked) {
  const place = document.getElementById("ticked");
  place.hidden = !ticked;
  place.querySelector("b").textContent = ticked;
  all.checked = ticked === boxes().length;
  all.indeterminate = ticked > 0 && !all.checked;
}

function look() {
  const ticked = boxes().filter((box) => box.checked).length;
  if (ticked) selection.elements.chosen.value = "ticked";
  say(ticked);
}

if (selection) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    look();
  });
  document.addEventListener("change", (event) => { if (event.target.name === "ids") look(); });
  // The browser's Back button gives the ticks back.
  addEventListener("pageshow", look);
}

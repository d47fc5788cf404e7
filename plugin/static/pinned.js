// The preview on a phone: a bar at the bottom shows what is being written, and opens the rest as a sheet.
// Without this script the bar leads to the preview below the form.

// In px: what a field keeps clear of the bar, and what the page's own bar takes at the top.
const ROOM = 8;
const TOP_BAR = 72;
const writing = document.getElementById("writing");
const narrow = matchMedia("(max-width: 900px)");
const bar = document.querySelector(".preview-bar");
const sheet = document.getElementById("preview-sheet");
const followed = document.getElementById("followed");
const preview = document.getElementById("preview");
const place = followed.parentElement;
let before = null;

// The message that somebody works on is the one they want to see.
let current = 0;
function follow() {
  const texts = [...preview.querySelectorAll(".said")].map((said) => {
    const plain = said.cloneNode(true);
    plain.querySelector(".bubble-hints")?.remove();
    return plain.textContent.trim().replace(/\s+/g, " ");
  });
  bar.querySelector("[data-preview-line]").textContent = texts[current] || texts.filter(Boolean).join(" · ");
}

function open() {
  // The page keeps its height, and with it its place.
  place.style.minHeight = `${place.offsetHeight}px`;
  sheet.append(followed);
  sheet.showModal();
  sheet.scrollTop = 0;
}

function putBack() {
  place.prepend(followed);
  place.style.minHeight = "";
}

// A tap takes the focus before it opens the sheet.
bar.addEventListener("pointerdown", () => { before = document.activeElement; });
bar.addEventListener("click", (event) => {
  event.preventDefault();
  open();
});
sheet.addEventListener("close", () => {
  putBack();
  if (before?.form) before.focus({ preventScroll: true });
  before = null;
});
sheet.querySelector("[data-sheet-close]").addEventListener("click", () => sheet.close());
sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
narrow.addEventListener("change", () => { if (sheet.open) sheet.close(); });

writing.addEventListener("focusin", (event) => {
  const at = [...writing.querySelectorAll("fieldset.draft")].indexOf(event.target.closest("fieldset.draft"));
  if (at < 0 || at === current) return;
  current = at;
  follow();
});

// Some browsers scroll a field that takes the focus only to the window's edge, below the bar.
writing.addEventListener("focusin", (event) => requestAnimationFrame(() => {
  if (!narrow.matches || sheet.open) return;
  const { top, bottom } = event.target.getBoundingClientRect();
  const covered = bottom + ROOM - bar.getBoundingClientRect().top;
  if (covered > 0) scrollBy({ top: Math.min(covered, Math.max(top - TOP_BAR, 0)), behavior: "instant" });
}));

// A hint leads to the field that it speaks of.
followed.addEventListener("click", (event) => {
  const link = event.target.closest("[data-to-field]");
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  before = field;
  if (sheet.open) sheet.close();
  else before.focus({ preventScroll: true });
  field.scrollIntoView({ block: "center" });
});

preview.addEventListener("shown", follow);
follow();

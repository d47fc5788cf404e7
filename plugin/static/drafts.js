// The editor keeps what is written: a while after the last key, and before the page is left.
// Without this script each button of the form keeps it.

const form = document.getElementById("writing");
const line = document.getElementById("kept");
const said = document.getElementById("kept-said");
const KEEP_AFTER_MS = 1200;

let soon = 0;
// The call that is on its way, and whether something was typed since it was made.
let keeping = null;
let isChanged = false;
// Somebody else wrote: a button decides whose words stay, and no key.
let isOvertaken = "held" in line.dataset;

function show(news) {
  form.elements.draft.value = news.draft;
  form.elements.step.value = news.step;
  for (const way of ["undo", "redo"]) {
    const button = document.getElementById(way);
    button.disabled = !news[way];
    button.toggleAttribute("data-closed", !news[way]);
  }
  said.textContent = line.dataset.kept;
  delete form.dataset.guard;
  // A new template is found again at its draft's address.
  if ("new" in line.dataset) {
    const address = new URL(location.href);
    address.search = `?draft=${news.draft}`;
    history.replaceState(null, "", address);
  }
}

// 401: signed out; 400: the form's token is of a session before, or too old.
const isOfSession = (answer) => answer?.status === 401 || answer?.status === 400;
document.addEventListener("session-found", () => keep());

async function store() {
  isChanged = false;
  said.textContent = line.dataset.saving;
  const answer = await fetch(line.dataset.keep, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer?.ok && !answer.redirected) show(await answer.json());
  else if (answer?.status === 409 || answer?.status === 404) {
    isOvertaken = true;
    // 404: what it was a draft of is gone.
    const news = answer.status === 409 ? await answer.json() : { ended: true };
    said.textContent = news.ended ? line.dataset.ended : line.dataset.overtaken.replace("#", news.by);
    // What is typed from here on is kept nowhere: the page is not left without a question.
    form.dataset.guard = "";
  } else {
    // Tried again with the next key, when the page is left, and when a lost session is found.
    isChanged = true;
    form.dataset.guard = "";
    said.textContent = line.dataset.failed;
    if (isOfSession(answer)) document.dispatchEvent(new Event("session-lost"));
    return;
  }
  if (isChanged && !isOvertaken) soon = setTimeout(keep, KEEP_AFTER_MS);
}

// One call at a time: each says the step that the one before it made.
function keep() {
  clearTimeout(soon);
  if (!keeping && isChanged && !isOvertaken) keeping = store().catch(() => {}).finally(() => { keeping = null; });
  return keeping;
}

form.addEventListener("input", () => {
  isChanged = true;
  clearTimeout(soon);
  soon = setTimeout(keep, KEEP_AFTER_MS);
});

addEventListener("pagehide", () => {
  if (!isChanged || isOvertaken) return;
  const words = new FormData(form);
  // The call under way makes the next step first.
  if (keeping) words.set("step", Number(words.get("step")) + 1);
  navigator.sendBeacon(line.dataset.keep, words);
});
// A button's answer is kept by the server itself, at the step that the last call made: sent beside
// that call, the form would be refused as somebody else's.
form.addEventListener("submit", async (event) => {
  if (event.defaultPrevented) return;
  if (keeping) {
    event.preventDefault();
    const button = event.submitter;
    await keeping;
    form.requestSubmit(button);
    return;
  }
  // What is on the page is kept already, or it is typed since.
  form.elements.typed.value = isChanged || "held" in line.dataset ? "yes" : "no";
  isChanged = false;
  clearTimeout(soon);
});

// Another form of the page, such as a test send, waits until the draft is kept; where it cannot be
// kept, it waits no longer.
let isReleased = false;
document.addEventListener("submit", async (event) => {
  if (event.target === form || isReleased || isOvertaken || !(keeping || isChanged)) return;
  event.preventDefault();
  const { target, submitter } = event;
  await keeping;
  await keep();
  isReleased = true;
  target.requestSubmit(submitter);
  isReleased = false;
}, { capture: true });

// Undo and redo from the keyboard, outside of fields, which have their own.
document.addEventListener("keydown", (event) => {
  const inField = event.target.closest?.("input, textarea, select, dialog");
  if (inField || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  const button = document.getElementById(event.shiftKey ? "redo" : "undo");
  if (button.disabled) return;
  event.preventDefault();
  button.click();
});

// Messages are moved with Alt and the arrows, from anywhere inside them.
form.addEventListener("keydown", (event) => {
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const bubble = event.altKey && way ? event.target.closest("fieldset.draft") : null;
  const button = bubble?.querySelector(`button[value^="${way}:"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

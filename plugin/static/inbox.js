// The inbox: what is new appears by itself; what is written is kept. It works without this script.

const box = document.getElementById("inbox");
const reply = document.getElementById("reply");
const said = document.getElementById("inbox-said");
const thread = document.getElementById("thread");
const VISIBLE_MS = 4000, HIDDEN_MS = 30000, AWAY_MS = 15000;
const AWAY_AFTER_MS = 5 * 60 * 1000, TYPING_MS = 15000;

// Whether an answer is a refusal of the session (401) or of the page's token (400): forms.js says so
// to the reader, and finds the session again.
function isRefused(answer) {
  const isLost = answer?.status === 401 || answer?.status === 400;
  if (isLost) document.dispatchEvent(new Event("session-lost"));
  return isLost;
}

// Where this page can be opened again: an answer that was refused is drawn where one can only be sent to.
const here = new URL(box.dataset.here, location);
const hasSent = here.searchParams.has("sent");
here.searchParams.delete("sent");
here.hash = location.hash;
history.replaceState(null, "", here);

// A draft stays with its conversation until the server has said that it took it.
const area = reply?.elements.text;
const kept = `musubi-reply-${document.querySelector("[data-conversation]")?.dataset.conversation}`;
const pressed = `${kept}-pressed`;
if (area) {
  if (hasSent) {
    sessionStorage.removeItem(kept);
    sessionStorage.removeItem(pressed);
  }
  if (!area.value.trim()) area.value = sessionStorage.getItem(kept) ?? "";
  area.addEventListener("input", () => sessionStorage.setItem(kept, area.value));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      reply.requestSubmit();
    }
  });
}

// One press sends once; the server keeps the same promise. Where the server died without a word, the
// same answer goes out under the key that it had: it may have been sent. Whoever writes another one
// lets go of it, and the same words written later are meant to go out again.
function answerNow() {
  const besides = ["csrf_token", "form_key", "take_over"];
  return JSON.stringify([...new FormData(reply)].filter(([name]) => !besides.includes(name)));
}
const answerBefore = () => JSON.parse(sessionStorage.getItem(pressed) ?? "{}");
function keepKey() {
  const answer = answerNow(), before = answerBefore();
  if (before.answer === answer) reply.elements.form_key.value = before.key;
  else sessionStorage.setItem(pressed, JSON.stringify({ answer, key: reply.elements.form_key.value }));
}
reply?.addEventListener("input", () => {
  if (answerBefore().answer !== answerNow()) sessionStorage.removeItem(pressed);
});
let isSent = false;
reply?.addEventListener("submit", (event) => {
  if (isSent) event.preventDefault();
  else keepKey();
  isSent = true;
});
addEventListener("pageshow", () => { isSent = false; });

// Prepared answers go in at the caret.
const canned = document.getElementById("canned");
if (canned) {
  canned.closest("[data-canned]").hidden = false;
  canned.addEventListener("change", () => {
    area.setRangeText(canned.value, area.selectionStart, area.selectionEnd, "end");
    canned.value = "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
}

// While somebody writes, the friend sees moving dots and the team sees who answers.
let typedAt = 0;
area?.addEventListener("input", async () => {
  if (Date.now() - typedAt < TYPING_MS || !area.value.trim()) return;
  typedAt = Date.now();
  const body = new URLSearchParams({ csrf_token: reply.elements.csrf_token.value });
  const answer = await fetch(reply.dataset.typing, { method: "POST", body }).catch(() => null);
  isRefused(answer);
  const other = answer?.ok ? (await answer.json()).rival : "";
  if (other) said.textContent = reply.dataset.rival.replace("#", other);
});

// Whoever leaves without an answer stands in nobody's way.
addEventListener("pagehide", () => {
  if (!typedAt || isSent) return;
  typedAt = 0;
  navigator.sendBeacon(reply.dataset.release, new URLSearchParams({ csrf_token: reply.elements.csrf_token.value }));
});

// The minute in which LINE takes a free answer.
const cost = document.getElementById("cost");
let freeUntil = Date.now() + Number(cost?.dataset.seconds ?? 0) * 1000;
function countDown() {
  const left = Math.ceil((freeUntil - Date.now()) / 1000);
  cost.textContent = left > 0 ? cost.dataset.free.replace("#", left) : cost.dataset.counts;
}
if (cost) setInterval(countDown, 1000);

// A friend who blocks the account, or comes back, closes and opens the answer; its words stay.
function closeOrOpen() {
  const send = reply?.querySelector("[data-testid=send]");
  if (!send) return;
  const isClosed = document.getElementById("closed").childElementCount > 0;
  send.disabled = isClosed;
  send.toggleAttribute("data-closed", isClosed);
  cost.hidden = isClosed;
}

// The browser keeps to the end (inbox.css); whoever has scrolled up keeps what they read.
const isAtEnd = () => !thread || thread.scrollTop > -60;

// What the reader has before their eyes is read: the newest message, and not those of the past. It is
// said once for each newest message.
let readTo = null;
async function markRead() {
  if (!document.getElementById("reading") || document.hidden || !document.hasFocus()) return;
  const newest = [...thread.querySelectorAll(".turn")].at(-1)?.id;
  if ("past" in thread.dataset || !isAtEnd() || readTo === newest) return;
  readTo = newest;
  const body = new URLSearchParams({ csrf_token: reply.elements.csrf_token.value });
  const answer = await fetch(reply.dataset.read, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) readTo = null;
}
thread?.addEventListener("scroll", markRead, { passive: true });
addEventListener("focus", markRead);

function showUnread(unread) {
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
  if (unread > Number(box.dataset.unread)) said.textContent = box.dataset.new;
  box.dataset.unread = unread;
}

// What a part shows: each drawing has another token in its forms.
const shownBy = (part) => part.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, "");

// Parts that changed are exchanged, except where the reader is at work. The page's mark is that of what
// it shows: where a part was left, or nothing came, it stays, and the next look asks again.
async function refresh() {
  const answer = await fetch(here, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = fresh.getElementById("inbox");
  if (!now) return;
  const atEnd = isAtEnd();
  const read = atEnd ? 0 : thread.scrollHeight + thread.scrollTop;
  let isWhole = true;
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.getElementById(part.id);
    const busy = part.contains(document.activeElement) && document.activeElement !== part;
    if (!next || next.innerHTML === part.innerHTML) continue;
    if (!busy) part.innerHTML = next.innerHTML;
    else if (shownBy(next) !== shownBy(part)) isWhole = false;
  }
  closeOrOpen();
  const seconds = fresh.getElementById("cost")?.dataset.seconds;
  if (seconds) freeUntil = Date.now() + Number(seconds) * 1000;
  if (isWhole) box.dataset.mark = now.dataset.mark;
  if (thread) thread.scrollTop = atEnd ? 0 : read - thread.scrollHeight;
  await markRead();
}

let movedAt = Date.now();
for (const sign of ["pointermove", "keydown", "scroll", "focus"]) {
  addEventListener(sign, () => { movedAt = Date.now(); }, { capture: true, passive: true });
}

async function look() {
  const address = `${box.dataset.liveUrl}?since=${encodeURIComponent(box.dataset.mark)}`;
  const answer = await fetch(address);
  if (isRefused(answer) || answer.status !== 200) return;
  const news = await answer.json();
  showUnread(news.unread);
  await refresh();
}

let timer = 0;
function lookAgain() {
  const away = Date.now() - movedAt > AWAY_AFTER_MS;
  const wait = document.hidden ? HIDDEN_MS : away ? AWAY_MS : VISIBLE_MS;
  clearTimeout(timer);
  timer = setTimeout(() => look().catch(() => {}).finally(lookAgain), wait);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) look().catch(() => {}).finally(lookAgain); });
markRead();
lookAgain();

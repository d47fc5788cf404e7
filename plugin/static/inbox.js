// The inbox: what is new appears by itself; what is written is kept. It works without this script.

const box = document.getElementById("inbox");
const reply = document.getElementById("reply");
const said = document.getElementById("inbox-said");
const thread = document.getElementById("thread");
const VISIBLE_MS = 4000, HIDDEN_MS = 30000, AWAY_MS = 15000;
const AWAY_AFTER_MS = 5 * 60 * 1000, TYPING_MS = 15000;

// A draft stays with its conversation until the server has said that it took it.
const area = reply?.elements.text;
const kept = `musubi-reply-${document.querySelector("[data-conversation]")?.dataset.conversation}`;
const pressed = `${kept}-pressed`;
if (area) {
  const here = new URL(location.href);
  if (here.searchParams.has("sent")) {
    sessionStorage.removeItem(kept);
    sessionStorage.removeItem(pressed);
    here.searchParams.delete("sent");
    history.replaceState(null, "", here);
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
// same answer goes out under the key that it had: it may have been sent.
function keepKey() {
  const besides = ["csrf_token", "form_key", "take_over"];
  const answer = JSON.stringify([...new FormData(reply)].filter(([name]) => !besides.includes(name)));
  const before = JSON.parse(sessionStorage.getItem(pressed) ?? "{}");
  if (before.answer === answer) reply.elements.form_key.value = before.key;
  else sessionStorage.setItem(pressed, JSON.stringify({ answer, key: reply.elements.form_key.value }));
}
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
  const other = answer?.ok ? (await answer.json()).rival : "";
  if (other) said.textContent = reply.dataset.rival.replace("#", other);
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

// What the reader has before their eyes is read.
async function markRead() {
  if (!document.getElementById("reading") || document.hidden || !document.hasFocus()) return;
  const body = new URLSearchParams({ csrf_token: reply.elements.csrf_token.value });
  await fetch(reply.dataset.read, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
}

function showUnread(unread) {
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
  if (unread > Number(box.dataset.unread)) said.textContent = box.dataset.new;
  box.dataset.unread = unread;
}

// Parts that changed are exchanged, except where the reader is at work.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  // The browser keeps to the end (inbox.css); whoever has scrolled up keeps what they read.
  const isAtEnd = !thread || thread.scrollTop > -60;
  const read = isAtEnd ? 0 : thread.scrollHeight + thread.scrollTop;
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.getElementById(part.id);
    const busy = part.contains(document.activeElement) && document.activeElement !== part;
    if (next && !busy && next.innerHTML !== part.innerHTML) part.innerHTML = next.innerHTML;
  }
  closeOrOpen();
  const seconds = fresh.getElementById("cost")?.dataset.seconds;
  if (seconds) freeUntil = Date.now() + Number(seconds) * 1000;
  const now = fresh.getElementById("inbox");
  if (now) box.dataset.mark = now.dataset.mark;
  if (thread) thread.scrollTop = isAtEnd ? 0 : read - thread.scrollHeight;
  await markRead();
}

let movedAt = Date.now();
for (const sign of ["pointermove", "keydown", "scroll", "focus"]) {
  addEventListener(sign, () => { movedAt = Date.now(); }, { capture: true, passive: true });
}

async function look() {
  const address = `${box.dataset.liveUrl}?since=${encodeURIComponent(box.dataset.mark)}`;
  const answer = await fetch(address);
  if (answer.status !== 200) return;
  const news = await answer.json();
  box.dataset.mark = news.mark;
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

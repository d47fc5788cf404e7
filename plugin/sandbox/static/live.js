// Parts of a page that keep themselves fresh, and buttons that copy. No library.
(function () {
  "use strict";
  const PAUSE = 800;

  async function refresh(part) {
    try {
      const answer = await fetch(part.dataset.live, { cache: "no-store" });
      if (!answer.ok) return;
      const text = await answer.text();
      if (text === part.lastText) return;
      const first = part.lastText === undefined;
      part.lastText = text;
      // A half-filled form is never taken out of the reader's hand.
      if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea")) return;
      if (!first || text.trim() !== part.innerHTML.trim()) part.innerHTML = text;
      toEnd(part);
    } catch { /* the server restarts: the next round will do */ }
  }

  function toEnd(part) {
    if (part.hasAttribute("data-follow-end")) part.scrollTop = part.scrollHeight;
  }

  document.querySelectorAll("[data-live]").forEach((part) => {
    toEnd(part);
    (async function again() {
      if (!document.hidden) await refresh(part);
      setTimeout(again, PAUSE);
    })();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1200);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send-at-once]")) event.target.form.submit();
  });
})();

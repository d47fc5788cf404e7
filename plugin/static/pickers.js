// Pickers beside the editor's fields: details of the contact ([data-tokens]) and emojis
// ([data-emoji], LINE's own too where it says "line"). Without this script people type them.
"use strict";

{
  const SHOWN = 80;
  const tokens = document.getElementById("token-picker");
  const emojis = document.getElementById("emoji-picker");
  let field = null;

  const part = (dialog, name) => dialog.querySelector(`[data-${name}]`);

  function button(words, more = {}) {
    return Object.assign(document.createElement("button"), { type: "button", textContent: words, ...more });
  }

  // A caret inside a token would tear it apart.
  function caret() {
    const at = field.selectionEnd ?? field.value.length;
    const open = field.value.lastIndexOf("{{", at - 1);
    const shut = open < 0 ? -1 : field.value.indexOf("}}", open);
    return shut >= 0 && shut + 2 > at ? shut + 2 : at;
  }

  function insert(text) {
    const at = caret();
    field.focus();
    field.setSelectionRange(at, at);
    // The browser's own insertion can be undone with Ctrl-Z; where there is none, the value is set.
    if (!document.execCommand("insertText", false, text)) {
      field.setRangeText(text, at, at, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  function open(dialog, opened) {
    field = opened;
    dialog.showModal();
  }

  for (const dialog of [tokens, emojis]) {
    if (dialog) part(dialog, "picker-close").addEventListener("click", () => dialog.close());
  }

  // Details of the contact.
  let chosen = "";
  let asked = 0;

  function written() {
    const words = document.getElementById("token-default").value;
    const said = words.replace(/[\\']/g, "\\$&");
    return words ? `{{ contact.${chosen} | default('${said}') }}` : `{{ contact.${chosen} }}`;
  }

  function showWritten() {
    const words = document.getElementById("token-default").value;
    const refused = part(tokens, "refused");
    refused.hidden = !/\{\{|\}\}/.test(words);
    refused.textContent = refused.hidden ? "" : refused.dataset.braces;
    part(tokens, "insert").disabled = !chosen || !refused.hidden;
    part(tokens, "written").textContent = chosen && refused.hidden ? written() : "";
  }

  function choose(row, name) {
    for (const each of part(tokens, "found").querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === row));
    chosen = name;
    showWritten();
  }

  function propertyRow(property) {
    const item = document.createElement("li");
    const row = button(property.label || property.name);
    row.dataset.testid = `property-${property.name}`;
    row.setAttribute("aria-pressed", String(property.name === chosen));
    row.append(Object.assign(document.createElement("small"), { textContent: property.name }));
    row.addEventListener("click", () => choose(row, property.name));
    item.append(row);
    return item;
  }

  async function findProperties() {
    const ask = ++asked;
    const q = new URLSearchParams({ q: document.getElementById("token-search").value });
    const said = part(tokens, "said");
    const answer = await fetch(`${tokens.dataset.properties}?${q}`).catch(() => null);
    if (ask !== asked) return;
    const fit = answer?.ok && !answer.redirected ? await answer.json() : null;
    part(tokens, "found").replaceChildren(...(fit?.properties ?? []).map(propertyRow));
    if (!fit) said.textContent = said.dataset.failed;
    else if (!fit.complete) said.textContent = said.dataset.silent;
    else if (!fit.properties.length) said.textContent = said.dataset.none;
    else said.textContent = fit.more ? said.dataset.more : "";
  }

  if (tokens) {
    let typed = 0;
    document.getElementById("token-search").addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(findProperties, 250);
    });
    document.getElementById("token-default").addEventListener("input", showWritten);
    part(tokens, "insert").addEventListener("click", () => {
      tokens.close();
      insert(written());
    });
  }

  // Emojis.
  let groups = null;

  function picked(text) {
    emojis.close();
    insert(text);
  }

  function emojiButton([text, ...names]) {
    const made = button(text, { title: names.join(" · ") });
    made.setAttribute("aria-label", names.join(", "));
    made.addEventListener("click", () => picked(text));
    return made;
  }

  function lineButton(set, number) {
    const id = String(number).padStart(3, "0");
    const made = button("", { title: `${set.label} ${id}` });
    const picture = Object.assign(document.createElement("img"), { alt: id, loading: "lazy" });
    // Where LINE gives no picture, its number stands there.
    picture.addEventListener("error", () => picture.replaceWith(id));
    picture.src = emojis.dataset.pictures.replace("PRODUCT", set.product).replace("EMOJI", id);
    made.append(picture);
    made.addEventListener("click", () => picked(`(line:${set.product}/${id})`));
    return made;
  }

  function say(name) {
    const said = part(emojis, "said");
    said.textContent = name ? said.dataset[name] : "";
  }

  function show(buttons, words) {
    part(emojis, "found").replaceChildren(...buttons);
    say(words);
  }

  function tab(words, draw) {
    const made = button(words);
    made.addEventListener("click", () => {
      for (const each of part(emojis, "tabs").children) each.setAttribute("aria-pressed", String(each === made));
      document.getElementById("emoji-search").value = "";
      draw();
    });
    return made;
  }

  function drawTabs() {
    const words = JSON.parse(emojis.dataset.groups);
    const made = groups.map((group) => tab(words[group.group], () => show(group.emojis.map(emojiButton))));
    if (field.dataset.emoji === "line") {
      for (const set of JSON.parse(emojis.dataset.sets)) {
        const numbers = Array.from({ length: set.last }, (_, place) => place + 1);
        made.push(tab(emojis.dataset.line.replace("#", set.label), () => show(numbers.map((number) => lineButton(set, number)), "lines")));
      }
    }
    part(emojis, "tabs").replaceChildren(...made);
    // Somebody may have typed before the emojis were there.
    if (wanted()) search();
    else made[0].click();
  }

  const wanted = () => document.getElementById("emoji-search").value.trim().toLowerCase();

  function search() {
    const words = wanted();
    const fit = groups.flatMap((group) => group.emojis).filter(([, ...names]) => names.some((name) => name.includes(words)));
    show(fit.slice(0, SHOWN).map(emojiButton), fit.length ? "" : "none");
  }

  async function openEmojis(opened) {
    document.getElementById("emoji-search").value = "";
    open(emojis, opened);
    if (!groups) {
      const answer = await fetch(emojis.dataset.emojis).catch(() => null);
      if (!answer?.ok) return say("failed");
      groups = (await answer.json()).groups;
    }
    return drawTabs();
  }

  if (emojis) {
    document.getElementById("emoji-search").addEventListener("input", () => {
      if (!groups) return;
      if (wanted()) search();
      else part(emojis, "tabs").firstElementChild.click();
    });
  }

  function offer(owner) {
    if (owner.dataset.offered) return;
    owner.dataset.offered = "yes";
    const row = document.createElement("p");
    row.className = "picker-buttons";
    const name = owner.id || owner.name;
    if (tokens && "tokens" in owner.dataset) {
      const made = button(tokens.dataset.button);
      made.dataset.testid = `tokens-${name}`;
      made.addEventListener("click", () => { open(tokens, owner); showWritten(); findProperties(); });
      row.append(made);
    }
    if (emojis && "emoji" in owner.dataset) {
      const made = button(emojis.dataset.button);
      made.dataset.testid = `emoji-${name}`;
      made.addEventListener("click", () => openEmojis(owner));
      row.append(made);
    }
    owner.after(row);
  }

  for (const owner of document.querySelectorAll("[data-tokens], [data-emoji]")) offer(owner);

  // Coupons: the link opens their list; here the list fills the field.
  async function openCoupons(link) {
    const dialog = document.createElement("dialog");
    dialog.className = "picker";
    dialog.dataset.testid = "coupon-picker";
    dialog.setAttribute("aria-label", link.textContent);
    const close = button(link.dataset.close, { className: "slim" });
    close.addEventListener("click", () => dialog.close());
    const rows = document.createElement("div");
    dialog.append(close, rows);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    const account = link.closest("form")?.elements.account?.value;
    const asked = new URL(link.href);
    if (account) asked.searchParams.set("account", account);
    asked.searchParams.set("inside", "editor");
    const answer = await fetch(asked).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      rows.textContent = link.dataset.failed;
      return;
    }
    rows.innerHTML = await answer.text();
    for (const row of rows.querySelectorAll("[data-coupon]")) {
      row.addEventListener("click", () => {
        const id = document.getElementById(link.dataset.coupons);
        id.value = row.dataset.coupon;
        id.dispatchEvent(new Event("input", { bubbles: true }));
        dialog.close();
      });
    }
  }

  for (const link of document.querySelectorAll("a[data-coupons]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      openCoupons(link);
    });
  }
}

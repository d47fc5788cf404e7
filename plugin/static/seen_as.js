// The friend as whom the preview is seen: found while typing, shown as soon as chosen.
// Without this script the same fields are sent by buttons.

const WAIT_MS = 250;
const writing = document.getElementById("writing");
const chooser = document.querySelector(".seen-as");
const list = chooser.querySelector("[data-seen-list]");
const said = chooser.querySelector("[data-seen-said]");
const search = document.getElementById("seen-search");
const chosen = () => list.querySelector("input:checked");

// Whom somebody chose is no edit of the message.
function settle() {
  for (const each of list.querySelectorAll("input")) each.defaultChecked = each.checked;
  chooser.querySelector("[data-seen-name]").textContent = chosen().dataset.name;
}

let asked = 0;
async function find() {
  const ask = ++asked;
  const account = writing.elements.account?.value ?? chooser.dataset.account;
  const words = new URLSearchParams({ account, q: search.value });
  const answer = await fetch(`${chooser.dataset.friends}?${words}`).catch(() => null);
  if (ask !== asked) return;
  if (!answer?.ok || answer.redirected) {
    said.textContent = chooser.dataset.failed;
    return;
  }
  const before = chosen().value;
  list.innerHTML = await answer.text();
  const again = list.querySelector(`input[value="${before}"]`);
  if (again) again.checked = true;
  settle();
  said.textContent = list.querySelectorAll("input").length < 2 ? said.dataset.none : "";
  if (!again) writing.dispatchEvent(new Event("seen"));
}

let soon = 0;
search.addEventListener("input", () => {
  clearTimeout(soon);
  soon = setTimeout(find, WAIT_MS);
});
// Enter would load the page anew.
search.form.addEventListener("submit", (event) => event.preventDefault());
list.addEventListener("change", () => {
  settle();
  writing.dispatchEvent(new Event("seen"));
});
// Friends belong to an account.
writing.elements.account?.addEventListener?.("change", find);

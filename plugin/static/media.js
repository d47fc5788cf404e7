// Uploads: beside each field with `data-upload`, and on the page of pictures and videos.
"use strict";

const frame = document.getElementById("upload-control");
const words = document.getElementById("upload-words")?.dataset ?? {};
const LARGEST = frame ? JSON.parse(frame.dataset.limits) : {};
const ACCEPTED = { video: "video/mp4", "": "image/*,video/mp4" };
const token = () => document.querySelector("input[name=csrf_token]").value;

class Refused extends Error {}

// One request, repeated where the line breaks off: whatever came twice is the same part again.
async function send(url, body, signal, onProgress = () => {}) {
  for (let tries = 0; ; tries++) {
    try { return await once(url, body, signal, onProgress); } catch (error) {
      if (error instanceof Refused || signal.aborted || tries === 3) throw error;
      await new Promise((done) => setTimeout(done, 500 * 2 ** tries));
    }
  }
}

function once(url, body, signal, onProgress) {
  return new Promise((done, failed) => {
    const call = new XMLHttpRequest();
    const stop = () => call.abort();
    call.open("POST", url);
    call.setRequestHeader("X-CSRFToken", token());
    call.responseType = "json";
    call.upload.onprogress = (event) => onProgress(event.loaded);
    call.onabort = call.onerror = () => failed(new Error("lost"));
    call.onload = () => {
      if (call.status === 200 && call.response) return done(call.response);
      const problem = call.response?.problem;
      failed(problem ? new Refused(problem) : new Error("lost"));
    };
    call.onloadend = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop);
    call.send(body);
  });
}

async function upload(file, kind, signal, onProgress) {
  if (file.size > LARGEST[kind]) throw new Refused(words.tooLarge.replace("#", LARGEST[kind] / 1e6));
  const about = new FormData();
  about.set("name", file.name); about.set("size", file.size);
  about.set("kind", kind === "preview" ? "image" : kind);
  const { id, part_size: size } = await send(frame.dataset.begin, about, signal);
  const at = `${frame.dataset.begin}/${id}`;
  try {
    for (let number = 0; number * size < file.size; number++) {
      const part = file.slice(number * size, (number + 1) * size);
      await send(`${at}/${number + 1}`, part, signal, (sent) => onProgress((number * size + sent) / file.size));
    }
    onProgress(1);
    return await send(`${at}/finish`, null, signal);
  } catch (error) {
    if (signal.aborted) once(`${at}/cancel`, null, new AbortController().signal, () => {}).catch(() => {});
    throw error;
  }
}

// Runs one upload with its progress; answers what was stored, or nothing where it was refused.
async function run(control, file, kind) {
  const [bar, said] = [control.querySelector("progress"), control.querySelector("[data-said]")];
  const stop = new AbortController();
  const working = control.querySelector(".upload-progress");
  said.classList.remove("bad"); said.textContent = "";
  working.hidden = false; bar.value = 0;
  control.querySelector("[data-act=cancel]").onclick = () => stop.abort();
  try {
    const stored = await upload(file, kind, stop.signal, (share) => {
      bar.value = share * 100;
      if (share === 1) said.textContent = words.working;
    });
    said.textContent = words.done.replace("#", `${stored.name} (${stored.said})`);
    return stored;
  } catch (error) {
    said.classList.toggle("bad", !stop.signal.aborted);
    said.textContent = error instanceof Refused ? error.message : stop.signal.aborted ? words.cancelled : words.lost;
    return null;
  } finally { working.hidden = true; }
}

function fill(field, value) {
  if (!field || field.value === value) return;
  field.value = value;
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

const previewOf = (field) =>
  field.closest("[data-bubble], fieldset, form").querySelector("[data-upload=preview]");

async function use(control, field, stored) {
  const kind = field.dataset.upload;
  fill(field, kind === "preview" ? stored.preview_url || stored.url : stored.url);
  show(control, stored.thumbnail_url);
  if (kind === "image" && stored.preview_url) fill(previewOf(field), stored.preview_url);
  if (kind === "video") await frameOf(control, field, stored);
  field.dispatchEvent(new CustomEvent("stored", { bubbles: true, detail: stored }));
}

function show(control, url) {
  const thumb = control.querySelector(".thumb");
  thumb.hidden = !url;
  if (url) thumb.firstElementChild.src = url;
}

// LINE shows a picture before the video plays: a frame of it, unless there is one already.
async function frameOf(control, field, stored) {
  const preview = previewOf(field), said = control.querySelector("[data-said]");
  if (!preview || preview.value) return;
  const blob = await still(stored.url).catch(() => null);
  const picture = blob && await run(control, new File([blob], `${stored.name}.jpg`, { type: "image/jpeg" }), "preview");
  if (picture) fill(preview, picture.preview_url || picture.url);
  said.textContent = picture ? words.frame : words.noFrame;
}

function still(url) {
  return new Promise((done, failed) => {
    const film = document.createElement("video");
    setTimeout(() => failed(new Error("slow")), 15000);
    film.onerror = failed; film.muted = true; film.preload = "auto"; film.crossOrigin = "anonymous";
    film.onloadeddata = () => { film.currentTime = Math.min(1, film.duration / 10 || 0); };
    film.onseeked = () => {
      const canvas = document.createElement("canvas");
      const scale = Math.min(1, 1024 / Math.max(film.videoWidth, film.videoHeight));
      canvas.width = film.videoWidth * scale; canvas.height = film.videoHeight * scale;
      canvas.getContext("2d").drawImage(film, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no frame"))), "image/jpeg", 0.9);
    };
    film.src = url;
  });
}

function attach(field) {
  if (field.dataset.uploads) return;
  field.dataset.uploads = "yes";
  const kind = field.dataset.upload, control = frame.content.firstElementChild.cloneNode(true);
  const file = control.querySelector("input[type=file]");
  file.accept = ACCEPTED[kind] ?? "image/jpeg,image/png,image/gif,image/webp";
  field.after(control);
  if (field.value.startsWith(`${location.origin}/media/`) && kind !== "video" && kind !== "imagemap") show(control, field.value);
  const take = async (chosen) => {
    const stored = chosen && await run(control, chosen, kind);
    if (stored) await use(control, field, stored);
  };
  control.querySelector("[data-act=choose]").onclick = () => file.click();
  control.querySelector("[data-act=library]").onclick = () => pick(kind, (stored) => use(control, field, stored));
  file.onchange = () => { take(file.files[0]); file.value = ""; };
  for (const target of [field, control]) droppable(target, (dropped) => take(dropped[0]));
}

function droppable(target, take) {
  target.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); target.classList.add("dropping"); }
  });
  target.addEventListener("dragleave", () => target.classList.remove("dropping"));
  target.addEventListener("drop", (event) => {
    target.classList.remove("dropping");
    if (event.dataTransfer.files.length) { event.preventDefault(); take([...event.dataTransfer.files]); }
  });
}

// The library in a window of its own; older pages are put behind what is there.
async function pick(kind, chosen) {
  const picker = document.getElementById("media-picker"), choices = picker.querySelector("[data-choices]");
  const load = async (before) => {
    const asked = new URLSearchParams({ kind: ["video", "imagemap", "icon"].includes(kind) ? kind : "image", before });
    const answer = await fetch(`${frame.dataset.pick}?${asked}`);
    if (answer.ok) choices.insertAdjacentHTML("beforeend", await answer.text());
  };
  choices.replaceChildren();
  choices.onclick = (event) => {
    const older = event.target.closest("[data-older]"), choice = event.target.closest("[data-media]");
    if (older) { load(older.dataset.older); older.parentElement.remove(); }
    if (choice) { picker.close(); chosen(JSON.parse(choice.dataset.media)); }
  };
  picker.showModal();
  await load("");
}

function attachAll() {
  for (const field of document.querySelectorAll("input[data-upload]")) attach(field);
}

// The page of pictures and videos: each file by itself, and one alone is opened afterwards.
function library(form) {
  const control = frame.content.firstElementChild.cloneNode(true);
  for (const each of control.querySelectorAll("[data-act=choose], [data-act=library], input")) each.remove();
  form.append(control);
  const take = async (files) => {
    let stored = null;
    for (const file of files) {
      stored = await run(control, file, form.elements.kind.value);
      if (!stored) return;
    }
    location.assign(files.length === 1 ? `${frame.dataset.show}/${stored.id}` : frame.dataset.show);
  };
  form.elements.file.multiple = true;
  form.addEventListener("submit", (event) => { event.preventDefault(); take([...form.elements.file.files]); });
  droppable(form, take);
}

if (frame) {
  attachAll();
  new MutationObserver(attachAll).observe(document.getElementById("main"), { childList: true, subtree: true });
  document.querySelectorAll("[data-upload-form]").forEach(library);
}

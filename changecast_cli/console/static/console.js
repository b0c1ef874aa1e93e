// A page that is live asks for itself again when the console says that something has changed.
"use strict";

const main = document.getElementById("main");
const news = document.getElementById("news");
const DAY_TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
let source;

function say(text, wrong) {
  news.textContent = text;
  news.classList.toggle("wrong", Boolean(wrong));
}

// What a reader is at stays: the focus by its id or address, what is folded out by its order.
function keep() {
  const focus = document.activeElement;
  const open = [...main.querySelectorAll("details")].map((one) => one.open);
  const selector = focus && main.contains(focus) &&
    (focus.id ? `#${CSS.escape(focus.id)}` : focus.matches("a[href]") && `a[href="${CSS.escape(focus.getAttribute("href"))}"]`);
  return () => {
    main.querySelectorAll("details").forEach((one, at) => { if (at in open) one.open = open[at]; });
    if (selector) main.querySelector(selector)?.focus({ preventScroll: true });
  };
}

async function again() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return say("The hub gave an unexpected answer: reload the page.", true);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  const restore = keep();
  main.replaceChildren(...fresh.childNodes);
  main.dataset.live = fresh.dataset.live;
  restore();
  return say(`Updated ${new Date().toLocaleTimeString([], DAY_TIME)}`);
}

function listen() {
  source = new EventSource(main.dataset.live);
  source.addEventListener("open", () => say("Live"));
  source.addEventListener("changed", () => again().catch(gone));
  source.addEventListener("trouble", (event) => say(event.data, true));
  source.addEventListener("error", gone);
}

function gone() {
  say("The console does not answer. Is it still running?", true);
}

// A page that nobody sees asks for nothing: a browser keeps six connections to one address.
if (main.dataset.live) {
  listen();
  document.addEventListener("visibilitychange", () => {
    source.close();
    if (!document.hidden) again().then(listen, gone);
  });
}

// A file that is chosen or dropped is put into the field; it is read here and goes nowhere else.
const field = document.getElementById("document");

function decoded(bytes) {
  const mark = `${bytes[0]},${bytes[1]}`;
  const name = { "255,254": "utf-16le", "254,255": "utf-16be" }[mark] ?? "utf-8";
  return new TextDecoder(name, { fatal: true }).decode(bytes);
}

async function take(file) {
  if (!file) return;
  try {
    field.value = decoded(new Uint8Array(await file.arrayBuffer()));
    say(`${file.name} is loaded: now check it`);
  } catch {
    say(`${file.name} is not text in UTF-8 or UTF-16`, true);
  }
}

if (document.getElementById("announce")) {
  const chosen = document.getElementById("file");
  chosen.addEventListener("change", () => take(chosen.files[0]));
  // It may have been chosen before this script was there.
  if (!field.value) take(chosen.files[0]);
  for (const name of ["dragover", "dragleave", "drop"]) {
    field.addEventListener(name, (event) => {
      event.preventDefault();
      field.classList.toggle("over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }
}

// A second click waits for what the first one does.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  }));
}

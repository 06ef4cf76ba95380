// What pages share: menus close, drafts become paragraphs with buttons, passages open, decisions are sent.
import { make, render } from "./draft.js";

const main = document.querySelector("main");
const panel = document.querySelector("[data-panel]");
const keys = document.querySelector("[data-keys-passage]");
export const texts = JSON.parse(main.dataset.texts || "{}");
export const workflow = encodeURIComponent(main.dataset.workflow || "");
let opener = null;

export function slot(outcome, name) {
  return outcome.querySelector(`[data-slot="${name}"]`);
}

export async function reason(response) {
  try {
    const told = await response.json();
    return told.move ? `${told.error}. ${told.move}` : told.error;
  } catch {
    return `HTTP ${response.status}`;
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// On a narrow screen the menu is longer than the line it stands on.
const here = document.querySelector('.bar nav [aria-current="page"]');
const line = here?.closest("nav");
if (line) line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;

for (const draft of document.querySelectorAll(".draft")) {
  if (draft.textContent.trim()) render(draft, draft.textContent);
}

// --- passages beside the draft ---

document.addEventListener("click", (event) => {
  const cite = event.target.closest("[data-cite]");
  if (cite) {
    const link = cite.closest(".outcome, .reply").querySelector(`[data-slot=citations] [data-n="${cite.dataset.cite}"]`);
    if (!link) said(cite, texts.later);
    else if (link.href) open(cite, link);
    return;
  }
  const link = event.target.closest("a[data-passage]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link, link);
  }
});

async function open(from, link) {
  if (!panel) {
    location.assign(link.href);
    return;
  }
  const response = await fetch(link.dataset.passage, { headers: { accept: "application/json" } });
  if (!response.ok) {
    said(from, texts.failed + (await reason(response)));
    return;
  }
  const told = await response.json();
  opener = from;
  panel.querySelector("[data-title]").textContent = told.title;
  panel.querySelector("[data-place]").textContent = told.place || told.document;
  const body = panel.querySelector("[data-body]");
  body.replaceChildren(told.is_cut[0] ? "… " : "", ...told.blocks.map(laid), told.is_cut[1] ? "…" : "");
  const cited = body.querySelector("mark") || body;
  panel.querySelector("[data-open]").href = link.href;
  panel.hidden = keys.hidden = false;
  main.classList.add("beside");
  panel.focus({ preventScroll: true });
  panel.scrollTop += cited.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3;
}

function laid([kind, rows]) {
  const isTable = kind === "table";
  const block = make(isTable ? "table" : "p", kind);
  rows.forEach((row, i) => {
    const line = isTable ? block.insertRow() : block;
    if (!isTable && i > 0) line.append("\n");
    for (const cell of row) (isTable ? line.insertCell() : line).append(...cell.map(segment));
  });
  return block;
}

function segment([text, isMarked]) {
  return isMarked ? make("mark", "", text) : text;
}

function close() {
  panel.hidden = keys.hidden = true;
  main.classList.remove("beside");
  if (opener) opener.focus();
}

if (panel) {
  panel.querySelector("[data-close]").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
}

function said(element, text) {
  element.closest(".outcome, .reply").querySelector("[data-said]").textContent = text;
}

// --- deciding, copying, printing ---

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const outcome = button.closest(".outcome");
  if (button.dataset.copy !== undefined) copy(outcome);
  else if (button.dataset.print !== undefined) window.print();
  else if (button.dataset.action) begin(outcome, button);
});

function begin(outcome, button) {
  const fields = outcome.querySelector(`fieldset[data-for="${button.dataset.action}"]`);
  if (!fields) {
    decide(outcome, { action: button.dataset.action });
    return;
  }
  for (const one of outcome.querySelectorAll("fieldset[data-for]")) one.hidden = one !== fields || !one.hidden;
  for (const one of outcome.querySelectorAll("[data-action]")) {
    one.setAttribute("aria-expanded", String(one === button && !fields.hidden));
  }
  if (!fields.hidden) fields.querySelector("select, textarea, input").focus();
}

document.addEventListener("submit", (event) => {
  const deciding = event.target.closest("[data-decide]");
  if (!deciding) return;
  event.preventDefault();
  const fields = event.submitter.closest("fieldset");
  const value = (name) =>
    (fields.querySelector(`[name=${name}]:checked, [name=${name}]:not([type=radio])`) || { value: "" }).value.trim();
  if (fields.dataset.for === "hand_over" && !value("to")) {
    said(deciding, texts.desk);
    fields.querySelector("[name=to]").focus();
    return;
  }
  decide(deciding.closest(".outcome"), {
    action: fields.dataset.for,
    to: value("to"),
    text: recorded(deciding.closest(".outcome"), value("text")),
    category: value("category"),
    words: value("words"),
  });
});

// The records number a source by its passage in the prompt, the page by where the reader meets it.
function recorded(outcome, text) {
  return text.replace(/\[(\d{1,3})\](?!\()/g, (mark, n) => {
    const link = outcome.querySelector(`[data-slot=citations] [data-n="${n}"]`);
    return link ? `[${link.dataset.recorded}]` : mark;
  });
}

async function decide(outcome, decision) {
  const response = await fetch(`/api/decisions?workflow=${workflow}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run: outcome.dataset.run, ...decision }),
  });
  if (!response.ok) {
    said(outcome, texts.failed + (await reason(response)));
    return;
  }
  const told = await response.json();
  const decided = slot(outcome, "decided");
  decided.hidden = false;
  decided.replaceChildren(...told.told.map((line) => make("li", "", line)));
  for (const one of outcome.querySelectorAll("fieldset[data-for]")) one.hidden = true;
  for (const one of outcome.querySelectorAll("[data-action]")) {
    if (one.hasAttribute("aria-expanded")) one.setAttribute("aria-expanded", "false");
    if (one.hasAttribute("aria-pressed")) one.setAttribute("aria-pressed", String(one.dataset.action === told.action));
  }
  if (told.state) slot(outcome, "state").textContent = told.state;
  outcome.parentElement.querySelector("[data-waits]")?.remove();
  said(outcome, told.said);
  if (told.sent) {
    sessionStorage.setItem("said", told.said);
    location.reload();
  }
}

// What was said of a decision outlasts the page that comes anew with the new text.
const outlasts = sessionStorage.getItem("said");
if (outlasts) {
  sessionStorage.removeItem("said");
  const place = document.querySelector(".outcome [data-said], [data-status]");
  if (place) place.textContent = outlasts;
}

// Marks are buttons with a bare number; as text each is [n].
function words(element) {
  const marks = [...element.querySelectorAll("[data-cite]")];
  for (const one of marks) one.textContent = `[${one.dataset.cite}]`;
  const text = element.innerText.trim();
  for (const one of marks) one.textContent = one.dataset.cite;
  return text;
}

async function copy(outcome) {
  const lines = [words(slot(outcome, "text")), ""];
  for (const item of outcome.querySelectorAll("[data-slot=citations] li")) {
    const [name, place, quote] = item.children;
    lines.push(`[${item.value}] ${name.textContent}, ${place.textContent}: "${quote.textContent}"`);
  }
  await navigator.clipboard.writeText(lines.join("\n").trim());
  said(outcome, texts.copied);
}

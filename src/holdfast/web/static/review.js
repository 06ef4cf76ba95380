// The Review page: one key for each thing a reviewer does; every key has a button.
import { reason, texts, workflow } from "./page.js";

const main = document.querySelector("main");
const status = document.querySelector("[data-status]");
const { review, run, home } = main.dataset;
const KEYS = { c: "claim", u: "release", a: "accept", g: "golden", y: "confirm", e: "edit", r: "reject", m: "reassign" };
let busy = false;

async function post(path, body) {
  if (busy) return null;
  busy = true;
  status.textContent = texts.sending;
  status.classList.remove("fault");
  try {
    const response = await fetch(`${path}?workflow=${workflow}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body || {}),
    });
    if (!response.ok) throw new Error(await reason(response));
    return await response.json();
  } catch (error) {
    status.textContent = texts.failed + error.message;
    status.classList.add("fault");
    return null;
  } finally {
    busy = false;
  }
}

async function act(name) {
  let told = null;
  if (name === "confirm") told = await post("/api/golden/confirm", { case: main.dataset.case });
  else if (name === "accept") told = await post(`/api/reviews/${run}/decision`, { action: "accept" });
  else told = await post(`/api/reviews/${run}/${name}`);
  if (!told) return;
  if (name === "confirm") leave(texts.confirmed, `${home}/golden`);
  else if (name === "golden") location.assign(`${home}/golden?case=${encodeURIComponent(told.case)}`);
  else location.reload();
}

// What was done is said on the page that comes next.
function leave(text, to) {
  sessionStorage.setItem("said", text);
  location.assign(to);
}

async function next() {
  if (review === "case" && main.dataset.following) {
    location.assign(`${home}/review?case=${encodeURIComponent(main.dataset.following)}`);
    return;
  }
  const told = await post("/api/reviews/next");
  if (!told) return;
  if (told.run) location.assign(`${home}/review?case=${encodeURIComponent(told.run)}`);
  else status.textContent = texts.nothing;
}

function open(name) {
  const form = document.querySelector(`[data-form="${name}"]`);
  if (!form) return false;
  for (const one of document.querySelectorAll("[data-form]")) one.hidden = one !== form || !one.hidden;
  for (const one of document.querySelectorAll("[data-open]")) {
    const shown = document.querySelector(`[data-form="${one.dataset.open}"]`);
    one.setAttribute("aria-expanded", String(!shown.hidden));
  }
  if (!form.hidden) form.querySelector("textarea, select, input").focus();
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const cite = event.target.closest("[data-cite]");
  if (cite) show(cite.dataset.cite);
  else if (!button) return;
  else if (button.dataset.do) {
    event.preventDefault(); // without a script the button sends its form
    act(button.dataset.do);
  }
  else if (button.dataset.open) open(button.dataset.open);
  else if (button.dataset.next !== undefined) next();
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-form]");
  if (!form) return;
  event.preventDefault();
  const sent = Object.fromEntries(new FormData(form));
  const name = form.dataset.form;
  if (name === "golden-discard") {
    if (await post("/api/golden/discard", { case: main.dataset.case, ...sent })) leave(texts.discarded, `${home}/golden`);
    return;
  }
  const told =
    name === "reassign"
      ? await post(`/api/reviews/${run}/reassign`, sent)
      : await post(`/api/reviews/${run}/decision`, { action: name, ...sent });
  if (told) location.reload();
});

document.querySelector("[data-record]")?.addEventListener("toggle", (event) => {
  if (event.target.open) event.target.querySelector(".field input, .field select, .field textarea")?.focus();
});

function show(n) {
  const passage = document.querySelector(`[data-evidence="${n}"]`);
  if (!passage) return false;
  const folded = passage.closest("details");
  if (folded) folded.open = true;
  passage.scrollIntoView({ block: "nearest" });
  passage.focus({ preventScroll: true });
  return true;
}

function move(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))].focus();
  return true;
}

function pressed(key) {
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "n") return next() && true;
  if (key === "q" && review !== "queue") return location.assign(`${home}/review`) || true;
  if (/^[1-9]$/.test(key)) return show(key);
  const name = KEYS[key];
  if (!name) return false;
  const button = document.querySelector(`[data-do="${name}"]:not(:disabled), [data-open="${name}"]`);
  if (!button) return false;
  button.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if (isTyping) {
    if (event.key === "Escape") {
      const form = event.target.closest("[data-form]");
      if (form) open(form.dataset.form);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (pressed(event.key)) event.preventDefault();
});

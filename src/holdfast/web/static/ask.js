// The Ask page: send an item, show the draft sentence by sentence, open passages beside it, decide.
import { Draft } from "./draft.js";

const main = document.querySelector("main");
const texts = JSON.parse(main.dataset.texts);
const workflow = encodeURIComponent(main.dataset.workflow);
const form = document.querySelector("[data-ask]");
const question = form.elements.question;
const thread = document.querySelector("[data-thread]");
const status = document.querySelector("[data-status]");
const stop = form.querySelector("[data-stop]");
const send = form.querySelector("[data-send]");
const panel = document.querySelector("[data-panel]");
let asking = null;
let opener = null;

// --- asking ---

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    ask();
  }
});
stop.addEventListener("click", () => asking && asking.abort());

async function ask() {
  if (asking) return;
  const item = { question: question.value, fields: {}, after: form.dataset.after };
  const files = [];
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("field:") && value.trim()) item.fields[name.slice(6)] = value;
    if (name === "attachment" && value.size) files.push(value);
  }
  if (!item.question.trim() && !Object.keys(item.fields).length) {
    say(texts.empty);
    question.focus();
    return;
  }
  asking = new AbortController();
  send.disabled = true;
  stop.hidden = false;
  const turn = show(item);
  say(texts.working);
  try {
    await stream(await post(item, files), turn);
  } catch (error) {
    turn.outcome.dataset.kind = asking.signal.aborted ? "cancelled" : "failed";
    say(asking.signal.aborted ? texts.stopped : texts.failed + error.message, true);
  } finally {
    asking = null;
    send.disabled = false;
    stop.hidden = true;
  }
}

function post(item, files) {
  const headers = { accept: "text/event-stream" };
  let body = JSON.stringify(item);
  if (files.length) {
    body = new FormData();
    body.append("item", JSON.stringify(item));
    for (const file of files) body.append("attachment", file);
  } else headers["content-type"] = "application/json";
  return fetch(`/api/items?workflow=${workflow}`, { method: "POST", headers, body, signal: asking.signal });
}

function show(item) {
  const heading = document.querySelector(".case > h1");
  if (heading) heading.classList.add("asked");
  const asked = turn("person");
  const who = document.createElement("span");
  who.className = "who";
  who.append(texts.person);
  const text = document.createElement("div");
  text.className = "text";
  text.append(item.question);
  asked.append(who, text);
  const fields = Object.entries(item.fields);
  if (fields.length) {
    const list = document.createElement("dl");
    list.className = "fields";
    for (const [name, value] of fields) {
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.append(name);
      dd.append(value);
      list.append(dt, dd);
    }
    asked.append(list);
  }
  const answer = turn("assistant");
  answer.append(document.querySelector("template[data-outcome]").content.cloneNode(true));
  const outcome = answer.querySelector(".outcome");
  outcome.classList.add("open");
  const citations = new Map();
  const draft = new Draft(slot(outcome, "text"), (n) => (citations.get(n) || {}).label || `${texts.source} ${n}`);
  return { outcome, draft, citations, asked };
}

function turn(speaker) {
  const item = document.createElement("li");
  item.className = `turn ${speaker}`;
  thread.append(item);
  return item;
}

async function stream(response, turn) {
  if (!response.ok || !response.body) throw new Error(await reason(response));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  let ended = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    buffer += value;
    let at;
    while ((at = buffer.indexOf("\n\n")) >= 0) {
      const line = buffer.slice(0, at);
      buffer = buffer.slice(at + 2);
      if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
      ended = take(JSON.parse(line.slice(6)), turn) || ended;
    }
  }
  if (!ended) throw new Error(texts.cut);
}

async function reason(response) {
  try {
    const told = await response.json();
    return told.move ? `${told.error}. ${told.move}` : told.error;
  } catch {
    return `HTTP ${response.status}`;
  }
}

function take(part, turn) {
  switch (part.type) {
    case "text-delta":
      if (part.id === "sources") return false;
      if (status.textContent !== texts.writing) say(texts.writing);
      turn.draft.append(part.delta);
      return false;
    case "data-restart":
      turn.draft.restart();
      say(texts.restart);
      return false;
    case "data-notice":
      note(turn.outcome, part.data.text);
      return false;
    case "data-outcome":
      finish(turn, part.data);
      return true;
    case "error":
      turn.outcome.dataset.kind = "failed";
      say(texts.failed + part.errorText, true);
      return true;
    default:
      return false;
  }
}

function finish({ outcome, draft, citations, asked }, told) {
  outcome.classList.remove("open");
  outcome.dataset.kind = told.kind;
  outcome.dataset.run = told.run;
  for (const name of ["state", "model", "took", "cost"]) slot(outcome, name).textContent = told[name];
  for (const name of ["confidence", "degraded", "reason", "draft"]) fill(slot(outcome, name), told[name]);
  fill(slot(outcome, "route"), told.route && told.contact ? `${told.route} (${told.contact})` : told.route);
  const output = slot(outcome, "output");
  output.textContent = told.output;
  output.hidden = !told.output;
  for (const one of told.citations) citations.set(String(one.n), one);
  list(slot(outcome, "citations"), told.citations);
  list(slot(outcome, "nearest"), told.nearest);
  choices(slot(outcome, "options"), told.options);
  for (const mark of draft.element.querySelectorAll("[data-cite]")) {
    mark.setAttribute("aria-label", draft.label(mark.dataset.cite));
  }
  slot(outcome, "run").href = told.run_href;
  outcome.querySelector("[data-decide]").hidden = told.kind === "question";
  form.dataset.after = told.run;
  form.querySelector("[data-new]").hidden = false;
  form.reset();
  form.querySelector("label").textContent = texts.followup;
  say(`${told.state}. ${texts.done}`);
  history.pushState(null, "", `?run=${told.run}`);
  asked.scrollIntoView({ block: "nearest" });
}

function slot(outcome, name) {
  return outcome.querySelector(`[data-slot="${name}"]`);
}

function fill(element, text) {
  element.hidden = !text;
  element.querySelector("[data-fill]").textContent = text;
}

function list(section, citations) {
  section.hidden = !citations.length;
  for (const one of citations) {
    const item = document.createElement("li");
    item.value = one.n;
    const name = document.createElement(one.href ? "a" : "span");
    name.append(one.title);
    if (one.href) {
      name.href = one.href;
      name.dataset.passage = one.passage;
      name.dataset.n = one.n;
    }
    const place = document.createElement("span");
    place.className = "quiet";
    place.append(one.place);
    const quote = document.createElement("q");
    quote.append(one.quote);
    item.append(name, " ", place, quote);
    section.querySelector("ol").append(item);
  }
}

function choices(options, texts_) {
  options.hidden = !texts_.length;
  for (const one of texts_) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.option = "";
    button.append(one);
    item.append(button);
    options.append(item);
  }
}

function note(outcome, text) {
  const line = document.createElement("p");
  line.className = "note";
  line.append(text);
  outcome.prepend(line);
}

function say(text, isFault) {
  status.textContent = text;
  status.classList.toggle("fault", Boolean(isFault));
}

// --- passages beside the draft ---

document.addEventListener("click", (event) => {
  const cite = event.target.closest("[data-cite]");
  if (cite) {
    const link = cite.closest(".outcome").querySelector(`[data-slot=citations] [data-n="${cite.dataset.cite}"]`);
    if (link) open(cite, link);
    else say(texts.later);
    return;
  }
  const link = event.target.closest("a[data-passage]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(link, link);
  }
});

async function open(from, link) {
  const response = await fetch(link.dataset.passage, { headers: { accept: "application/json" } });
  if (!response.ok) {
    say(texts.failed + (await reason(response)), true);
    return;
  }
  const told = await response.json();
  opener = from;
  panel.querySelector("[data-title]").textContent = told.title;
  panel.querySelector("[data-place]").textContent = [told.document, told.place].filter(Boolean).join(" · ");
  const cited = document.createElement("mark");
  cited.append(told.quote);
  panel.querySelector("[data-body]").replaceChildren(told.before, cited, told.after);
  panel.querySelector("[data-open]").href = link.href;
  panel.hidden = false;
  main.classList.add("beside");
  panel.focus({ preventScroll: true });
  panel.scrollTop = cited.offsetTop - panel.clientHeight / 3;
}

function close() {
  panel.hidden = true;
  main.classList.remove("beside");
  if (opener) opener.focus();
}

panel.querySelector("[data-close]").addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) close();
});

// --- deciding, copying, printing, answering back ---

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const outcome = button.closest(".outcome");
  if (button.dataset.option !== undefined) {
    question.value = button.textContent;
    question.focus();
  } else if (button.dataset.copy !== undefined) copy(outcome);
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
  const text = fields.querySelector("[name=text]");
  if (text && !text.value) text.value = slot(outcome, "text").innerText;
  if (!fields.hidden) fields.querySelector("select, textarea, input").focus();
}

document.addEventListener("submit", (event) => {
  const deciding = event.target.closest("[data-decide]");
  if (!deciding) return;
  event.preventDefault();
  const fields = event.submitter.closest("fieldset");
  const value = (name) => (fields.querySelector(`[name=${name}]`) || { value: "" }).value.trim();
  decide(deciding.closest(".outcome"), {
    action: fields.dataset.for,
    to: value("to"),
    text: value("text"),
    reason: [value("category"), value("words")].filter(Boolean).join(": "),
  });
});

async function decide(outcome, decision) {
  const said = outcome.querySelector("[data-said]");
  const response = await fetch(`/api/decisions?workflow=${workflow}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run: outcome.dataset.run, ...decision }),
  });
  if (!response.ok) {
    said.textContent = texts.failed + (await reason(response));
    return;
  }
  const told = await response.json();
  const decided = slot(outcome, "decided");
  decided.hidden = false;
  decided.replaceChildren(
    ...told.told.map((line) => {
      const item = document.createElement("li");
      item.append(line);
      return item;
    }),
  );
  for (const one of outcome.querySelectorAll("fieldset[data-for]")) one.hidden = true;
  said.textContent = texts.decided;
}

async function copy(outcome) {
  const lines = [slot(outcome, "text").innerText.trim(), ""];
  for (const item of outcome.querySelectorAll("[data-slot=citations] li")) {
    const [name, place, quote] = item.children;
    lines.push(`[${item.value}] ${name.textContent}, ${place.textContent}: "${quote.textContent}"`);
  }
  await navigator.clipboard.writeText(lines.join("\n").trim());
  outcome.querySelector("[data-said]").textContent = texts.copied;
}

window.addEventListener("popstate", () => location.reload());

// The Ask page: send an item, show the draft sentence by sentence.
import { Draft, make, render } from "./draft.js";
import { reason, slot, texts, workflow } from "./page.js";

const form = document.querySelector("[data-ask]");
const question = form.elements.question;
const thread = document.querySelector("[data-thread]");
const status = document.querySelector("[data-status]");
const stop = form.querySelector("[data-stop]");
const send = form.querySelector("[data-send]");
let asking = null;

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
  if (files.reduce((sum, file) => sum + file.size, 0) > Number(form.dataset.most)) {
    say(form.dataset.tooLarge, true);
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
    unfinished(turn, asking.signal.aborted ? "cancelled" : "failed");
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
  const asked = make("li", "turn person", make("span", "who", texts.person), make("div", "text", item.question));
  const fields = Object.entries(item.fields).flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]);
  if (fields.length) asked.append(make("dl", "fields", ...fields));
  const answer = make("li", "turn assistant", copied("outcome"));
  thread.append(asked, answer);
  const outcome = answer.querySelector(".outcome");
  outcome.classList.add("open");
  const citations = new Map();
  const draft = new Draft(slot(outcome, "text"), (n) => (citations.get(n) || {}).label || `${texts.source} ${n}`);
  return { outcome, draft, citations, asked };
}

function copied(name) {
  return document.querySelector(`template[data-${name}]`).content.cloneNode(true);
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
      turn.outcome.prepend(make("p", "note", part.data.text));
      return false;
    case "data-corrected-before":
      for (const one of part.data) before(turn.outcome.parentNode, one);
      return false;
    case "data-outcome":
      finish(turn, part.data);
      return true;
    case "start":
      turn.run = part.messageId;
      history.pushState(null, "", `?run=${turn.run}`);
      return false;
    case "error":
      unfinished(turn, "failed");
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
  // what a person answered before stands ahead of no answer, and behind one
  if (told.kind !== "answer") outcome.before(...outcome.parentNode.querySelectorAll(":scope > .reply"));
  for (const name of ["state", "model", "took", "cost"]) slot(outcome, name).textContent = told[name];
  for (const name of ["confidence", "degraded", "fallback", "reason", "draft"]) fill(slot(outcome, name), told[name]);
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
  const why = outcome.querySelector("fieldset[data-for=reject] legend");
  why.textContent = told.kind === "refusal" ? why.dataset.none : why.dataset.why;
  form.dataset.after = told.run;
  form.querySelector("[data-new]").hidden = false;
  form.reset();
  form.querySelector("label").textContent = texts.followup;
  say(told.ended);
  history.replaceState(null, "", `?run=${told.run}`);
  asked.scrollIntoView({ block: "nearest" });
}

function before(turn, told) {
  turn.append(copied("before"));
  const block = turn.lastElementChild;
  slot(block, "says").textContent = told.says;
  list(slot(block, "citations"), told.citations);
  render(slot(block, "text"), told.text);
  fill(slot(block, "since"), told.since);
}

function unfinished({ outcome, run }, kind) {
  outcome.dataset.kind = kind;
  outcome.classList.add("unfinished");
  slot(outcome, "state").textContent = kind === "failed" ? texts.failed_run : texts.cancelled;
  if (run) slot(outcome, "run").href = `/w/${workflow}/runs/${run}`;
  slot(outcome, "run").hidden = !run;
}

function fill(element, text) {
  element.hidden = !text;
  element.querySelector("[data-fill]").textContent = text;
}

function list(section, citations) {
  section.hidden = !citations.length;
  for (const one of citations) {
    const name = make(one.href ? "a" : "span", "", one.title);
    if (one.href) {
      name.href = one.href;
      if (one.passage) name.dataset.passage = one.passage;
    }
    name.dataset.n = one.n;
    name.dataset.recorded = one.recorded;
    const item = make("li", "", name, " ", make("span", "quiet", one.place), make("q", "", one.quote));
    item.value = one.n;
    section.querySelector("ol").append(item);
  }
}

function choices(options, texts_) {
  options.hidden = !texts_.length;
  for (const one of texts_) {
    const button = make("button", "", one);
    button.type = "button";
    button.dataset.option = "";
    options.append(make("li", "", button));
  }
}

function say(text, isFault) {
  status.textContent = text;
  status.classList.toggle("fault", Boolean(isFault));
}

document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-option]");
  if (!option) return;
  question.value = option.textContent;
  question.focus();
});

window.addEventListener("popstate", () => location.reload());

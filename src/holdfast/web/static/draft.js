// Turn a draft's text into nodes as it arrives: append-only, a small Markdown allow-list, text nodes only.
// Blocks: paragraphs, lists, headings, rows of a table. Inline: **strong**, *emphasis*, `code`, [n].

const INLINE = /\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*(?!\w)|`([^`\n]+)`|\[(\d{1,3})\](?!\()/g;
const LIST = /^\s{0,3}(?:[-*•]|\d{1,3}[.)])\s+/;
const HEADING = /^#{1,6}\s+/;
const CELL = /\s\|\s/;
const RULE = /^[\s|:-]*-[\s|:-]*$/;

export function make(tag, kind, ...children) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.append(...children);
  return made;
}

export class Draft {
  constructor(element, label) {
    this.element = element;
    this.label = label || ((n) => `[${n}]`);
    this.restart();
  }

  restart() {
    this.element.replaceChildren();
    this.block = null;
    this.atLineStart = true;
    this.pending = "";
  }

  append(text) {
    const lines = (this.pending + text).split("\n");
    this.pending = "";
    lines.forEach((line, i) => {
      if (i > 0) this.newLine();
      if (line) this.line(line);
    });
  }

  newLine() {
    if (this.atLineStart) this.block = null;
    else if (this.block && this.block.tagName === "P") this.block.append("\n");
    this.atLineStart = true;
  }

  line(text) {
    if (this.atLineStart && CELL.test(text)) {
      if (RULE.test(text)) return;
      this.row();
      text = text.trim().replace(/^\||\|$/g, "");
      this.atLineStart = false;
    }
    if (this.atLineStart) {
      const isItem = LIST.test(text);
      if (isItem) this.item(/^\s*\d/.test(text));
      else if (HEADING.test(text)) this.open("p", "head");
      else if (!this.block || this.block.tagName !== "P" || this.block.className) {
        if (!(this.block && /^\s/.test(text))) this.open("p");
      }
      if (!text.trim()) return;
      text = text.replace(isItem ? LIST : HEADING, "");
      this.atLineStart = false;
    }
    if (this.block.tagName !== "TD") {
      inline(this.block, text, this.label);
      return;
    }
    text.split(CELL).forEach((cell, i) => {
      if (i > 0) this.cell();
      inline(this.block, cell, this.label);
    });
  }

  row() {
    let table = this.element.lastElementChild;
    if (!table || table.tagName !== "TABLE") {
      table = make("table", "", make("tbody"));
      this.element.append(table);
    }
    table.tBodies[0].append(make("tr"));
    this.cell();
  }

  cell() {
    const rows = this.element.lastElementChild.rows;
    this.block = make("td");
    rows[rows.length - 1].append(this.block);
  }

  open(tag, kind) {
    this.block = make(tag, kind);
    this.element.append(this.block);
  }

  item(ordered) {
    const tag = ordered ? "OL" : "UL";
    let list = this.element.lastElementChild;
    if (!list || list.tagName !== tag) {
      list = make(tag);
      this.element.append(list);
    }
    this.block = make("li");
    list.append(this.block);
  }
}

function inline(parent, text, label) {
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parent.append(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[4]) parent.append(...gap(parent), mark(match[4], label));
    else parent.append(make(match[1] ? "strong" : match[2] ? "em" : "code", "", match[1] || match[2] || match[3]));
  }
  if (from < text.length) parent.append(text.slice(from));
}

// A mark behind a figure in a cell stands apart from it: copied together, 0.0893 and 1 would be 0.08931.
function gap(parent) {
  return /\d$/.test(parent.textContent) ? [" "] : [];
}

function mark(n, label) {
  const button = make("button", "cite", n);
  button.type = "button";
  button.dataset.cite = n;
  button.setAttribute("aria-label", label(n));
  return button;
}

export function render(element, text) {
  const outcome = element.closest(".outcome, .reply");
  const draft = new Draft(element, (n) => labelIn(outcome, n));
  draft.append(text);
}

function labelIn(outcome, n) {
  const source = outcome && outcome.querySelector(`[data-slot=citations] [data-n="${n}"]`);
  return source ? `${n}: ${source.textContent}` : `[${n}]`;
}

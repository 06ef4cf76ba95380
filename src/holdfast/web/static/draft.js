// Turn a draft's text into nodes as it arrives: append-only, a small Markdown allow-list, text nodes only.
// Blocks: paragraphs, lists, headings, rows of a table. Inline: **strong**, *emphasis*, `code`, [n].

const INLINE = /\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*(?!\w)|`([^`\n]+)`|\[(\d{1,3})\](?!\()/g;
const LIST = /^\s{0,3}(?:[-*•]|\d{1,3}[.)])\s+/;
const HEADING = /^#{1,6}\s+/;
const CELL = /\s\|\s/;
const RULE = /^[\s|:-]*-[\s|:-]*$/;

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
      table = document.createElement("table");
      table.append(document.createElement("tbody"));
      this.element.append(table);
    }
    table.tBodies[0].append(document.createElement("tr"));
    this.cell();
  }

  cell() {
    const rows = this.element.lastElementChild.rows;
    this.block = document.createElement("td");
    rows[rows.length - 1].append(this.block);
  }

  open(tag, kind) {
    this.block = document.createElement(tag);
    if (kind) this.block.className = kind;
    this.element.append(this.block);
  }

  item(ordered) {
    const tag = ordered ? "OL" : "UL";
    let list = this.element.lastElementChild;
    if (!list || list.tagName !== tag) {
      list = document.createElement(tag);
      this.element.append(list);
    }
    this.block = document.createElement("li");
    list.append(this.block);
  }
}

function inline(parent, text, label) {
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parent.append(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[4]) parent.append(mark(match[4], label));
    else {
      const node = document.createElement(match[1] ? "strong" : match[2] ? "em" : "code");
      node.append(match[1] || match[2] || match[3]);
      parent.append(node);
    }
  }
  if (from < text.length) parent.append(text.slice(from));
}

function mark(n, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "cite";
  button.dataset.cite = n;
  button.setAttribute("aria-label", label(n));
  button.append(n);
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

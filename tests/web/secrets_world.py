"""A served workflow with documents that only one group may see, and everything that was ever made of them.

Each closed document holds a made-up word of its own in its text, and another one in its name. Ana asks
about them, vera decides and writes golden cases, otto replays; experiments have worked them. Bob, an asker,
and odo, an owner, are in no group. Bob could read a letter once, and has asked about it then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.storage.drafts import begin_draft, end_draft, write_draft
from holdfast.storage.review_tables import decisions, review_items
from holdfast.testing.files import pdf_file, xlsx_file, zip_file

from .conftest import Served, served, write_workflow
from .experimenting import work_cases, write_cases

LOW = ("bob", "odo")
WORKSPACE = """\
people:
  - {name: ana, groups: [vault], role: asker}
  - {name: vera, groups: [vault], role: reviewer}
  - {name: otto, groups: [vault], role: owner}
  - {name: bob, role: asker}
  - {name: odo, role: owner}
"""
MORE = """\
retrieval: {k: 1}
review: {below: 0.99}
lookups:
  - name: orders
    database: orders.sqlite
    sql: SELECT number, state FROM orders WHERE number = :order
    parameters:
      order: {field: order, pattern: '\\bSO-\\d{5}\\b'}
    access: [vault]
"""
IN_TEXT = {
    "plan": "quorbaxite",
    "mail": "zemplinor",
    "attached": "vastuquil",
    "sheet": "hidroquent",
    "boxed": "mergolith",
    "page": "trevanquor",
    "new": "plintomage",
    "broken": "skorvaldin",
    "letter": "woxanthir",
    "row": "gremlaquit",
    "before": "ondrivask",
    "said": "yembrolith",
    "gone": "fusquendal",
}
"""Words that stand in the texts of what is closed."""
IN_NAMES = {
    "plan": "namarquen",
    "mail": "namoxild",
    "attached": "namuvren",
    "sheet": "namilgast",
    "boxed": "namestrov",
    "page": "namyltor",
    "new": "namorvick",
    "broken": "namagrund",
    "letter": "namupsil",
    "gone": "namethox",
}
"""Words that stand in their names and titles."""
PLAN, LETTER = f"vault/{IN_NAMES['plan']}.md", f"once/{IN_NAMES['letter']}.md"
MAIL = f"vault/{IN_NAMES['mail']}.eml"
ATTACHED = f"{MAIL}/{IN_NAMES['attached']}.txt"
SHEET = f"vault/{IN_NAMES['sheet']}.xlsx"
BOX = "vault/box.zip"
BOXED = f"{BOX}/{IN_NAMES['boxed']}.md"
PAGE = f"vault/{IN_NAMES['page']}.pdf"
NEW, OLD = f"vault/{IN_NAMES['new']}.md", "old-manual.md"
BROKEN = f"vault/{IN_NAMES['broken']}.pdf"
GONE = f"vault/{IN_NAMES['gone']}.md"
CLOSED = (PLAN, LETTER, MAIL, ATTACHED, SHEET, BOX, BOXED, PAGE, NEW, BROKEN, GONE)
OPEN_RULES = '"**": [everyone]\n"vault/**": [vault]\n"once/**": [vault, "user:bob"]\n'
CLOSED_RULES = '"**": [everyone]\n"vault/**": [vault]\n"once/**": [vault]\n'
BY_MAIL = f"""\
From: a@example.com
To: b@example.com
Subject: Offer {IN_NAMES["mail"]}
Date: Mon, 06 Jan 2025 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

The offer for the MX-5 is {IN_TEXT["mail"]} euros.
--b
Content-Type: text/plain
Content-Disposition: attachment; filename={IN_NAMES["attached"]}.txt

The rebate of the MX-5 is {IN_TEXT["attached"]} percent.
--b--
"""
TEXTS = {
    "permissions.yaml": OPEN_RULES,
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    OLD: "# Old manual of the ZK-9\n\nThe spring of the ZK-9 is replaced every 400 hours.\n",
    PLAN: f"# Plan {IN_NAMES['plan']}\n\nThe relief valve of the KD-7 opens at 9 bar, says {IN_TEXT['plan']}.\n",
    MAIL: BY_MAIL,
    NEW: f"---\nsupersedes: {OLD}\ntitle: New {IN_NAMES['new']}\n---\n\nThe spring of the ZK-9 is a {IN_TEXT['new']}.\n",
    LETTER: f"# Letter {IN_NAMES['letter']}\n\nThe salary of the QW-3 fitter is {IN_TEXT['letter']} euros a month.\n",
    GONE: f"# Gone {IN_NAMES['gone']}\n\nThe code of the GN-4 safe is {IN_TEXT['gone']}.\n",
}
OTHERS = {
    SHEET: xlsx_file(
        {"Shown": [["Item", "Note"], ["LB-2", "open"]], "Kept": [["LB-3", IN_TEXT["sheet"]]]}, hidden=["Kept"]
    ),
    BOX: zip_file(
        {
            f"{IN_NAMES['boxed']}.md": f"# {IN_NAMES['boxed']}\n\nThe crate of the BX-1 weighs {IN_TEXT['boxed']} kg.\n"
        }
    ),
    PAGE: pdf_file([f"The fuse of the PG-8 is rated {IN_TEXT['page']} ampere."]),
    BROKEN: b"%PDF-1.4 " + IN_TEXT["broken"].encode(),
}
ASKED = {
    "plan": "At how many bar does the relief valve of the KD-7 open?",
    "mail": "What is the offer for the MX-5?",
    "attached": "What is the rebate of the MX-5?",
    "boxed": "How many kg does the crate of the BX-1 weigh?",
    "page": "What is the fuse of the PG-8 rated?",
    "new": "How often is the spring of the ZK-9 replaced?",
    "gone": "What is the code of the GN-4 safe?",
    "row": "Where is SO-10471?",
    "injured": "Somebody was injured at the relief valve of the KD-7.",
}
ASKED_BEFORE = ("plan", "mail", "gone", "row", "injured")
HARMLESS = "How tight are the gland bolts of the HX-200?"
LETTER_ASKED = "What is the salary of the QW-3 fitter?"
CASES = f"""\
cases:
  - id: case-{IN_NAMES["plan"]}
    kind: common
    question: {ASKED["plan"]} ({IN_NAMES["plan"]})
    principal: {{user: ana, groups: [vault]}}
    expect:
      outcome: answer
      answer: At 9 bar, says {IN_TEXT["plan"]}.
      facts: [{IN_TEXT["plan"]}]
      evidence: [{{document: {PLAN}, quote: "The relief valve of the KD-7 opens at 9 bar, says {IN_TEXT["plan"]}."}}]
  - id: case-forbidden-{IN_NAMES["plan"]}
    kind: forbidden
    question: {ASKED["plan"]} (without {IN_NAMES["plan"]})
    principal: {{user: bob}}
    expect:
      outcome: refusal
      must_not_state: [{IN_TEXT["plan"]}]
      evidence: [{{document: {PLAN}, quote: "The relief valve of the KD-7 opens at 9 bar, says {IN_TEXT["plan"]}."}}]
  - id: gland-torque
    kind: common
    question: {HARMLESS}
    principal: {{user: bob}}
    expect:
      outcome: answer
      facts: ["35 Nm"]
      evidence: [{{document: gland.md, quote: "Tighten the gland bolts of the HX-200 to 35 Nm."}}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The server with the names of everything that was made of closed documents."""

    web: Served
    runs: Mapping[str, str]
    """Runs that hold closed text, by what they are."""
    experiments: tuple[str, ...]
    golden: tuple[str, ...]
    """Golden cases that hold closed text."""
    open_run: str
    """A run of bob's that everyone may see."""

    as_made: object = None
    """What `kept` told when all was made."""

    def kept(self) -> object:
        """Return what people decided about those runs, where their cases stand, the golden files."""
        with self.web.flow.wiring.database.read() as connection:
            told = [
                connection.execute(sa.select(table).where(table.c.run.in_(self.runs.values()))).all()
                for table in (decisions, review_items)
            ]
        files = sorted((self.web.folder / "golden").glob("*.yaml"))
        return told, [(file.name, file.read_bytes()) for file in files]

    @property
    def versions(self) -> range:
        """Return the index versions that there are."""
        return range(1, self.web.flow.wiring.index_version + 1)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Make everything, close the letter to bob, and serve it until the block ends."""
    folder = _written(folder)
    ids = [work_cases(folder).experiment.id]
    changed = TEXTS[PLAN].replace("9 bar", f"8 bar, not {IN_TEXT['before']}")
    (folder / "documents" / PLAN).write_text(changed, encoding="utf-8")
    ids.append(work_cases(folder, against=ids[0]).experiment.id)
    with served(folder) as web:
        runs = _asked(web) | _asked_once(web)
        golden = tuple(f"case-{kind}{IN_NAMES['plan']}" for kind in ("", "forbidden-")) + _decided(web, runs)
        runs |= {"replay": _replayed(web, runs["plan"]), **_drafted(web)}
        open_run = web.ask(HARMLESS, person="bob")["run"]
        (folder / "documents" / GONE).unlink()
        (folder / "documents" / "permissions.yaml").write_text(CLOSED_RULES, encoding="utf-8")
        assert web.client("otto").post("/api/sync").status_code == 200
        made = World(web=web, runs=runs, experiments=tuple(ids), golden=golden, open_run=open_run)
        yield replace(made, as_made=made.kept())


def _written(folder: Path) -> Path:
    write_workflow(folder, more=MORE, workspace=WORKSPACE, documents=TEXTS)
    for name, data in OTHERS.items():
        (folder / "documents" / name).write_bytes(data)
    with sqlite3.connect(folder / "orders.sqlite") as orders:
        orders.executescript(
            f"create table orders (number, state); insert into orders values ('SO-10471', '{IN_TEXT['row']}');"
        )
    orders.close()
    write_cases(folder, CASES)
    return folder


def _asked(web: Served) -> dict[str, str]:
    """Ask as ana, with harmless questions behind one of them; return the runs."""
    runs = {name: web.ask(ASKED[name], person="ana")["run"] for name in ASKED_BEFORE}
    return {**runs, "follow-up": _gone_on(web, "ana", runs["plan"])}


def _asked_once(web: Served) -> dict[str, str]:
    """Ask about the letter as bob, who may read it still."""
    first = web.ask(LETTER_ASKED, person="bob")["run"]
    return {"letter": first, "letter follow-up": _gone_on(web, "bob", first)}


def _gone_on(web: Served, person: str, run: str) -> str:
    """Ask harmless questions behind a run until none of them finds again what the first one found."""
    for _ in range(3):
        run = web.ask(HARMLESS, person=person, after=run)["run"]
    return run


def _decided(web: Served, runs: Mapping[str, str]) -> tuple[str, ...]:
    """Have vera decide with words of the documents, and make golden cases of it; return their ids."""
    vera, made = web.client("vera"), []
    for name in ("plan", "injured", "letter", "follow-up", "letter follow-up"):
        run = runs[name]
        text = f"It is as {IN_TEXT['said']} says [1]."
        posted = {"run": run, "action": "edit", "text": text, "words": IN_TEXT["said"]}
        done = vera.post("/api/decisions", json=posted)
        assert done.status_code == 200, done.text
        golden = vera.post(f"/api/reviews/{run}/golden")
        assert golden.status_code == 200, golden.text
        made.append(golden.json()["case"])
    ana = web.client("ana")
    for name in ("mail", "row"):
        posted = {"run": runs[name], "action": "hand_over", "to": "product-safety", "words": IN_TEXT["said"]}
        assert ana.post("/api/decisions", json=posted).status_code == 200
    return tuple(made)


def _replayed(web: Served, run: str) -> str:
    shown = web.client("otto").post(f"/w/desk/runs/{run}/replay", data={"rung": "0"})
    assert shown.status_code == 303, shown.text
    return shown.headers["location"].rpartition("/")[2]


def _drafted(web: Served) -> dict[str, str]:
    """Leave a draft of ana's and one of bob's behind, which were cut off."""
    told = {"draft": ("ana", "d" * 32, PLAN, "plan"), "letter draft": ("bob", "e" * 32, LETTER, "letter")}
    with web.flow.wiring.database.write() as connection:
        for user, run, document, word in told.values():
            item = WorkItem(id=run[:12], principal=Principal(user=user), question="And how much is that?")
            begin_draft(connection, run, "", item)
            write_draft(connection, run, f"It is {IN_TEXT[word]}.", [document])
            end_draft(connection, run, has_outcome=False)
    return {name: run for name, (_, run, _, _) in told.items()}

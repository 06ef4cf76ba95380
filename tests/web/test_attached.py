"""What came with an item, on the pages of who asked and of who decides."""

from __future__ import annotations

import json
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

from holdfast.web.rendering import anchor_of
from holdfast.web.telling import citation
from holdfast.web.wording import wording

from .conftest import QUESTION, Served
from .test_correcting import decided, read


def test_what_was_attached_stands_on_every_page_of_the_run(web: Served) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Leak", "ann@mail.example"
    mail.set_content("The <b>lid</b> leaks.")
    mail.add_attachment(b"%PDF-1.7 broken", maintype="application", subtype="pdf", filename="report.pdf")
    files = [("attachment", ("leak.eml", mail.as_bytes(), "message/rfc822"))]
    form = {"item": json.dumps({"question": QUESTION})}
    run = web.client().post("/api/items", data=form, files=files).json()["run"]
    decided(web, "kim", run, "hand_over", to="product-safety")
    for page in (f"ask?run={run}", f"runs/{run}", f"review?case={run}"):
        told = read(web, "kim", page)
        assert "Attached: leak.eml" in told, page
        assert "Attached: leak.eml/report.pdf" in told, page
        assert '<p id="attached-leak.eml">Subject: Leak\n' in told, page  # lines stay as they are
        assert "The &lt;b&gt;lid&lt;/b&gt; leaks." in told, page
        assert "[not read: " in told, page


def test_a_cited_attachment_leads_to_its_text_on_the_page() -> None:
    visit: Any = SimpleNamespace(t=wording("en"), home="/w/claims", url="/w/claims/runs/r1")
    cited = {
        "n": 2, "document": "attachment://Leak report.eml", "title": "Leak report.eml", "start": 0, "end": 9,
        "locator": None, "quote": "The lid leaks.",
    }  # fmt: skip
    told = citation(visit, cited, 3, run="r1", numbers=None)
    assert (told["href"], told["passage"]) == (f"#{anchor_of('Leak report.eml')}", "")
    assert (told["title"], told["place"]) == ("Leak report.eml", "came with the item")
    assert told["label"] == "Source 2: Leak report.eml, came with the item"

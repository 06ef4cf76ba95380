from __future__ import annotations

import pytest

from holdfast.domain.documents import Metadata, Status
from holdfast.domain.prompts import Passage
from holdfast.text.codes import asked_codes
from holdfast.text.fitting import RULES, Fitted, factors_of
from holdfast.text.numbered import asked_numbers
from holdfast.text.questions import read_question
from holdfast.text.readings import readings_of


def passage(text: str, **more: object) -> Passage:
    values = {"document": "paper.md", "start": 0, "end": len(text), "chunk_id": 1, **more}
    return Passage(n=1, text=text, **values)  # type: ignore[arg-type]


def factors(question: str, told: str, **more: object) -> dict[str, float]:
    """Return the factors of the last reading of a passage."""
    own = passage(told, **more)
    fitted = Fitted(
        question=question,
        asked=read_question(question),
        codes=asked_codes(question, (own,)),
        numbered=asked_numbers(question, (own,)),
        finds_year=True,
    )
    return dict(factors_of(fitted, readings_of((own,))[-1]))


LOWERS = [
    ("code", "Torque of the HX-200?", "The HX-250 takes 32 Nm.", {}),
    ("code", "Fuse of the HX-300?", "HX-300 | 4 A\nPU-30 | 15 A", {}),
    ("numbered", "Rent of account 6310?", "Account | Cost\n6400 | 900", {}),
    ("asks", "Which gasket fits?", "Which gasket fits the pump?", {}),
    ("echo", "Which gasket fits?", "The gasket fits.", {}),
    ("pointer", "Which gasket fits?", "The gasket is listed in the sheet.", {}),
    ("pointer", "Which torque do bolts take?", "Tighten bolts to the value of chapter 4.", {}),
    ("pointer", "Which items were stolen?", "List of stolen items attached.", {}),
    ("pointer", "What does the repair cost?", "Please find enclosed the estimate of the repair.", {}),
    ("pointer", "Was kostet die Reparatur?", "Die Kosten der Reparatur im Anhang.", {}),
    ("unit", "How tight do the bolts go?", "The bolts are of steel.", {}),
    ("unit", "Which torque do the bolts take?", "The bolts are 30 mm long.", {}),
    ("often", "How often is the oil changed?", "Property | Value\nOil in the frame | 0.6 l", {}),
    ("name", "What is the part number of the hose?", "The hose is long.", {}),
    ("standing", "Which pressure is allowed?", "It is 3 bar.", {"metadata": Metadata(status=Status.DRAFT)}),
    (
        "standing",
        "Which pressure is allowed?",
        "It is 3 bar.",
        {"metadata": Metadata(status=Status.SUPERSEDED)},
    ),
    ("label", "Which oil is right?", "Applies to: all pumps of the series", {}),
    ("label", "What is freight out in Forecast 2/2026?", "Supersedes Forecast 2/2026.", {}),
    ("label", "What is the freight of October 2026?", "Prepared 14 October 2026.", {}),
    ("withdrawn", "Which kit fits?", "Kit | State\nSK-2100 | withdrawn", {}),
    ("range", "Kit for 24-0731?", "Pump | Serial from | Serial to | Kit\nHX | 18-0001 | 24-0499 | SK-1", {}),
    ("period", "Rate in May 2026?", "Month | Rate\n2026-05 | 0.91\n2026-06 | 0.92", {}),
    ("period", "Rent in May 2026?", "Item | Cost\nRent | 900", {"context": "Costs of June 2026"}),
    ("period", "Cost in May 2026?", "period: 2026-06; cost: 900", {"chunk_id": None}),
    ("year", "Rent in 2026?", "Item | Cost\nRent | 900", {"context": "Costs of 2025"}),
    ("reason", "Why is the rent over budget?", "Item | Budget | Cost\nRent | 800 | 900", {}),
    ("empty", "What is the comment on the rent?", "Item | Cost | Comment\nRent | 900 |", {}),
]


@pytest.mark.parametrize(("name", "question", "told", "more"), LOWERS)
def test_a_sentence_that_a_rule_speaks_against_keeps_part_of_its_score(
    name: str, question: str, told: str, more: dict[str, object]
) -> None:
    assert factors(question, told, **more)[name] < 1.0


RAISES = [
    ("step", "How do I fit the seal?", "## Fit the seal\n\n1. Oil the lip.", {}),
    ("step", "How do I fit the seal?", "## Fit the seal\n\nHold the ring with both hands.", {}),
    ("leave", "May we use old packing?", "Old packing must not be used again.", {}),
    ("column", "Which coupling sits on it?", "Pump | Coupling\nHX-300 | KD-48", {}),
    ("posed", "Where do I send the report?", "Where do I send my report?\n\nIt goes to the desk.", {}),
    (
        "posed",
        "Where do I send the report?",
        "It goes to the desk.",
        {"context": "FAQ > Where do I send a report?"},
    ),
    ("fetched", "When was it shipped?", "order: 7; shipped: 2025-04-09", {"chunk_id": None}),
]


@pytest.mark.parametrize(("name", "question", "told", "more"), RAISES)
def test_a_sentence_that_a_rule_speaks_for_gains(
    name: str, question: str, told: str, more: dict[str, object]
) -> None:
    assert factors(question, told, **more)[name] > 1.0


SILENT = [
    ("code", "Torque of the HX-200?", "The HX-200 takes 24 Nm.", {}),
    ("code", "Bolts of the GP-63?", "Fastener | GP-40 | GP-63\nBolts | 48 Nm | 70 Nm", {}),
    ("asks", "Which gasket fits?", "The graphite gasket fits.", {}),
    ("echo", "May we use nitrogen?", "Only nitrogen may be used.", {}),
    ("pointer", "Which torque do bolts take?", "See the plate: 24 Nm.", {}),
    ("pointer", "What is the hose attached to?", "The hose is attached to the housing.", {}),
    ("pointer", "What does the repair cost?", "It costs 240 EUR, estimate attached.", {}),
    ("unit", "How tight may I bend a hose?", "The radius is 240 mm.", {}),
    ("unit", "Which torque do the bolts take?", "The bolts take 24 Nm.", {}),
    ("name", "What is the part number of the hose?", "The hose is P-730452.", {}),
    ("standing", "Which pressure is allowed?", "It is 2 bar.", {}),
    (
        "standing",
        "What does SB-2025-06 say?",
        "It says 3 bar.",
        {"metadata": Metadata(title="SB-2025-06 Inlet", status=Status.DRAFT)},
    ),
    ("label", "What does the forecast supersede?", "Supersedes Forecast 2/2026.", {}),
    ("label", "When was the forecast made?", "Prepared 14 October 2026.", {}),
    ("label", "What is replaced?", "The ring replaces the packing.", {}),
    ("label", "To which pumps does it apply?", "Applies to: all pumps of the series", {}),
    ("withdrawn", "Which kit is withdrawn?", "Kit | State\nSK-2100 | withdrawn", {}),
    ("leave", "Which packing fits?", "Old packing must not be used again.", {}),
    ("column", "Which coupling sits on it?", "Pump | Mass\nHX-300 | 178 kg", {}),
    ("posed", "How do I close a credit account?", "How do I close a debit account?\n\nIn a branch.", {}),
    ("posed", "Who knows the driver?", "What if I do not know the driver?\n\nWrite open.", {}),
    ("fetched", "Whom do we phone?", "order: 7; customer: Quill", {"chunk_id": None}),
    ("step", "Which seal fits?", "## Fit the seal\n\n1. Oil the lip.", {}),
    ("range", "Kit for 24-0731?", "Pump | Serial from | Serial to | Kit\nHX | 24-0500 | open | SK-2", {}),
    ("period", "Rate in June 2026?", "Month | Rate\n2026-05 | 0.91\n2026-06 | 0.92", {}),
    ("period", "Rate in June 2026?", "From | To | Rate\n2026-01 | 2026-12 | 0.92", {}),
    ("period", "Rent in June 2026?", "Item | Cost\nRent | 900", {"context": "Rates, valid from May 2026"}),
    ("year", "Rent in 2026?", "Item | Cost\nRent | 900", {"context": "Rates, valid from 2025"}),
    ("reason", "Why is the rent over budget?", "Item | Cost | Note\nRent | 900 | Landlord raised it", {}),
    ("empty", "What does the rent cost?", "Item | Cost | Comment\nRent | 900 |", {}),
]


@pytest.mark.parametrize(("name", "question", "told", "more"), SILENT)
def test_a_rule_is_silent_where_it_has_nothing_to_say(
    name: str, question: str, told: str, more: dict[str, object]
) -> None:
    assert name not in factors(question, told, **more)


def test_every_rule_has_a_case_that_it_speaks_on() -> None:
    assert {name for name, *_ in (*LOWERS, *RAISES)} == set(RULES)


def test_a_paper_on_another_size_that_mentions_the_asked_one_is_ruled_out() -> None:
    more = {"metadata": Metadata(title="HX-250 Manual", keys={"product": ("HX-250", "HX-200")})}
    assert factors("Oil of the HX-200?", "Fill in 1.1 l of oil.", **more)["code"] < 0.1


@pytest.mark.parametrize(
    "told", ["Change the oil every 500 h.", "The oil is changed weekly.", "After 6 months."]
)
def test_a_turn_or_a_time_says_how_often(told: str) -> None:
    assert "often" not in factors("How often is the oil changed?", told)

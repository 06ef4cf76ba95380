from __future__ import annotations

import pytest

from holdfast.domain.documents import Status
from holdfast.stages.enriching.replacing import said_of_others
from holdfast.stages.enriching.standing import standing_of


@pytest.mark.parametrize(
    ("text", "older"),
    [
        ("FIN-3 is no longer valid.", "FIN-3"),
        ("As of 1 May 2024 the bulletin SB-2020-01 is no longer in force; work to this one.", "SB-2020-01"),
        ("The procedure PR-7 has been withdrawn.", "PR-7"),
        ("With the publication of this policy, HR-012 is withdrawn.", "HR-012"),
        ("REG-5 is superseded by this regulation.", "REG-5"),
        ("Circular 4/2022 is hereby revoked.", "Circular 4/2022"),
        ("The Travel Policy 2019 is no longer valid.", "Travel Policy 2019"),
        ("Die RL-08 ist nicht mehr gültig.", "RL-08"),
        ("Mit dieser Dienstanweisung wird die DA-2 außer Kraft gesetzt.", "DA-2"),
        ("Die SI-55 wird durch diese Information ersetzt.", "SI-55"),
        ("Ersatz für PA-31 vom 12.03.2020", "PA-31"),
        ("L'instruction IP-3 est remplacée par la présente instruction.", "IP-3"),
        ("La circulaire CI-14 n'est plus valable.", "CI-14"),
        ("This manual takes the place of MN-300.", "MN-300"),
        ("Diese Serviceinformation ersetzt SI-2018-04.", "SI-2018-04"),
        ("Diese Prüfvorschrift ersetzt die PV-2 vom 3. Mai 2019.", "PV-2"),
        ("Das vorliegende Handbuch ersetzt das HB-3 vollständig.", "HB-3"),
        ("This note replaces TN-114 dated 7 May 2021.", "TN-114"),
    ],
)
def test_an_older_paper_that_gives_way_is_superseded(text: str, older: str) -> None:
    assert standing_of(f"QP-9 Limits\n\n{text}", {}, title="QP-9 Limits").supersedes == (older,)


@pytest.mark.parametrize(
    ("text", "newer"),
    [
        ("WITHDRAWN - use QP-22 instead.", "QP-22"),
        ("Status: obsolete, see SB-2024-07", "SB-2024-07"),
        ("This manual is obsolete. Please refer to OM-6.", "OM-6"),
        ("Retired on 1 January 2024. Use POL-12.", "POL-12"),
        ("Nicht mehr gültig. Ersetzt durch AN-9.", "AN-9"),
        ("Dieses Dokument wurde durch VA-15 ersetzt.", "VA-15"),
        ("Périmé, voir PR-40.", "PR-40"),
        ("Ce document est remplacé par l'IT-30.", "IT-30"),
    ],
)
def test_a_stamp_that_names_the_successor_makes_a_paper_superseded(text: str, newer: str) -> None:
    found = standing_of(f"QP-9 Limits\n\n{text}", {}, title="QP-9 Limits")
    assert (found.superseded_by, found.status) == (newer, Status.SUPERSEDED)


@pytest.mark.parametrize(
    "text",
    [
        "POL-3 is not withdrawn by this policy.",
        "SB-2020-01 is still valid and must be read first.",
        "Cable K-12 was withdrawn from the duct.",
        "The valve P-12 was withdrawn.",
        "If RFC-1 is revoked, we write another.",
        "Use PX-11 instead of PX-10 when the oil is hot.",
        "Das Lager P-77 wird durch P-78 ersetzt.",
        "Die VA-3 wird nicht aufgehoben.",
        "La procédure PR-5 reste applicable.",
        "Obsolete parts: see the list of 2024.",
    ],
)
def test_what_is_said_of_parts_or_denied_supersedes_nothing(text: str) -> None:
    found = standing_of(f"QP-9 Limits\n\n{text}", {}, title="QP-9 Limits")
    assert (found.supersedes, found.superseded_by) == ((), "")


@pytest.mark.parametrize(
    "claim",
    [
        "This manual supersedes", "This manual replaces", "This manual obsoletes", "This manual takes the\nplace of",
        "Diese Anleitung ersetzt", "Diese Anleitung tritt an die Stelle der", "Cette procédure annule et remplace",
        "Cette procédure se substitue à", "Este procedimiento reemplaza a", "Este procedimiento reemplaza", "Este procedimiento sustituye",
        "Questa procedura sostituisce", "Deze handleiding vervangt",
    ],
)  # fmt: skip
def test_no_verb_of_a_claim_is_passed_over_by_the_quick_look(claim: str) -> None:
    assert said_of_others(f"{claim} MN-300.", "") == ("MN-300",)

"""Heads of papers, written before the rest of the rules that read them was looked at.

Only the list of verbs had been seen. Each is a paper's first lines as bulletins, policies, mails, manuals and change
notes have them, the name that it says it replaces (`older`) or is replaced by (`newer`), and the language.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first lines of a paper and the paper that they say it replaces, or is replaced by."""

    language: str
    text: str
    older: str = ""
    newer: str = ""


BLIND = (
    Head(
        language="en",
        older="SB-2019-11",
        text="Service Bulletin SB-2021-04\n\nThis bulletin replaces SB-2019-11.",
    ),
    Head(
        language="en",
        older="TN-114",
        text="Technical Note TN-131\nValid from 1 March 2024\n\nThis note supersedes and cancels TN-114 dated 7 May 2021.",
    ),
    Head(
        language="en",
        older="Travel Policy 2019",
        text="Travel Policy 2023\n\nThe Travel Policy 2019 is no longer valid. This policy applies from 1 January 2023.",
    ),
    Head(
        language="en",
        older="HR-012",
        text="HR-019 Parental leave\n\nWith the publication of this policy, HR-012 is withdrawn.",
    ),
    Head(language="en", newer="QP-22", text="QP-07 Incoming inspection\n\nWITHDRAWN - use QP-22 instead."),
    Head(
        language="en",
        newer="SI-0098",
        text="SI-0045 Greasing of slewing rings\n\nThis instruction has been superseded by SI-0098.",
    ),
    Head(
        language="en",
        newer="Remote Work Policy",
        text="Home Office Guideline\n\nThis guideline was replaced by the Remote Work Policy on 1 July 2022.",
    ),
    Head(
        language="en",
        older="Price List 2024",
        text="Price List 2025\n\nValid from 1 February 2025. All prices in Price List 2024 cease to apply.",
    ),
    Head(
        language="en",
        older="MN-300",
        text="Operating Manual MN-310\n\nThis manual takes the place of MN-300.",
    ),
    Head(language="en", older="ECN-0231", text="ECN-0288\nReason: supplier change\nReplaces: ECN-0231"),
    Head(language="en", older="SOP-14", text="SOP-22 Sample storage\n\nSupersedes SOP-14, rev. C"),
    Head(
        language="en", older="Circular 4/2022", text="Circular 7/2023\n\nCircular 4/2022 is hereby revoked."
    ),
    Head(
        language="en",
        older="IT-Policy-3",
        text="IT-Policy-5 Passwords\n\nIT-Policy-3 is repealed as of the same date.",
    ),
    Head(
        language="en",
        older="WI-55",
        text="WI-61 Torque sequence\n\nFrom 1 June 2024 please use this work instruction in place of WI-55.",
    ),
    Head(
        language="en",
        older="KB-2210",
        text="KB-3102: Resetting the controller\n\nNote: this article replaces article KB-2210, which will be removed.",
    ),
    Head(
        language="en",
        older="Expense Guideline",
        text="Subject: New Travel and Expense Policy\n\nDear all,\n\nthe attached policy replaces the Expense Guideline with immediate effect.",
    ),
    Head(language="en", newer="SB-2024-07", text="SB-2022-03 Relief valve\nStatus: obsolete, see SB-2024-07"),
    Head(language="en", newer="DOC-881", text="DOC-640 Cleaning agents\n\nObsolete. Superseded by: DOC-881"),
    Head(
        language="de",
        older="SI-2018-04",
        text="Serviceinformation SI-2020-09\n\nDiese Serviceinformation ersetzt SI-2018-04.",
    ),
    Head(
        language="de",
        older="Reisekostenrichtlinie 2019",
        text="Reisekostenrichtlinie 2023\n\nDie Reisekostenrichtlinie 2019 verliert damit ihre Gültigkeit.",
    ),
    Head(
        language="de",
        older="AA-017",
        text="AA-023 Wareneingang\n\nDiese Arbeitsanweisung tritt an die Stelle der AA-017.",
    ),
    Head(language="de", older="VA-12", text="VA-15 Reklamationen\nErsetzt: VA-12"),
    Head(
        language="de", newer="VA-15", text="VA-12 Reklamationen\n\nDieses Dokument wurde durch VA-15 ersetzt."
    ),
    Head(language="de", newer="QM-200", text="QM-150 Prüfplan\n\nUngültig! Es gilt die QM-200."),
    Head(
        language="de",
        older="Betriebsvereinbarung 3/2017",
        text="Betriebsvereinbarung 2/2024 Mobile Arbeit\n\nSie löst die Betriebsvereinbarung 3/2017 ab.",
    ),
    Head(
        language="de",
        older="TM-88",
        text="Technische Mitteilung TM-97\n\nDie Technische Mitteilung TM-88 wird hiermit aufgehoben.",
    ),
    Head(
        language="de",
        older="Preisliste 2024",
        text="Preisliste 2025\n\nMit Erscheinen dieser Liste wird die Preisliste 2024 ungültig.",
    ),
    Head(language="de", older="PA-31", text="PA-44\n\nErsatz für PA-31 vom 12.03.2020"),
    Head(language="de", newer="MB-9", text="MB-5 Lagerung\n\nAbgelöst durch MB-9"),
    Head(
        language="fr",
        older="NT-045",
        text="Note technique NT-061\n\nCette note annule et remplace la NT-045.",
    ),
    Head(
        language="fr",
        older="PR-12",
        text="PR-18 Réception des marchandises\n\nLa présente procédure remplace la procédure PR-12.",
    ),
    Head(language="fr", newer="IT-30", text="IT-21 Graissage\n\nCe document est remplacé par l'IT-30."),
    Head(
        language="fr",
        older="Charte informatique 2018",
        text="Charte informatique 2024\n\nElle se substitue à la Charte informatique 2018.",
    ),
    Head(
        language="fr",
        older="BS-2020-03",
        text="Bulletin de service BS-2022-01\n\nLe bulletin BS-2020-03 est abrogé.",
    ),
    Head(language="fr", older="MQ-4", text="MQ-6\nRemplace : MQ-4"),
    Head(language="fr", newer="PR-40", text="PR-33 Contrôle final\n\nPérimé, voir PR-40."),
)

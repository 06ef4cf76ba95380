"""Heads of papers, written after the rules had been read, in the forms that people use beside the verbs.

`NOT` are heads that say nothing of the kind: parts, products and people are replaced far more often than papers.
"""

from __future__ import annotations

from superseding.blind import Head

INFORMED = (
    Head(
        language="en",
        older="SB-2020-01",
        text="SB-2023-06 Hose clamps\n\nAs of today SB-2020-01 is no longer valid; work to this bulletin.",
    ),
    Head(
        language="en",
        older="FIN-3",
        text="FIN-8 Approval limits\n\nFIN-3 has been withdrawn and must not be used.",
    ),
    Head(language="en", older="MEMO-77", text="MEMO-91\n\nPlease disregard MEMO-77; the limits below apply."),
    Head(language="en", older="REG-5", text="REG-6 Visitors\n\nREG-5 is superseded by this regulation."),
    Head(
        language="en",
        older="Data Protection Guideline",
        text="Privacy Policy 2025\n\nThis policy supersedes the Data Protection Guideline of 2018.",
    ),
    Head(
        language="en", older="SP-10", text="SP-17 Welding\n\nThis specification cancels and replaces SP-10."
    ),
    Head(language="en", older="PRC-2", text="PRC-9 Purchasing\nSupersedes document: PRC-2"),
    Head(
        language="en",
        older="TB-31",
        text="TB-40 Coolant\n\nThis Technical Bulletin TB-40 supersedes Technical Bulletin TB-31 in its entirety.",
    ),
    Head(
        language="en",
        older="OM-5",
        text="OM-6\n\nRevision note: replaces the previous manual OM-5 (issued 2019).",
    ),
    Head(language="en", newer="OM-6", text="OM-5\n\nThis manual is obsolete. Please refer to OM-6."),
    Head(
        language="en",
        newer="CN-88",
        text="CN-71 Seal material\n\nNo longer in force; replaced by CN-88 on 3 May 2024.",
    ),
    Head(language="en", newer="POL-12", text="POL-4 Gifts\n\nRetired on 1 January 2024. Use POL-12."),
    Head(language="de", older="RL-08", text="RL-11 Datenschutz\n\nDie RL-08 ist nicht mehr gültig."),
    Head(
        language="de",
        older="SI-55",
        text="SI-61 Dichtungen\n\nDie SI-55 wird durch diese Information ersetzt.",
    ),
    Head(
        language="de",
        older="HB-3",
        text="HB-4 Qualitätshandbuch\n\nDas vorliegende Handbuch ersetzt das HB-3 vollständig.",
    ),
    Head(
        language="de",
        older="Rundschreiben 5/2021",
        text="Rundschreiben 2/2024\n\nDas Rundschreiben 5/2021 ist hiermit gegenstandslos.",
    ),
    Head(language="de", older="WN-400", text="WN-401 Oberflächen\n\nErsatz für WN-400"),
    Head(language="de", newer="AN-7", text="AN-2 Reinigung\n\nZurückgezogen, es gilt AN-7."),
    Head(language="de", newer="AN-9", text="AN-3 Schmierung\n\nNicht mehr gültig. Ersetzt durch AN-9."),
    Head(
        language="de",
        older="DA-2",
        text="DA-5 Schlüsselordnung\n\nMit dieser Dienstanweisung wird die DA-2 außer Kraft gesetzt.",
    ),
    Head(language="fr", older="CI-14", text="CI-20 Déplacements\n\nLa circulaire CI-14 n'est plus valable."),
    Head(language="fr", older="NT-9", text="NT-12 Joints\n\nCette note remplace et annule la note NT-9."),
    Head(
        language="fr",
        older="IP-3",
        text="IP-7 Serrage\n\nL'instruction IP-3 est remplacée par la présente instruction.",
    ),
    Head(language="fr", older="DR-1", text="DR-2 Règlement intérieur\n\nEn remplacement de DR-1"),
    Head(language="fr", newer="FT-8", text="FT-5 Huile\n\nObsolète, remplacée par FT-8."),
    Head(language="fr", newer="MO-31", text="MO-22 Nettoyage\n\nAnnulé et remplacé par MO-31."),
)

AFTERWARDS = (
    Head(
        language="en",
        older="LOTO-2",
        text="LOTO-4 Isolation of pumps\n\nThis procedure comes into force on 2 May and makes LOTO-2 obsolete.",
    ),
    Head(language="en", older="AP-6", text="AP-8 Approvals\n\nIssued in replacement of AP-6."),
    Head(
        language="en",
        older="PB-0071",
        text="PB-0080 Battery storage\n\nProduct bulletin PB-0071 is hereby cancelled.",
    ),
    Head(
        language="en",
        older="Supplier Code 2018",
        text="Supplier Code 2024\n\nThis code replaces the Supplier Code 2018 for all contracts signed after 1 June.",
    ),
    Head(
        language="en",
        older="EHS-15",
        text="EHS-19 Ladders\nThis document replaces and supersedes EHS-15 (all revisions)",
    ),
    Head(language="en", newer="EHS-19", text="EHS-15 Ladders\n\nSuperseded - see EHS-19."),
    Head(
        language="en",
        newer="TR-12",
        text="TR-9 Training plan\n\nThis plan has been replaced by TR-12 and is kept for reference only.",
    ),
    Head(language="en", newer="FS-40", text="FS-31 Fuses\n\n*** DO NOT USE *** current version: FS-40"),
    Head(
        language="de",
        older="UA-5",
        text="UA-8 Urlaub\n\nMit Inkrafttreten dieser Anweisung tritt die UA-5 außer Kraft.",
    ),
    Head(
        language="de", older="KN-10", text="KN-14 Kennzeichnung\n\nDie bisherige Norm KN-10 gilt nicht mehr."
    ),
    Head(
        language="de",
        older="PV-2",
        text="PV-3 Prüfvorschrift\n\nDiese Prüfvorschrift ersetzt die PV-2 vom 3. Mai 2019.",
    ),
    Head(language="de", newer="PV-3", text="PV-2 Prüfvorschrift\n\nVeraltet, siehe PV-3."),
    Head(
        language="de",
        newer="LZ-7",
        text="LZ-4 Lieferzeiten\n\nDiese Liste ist überholt; bitte LZ-7 verwenden.",
    ),
    Head(language="fr", older="CG-2", text="CG-3 Conditions\n\nLes conditions CG-2 cessent de s'appliquer."),
    Head(
        language="fr",
        older="NS-7",
        text="NS-11 Sécurité\n\nLa présente note annule et remplace la note NS-7 du 3 mars 2020.",
    ),
    Head(language="fr", newer="NS-11", text="NS-7 Sécurité\n\nAnnulée, voir NS-11."),
)
"""Written when the gaps of the others were mended."""

NOT = (
    Head(
        language="en",
        older="P-1200",
        text="SB-2024-01 Shaft seal\n\nThe new seal kit P-1201 replaces P-1200.",
    ),
    Head(
        language="en",
        older="HX-200",
        text="ECN-0400\n\nHX-210 is the successor of HX-200, which is no longer built.",
    ),
    Head(language="en", older="WP-2022", text="WP-2022-FAQ\n\nWP-2022 is valid until further notice."),
    Head(
        language="en",
        older="SB-2020-01",
        text="SB-2023-02\n\nSB-2020-01 is still valid and must be read first.",
    ),
    Head(language="en", older="POL-3", text="POL-9 Travel\n\nPOL-3 is not withdrawn by this policy."),
    Head(
        language="en", older="ISO-9001", text="QM handbook\n\nThe certificate under ISO-9001 expires in May."
    ),
    Head(language="en", older="K-12", text="Report 5\n\nCable K-12 was withdrawn from the duct."),
    Head(language="en", older="PX-10", text="Lab note\n\nUse PX-11 instead of PX-10 when the oil is hot."),
    Head(
        language="en", older="RFC-1", text="Proposal\n\nIf RFC-1 is withdrawn, we will have to write another."
    ),
    Head(language="de", older="P-77", text="SI-9 Pumpe\n\nDas Lager P-77 wird durch P-78 ersetzt."),
    Head(language="de", older="VA-3", text="VA-8 Lager\n\nDie VA-3 bleibt weiterhin gültig."),
    Head(language="de", older="VA-3", text="VA-8 Lager\n\nDie VA-3 wird nicht aufgehoben."),
    Head(language="de", older="T-5", text="Bericht\n\nTank T-5 ist nicht mehr gültig geprüft."),
    Head(language="fr", older="R-20", text="NT-2 Filtre\n\nLe filtre R-21 remplace le filtre R-20."),
    Head(language="fr", older="PR-5", text="PR-6\n\nLa procédure PR-5 reste applicable."),
    Head(language="en", newer="GP-41", text="Manual GP-40\n\nThe pump GP-40 was replaced by GP-41 in 2020."),
)

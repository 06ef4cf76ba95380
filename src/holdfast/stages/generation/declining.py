"""Tell that a reply says, in words of its own, that the passages hold no answer.

A model is asked for one agreed word then. Many write a sentence instead, and one that cites nothing would
pass for a reply that forgot its citations.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"\[\s*\d{1,4}\b")
_MOST_WORDS = 90
_PAPERS_EN = r"(?:passages?|documents?|context|sources?|information|texts?|excerpts?|materials?|it|they|this)"
_PAPERS_DE = r"(?:passagen?|dokumente?n?|unterlagen|textstellen?|quellen?|auszüge|informationen|texte?)"
_NOT = r"(?:\s+not|n['’]t)"  # noqa: RUF001 - as it is typed
_HOLD = (
    r"(?:contain|mention|provide|include|specify|state|say|hold|give|answer|cover|address|list|describe|"
    r"indicate|have|offer|explicitly|directly|clearly|specifically|actually)"
)
_DECLINES = re.compile(
    rf"\b{_PAPERS_EN}\b[^.!?\n]{{0,60}}\b(?:do|does|did){_NOT}\s+{_HOLD}"
    rf"|\b(?:i|we)(?:\s+am|['’]m)?\s+(?:cannot|can['’]t|unable\s+to|(?:can|could|do|did|was){_NOT})\s+"  # noqa: RUF001
    r"(?:find|locate|answer|determine|see|have|know|provide|give|help|assist|able)"
    r"|\b(?:is|there['’]?s|there\s+is|there\s+are|contains?|provides?|found|have|has)\s+(?:no|not\s+enough|"  # noqa: RUF001
    r"insufficient)\s+(?:\w+\s+){0,2}?(?:information|answer|mention|details?|data|passages?)"
    r"|\b(?:is|are|was|were)(?:\s+not|n['’]t)\s+(?:explicitly\s+|directly\s+)?"  # noqa: RUF001
    r"(?:mentioned|specified|stated|provided|given|covered|included|listed|answered|found|available)"
    rf"|\b{_PAPERS_DE}\b[^.!?\n]{{0,60}}\b(?:enthalten|enthält|nennen|nennt|geben|gibt|sagen|sagt|beantworten|"
    r"erwähnen|liefern)\b[^.!?\n]{0,60}\b(?:nicht|keine?[nrs]?)\b"
    r"|\b(?:nicht|keine?[nrs]?)\b[^.!?\n]{0,60}\b(?:enthalten|erwähnt|genannt|angegeben|beantwort\w*|finden|"
    r"gefunden)\b"
    r"|\b(?:passages?|documents?|extraits|sources?|textes?|je|informations?)\b[^.!?\n]{0,40}\bn(?:e\b|['’])"  # noqa: RUF001
    r"[^.!?\n]{0,40}\b(?:pas|aucune?)\b"
    r"|\baucune?\s+(?:information|réponse|mention)\b"
    r"|\bno\s+(?:se\s+)?(?:contien\w*|mencion\w*|especific\w*|indic\w*|proporcion\w*|encuentr\w*|encontr\w*|puedo)"
    r"|\bnon\s+(?:conteng\w*|menzion\w*|specific\w*|indic\w*|fornisc\w*|trov\w*|posso)",
    re.IGNORECASE,
)


def declines(text: str) -> bool:
    """Return whether a short reply that cites nothing says that there is no answer."""
    if _MARK.search(text) or len(text.split()) > _MOST_WORDS:
        return False
    return _DECLINES.search(text) is not None

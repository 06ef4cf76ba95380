"""Tell sentences that only frame a reply from those that state something."""

from __future__ import annotations

import re

_MOST_WORDS = 24
_MORE = (
    r"(?:any|some|more|further|additional|other|anything|something|specific|clarification|help|assistance)"
)
_ASK = (
    r"(?:(?:just|please)\s+)?(?:let\s+me\s+know|feel\s+free\s+to\s+ask|don['’]?t\s+hesitate\s+to\s+ask|ask(?:\s+me)?|"  # noqa: RUF001
    r"i(?:['’]m|\s+am|['’]d\s+be|\s+would\s+be)\s+(?:happy|glad)\s+to\s+help)"  # noqa: RUF001
)
_FRAMES = re.compile(
    r"(?:sure(?:\s+thing)?|certainly|of\s+course|absolutely|gladly|great\s+question|good\s+question|hello|hi(?:\s+there)?|"
    r"thanks?(?:\s+you)?(?:\s+for\s+(?:asking|(?:your|the)\s+question))?|happy\s+to\s+help|you['’]re\s+welcome)"  # noqa: RUF001
    rf"|(?:please\s+)?(?:let\s+me\s+know|feel\s+free\s+to\s+ask)(?:\s+(?:if|whether|should)\s+you\b[^,;:]*|\s+{_MORE}\b[^,;:]*)?"
    r"|(?:i\s+|we\s+)?hope\s+(?:this|that|it)\s+(?:helps?|answers\s+your\s+question|is\s+helpful)(?:\s+you)?"
    rf"|if\s+you(?:['’]d|\s+would)?\s+(?:need|have|require|want|like)\s+(?:to\s+know\s+)?{_MORE}\b[^,;:]*(?:,\s*{_ASK})?"  # noqa: RUF001
    r"|is\s+there\s+anything\s+else\b[^,;:]*"
    r"|here(?:['’]s|\s+is|\s+are)\s+(?:what\s+i\s+found|(?:the|your)\s+(?:answer|information|details?))"  # noqa: RUF001
    r"|gerne|sehr\s+gerne?|natürlich|selbstverständlich|hallo|guten\s+tag|vielen\s+dank(?:\s+für\s+(?:ihre|deine|die)\s+frage)?"
    r"|(?:bitte\s+)?lassen\s+sie\s+(?:es\s+)?mich\s+wissen\b[^;:]*|melden\s+sie\s+sich\s+gerne?\b[^,;:]*"
    r"|ich\s+hoffe,?\s+(?:das|dies)\s+hilft(?:\s+(?:ihnen|dir))?(?:\s+weiter)?"
    r"|(?:falls|wenn|sollten)\s+sie\s+(?:noch\s+|weitere\s+)[^;:]*"
    r"|bien\s+sûr|certainement|bonjour|avec\s+plaisir|n['’]hésitez\s+pas\b[^,;:]*|j['’]espère\s+que\s+cela\b[^,;:]*"  # noqa: RUF001
    r"|claro|por\s+supuesto|hola|con\s+gusto|espero\s+que\s+(?:esto|le)\b[^,;:]*|no\s+dude\s+en\b[^,;:]*",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(r"and \d{1,4} more rows|und \d{1,4} weitere Zeilen")
_SAYS_MORE = re.compile(r"\d|@|://|www\.|\bpass(?:word|wort)\b|\bnot\b|\bnever\b|\bmust\b", re.IGNORECASE)


def is_frame(text: str) -> bool:
    """Return whether a sentence without a mark is a greeting or an offer of help, whole and nothing more.

    Nothing with a number, an address or an instruction is one: whatever states something has to be cited.
    Only what counts the rows that a list leaves out is (`and 12 more rows`).
    """
    said = text.strip(" \t\n.!?*_,;:")
    if _LEFT_OUT.fullmatch(said):
        return True
    if len(said.split()) > _MOST_WORDS or _SAYS_MORE.search(said):
        return False
    return _FRAMES.fullmatch(said) is not None

"""The tokens of RTF: control words, signs, braces, text."""

from __future__ import annotations

import re

TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])"
    rb"|([^\\{}\r\n]+)|[\r\n]+|\\"
)
"""Groups: word, its number, code of a byte, sign, brace, plain text."""
SIGNS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "softline": "\n", "lbr": "\n", "tab": "\t",
    "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
    "rdblquote": "\u201d", "bullet": "\u2022", "emspace": " ", "enspace": " ", "~": "\u00a0", "_": "-",
    "-": "", "zwj": "", "zwnj": "",
}  # fmt: skip
SKIPPED = frozenset(
    {
        "pict", "fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl",
        "generator", "xmlnstbl", "themedata", "colorschememapping", "datastore", "latentstyles",
        "bkmkstart", "bkmkend", "filetbl", "revtbl", "operator", "pgdsctbl", "mmathPr",
        "nonshppict", "blipuid", "panose", "falt", "picprop", "sp", "shprslt", "atrfstart",
        "atrfend", "atnid", "wgrffmtfilter", "userprops", "docvar", "pnseclvl", "background", "xe", "tc",
        "mhtmltag", "datafield", "nonesttables",
    }
)  # fmt: skip
"""Words whose group holds no text of the document."""
PARTS = {
    "header": "page header", "headerl": "page header", "headerr": "page header", "headerf": "page header",
    "footer": "page footer", "footerl": "page footer", "footerr": "page footer", "footerf": "page footer",
    "footnote": "footnote", "annotation": "comment",
}  # fmt: skip
"""Words whose group is a part beside the text, and what it is called."""
SAID_AGAIN = ("upr", "object")
SAYS_AGAIN = ("ud", "result")
"""Words whose group says in an old way what a group in it says in a new one, and that group's words."""

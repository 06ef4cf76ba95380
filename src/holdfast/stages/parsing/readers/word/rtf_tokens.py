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
        "pict", "object", "fonttbl", "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl",
        "generator", "xmlnstbl", "themedata", "colorschememapping", "datastore", "latentstyles", "fldinst",
        "bkmkstart", "bkmkend", "filetbl", "revtbl", "operator", "pgdsctbl", "mmathPr",
        "nonshppict", "objdata", "blipuid", "panose", "falt", "picprop", "sp", "shprslt", "atrfstart",
        "atrfend", "atnid", "wgrffmtfilter", "userprops", "docvar", "pnseclvl", "background", "xe", "tc",
        "mhtmltag", "datafield",
    }
)  # fmt: skip
"""Words whose group holds no text of the document."""

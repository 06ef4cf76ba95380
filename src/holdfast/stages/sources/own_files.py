"""Know what in a folder belongs to Holdfast or to an editor, and is never a document."""

from __future__ import annotations

DECLARATION = "workflow.yaml"
OWN_FILES = frozenset({DECLARATION, "holdfast.yaml", "permissions.yaml"})
OWN_FOLDERS = frozenset({"golden", "prompts"})
SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


def is_hidden(name: str) -> bool:
    """Return whether it is a hidden name, an editor's backup or an Office lock file."""
    return name.startswith((".", "~$")) or name.endswith("~") or name.casefold() in SYSTEM_FILES


def is_own_file(name: str) -> bool:
    """Return whether a file of this name is part of a declaration, in whatever case it is written."""
    return name.casefold() in OWN_FILES


def is_own_folder(name: str, *, is_root: bool, siblings: frozenset[str]) -> bool:
    """Return whether it is a workflow's folder: at the source's root, or beside a workflow.yaml.

    Deeper down, `golden` and `prompts` are ordinary names that a team may give its documents.
    """
    return name in OWN_FOLDERS and (is_root or DECLARATION in siblings)

"""What a source holds now, with what could not be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.domain.documents import FoundDocument, Problem
from holdfast.domain.hits import Dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every document of a source, and everything a sync has to know beside them."""

    found: tuple[FoundDocument, ...]
    """In order of path, folder by folder."""
    unlisted: tuple[str, ...] = ()
    """Folders or files that are there and could not be looked at; see `may_still_hold`."""
    problems: tuple[Problem, ...] = ()
    """One for each entry of `unlisted`, and for names that cannot be a path."""
    skipped: tuple[Dropped, ...] = ()
    """Left out by rule, without being a problem: links, pipes, a workflow's own folders."""
    empty: tuple[str, ...] = ()
    """Folders that are there without any entry: a mount that failed looks like one."""
    notices: tuple[str, ...] = ()
    """What sync says aloud: a source open to all or closed to all, a permission rule without effect."""
    unused_rules: tuple[str, ...] = ()
    """Permission rules that match no document, each as it is told: a typo there shows what it should hide."""
    has_permissions: bool = False
    """Whether somebody wrote who may see what; once true, keep it: such a source never starts open."""
    permissions_digest: str = ""
    """Changes with the permission rules."""

    def may_still_hold(self, path: str) -> bool:
        """Return whether a document that is not in `found` may be there all the same.

        A sync removes a known document only where this is False.
        """
        return any(path == place or path.startswith(place + "/") for place in self.unlisted)

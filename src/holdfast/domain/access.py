"""Who asks, and who may see a document."""

from __future__ import annotations

from dataclasses import dataclass, field

EVERYONE = "everyone"
USER_PREFIX = "user:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The person or system on whose behalf documents are read.

    `groups` are those beside `everyone`, which all principals are in.
    """

    user: str
    groups: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Refuse what Python would take for something else: a word is a set of its letters, too."""
        user: object = self.user
        groups: object = self.groups
        if not isinstance(user, str):
            raise TypeError(f"a principal's user is a name, not {user!r}")
        if isinstance(groups, str) or not all(isinstance(group, str) for group in self.groups):
            raise TypeError(f"a principal's groups are a set of names, not {groups!r}")
        object.__setattr__(self, "groups", frozenset(self.groups))

    @property
    def entries(self) -> frozenset[str]:
        """Return every access-list entry that lets this principal in.

        A group that is named like a user's own entry lets nobody in: it would be another user's key.
        """
        groups = frozenset(group for group in self.groups if not group.startswith(USER_PREFIX))
        return groups | {EVERYONE, f"{USER_PREFIX}{self.user}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessList:
    """The groups and `user:NAME` entries that may see a document; empty means nobody."""

    entries: frozenset[str] = field(default_factory=frozenset)
    rule: str = ""
    """Where the entries come from, in words (`permissions.yaml line 4: pricing/**`)."""

    def allows(self, principal: Principal) -> bool:
        """Return whether the principal may see what carries this list."""
        return not self.entries.isdisjoint(principal.entries)


NOBODY = AccessList()


def lets_in_all(entries: frozenset[str], *, whom: frozenset[str]) -> bool:
    """Return whether these entries let in everyone `whom` other entries do."""
    return EVERYONE in entries or whom <= entries

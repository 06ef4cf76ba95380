"""Write down when the local user asks as somebody else, or as a member of groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from holdfast.cli.remarks import remark_groups, remark_person
from holdfast.cli.target import local_user
from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.session import Flow

ACTION = "principal.assume"


def audit_assumed(flow: Flow, principal: Principal, *, command: str) -> None:
    """Append an audit entry, before anything is read, unless the local user asks as who they are.

    A group that nothing names, or that is missing, is remarked on: either shows less and never says why.
    """
    me = local_user()
    if principal == Principal(user=me):
        return
    groups = ", ".join(sorted(principal.groups)) or "no group"
    flow.audit(ACTION, who=me, thing=principal.user, detail=f"{command}, in {groups}")
    remark_groups(flow, principal)
    remark_person(flow, principal)


def audited(flow: Flow, items: Iterable[WorkItem], *, command: str) -> Iterator[WorkItem]:
    """Yield the items of a file; each principal they name is written down once."""
    told: set[Principal] = set()
    for item in items:
        if item.principal not in told:
            told.add(item.principal)
            audit_assumed(flow, item.principal, command=command)
        yield item

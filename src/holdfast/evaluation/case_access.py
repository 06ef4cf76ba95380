"""Show golden cases only to who may see what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from holdfast.domain.access import AccessList, Principal
from holdfast.domain.cases import FORBIDDEN, Case

Access = Mapping[str, Sequence[AccessList]]
"""By document (`lookup:NAME` too): who may see it today; one list per source that has it."""


def visible_cases(cases: Iterable[Case], principal: Principal, *, access: Access) -> tuple[Case, ...]:
    """Return those cases of which the principal may see everything that is behind them today.

    What is not on record at all hides its case: nothing says who may see it. A
    case that was made of a run and names no evidence shows to who asked, wrote or confirmed it; one that
    says what is forbidden to be told, and not where it stands, to who wrote or confirmed it. Evidence in
    what the case carries counts for nothing here: it is on no access list.
    """
    return tuple(case for case in cases if _is_visible(case, principal, access))


def may_see(principal: Principal, document: str, *, access: Access) -> bool:
    """Return whether the principal may see every document of that name; nobody may an unknown one."""
    lists = access.get(document, ())
    return bool(lists) and all(one.allows(principal) for one in lists)


def _is_visible(case: Case, principal: Principal, access: Access) -> bool:
    people = {case.written_by, case.confirmed_by} - {""}
    tells_secrets = case.kind == FORBIDDEN and bool(case.expect.must_not_state)
    may_see_it = people if tells_secrets else people | {case.principal.user}
    is_bare = not case.beside_it and bool(case.run or tells_secrets)
    if is_bare and principal.user not in may_see_it:
        return False
    return all(may_see(principal, document, access=access) for document in case.behind)

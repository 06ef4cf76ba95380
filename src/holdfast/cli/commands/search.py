"""`holdfast search`: show hits."""

from __future__ import annotations

from pathlib import Path

from holdfast.cli.assumed import audit_assumed, audited
from holdfast.cli.event_loop import finish
from holdfast.cli.harmless import named
from holdfast.cli.items_file import items_file
from holdfast.cli.opened import ready
from holdfast.cli.screen import show, show_json
from holdfast.cli.target import Target, principal_of, target_of
from holdfast.contract import id_json, search_json
from holdfast.domain.access import Principal
from holdfast.domain.hits import Hit, Retrieved
from holdfast.errors import UsageError

LONGEST = 220


def search(
    *,
    words: list[str],
    folder: Path | None,
    file: Path | None,
    k: int,
    at: int,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """Search once, or for every item of a file."""
    principal = principal_of(user, groups)
    target = target_of(words, folder, wanted=0 if file else 1)
    if file is not None:
        with items_file(file) as items:
            return finish(_search_many(target, items, k, at, principal))
    query = " ".join(target.words)
    if not query.strip():
        raise UsageError("there is no query", move='Write it in quotes: holdfast search "gland packing"')
    retrieved = finish(_search(target, query, k, at, principal))
    if as_json:
        show_json(search_json(retrieved))
    else:
        _show(retrieved)
    return 0


async def _search(target: Target, query: str, k: int, at: int, principal: Principal) -> Retrieved:
    async with ready(target) as flow:
        audit_assumed(flow, principal, command="search")
        return await flow.search(query, principal=principal, k=k, at=at)


async def _search_many(target: Target, file: Path, k: int, at: int, principal: Principal) -> int:
    async with ready(target) as flow:
        items = flow.wiring.items_from(file, default=principal)
        for item in audited(flow, items, command="search --file"):
            retrieved = await flow.search(item.question, principal=item.principal, k=k, at=at)
            show_json({"id": id_json(item)} | search_json(retrieved))
    return 0


def _show(retrieved: Retrieved) -> None:
    if not retrieved.hits:
        show("nothing found")
    for rank, hit in enumerate(retrieved.hits, 1):
        place = str(hit.locator)
        show(f"{rank:>3}  {named(hit.document)}{', ' + place if place else ''}", style="bold")
        show(f"     {_legs(hit)}", style="dim")
        text = " ".join(hit.text.split())
        show(f"     {text[:LONGEST]}{' ...' if len(text) > LONGEST else ''}")


def _legs(hit: Hit) -> str:
    legs = ", ".join(f"{name} rank {leg.rank} ({leg.score:.2f})" for name, leg in sorted(hit.legs.items()))
    return f"score {hit.score:.3f}; {legs}"

"""The queue: one reviewer at a time holds a case, today's access lists decide who sees it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.storage.test_runs_records import with_document

from holdfast.domain.access import Principal
from holdfast.domain.items import REPLAY, REPLAY_PREFIX
from holdfast.domain.outputs import Record
from holdfast.domain.reviews import Action, Admission, Cause, Decision, Event
from holdfast.storage import decisions as kept
from holdfast.storage import knowledge
from holdfast.storage.database import Database, open_database
from holdfast.storage.forgetting import forget_document, scrub
from holdfast.storage.forgetting_people import forget_person
from holdfast.storage.needles import needles_of_documents, needles_of_person
from holdfast.storage.remains import search_remains
from holdfast.storage.retention import Purged, purge
from holdfast.storage.review_figures import CLAIM, review_figures
from holdfast.storage.review_queue import (
    admit,
    any_item,
    claim,
    counted,
    find_item,
    finish,
    finished,
    overdue,
    reassign,
    release,
    waiting,
)
from holdfast.storage.review_tables import decisions, notices, review_items
from holdfast.storage.runs import save_run
from holdfast.storage.schema import audit as audit_table
from holdfast.storage.schema import runs as runs_table
from holdfast.storage.settings import RetentionSettings
from holdfast.testing.records import SOURCE, run_of

ANA = Principal(user="ana", groups=frozenset({"sales"}))
BEN = Principal(user="ben")
NOW = datetime.now(UTC)
Risk = Literal["low", "medium", "high"]


def admission(
    *, risk: Risk = "medium", due_in_h: float = 4, owner: str = "", substitute: str = ""
) -> Admission:
    return Admission(
        cause=Cause.ESCALATION, risk=risk, route="safety", due_at=NOW + timedelta(hours=due_in_h),
        owner=owner, substitute=substitute, confidence=0.4,
    )  # fmt: skip


def queued(
    connection: sa.Connection, run: str, *, evidence: str = "", risk: Risk = "medium", user: str = "ana"
) -> None:
    save_run(connection, run_of(run, user=user), evidence=[evidence] if evidence else [])
    assert admit(connection, run, user, admission(risk=risk))


def soon() -> float:
    return time.time() + 60


def test_the_highest_risk_comes_first_then_the_oldest(database: Database) -> None:
    with database.write() as connection:
        for run, risk in (("r1", "low"), ("r2", "high"), ("r3", "medium"), ("r4", "high")):
            queued(connection, run, risk=risk)  # type: ignore[arg-type]
        assert [item.run for item in waiting(connection, BEN).items] == ["r2", "r4", "r3", "r1"]
        first = waiting(connection, BEN, limit=2)
        assert ([item.run for item in first.items], first.more) == (["r2", "r4"], True)
        item = first.items[0]
        assert (item.question, item.asker, item.state, item.route) == ("How much?", "ana", "open", "safety")


def test_cases_follow_the_access_lists_of_today(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        queued(connection, "r1", evidence="a.md")
        queued(connection, "r2")
        queued(connection, "r3", evidence="lookup:orders")
        seen = waiting(connection, BEN)
        assert ({item.run for item in seen.items}, seen.hidden) == ({"r1", "r2"}, 1)
        assert {item.run for item in waiting(connection, BEN, lookups=["lookup:orders"]).items} == {
            "r1", "r2", "r3",
        }  # fmt: skip
        knowledge.refile_access(connection, {(SOURCE, "a.md"): (frozenset({"sales"}), "")})
        assert {item.run for item in waiting(connection, BEN).items} == {"r2"}
        assert find_item(connection, "r1", BEN) is None
        assert find_item(connection, "r1", ANA) is not None


def test_of_two_reviewers_who_claim_at_once_one_gets_the_case(url: str, database: Database) -> None:
    with database.write() as connection:
        for number in range(20):
            queued(connection, f"r{number}")
    other = open_database(url)
    got: list[tuple[str, str]] = []
    barrier = threading.Barrier(2)

    def take_all(who: str, through: Database) -> None:
        for number in range(20):
            barrier.wait()
            with through.write() as connection:
                if claim(connection, f"r{number}", who, until=soon()):
                    got.append((f"r{number}", who))

    threads = [threading.Thread(target=take_all, args=args) for args in (("lena", database), ("mark", other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sorted(run for run, _ in got) == sorted(f"r{number}" for number in range(20))


def test_a_claim_ends_by_itself_and_another_reviewer_goes_on(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1")
        assert claim(connection, "r1", "lena", until=soon())
        assert claim(connection, "r1", "lena", until=soon())
        assert not claim(connection, "r1", "mark", until=soon())
        held = find_item(connection, "r1", ANA)
        assert held is not None
        assert (held.state, held.claimed_by) == ("claimed", "lena")
        assert claim(connection, "r1", "lena", until=time.time() - 1)
        lapsed = find_item(connection, "r1", ANA)
        assert lapsed is not None
        assert (lapsed.state, lapsed.claimed_by, lapsed.claimed_until) == ("open", "", None)
        assert not finish(connection, "r1", "lena", verdict=Action.ACCEPT)
        assert claim(connection, "r1", "mark", until=soon())
        assert not release(connection, "r1", "lena")
        assert finish(connection, "r1", "mark", verdict=Action.REJECT, category="wrong")
        assert not claim(connection, "r1", "lena", until=soon())
        assert waiting(connection, ANA).items == ()


def test_a_case_that_was_let_go_or_moved_is_free(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1")
        assert claim(connection, "r1", "lena", until=soon())
        assert release(connection, "r1", "lena")
        assert claim(connection, "r1", "mark", until=soon())
        assert reassign(connection, "r1", "mark", owner="ines", substitute="otto")
        item = find_item(connection, "r1", ANA)
        assert item is not None
        assert (item.state, item.owner, item.substitute) == ("open", "ines", "otto")


def test_a_case_waits_once_and_comes_in_again_after_it_was_finished(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1")
        assert not admit(connection, "r1", "ana", admission(risk="high"))
        assert claim(connection, "r1", "lena", until=soon())
        assert finish(connection, "r1", "lena", verdict=Action.ACCEPT)
        assert admit(connection, "r1", "ana", admission(risk="high"))
        item = find_item(connection, "r1", ANA)
        assert item is not None
        assert (item.state, item.risk, item.done_by, item.verdict) == ("open", "high", "", "")


def test_who_finished_what_is_counted_when_the_run_is_gone_too(database: Database) -> None:
    with database.write() as connection:
        for run, who, verdict in (
            ("r1", "lena", Action.ACCEPT), ("r2", "lena", Action.EDIT), ("r3", "mark", Action.REJECT),
        ):  # fmt: skip
            queued(connection, run)
            claim(connection, run, who, until=soon())
            finish(connection, run, who, verdict=verdict)
        assert {item.run for item in finished(connection, ANA).items} == {"r1", "r2", "r3"}
        purge(connection, RetentionSettings(runs_days=1), NOW + timedelta(days=2))
        assert finished(connection, ANA).items == ()
        lena, mark = counted(connection)
        assert (lena.who, lena.accepted, lena.edited, lena.rejected, lena.total) == ("lena", 1, 1, 0, 2)
        assert (mark.who, mark.rejected) == ("mark", 1)
        assert lena.median_minutes < 1
        assert counted(connection, since=NOW + timedelta(hours=1)) == ()


def test_a_case_that_waits_keeps_its_run_and_figures_go_after_their_time(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1")
        later = NOW + timedelta(days=200)
        assert purge(connection, RetentionSettings(runs_days=90), later) == Purged()
        claim(connection, "r1", "lena", until=soon())
        finish(connection, "r1", "lena", verdict=Action.ACCEPT)
        assert purge(connection, RetentionSettings(runs_days=90), later) == Purged(runs=1)
        assert purge(connection, RetentionSettings(), NOW + timedelta(days=401)) == Purged(reviews=1)


def test_overdue_cases_name_the_substitute_first(database: Database) -> None:
    with database.write() as connection:
        for run, more in (
            ("r1", {"owner": "lena", "substitute": "mark"}), ("r2", {"owner": "lena"}), ("r3", {}),
        ):  # fmt: skip
            save_run(connection, run_of(run), evidence=[])
            admit(connection, run, "ana", admission(due_in_h=-1, **more))  # type: ignore[arg-type]
        queued(connection, "r4")
        assert set(overdue(connection, NOW)) == {("r1", "mark"), ("r2", "lena"), ("r3", "")}


def decision(run: str, *, who: str = "lena", text: str = "", words: str = "") -> Decision:
    return Decision(run=run, who=who, action=Action.EDIT, at=NOW, text=text, words=words, in_review=True)


def test_decisions_come_back_whole_and_in_order(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1")
        first = decision("r1", text="It is \x00 35 Nm [1].", words="he said \ud800")
        kept.keep_decision(connection, first)
        kept.keep_decision(connection, decision("r1", who="mark"))
        found = kept.decisions_on(connection, "r1")
        assert [one.who for one in found] == ["lena", "mark"]
        assert found[0] == replace(first, text="It is \x00 35 Nm [1].", words="he said ?")


def test_a_notice_is_told_until_it_is_seen(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1")
        assert kept.give_notice(connection, "r1", Event.OVERDUE, to="lena")
        assert not kept.give_notice(connection, "r1", Event.OVERDUE, to="lena")
        kept.give_notice(connection, "r1", Event.ANSWERED, to="ana")
        assert [one.id for one in kept.notices_to(connection, "ana")] == ["r1:answered"]
        (_, told) = kept.unqueued(connection)
        kept.mark_queued(connection, told)
        assert [one.event for one in kept.unqueued(connection)] == ["overdue"]
        kept.mark_seen(connection, "r1", "ana")
        assert kept.notices_to(connection, "ana") == ()
        kept.give_notice(connection, "r1", Event.ANSWERED, to="ana")
        assert [one.run for one in kept.notices_to(connection, "ana")] == ["r1"]
        assert len(kept.unqueued(connection)) == 2


SECRET = "Zanzibarquokka pays nine hundred guilders"


def test_what_a_reviewer_wrote_goes_with_the_document_it_repeats(database: Database, tmp_path) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        knowledge.publish(connection, 1)
        save_run(connection, run_of("r1", quote=SECRET, answer=SECRET), evidence=["a.md"])
        admit(connection, "r1", "ana", admission())
        kept.keep_decision(connection, decision("r1", text=f"{SECRET}, and more", words=SECRET))
        repeating = run_of("r2", earlier=f"{SECRET}, and more", document_path="b.md")
        save_run(connection, repeating, evidence=["b.md"])
        needles = replace(needles_of_documents(connection, SOURCE, ["a.md"]), texts=(SECRET,))
        assert forget_document(connection, SOURCE, "a.md").runs == 2
    scrub(database)
    with database.read() as connection:
        assert search_remains(connection, tmp_path / "nothing", needles).left == ()
        (one,) = kept.decisions_on(connection, "r1")
        assert (one.who, one.text, one.words) == ("lena", "", "")


def test_a_corrected_record_comes_back_whole_and_goes_with_the_document_it_repeats(
    database: Database, tmp_path
) -> None:
    record = Record(
        output={"cost": 2430, "paid": True, "note": None, "parts": [{"name": SECRET}]}, cites={"cost": (1, 2)}
    )
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        knowledge.publish(connection, 1)
        for run, path in (("r1", "a.md"), ("r2", "b.md"), ("r3", "b.md")):
            earlier = {"r2": record.text, "r3": f"Before: {SECRET}!"}.get(run, "")
            save_run(connection, run_of(run, earlier=earlier, document_path=path), evidence=[path])
        admit(connection, "r1", "ana", admission())
        kept.keep_decision(connection, replace(decision("r1", text=record.text), record=record))
        (one,) = kept.decisions_on(connection, "r1")
        assert (one.record, one.text) == (record, f"cost: 2430 [1][2]\npaid: true\nparts.0.name: {SECRET}")
        needles = replace(needles_of_documents(connection, SOURCE, ["a.md"]), texts=(SECRET,))
        assert forget_document(connection, SOURCE, "a.md").runs == 3
    scrub(database)
    with database.read() as connection:
        assert search_remains(connection, tmp_path / "nothing", needles).left == ()
        (one,) = kept.decisions_on(connection, "r1")
        assert (one.action, one.text, one.record) == (Action.EDIT, "", None)


def test_a_forgotten_person_is_named_nowhere_in_review(database: Database, tmp_path) -> None:
    with database.write() as connection:
        queued(connection, "r1", user="lena")
        queued(connection, "r2", user="ana")
        claim(connection, "r2", "lena", until=soon())
        finish(connection, "r2", "lena", verdict=Action.EDIT)
        kept.keep_decision(connection, decision("r2", text="35 Nm", words="as lena told me, and elena too"))
        kept.give_notice(connection, "r1", Event.ANSWERED, to="lena")
        save_run(connection, run_of("r3"), evidence=[])
        admit(connection, "r3", "ana", admission(owner="lena", substitute="lena"))
        kept.give_notice(connection, "r3", Event.OPENED, to="lena")
        needles = needles_of_person(connection, "lena")
        gone = forget_person(connection, "lena")
    with database.read() as connection:
        assert search_remains(connection, tmp_path / "nothing", needles, user="lena").left == ()
        (one,) = kept.decisions_on(connection, "r2")
        assert (one.who, one.text) == (gone.pseudonym, "35 Nm")
        assert one.words == f"as {gone.pseudonym} told me, and elena too"
        assert any_item(connection, "r1") is None
        done = any_item(connection, "r2")
        assert done is not None
        assert done.done_by == gone.pseudonym
        names = {(row.owner, row.substitute) for row in connection.execute(sa.select(review_items))}
        assert (gone.pseudonym, gone.pseudonym) in names
        assert connection.execute(sa.select(sa.func.count()).select_from(notices)).scalar() == 1
        assert connection.execute(sa.select(decisions.c.who)).scalars().all() == [gone.pseudonym]


def test_the_view_counts_reviews(database: Database) -> None:
    with database.write() as connection:
        queued(connection, "r1", risk="high")
        row = connection.execute(sa.text("select run, asked_by, risk, state from v_reviews")).one()
        assert tuple(row) == ("r1", "ana", "high", "open")


Step = tuple[str, str, bool]
STEPS = st.lists(
    st.tuples(st.sampled_from(["claim", "release", "finish"]), st.sampled_from("abc"), st.booleans()),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_reviewers_do_a_case_has_one_holder_and_ends_once(
    file_database: Database, steps: list[Step]
) -> None:
    with file_database.write() as connection:
        connection.execute(sa.delete(review_items))
        connection.execute(sa.text("delete from runs"))
        queued(connection, "r1")
        holder, ended = "", 0
        for step, who, lapses in steps:
            if step == "claim":
                until = time.time() - 1 if lapses else soon()
                got = claim(connection, "r1", who, until=until)
                assert got == (not ended and holder in ("", who))
                holder = ("" if lapses else who) if got else holder
            elif step == "release":
                got = release(connection, "r1", who)
                assert not got or holder in ("", who)
                holder = "" if holder == who else holder
            else:
                got = finish(connection, "r1", who, verdict=Action.ACCEPT)
                assert got == (holder == who)
                ended += got
                holder = "" if got else holder
        assert ended <= 1


def test_figures_tell_how_long_cases_wait_and_are_held(database: Database) -> None:
    opened, hour = NOW - timedelta(hours=5), timedelta(hours=1)
    with database.write() as connection:
        for number, run in enumerate(("a", "b", "c")):
            queued(connection, run)
            if run != "c":
                assert claim(connection, run, "rita", until=soon())
                assert finish(connection, run, "rita", verdict=(Action.EDIT, Action.ACCEPT)[number])
        connection.execute(sa.update(review_items).values(opened_at=opened, due_at=NOW - hour))
        connection.execute(
            sa.update(review_items).where(review_items.c.run != "c").values(done_at=opened + 4 * hour)
        )
        for moment, who in ((opened + hour, "rita"), (opened + 2 * hour, "rita"), (opened + 3 * hour, "ben")):
            connection.execute(
                sa.insert(audit_table).values(at=moment, who=who, action=CLAIM, thing="a", detail="")
            )
        kept.keep_decision(connection, Decision(run="c", who="ana", action=Action.REJECT, at=NOW))
        kept.keep_decision(
            connection, Decision(run="a", who="rita", action=Action.EDIT, at=NOW, in_review=True)
        )
    with database.read() as connection:
        found = review_figures(connection, opened, now=NOW)
        later = review_figures(connection, NOW + hour, now=NOW)
    hour_ms = hour.total_seconds() * 1000
    assert (found.waiting, found.overdue) == (1, 1)
    assert found.oldest_ms == 5 * hour_ms
    assert found.waited is not None
    assert (found.waited.count, found.waited.p50) == (2, 4 * hour_ms)
    assert found.held is not None
    assert (found.held.count, found.held.p50) == (1, 2 * hour_ms)  # from rita's own last claim
    assert found.verdicts == {"edit": 1, "accept": 1}
    assert found.decided == {"reject": 1}
    assert (later.waited, later.held, later.verdicts, later.waiting) == (None, None, {}, 1)


def test_a_forgotten_person_s_question_goes_with_its_replays_too(database: Database) -> None:
    replayed = run_of("again", user="emil")
    item = replace(replayed.item, id=f"{REPLAY_PREFIX}asked", origin=REPLAY)
    with database.write() as connection:
        save_run(connection, run_of("asked", user="ana"), evidence=())
        save_run(connection, replace(replayed, item=item), evidence=())
        save_run(connection, run_of("other", user="emil"), evidence=())
        assert forget_person(connection, "ana").runs == 2
        left = connection.execute(sa.select(runs_table.c.id)).scalars().all()
    assert left == ["other"]

"""The tables of review: drafts, cases in the queue, their questions' gists, decisions, notices."""

from __future__ import annotations

import sqlalchemy as sa

from holdfast.storage.metadata import Id, metadata
from holdfast.storage.storable import Word, Words

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("run", Word, primary_key=True),
    sa.Column("thread", Word, nullable=False, index=True, comment="run that the thread began with"),
    sa.Column("principal", Word, nullable=False),
    sa.Column("state", Word, nullable=False, comment="open, ended"),
    sa.Column("item", sa.LargeBinary, nullable=False, comment="JSON, zlib; empty once the run is on record"),
    sa.Column("text", sa.LargeBinary, nullable=False, comment="released so far; JSON, zlib"),
    sa.Column("evidence", Words, nullable=False, comment="JSON list: documents behind the text so far"),
    sa.Column("holder", Word, nullable=False, comment="the thread that writes it"),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index(None, "principal", "begun_at"),
    comment="which thread a run belongs to, and what is written while there is no run yet",
)

review_items = sa.Table(
    "review_items",
    metadata,
    sa.Column("run", Word, primary_key=True),
    sa.Column("asker", Word, nullable=False),
    sa.Column("cause", Word, nullable=False, comment="escalation, low_confidence, handed_over"),
    sa.Column("risk", Word, nullable=False, comment="low, medium, high"),
    sa.Column("route", Word, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("owner", Word, nullable=False),
    sa.Column("substitute", Word, nullable=False),
    sa.Column("state", Word, nullable=False, comment="open, claimed, done"),
    sa.Column("claimed_by", Word, nullable=False),
    sa.Column("claimed_until", sa.Float, nullable=False, comment="seconds since the epoch"),
    sa.Column("done_by", Word, nullable=False),
    sa.Column("done_at", sa.DateTime(timezone=True)),
    sa.Column("verdict", Word, nullable=False, comment="accept, edit, reject"),
    sa.Column("category", Word, nullable=False),
    sa.Index(None, "state", "due_at"),
    comment="a case for a person; stays for the figures when its run is gone",
)

gists = sa.Table(
    "gists",
    metadata,
    sa.Column("run", Word, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("word", sa.BigInteger, primary_key=True, comment="digest of the stem of a content word"),
    sa.Column("exact", Word, nullable=False, comment="digest of all that must be equal"),
    sa.Column("size", sa.Integer, nullable=False, comment="how many content words there are"),
    sa.Index(None, "exact", "word", "size", "run"),
    comment="what the question of a decided case comes down to, a row a word: where it is asked again",
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("run", Word, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", Word, nullable=False),
    sa.Column("action", Word, nullable=False, comment="accept, edit, reject, hand_over"),
    sa.Column("category", Word, nullable=False),
    sa.Column("to", Word, nullable=False, comment="of a hand-over"),
    sa.Column("words", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("text", sa.LargeBinary, nullable=False, comment="of an edit; JSON, zlib"),
    sa.Column("in_review", sa.Boolean, nullable=False, comment="it finished a case of the queue"),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", Word, primary_key=True, comment="RUN:EVENT, the idempotency key"),
    sa.Column("run", Word, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("event", Word, nullable=False, comment="opened, overdue, answered"),
    sa.Column("to", Word, nullable=False, comment="user; empty: all reviewers"),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True)),
    sa.Column("queued", sa.Boolean, nullable=False, comment="its jobs are made"),
    sa.Index(None, "to", "seen_at"),
    sa.Index(None, "queued"),
    comment="who is to be told what; no text of a question or a document",
)

"""The tables of the records database, the truth behind every index and every run."""

from __future__ import annotations

import sqlalchemy as sa

from holdfast.storage import review_tables as review_tables  # noqa: PLC0414 -- its tables belong to the schema
from holdfast.storage.metadata import Id
from holdfast.storage.metadata import metadata as metadata  # noqa: PLC0414 -- with every table in it
from holdfast.storage.storable import Word, Words

HEAD = "0011"
"""The migration this code expects; storage/migrations/versions holds the way to it."""

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", Word, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
    comment="published: version readers see; filed: last change of access or standing; others: next ids",
)

identity = sa.Table(
    "identity",
    metadata,
    sa.Column("name", Word, primary_key=True),
    sa.Column("value", Words, nullable=False),
    comment="database_id, and the fingerprints of the parts that made the published version",
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", Word, primary_key=True),
    sa.Column("had_permissions", sa.Boolean, nullable=False, default=False),
    sa.Column("permissions_digest", Word, nullable=False, default=""),
    sa.Column("synced_at", sa.DateTime(timezone=True)),
)

access_lists = sa.Table(
    "access_lists",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("digest", Word, nullable=False, unique=True, comment="sha256 of the entries"),
    sa.Column("entries", Words, nullable=False, comment="JSON list, sorted"),
)

access_entries = sa.Table(
    "access_entries",
    metadata,
    sa.Column("access_id", Id, sa.ForeignKey("access_lists.id"), primary_key=True),
    sa.Column("entry", Word, primary_key=True, index=True),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", Word, nullable=False),
    sa.Column("path", Word, nullable=False),
    sa.Column("parent", Word, nullable=False, default="", comment="outer document of an attachment"),
    sa.Column("digest", Word, nullable=False),
    sa.Column("stamp", Word, nullable=False, default=""),
    sa.Column("skip_key", Word, nullable=False),
    sa.Column("access_id", Id, sa.ForeignKey("access_lists.id"), nullable=False),
    sa.Column("access_rule", Words, nullable=False, default=""),
    sa.Column("filed", sa.BigInteger, nullable=False, comment="change of access or standing, by counter"),
    sa.Column("title", Words, nullable=False),
    sa.Column("status", Word, nullable=False),
    sa.Column("declared_status", Word, nullable=False, comment="as the document itself says"),
    sa.Column("superseded_by", Words, nullable=False, default=""),
    sa.Column("metadata", Words, nullable=False, comment="JSON"),
    sa.Column("text", sa.LargeBinary, nullable=False, comment="canonical text, UTF-8, zlib"),
    sa.Column("sections", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("chunk_count", sa.Integer, nullable=False),
    sa.Column("born", sa.BigInteger, nullable=False, comment="first index version that holds it"),
    sa.Column("died", sa.BigInteger, comment="first index version that no longer does"),
    sa.Column("ended_at", sa.DateTime(timezone=True), comment="when it died, for retention"),
    sa.Index(None, "source", "path"),
    sa.Index(None, "path"),
    sa.Index(
        "uq_documents_alive",
        "source",
        "path",
        unique=True,
        sqlite_where=sa.text("died IS NULL"),
        postgresql_where=sa.text("died IS NULL"),
    ),
    sa.Index(None, "died"),
    sa.Index(None, "filed"),
)

document_keys = sa.Table(
    "document_keys",
    metadata,
    sa.Column("document_id", Id, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", Word, primary_key=True),
    sa.Column("value", Word, primary_key=True),
    sa.Index(None, "key", "value"),
)

chunks = sa.Table(
    "chunks",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("document_id", Id, sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("text", Words, nullable=False),
    sa.Column("context", Words, nullable=False),
    sa.Column("locator", Words, nullable=False, comment="JSON"),
    sa.Column("text_key", Word, nullable=False, comment="sha256 of the indexed text"),
    sa.Column("born", sa.BigInteger, nullable=False),
    sa.Column("died", sa.BigInteger),
    sa.Index(None, "document_id"),
    sa.Index(None, "born"),
    sa.Index(None, "died"),
    sa.Index(None, "text_key"),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("fingerprint", Word, primary_key=True),
    sa.Column("text_key", Word, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False, comment="float16, L2-normalised"),
)

problems = sa.Table(
    "problems",
    metadata,
    sa.Column("source", Word, primary_key=True),
    sa.Column("path", Word, primary_key=True),
    sa.Column("parent", Word, nullable=False, default=""),
    sa.Column("stage", Word, nullable=False),
    sa.Column("status", Word, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("stamp", Word, nullable=False),
    sa.Column("skip_key", Word, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", Word, primary_key=True),
    sa.Column("holder", Word, nullable=False),
    sa.Column("until", sa.Float, nullable=False, comment="seconds since the epoch"),
)

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("digest", Word, primary_key=True),
    sa.Column("parts", Words, nullable=False, comment="JSON"),
    sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", Word, primary_key=True),
    sa.Column("version", Word, nullable=False),
    sa.Column("index_version", sa.BigInteger, nullable=False),
    sa.Column("item_id", Word, nullable=False),
    sa.Column("principal", Word, nullable=False),
    sa.Column("item", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("kind", Word, nullable=False),
    sa.Column("outcome", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("model", Word, nullable=False),
    sa.Column("degraded", Words, nullable=False, default=""),
    sa.Column("fallback", Words, nullable=False, default="", server_default=""),
    sa.Column("input_tokens", sa.Integer, nullable=False, default=0),
    sa.Column("output_tokens", sa.Integer, nullable=False, default=0),
    sa.Column("cached_tokens", sa.Integer, nullable=False, default=0),
    sa.Column("cost_usd", sa.Float, nullable=False, default=0.0),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("took_ms", sa.Float, nullable=False),
)

stage_records = sa.Table(
    "stage_records",
    metadata,
    sa.Column("run_id", Word, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("stage", Word, nullable=False),
    sa.Column("part", Word, nullable=False),
    sa.Column("given", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("made", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("took_ms", sa.Float, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False, default=0.0),
    sa.Column("error", Words, nullable=False, default=""),
)

run_evidence = sa.Table(
    "run_evidence",
    metadata,
    sa.Column("run_id", Word, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("document", Word, primary_key=True, index=True),
    comment="every document whose text stands in the run's records; today's access lists filter runs by it",
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("key", Word, primary_key=True, comment="sha256 of all that the reply depends on"),
    sa.Column("run", Word, nullable=False, index=True, comment="the run that paid for it"),
    sa.Column("principal", Word, nullable=False, index=True),
    sa.Column("reply", sa.LargeBinary, nullable=False, comment="JSON, zlib"),
    sa.Column("made", sa.Float, nullable=False, index=True, comment="seconds since the epoch"),
    sa.Column("until", sa.Float, nullable=False, index=True, comment="seconds since the epoch"),
    comment="replies of models that are taken again when the same is asked",
)

reply_evidence = sa.Table(
    "reply_evidence",
    metadata,
    sa.Column("key", Word, sa.ForeignKey("replies.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("document", Word, primary_key=True, index=True),
    comment="every document whose passage was in the prompt",
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", Word, nullable=False, unique=True, comment="idempotency key"),
    sa.Column("handler", Word, nullable=False, comment="module:function"),
    sa.Column("arguments", Words, nullable=False, comment="JSON"),
    sa.Column("status", Word, nullable=False, comment="waiting, running, done, failed"),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("due", sa.Float, nullable=False, comment="seconds since the epoch"),
    sa.Column("lease_until", sa.Float, nullable=False, default=0.0),
    sa.Column("holder", Word, nullable=False, default=""),
    sa.Column("error", Words, nullable=False, default=""),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index(None, "status", "due"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", Word, nullable=False),
    sa.Column("action", Word, nullable=False),
    sa.Column("thing", Word, nullable=False),
    sa.Column("detail", Words, nullable=False, default=""),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", Word, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("day", Word, nullable=False, index=True, comment="UTC, YYYY-MM-DD"),
    sa.Column("workflow", Word, nullable=False),
    sa.Column("run", Word, nullable=False, index=True),
    sa.Column("stage", Word, nullable=False),
    sa.Column("purpose", Word, nullable=False),
    sa.Column("case_id", Word, nullable=False),
    sa.Column("cost_centre", Word, nullable=False),
    sa.Column("version", Word, nullable=False),
    sa.Column("model", Word, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("is_hedge", sa.Boolean, nullable=False),
    sa.Column("status", Word, nullable=False),
    sa.Column("error", Words, nullable=False),
    sa.Column("returned_model", Word, nullable=False),
    sa.Column("input_tokens", sa.Integer, nullable=False),
    sa.Column("output_tokens", sa.Integer, nullable=False),
    sa.Column("cached_tokens", sa.Integer, nullable=False),
    sa.Column("is_estimated", sa.Boolean, nullable=False),
    sa.Column("reserved_usd", sa.Float, nullable=False),
    sa.Column("cost_usd", sa.Float),
    sa.Column("saved_usd", sa.Float, nullable=False),
    sa.Column("priced_on", sa.Date),
    sa.Column("took_ms", sa.Float, nullable=False),
    sa.Column("first_token_ms", sa.Float),
    sa.Column("is_batch", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("written_tokens", sa.Integer, nullable=False, server_default="0"),
    sa.Column("searches", sa.Integer, nullable=False, server_default="0"),
    sa.Index(None, "status", "at"),
    comment="a row for every attempt to get a reply from a provider",
)

spend = sa.Table(
    "spend",
    metadata,
    sa.Column("day", Word, primary_key=True),
    sa.Column("scope", Word, primary_key=True, comment="workflow:NAME or centre:NAME"),
    sa.Column("spent_nano", sa.BigInteger, nullable=False, comment="billionths of a USD"),
    sa.Column("reserved_nano", sa.BigInteger, nullable=False),
)

experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("id", Word, primary_key=True),
    sa.Column("workflow", Word, nullable=False),
    sa.Column("version", Word, nullable=False, index=True),
    sa.Column("label", Word, nullable=False, default="", comment="git ref or model, as it was named"),
    sa.Column("model", Word, nullable=False, default=""),
    sa.Column("cases", sa.LargeBinary, nullable=False, comment="JSON, zlib: digest of each case by id"),
    sa.Column("cases_digest", Word, nullable=False),
    sa.Column("repeats", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("sample", sa.Integer, nullable=False),
    sa.Column("settings", sa.LargeBinary, nullable=False, comment="JSON, zlib: the declared sections"),
    sa.Column("prices", Words, nullable=False, comment="JSON"),
    sa.Column("environment", Words, nullable=False, comment="JSON"),
    sa.Column("principal", Word, nullable=False, comment="who ran it"),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("ended_at", sa.DateTime(timezone=True), comment="null: stopped, to be gone on with"),
    sa.Column("figures", Words, nullable=False, server_default="", comment="JSON: what a list shows of it"),
)

case_runs = sa.Table(
    "case_runs",
    metadata,
    sa.Column("experiment", Word, sa.ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case_id", Word, primary_key=True),
    sa.Column("repeat", sa.Integer, primary_key=True),
    sa.Column("digest", Word, nullable=False, comment="of the case as it was asked"),
    sa.Column("kind", Word, nullable=False),
    sa.Column("run_id", Word, nullable=False, index=True, comment="empty: not run"),
    sa.Column("outcome", Word, nullable=False),
    sa.Column("model", Word, nullable=False),
    sa.Column("scores", Words, nullable=False, comment="JSON: value by metric, figures only"),
    sa.Column("whys", sa.LargeBinary, comment="JSON, zlib: reason by metric; lives as long as its run"),
    sa.Column("not_run", Words, nullable=False, default=""),
    sa.Column("cost_usd", sa.Float),
    sa.Column("took_s", sa.Float, nullable=False),
    sa.Column("documents", Words, nullable=False, comment="JSON: where the case's evidence stands"),
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("key", Word, primary_key=True, comment="our own name of it"),
    sa.Column("workflow", Word, nullable=False, index=True),
    sa.Column("lane", Word, nullable=False, comment="provider:model at ADDRESS"),
    sa.Column("provider_id", Word, nullable=False, comment="the provider's name of it; empty: not known yet"),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("made", sa.Float, nullable=False, comment="seconds since the epoch"),
    comment="batches whose replies may still be wanted",
)

batch_requests = sa.Table(
    "batch_requests",
    metadata,
    sa.Column("batch", Word, sa.ForeignKey("batches.key", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "digest", Word, primary_key=True, comment="sha256 of the request, and how many alike before it"
    ),
    sa.Column("attempt", Word, nullable=False, comment="its row in the ledger"),
    comment="the requests of a batch, without their texts",
)

run_scores = sa.Table(
    "run_scores",
    metadata,
    sa.Column("run_id", Word, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("metric", Word, primary_key=True),
    sa.Column("value", sa.Float, comment="in the metric's unit; null: not computed"),
    sa.Column("why", sa.LargeBinary, comment="text, zlib: may repeat what the run said"),
    sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
    comment="what evaluators say of production runs",
)

BEGIN TRANSACTION;
CREATE TABLE access_entries (
	access_id INTEGER NOT NULL, 
	entry VARCHAR NOT NULL, 
	CONSTRAINT pk_access_entries PRIMARY KEY (access_id, entry), 
	FOREIGN KEY(access_id) REFERENCES access_lists (id)
);
INSERT INTO "access_entries" VALUES(1,'everyone');
INSERT INTO "access_entries" VALUES(2,'sales');
CREATE TABLE access_lists (
	id INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	entries TEXT NOT NULL, 
	CONSTRAINT pk_access_lists PRIMARY KEY (id), 
	CONSTRAINT uq_access_lists_digest UNIQUE (digest)
);
INSERT INTO "access_lists" VALUES(1,'958a05a7bc337c19c0db8cbf78bacb4fa34862e0e2f6a2f28429ca2c4284b720','["everyone"]');
INSERT INTO "access_lists" VALUES(2,'7f1874f753ac22f2c4c0c4ba5f6dcf4574455d36cb5e7eb7264a51ea369a94fd','["sales"]');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	who VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	thing VARCHAR NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,'2026-11-22 16:01:29.286682','ana','a','b','');
CREATE TABLE batch_requests (
	batch VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	attempt VARCHAR NOT NULL, 
	CONSTRAINT pk_batch_requests PRIMARY KEY (batch, digest), 
	FOREIGN KEY(batch) REFERENCES batches ("key") ON DELETE CASCADE
);
INSERT INTO "batch_requests" VALUES('b1','d1','a1');
CREATE TABLE batches (
	"key" VARCHAR NOT NULL, 
	workflow VARCHAR NOT NULL, 
	lane VARCHAR NOT NULL, 
	provider_id VARCHAR NOT NULL, 
	requests INTEGER NOT NULL, 
	made FLOAT NOT NULL, 
	CONSTRAINT pk_batches PRIMARY KEY ("key")
);
INSERT INTO "batches" VALUES('b1','support','openai:gpt at https://x/v1','batch_1',1,1764000000.0);
CREATE TABLE case_runs (
	experiment VARCHAR NOT NULL, 
	case_id VARCHAR NOT NULL, 
	repeat INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	outcome VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	scores TEXT NOT NULL, 
	whys BLOB, 
	not_run TEXT NOT NULL, 
	cost_usd FLOAT, 
	took_s FLOAT NOT NULL, 
	documents TEXT NOT NULL, 
	CONSTRAINT pk_case_runs PRIMARY KEY (experiment, case_id, repeat), 
	FOREIGN KEY(experiment) REFERENCES experiments (id) ON DELETE CASCADE
);
INSERT INTO "case_runs" VALUES('e1','a',0,'d','common','run-1','answer','openai:m','{"facts_stated": 1.0}',NULL,'',0.01,0.5,'["pump.md"]');
CREATE TABLE chunks (
	id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	context TEXT NOT NULL, 
	locator TEXT NOT NULL, 
	text_key VARCHAR NOT NULL, 
	born BIGINT NOT NULL, 
	died BIGINT, 
	CONSTRAINT pk_chunks PRIMARY KEY (id), 
	FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
INSERT INTO "chunks" VALUES(1,1,0,0,23,'Oil change every 500 h.','','{"page":null,"heading":[],"sheet":null,"cells":null,"slide":null,"part":null,"row":null}','t1',1,NULL);
INSERT INTO "chunks" VALUES(2,2,0,0,23,'Oil change every 500 h.','','{"page":null,"heading":[],"sheet":null,"cells":null,"slide":null,"part":null,"row":null}','t1',1,NULL);
CREATE TABLE counters (
	name VARCHAR NOT NULL, 
	value BIGINT NOT NULL, 
	CONSTRAINT pk_counters PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('document_id',2);
INSERT INTO "counters" VALUES('chunk_id',2);
INSERT INTO "counters" VALUES('published',1);
INSERT INTO "counters" VALUES('published_chunks',2);
CREATE TABLE decisions (
	id INTEGER NOT NULL, 
	run VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	who VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	category VARCHAR NOT NULL, 
	"to" VARCHAR NOT NULL, 
	words BLOB NOT NULL, 
	text BLOB NOT NULL, 
	in_review BOOLEAN NOT NULL, 
	CONSTRAINT pk_decisions PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "decisions" VALUES(1,'run-1','2026-11-27 08:05:00.000000','ana','hand_over','','safety',X'780153CA2C5628C90012C5F9F64A001E22043A',X'78015352020000680045',0);
INSERT INTO "decisions" VALUES(2,'run-1','2026-11-27 09:05:00.000000','lena','edit','','',X'78015352020000680045',X'780153722D4B2DAA5430353050C85088368CD553020030C604C4',1);
CREATE TABLE document_keys (
	document_id INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	CONSTRAINT pk_document_keys PRIMARY KEY (document_id, "key", value), 
	FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
INSERT INTO "document_keys" VALUES(1,'product','HX-200');
INSERT INTO "document_keys" VALUES(2,'product','HX-200');
CREATE TABLE documents (
	id INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	parent VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	stamp VARCHAR NOT NULL, 
	skip_key VARCHAR NOT NULL, 
	access_id INTEGER NOT NULL, 
	access_rule TEXT NOT NULL, 
	filed BIGINT NOT NULL, 
	title TEXT NOT NULL, 
	status VARCHAR NOT NULL, 
	declared_status VARCHAR NOT NULL, 
	superseded_by TEXT NOT NULL, 
	metadata TEXT NOT NULL, 
	text BLOB NOT NULL, 
	sections BLOB NOT NULL, 
	chunk_count INTEGER NOT NULL, 
	born BIGINT NOT NULL, 
	died BIGINT, 
	ended_at DATETIME, 
	CONSTRAINT pk_documents PRIMARY KEY (id), 
	FOREIGN KEY(access_id) REFERENCES access_lists (id)
);
INSERT INTO "documents" VALUES(1,'papers','manual.md','','9983736a2850f5a7cedd69cacb7c6481360b6553237620997ea7f373c05995ca','23','k',1,'by the test',0,'Pump manual','approved','approved','','{"title":"Pump manual","language":"en","created":null,"effective":null,"status":"approved","supersedes":[],"superseded_by":"","keys":{"product":["HX-200"]}}',X'7801F3CFCC5148CE48CC4B4F55482D4B2DAA5430353050C8D003005F710761',X'78018B8E0500011500B9',1,1,NULL,NULL);
INSERT INTO "documents" VALUES(2,'papers','prices.md','','9983736a2850f5a7cedd69cacb7c6481360b6553237620997ea7f373c05995ca','23','k',2,'by the test',0,'Price list','approved','approved','','{"title":"Price list","language":"en","created":null,"effective":null,"status":"approved","supersedes":[],"superseded_by":"","keys":{"product":["HX-200"]}}',X'7801F3CFCC5148CE48CC4B4F55482D4B2DAA5430353050C8D003005F710761',X'78018B8E0500011500B9',1,1,NULL,NULL);
CREATE TABLE drafts (
	run VARCHAR NOT NULL, 
	thread VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	item BLOB NOT NULL, 
	text BLOB NOT NULL, 
	evidence TEXT NOT NULL, 
	holder VARCHAR NOT NULL, 
	begun_at DATETIME NOT NULL, 
	touched_at DATETIME NOT NULL, 
	CONSTRAINT pk_drafts PRIMARY KEY (run)
);
INSERT INTO "drafts" VALUES('run-1','run-1','ana','ended',X'7801ABAE0500017500F9',X'78015352020000680045','[]','','2026-11-27 08:00:00.000000','2026-11-27 08:00:01.000000');
CREATE TABLE experiments (
	id VARCHAR NOT NULL, 
	workflow VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	label VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	cases BLOB NOT NULL, 
	cases_digest VARCHAR NOT NULL, 
	repeats INTEGER NOT NULL, 
	seed BIGINT NOT NULL, 
	sample INTEGER NOT NULL, 
	settings BLOB NOT NULL, 
	prices TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	principal VARCHAR NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, figures TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_experiments PRIMARY KEY (id)
);
INSERT INTO "experiments" VALUES('e1','support','v1','','',X'7801AB564A54B2524A51AA05000C760280','d',1,7,0,X'7801ABAE0500017500F9','{}','{}','ana','2026-11-27 08:00:00.000000',NULL,'');
CREATE TABLE gists (
	run VARCHAR NOT NULL, 
	word BIGINT NOT NULL, 
	exact VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	CONSTRAINT pk_gists PRIMARY KEY (run, word), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "gists" VALUES('run-1',-815993038085388385,'9de8474505e7ace4052bec62a7daa206',1);
CREATE TABLE identity (
	name VARCHAR NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_identity PRIMARY KEY (name)
);
INSERT INTO "identity" VALUES('database_id','db824a216bd542f6ac3c19fdf9221dad');
CREATE TABLE jobs (
	id INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	handler VARCHAR NOT NULL, 
	arguments TEXT NOT NULL, 
	status VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	due FLOAT NOT NULL, 
	lease_until FLOAT NOT NULL, 
	holder VARCHAR NOT NULL, 
	error TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT uq_jobs_key UNIQUE ("key")
);
CREATE TABLE leases (
	name VARCHAR NOT NULL, 
	holder VARCHAR NOT NULL, 
	until FLOAT NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE ledger (
	id VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	day VARCHAR NOT NULL, 
	workflow VARCHAR NOT NULL, 
	run VARCHAR NOT NULL, 
	stage VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	case_id VARCHAR NOT NULL, 
	cost_centre VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	is_hedge BOOLEAN NOT NULL, 
	status VARCHAR NOT NULL, 
	error TEXT NOT NULL, 
	returned_model VARCHAR NOT NULL, 
	input_tokens INTEGER NOT NULL, 
	output_tokens INTEGER NOT NULL, 
	cached_tokens INTEGER NOT NULL, 
	is_estimated BOOLEAN NOT NULL, 
	reserved_usd FLOAT NOT NULL, 
	cost_usd FLOAT, 
	saved_usd FLOAT NOT NULL, 
	priced_on DATE, 
	took_ms FLOAT NOT NULL, 
	first_token_ms FLOAT, is_batch BOOLEAN DEFAULT 0 NOT NULL, written_tokens INTEGER DEFAULT '0' NOT NULL, searches INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_ledger PRIMARY KEY (id)
);
INSERT INTO "ledger" VALUES('attempt-1','2026-11-27 08:00:00.000000','2026-11-27','support','run-1','generation','answer','','','v1','openai:m',1,0,'ok','','',0,0,0,0,0.02,0.01,0.0,NULL,0.0,NULL,0,120,0);
CREATE TABLE notices (
	id VARCHAR NOT NULL, 
	run VARCHAR NOT NULL, 
	event VARCHAR NOT NULL, 
	"to" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	seen_at DATETIME, 
	queued BOOLEAN NOT NULL, 
	CONSTRAINT pk_notices PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "notices" VALUES('run-1:answered','run-1','answered','ana','2026-11-27 09:05:00.000000',NULL,1);
CREATE TABLE problems (
	source VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	parent VARCHAR NOT NULL, 
	stage VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	reason TEXT NOT NULL, 
	stamp VARCHAR NOT NULL, 
	skip_key VARCHAR NOT NULL, 
	CONSTRAINT pk_problems PRIMARY KEY (source, path)
);
CREATE TABLE replies (
	"key" VARCHAR NOT NULL, 
	run VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	reply BLOB NOT NULL, 
	made FLOAT NOT NULL, 
	until FLOAT NOT NULL, 
	CONSTRAINT pk_replies PRIMARY KEY ("key")
);
INSERT INTO "replies" VALUES('k1','run-1','ana',X'78015D8ED10A83300C457F45F25CC5C9F6D25F1943AA462DAB693129DB10FF7D0191C15E73EF3D271B08BE052C34D76289243317F7CBA302034B1C3068101392F3764A52DECAC593D72CB39B10EC069E529656E21389C1D6066296BF4BEFFA19875F6737D0479636F3A08BAAAE1B03A3627956194B4CCA77C42F5C5DE783970F58CA21185851F24A8A3A3FD3E2A13B1B9EDBC30676748171FF0241594B78',1700000000.0,1700003600.0);
CREATE TABLE reply_evidence (
	"key" VARCHAR NOT NULL, 
	document VARCHAR NOT NULL, 
	CONSTRAINT pk_reply_evidence PRIMARY KEY ("key", document), 
	FOREIGN KEY("key") REFERENCES replies ("key") ON DELETE CASCADE
);
INSERT INTO "reply_evidence" VALUES('k1','manuals/pump.md');
CREATE TABLE review_items (
	run VARCHAR NOT NULL, 
	asker VARCHAR NOT NULL, 
	cause VARCHAR NOT NULL, 
	risk VARCHAR NOT NULL, 
	route VARCHAR NOT NULL, 
	confidence FLOAT NOT NULL, 
	opened_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	owner VARCHAR NOT NULL, 
	substitute VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	claimed_by VARCHAR NOT NULL, 
	claimed_until FLOAT NOT NULL, 
	done_by VARCHAR NOT NULL, 
	done_at DATETIME, 
	verdict VARCHAR NOT NULL, 
	category VARCHAR NOT NULL, 
	CONSTRAINT pk_review_items PRIMARY KEY (run)
);
INSERT INTO "review_items" VALUES('run-1','ana','handed_over','high','safety',0.9,'2026-11-27 08:05:00.000000','2026-11-27 12:05:00.000000','lena','mark','done','',0.0,'lena','2026-11-27 09:05:00.000000','edit','');
CREATE TABLE run_evidence (
	run_id VARCHAR NOT NULL, 
	document VARCHAR NOT NULL, 
	CONSTRAINT pk_run_evidence PRIMARY KEY (run_id, document), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "run_evidence" VALUES('run-1','manual.md');
INSERT INTO "run_evidence" VALUES('run-1','pump.md');
CREATE TABLE run_scores (
	run_id VARCHAR NOT NULL, 
	metric VARCHAR NOT NULL, 
	value FLOAT, 
	why BLOB, 
	scored_at DATETIME NOT NULL, 
	CONSTRAINT pk_run_scores PRIMARY KEY (run_id, metric), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "run_scores" VALUES('run-1','support',0.93,NULL,'2026-01-02 03:04:05.000000');
CREATE TABLE runs (
	id VARCHAR NOT NULL, 
	version VARCHAR NOT NULL, 
	index_version BIGINT NOT NULL, 
	item_id VARCHAR NOT NULL, 
	principal VARCHAR NOT NULL, 
	item BLOB NOT NULL, 
	kind VARCHAR NOT NULL, 
	outcome BLOB NOT NULL, 
	model VARCHAR NOT NULL, 
	degraded TEXT NOT NULL, 
	input_tokens INTEGER NOT NULL, 
	output_tokens INTEGER NOT NULL, 
	cached_tokens INTEGER NOT NULL, 
	cost_usd FLOAT NOT NULL, 
	started_at DATETIME NOT NULL, 
	took_ms FLOAT NOT NULL, fallback TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('run-1','v1',1,'item-run-1','ana',X'78011D8DCB0E823010457FC5CC9A1ADA2862376EFD00571A639A32C224D0D63E3486F0EF0EAECFB9E7CE401D68A08C9388C50909158448CE523023E8194AC2C8827186491F7D0909F4EDBE54F02A983279C7F4EC3F9BA9D8E1C4CE9370ECD8995931391B3B4CE8F27F54C14029FBF85D0B1544B4486FEC1E267343D5AA11520AA52EB2D1B5D4EAB8558776BF6BAF5CF5917A5AAF4C20587E2D203921','answer',X'78013D8EB10EC2300C447F25F21C5565A41BDF513158896923A571A91D01AAFAEF188298EC93DFDD7907A5A7C20017714B0DB34371499DE04BDC78BA76E02124454D5C0486718702C3C943E450172A1F23764B344A93663269EBBDB2FE5651DC0CEA3D5089DF9939A0F206C30E2B4E86959AB3879930A63259C5D583CC44E66A9740395B75139253FC7BD66F763B6CFC68CC715840E07233B00463FBEEEC612314B6D73FEF71D5B5FEE28F37E2F052FE','test:model','',100,20,5,0.01,'2026-11-01 00:00:00.000000',12.5,'openai:m: status 503');
CREATE TABLE sources (
	name VARCHAR NOT NULL, 
	had_permissions BOOLEAN NOT NULL, 
	permissions_digest VARCHAR NOT NULL, 
	synced_at DATETIME, 
	CONSTRAINT pk_sources PRIMARY KEY (name)
);
CREATE TABLE spend (
	day VARCHAR NOT NULL, 
	scope VARCHAR NOT NULL, 
	spent_nano BIGINT NOT NULL, 
	reserved_nano BIGINT NOT NULL, 
	CONSTRAINT pk_spend PRIMARY KEY (day, scope)
);
INSERT INTO "spend" VALUES('2026-11-27','workflow:support',10000000,0);
CREATE TABLE stage_records (
	run_id VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	stage VARCHAR NOT NULL, 
	part VARCHAR NOT NULL, 
	given BLOB NOT NULL, 
	made BLOB NOT NULL, 
	took_ms FLOAT NOT NULL, 
	cost_usd FLOAT NOT NULL, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_stage_records PRIMARY KEY (run_id, position), 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "stage_records" VALUES('run-1',0,'retrieval','test:Part',X'78011D8DCB0E823010457FC5CCBA35B451C46EDCFA01AE24C434658449A0AD7D680CE1DF2DAECFB9E7B60B500F0A28E1CC43B65C00031FC81AF27A02B5408E188AA0AD2E64082EFB08AAED5606AF8C3191B3855EDD673767335E8AF3249CFAE22C45D1296933CE68D37FC460A4985CF86E0506010DD21BFB874EA5212B597321B8943751AB4A2879DECB53733C34F752758106DAAEB42758BB1FA80739D9',X'78018B56528A0500027700FD',2.0,0.0,'');
INSERT INTO "stage_records" VALUES('run-1',1,'generation','test:Model',X'78018B56528A0500027700FD',X'780153722C56C82D4DCE50482C56C82C51284EAC2C5688368CD553020067DC07CE',8.0,0.01,'');
CREATE TABLE vectors (
	fingerprint VARCHAR NOT NULL, 
	text_key VARCHAR NOT NULL, 
	vector BLOB NOT NULL, 
	CONSTRAINT pk_vectors PRIMARY KEY (fingerprint, text_key)
);
INSERT INTO "vectors" VALUES('f','t1',X'003C003C');
CREATE TABLE versions (
	digest VARCHAR NOT NULL, 
	parts TEXT NOT NULL, 
	first_seen DATETIME NOT NULL, 
	CONSTRAINT pk_versions PRIMARY KEY (digest)
);
CREATE INDEX ix_jobs_status_due ON jobs (status, due);
CREATE INDEX ix_runs_started_at ON runs (started_at);
CREATE INDEX ix_access_entries_entry ON access_entries (entry);
CREATE INDEX ix_documents_died ON documents (died);
CREATE INDEX ix_documents_filed ON documents (filed);
CREATE INDEX ix_documents_source_path ON documents (source, path);
CREATE UNIQUE INDEX uq_documents_alive ON documents (source, path) WHERE died IS NULL;
CREATE INDEX ix_run_evidence_document ON run_evidence (document);
CREATE INDEX ix_chunks_born ON chunks (born);
CREATE INDEX ix_chunks_died ON chunks (died);
CREATE INDEX ix_chunks_document_id ON chunks (document_id);
CREATE INDEX ix_chunks_text_key ON chunks (text_key);
CREATE INDEX ix_document_keys_key_value ON document_keys ("key", value);
CREATE VIEW v_stage_times AS
SELECT stage, COUNT(*) AS times, AVG(took_ms) AS avg_ms, MAX(took_ms) AS max_ms,
       SUM(cost_usd) AS cost_usd, SUM(CASE WHEN error = '' THEN 0 ELSE 1 END) AS errors
FROM stage_records
GROUP BY stage;
CREATE VIEW v_documents AS
SELECT d.source, d.path, d.parent, d.title, d.status, d.superseded_by, a.entries AS access, d.access_rule,
       d.chunk_count AS chunks, d.born AS since_version,
       COALESCE(p.stage, '') AS problem_stage, COALESCE(p.reason, '') AS problem
FROM documents d
JOIN access_lists a ON a.id = d.access_id
LEFT JOIN problems p ON p.source = d.source AND p.path = d.path
WHERE d.born <= (SELECT value FROM counters WHERE name = 'published')
  AND (d.died IS NULL OR d.died > (SELECT value FROM counters WHERE name = 'published'));
CREATE INDEX ix_ledger_run ON ledger (run);
CREATE INDEX ix_ledger_day ON ledger (day);
CREATE INDEX ix_ledger_status_at ON ledger (status, at);
CREATE INDEX ix_replies_run ON replies (run);
CREATE INDEX ix_replies_principal ON replies (principal);
CREATE INDEX ix_replies_made ON replies (made);
CREATE INDEX ix_replies_until ON replies (until);
CREATE INDEX ix_reply_evidence_document ON reply_evidence (document);
CREATE INDEX ix_documents_path ON documents (path);
CREATE INDEX ix_experiments_version ON experiments (version);
CREATE INDEX ix_experiments_started_at ON experiments (started_at);
CREATE INDEX ix_case_runs_run_id ON case_runs (run_id);
CREATE VIEW v_experiments AS
SELECT e.id AS experiment, e.workflow, e.version, e.label, e.model AS asked_model, e.cases_digest,
       e.principal AS run_by, e.started_at, e.ended_at, c.case_id, c.repeat, c.kind,
       c.run_id AS run, c.outcome, c.model, c.scores, c.not_run, c.cost_usd, c.took_s
FROM experiments e
LEFT JOIN case_runs c ON c.experiment = e.id;
CREATE INDEX ix_drafts_thread ON drafts (thread);
CREATE INDEX ix_drafts_principal_begun_at ON drafts (principal, begun_at);
CREATE INDEX ix_review_items_state_due_at ON review_items (state, due_at);
CREATE INDEX ix_decisions_run ON decisions (run);
CREATE INDEX ix_notices_run ON notices (run);
CREATE INDEX ix_notices_to_seen_at ON notices ("to", seen_at);
CREATE INDEX ix_notices_queued ON notices (queued);
CREATE VIEW v_reviews AS
SELECT run, asker AS asked_by, cause, risk, route, confidence, opened_at, due_at, owner, state,
       claimed_by, done_by, done_at, verdict, category
FROM review_items;
CREATE INDEX ix_batches_workflow ON batches (workflow);
CREATE VIEW v_runs AS
SELECT id AS run, item_id AS item, principal AS asked_by, kind, model, degraded, version, index_version,
       cost_usd, took_ms, input_tokens, output_tokens, cached_tokens, started_at, fallback
FROM runs;
CREATE VIEW v_costs AS
SELECT day, workflow, cost_centre, purpose, model, COUNT(*) AS attempts,
       SUM(CASE WHEN status = 'ok' THEN 1 ELSE 0 END) AS answered,
       SUM(CASE WHEN status = 'cached' THEN 1 ELSE 0 END) AS cached,
       SUM(CASE WHEN is_hedge THEN 1 ELSE 0 END) AS hedges,
       SUM(CASE WHEN number > 1 THEN 1 ELSE 0 END) AS retries,
       SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
       SUM(cached_tokens) AS cached_tokens, SUM(COALESCE(cost_usd, 0)) AS cost_usd,
       SUM(saved_usd) AS saved_usd, SUM(CASE WHEN cost_usd IS NULL THEN 1 ELSE 0 END) AS unpriced,
       SUM(written_tokens) AS written_tokens, SUM(searches) AS searches
FROM ledger
GROUP BY day, workflow, cost_centre, purpose, model;
CREATE INDEX ix_gists_exact_word_size_run ON gists (exact, word, size, run);
COMMIT;

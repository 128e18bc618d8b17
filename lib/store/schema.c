#include "schema.h"

#include "database.h"

#include <stdio.h>

/* Rows of slots, sessions and steps are many and in part large, so they are rowid tables with
 * narrow indexes; what is small and found by its key alone is WITHOUT ROWID. A planned slot is
 * known by its moment, an event slot by its event whenever it came. */
static const char version_1[] =
	"CREATE TABLE counter("
	"  name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE agent("
	"  agent TEXT PRIMARY KEY, paused INTEGER NOT NULL, reason TEXT NOT NULL)"
	"  STRICT, WITHOUT ROWID;"
	"CREATE TABLE section("
	"  agent TEXT NOT NULL, key TEXT NOT NULL, schedule TEXT NOT NULL,"
	"  first_seen INTEGER NOT NULL, next INTEGER NOT NULL, last_run INTEGER NOT NULL,"
	"  inputs TEXT NOT NULL, PRIMARY KEY(agent, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE slot("
	"  id INTEGER PRIMARY KEY, agent TEXT NOT NULL, section TEXT NOT NULL,"
	"  heading TEXT NOT NULL, planned INTEGER NOT NULL, event TEXT NOT NULL,"
	"  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3), reason TEXT NOT NULL,"
	"  session TEXT NOT NULL, outcome TEXT NOT NULL, recorded INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX slot_planned ON slot(agent, section, planned) WHERE event = '';"
	"CREATE UNIQUE INDEX slot_event ON slot(agent, section, event) WHERE event <> '';"
	"CREATE INDEX slot_by_agent ON slot(agent, planned);"
	"CREATE INDEX slot_by_time ON slot(planned);"
	"CREATE INDEX slot_open ON slot(state) WHERE state = 0;"
	"CREATE TABLE session("
	"  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, agent TEXT NOT NULL,"
	"  cause TEXT NOT NULL, section TEXT NOT NULL, heading TEXT NOT NULL, model TEXT NOT NULL,"
	"  outcome TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, plan TEXT NOT NULL,"
	"  started INTEGER NOT NULL, ended INTEGER NOT NULL, turns INTEGER NOT NULL,"
	"  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,"
	"  cost_micro_usd INTEGER NOT NULL, epoch INTEGER NOT NULL) STRICT;"
	"CREATE INDEX session_by_agent ON session(agent, started);"
	"CREATE INDEX session_by_time ON session(started);"
	"CREATE INDEX session_by_section ON session(agent, section);"
	"CREATE INDEX session_open ON session(started) WHERE ended = 0;"
	"CREATE TABLE step("
	"  id INTEGER PRIMARY KEY, session TEXT NOT NULL, seq INTEGER NOT NULL,"
	"  agent TEXT NOT NULL, kind TEXT NOT NULL, effect TEXT NOT NULL, intent TEXT NOT NULL,"
	"  result TEXT, epoch INTEGER NOT NULL, intent_at INTEGER NOT NULL,"
	"  result_at INTEGER NOT NULL, cost_micro_usd INTEGER NOT NULL,"
	"  UNIQUE(session, seq)) STRICT;"
	"CREATE INDEX step_cost ON step(result_at, agent, cost_micro_usd)"
	"  WHERE cost_micro_usd <> 0;"
	"CREATE TABLE file("
	"  repository TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL,"
	"  mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,"
	"  blob TEXT NOT NULL, PRIMARY KEY(repository, path)) STRICT, WITHOUT ROWID;";

/* The ledger. Its one large question, what a day's calls come to, is answered from the indexes
 * call_by_day and call_open alone; they are two so that a row enters the large one once, when what
 * it cost does not change any more. The order of enum call_state is part of the schema. Steps keep
 * their cost, but nobody sums it up any more. */
static const char version_2[] =
	"DROP INDEX step_cost;"
	"CREATE TABLE call("
	"  number INTEGER PRIMARY KEY, session TEXT NOT NULL, agent TEXT NOT NULL,"
	"  cause TEXT NOT NULL, task TEXT NOT NULL, work TEXT NOT NULL, route TEXT NOT NULL,"
	"  provider TEXT NOT NULL, model TEXT NOT NULL, seq INTEGER NOT NULL,"
	"  attempt INTEGER NOT NULL, place INTEGER NOT NULL, hour INTEGER NOT NULL,"
	"  day INTEGER NOT NULL, reserved_at INTEGER NOT NULL,"
	"  settled_at INTEGER NOT NULL DEFAULT 0,"
	"  state INTEGER NOT NULL DEFAULT 0 CHECK(state BETWEEN 0 AND 3),"
	"  reserved_micro_usd INTEGER NOT NULL CHECK(reserved_micro_usd >= 0),"
	"  reserved_tokens INTEGER NOT NULL CHECK(reserved_tokens >= 0),"
	"  micro_usd INTEGER NOT NULL CHECK(micro_usd >= 0),"
	"  tokens INTEGER NOT NULL CHECK(tokens >= 0),"
	"  request_bytes INTEGER NOT NULL, max_tokens INTEGER NOT NULL,"
	"  input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,"
	"  cache_read_tokens INTEGER NOT NULL DEFAULT 0,"
	"  cache_write_tokens INTEGER NOT NULL DEFAULT 0,"
	"  reasoning_tokens INTEGER NOT NULL DEFAULT 0,"
	"  first_byte_ms INTEGER NOT NULL DEFAULT 0, total_ms INTEGER NOT NULL DEFAULT 0,"
	"  status INTEGER NOT NULL DEFAULT 0, failure TEXT NOT NULL DEFAULT '',"
	"  message TEXT NOT NULL DEFAULT '', decision TEXT NOT NULL DEFAULT '',"
	"  request_id TEXT NOT NULL DEFAULT '',"
	"  CHECK((state = 0) = (settled_at = 0))) STRICT;"
	"CREATE UNIQUE INDEX call_of_step ON call(session, seq, attempt);"
	"CREATE INDEX call_by_day ON call(day, agent, work, hour, state, micro_usd, tokens)"
	"  WHERE state <> 0;"
	"CREATE INDEX call_by_time ON call(reserved_at);"
	"CREATE INDEX call_open ON call(day, agent, work, hour, state, micro_usd, tokens)"
	"  WHERE state = 0;"
	"CREATE TABLE breaker("
	"  key TEXT PRIMARY KEY, failures INTEGER NOT NULL, open_until INTEGER NOT NULL,"
	"  wait_ms INTEGER NOT NULL, why TEXT NOT NULL, message TEXT NOT NULL)"
	"  STRICT, WITHOUT ROWID;"
	"CREATE TABLE learned("
	"  key TEXT PRIMARY KEY, quirks INTEGER NOT NULL, context INTEGER NOT NULL,"
	"  millibytes_per_token INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE incident("
	"  key TEXT PRIMARY KEY, agent TEXT NOT NULL, text TEXT NOT NULL, opened INTEGER NOT NULL,"
	"  told INTEGER NOT NULL, cleared INTEGER NOT NULL, count INTEGER NOT NULL)"
	"  STRICT, WITHOUT ROWID;"
	"CREATE INDEX incident_by_time ON incident(opened);"
	"CREATE INDEX incident_open ON incident(opened) WHERE cleared = 0;"
	"CREATE INDEX incident_cleared ON incident(cleared) WHERE cleared <> 0;"
	"CREATE TABLE parked("
	"  number INTEGER PRIMARY KEY, session TEXT NOT NULL UNIQUE, agent TEXT NOT NULL,"
	"  why TEXT NOT NULL, layer TEXT NOT NULL, reason TEXT NOT NULL, wish TEXT NOT NULL,"
	"  since INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;"
	"CREATE INDEX parked_since ON parked(since);";

/* Whether a session has no process just now: it was let go on purpose, or waits after a death. When
 * an effect that must not be repeated was begun. */
static const char version_3[] =
	"ALTER TABLE session ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE step ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE section ADD COLUMN past INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE slot ADD COLUMN last INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE slot ADD COLUMN slots INTEGER NOT NULL DEFAULT 1;"
	"DROP INDEX slot_planned;"
	"CREATE UNIQUE INDEX slot_planned ON slot(agent, section, planned)"
	"  WHERE event = '' AND slots = 1;"
	"CREATE INDEX slot_range ON slot(agent, section, last) WHERE slots > 1;"
	"CREATE TABLE death("
	"  number INTEGER PRIMARY KEY, session TEXT NOT NULL, agent TEXT NOT NULL,"
	"  seq INTEGER NOT NULL, answered INTEGER NOT NULL, at INTEGER NOT NULL,"
	"  until INTEGER NOT NULL, own INTEGER NOT NULL, forgiven INTEGER NOT NULL DEFAULT 0,"
	"  words TEXT NOT NULL) STRICT;"
	"CREATE INDEX death_of_session ON death(session, answered);"
	"CREATE INDEX death_of_agent ON death(agent, at) WHERE own AND NOT forgiven;";

/* What a section waits for and has heard of; what a slot without a section is to run. Of `windows`
 * there is one row; `call` is the newest call of its time, which tells whether it is older than
 * what calls say. */
static const char version_4[] =
	"ALTER TABLE section ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE section ADD COLUMN woken INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE section ADD COLUMN heard TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE slot ADD COLUMN wish TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE death ADD COLUMN oom INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE windows("
	"  one INTEGER PRIMARY KEY CHECK(one = 1), hour INTEGER NOT NULL, day INTEGER NOT NULL,"
	"  hour_ms INTEGER NOT NULL, day_ms INTEGER NOT NULL, call INTEGER NOT NULL) STRICT;"
	"CREATE TABLE restart("
	"  number INTEGER PRIMARY KEY, monitor TEXT NOT NULL, at INTEGER NOT NULL) STRICT;";

/* From version n to n + 1. */
static const char *const steps[STORE_SCHEMA_VERSION] = { version_1, version_2, version_3,
							 version_4 };

/* Read once, so not kept prepared. */
static int read_number(struct store *store, const char *sql, int64_t *ret_number,
		       struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (!code)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	else
		database_error(store->db, code, error);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : -(int)(error ? error->code : ERROR_INVALID);
}

static int fail(struct error *error, enum error_code code, const char *why)
{
	error_set(error, code, "%s", why);
	error_at(error, ".agentd/state.db", 0, 0);
	return -(int)code;
}

/* Whose file is it, and of which version? */
static int identify(struct store *store, int64_t *ret_version, struct error *error)
{
	int64_t application = 0, version = 0, tables = 0;
	int r = read_number(store, "PRAGMA application_id", &application, error);

	if (!r)
		r = read_number(store, "PRAGMA user_version", &version, error);
	if (!r) /* also reads the whole schema, so that a damaged one is found here */
		r = read_number(store, "SELECT count(*) FROM sqlite_schema", &tables, error);
	if (r)
		return r;
	if (application != SCHEMA_APPLICATION_ID && (application || version || tables))
		return fail(error, ERROR_INVALID,
			    "is a database of another program; move it aside");
	if (version > STORE_SCHEMA_VERSION)
		return fail(error, ERROR_UNSUPPORTED,
			    "was written by a newer agentd; use that one");
	*ret_version = version;
	return 0;
}

static int migrate(struct store *store, int64_t version, struct error *error)
{
	char mark[128];
	int r = 0;

	for (; !r && version < STORE_SCHEMA_VERSION; version++)
		r = database_run(store, steps[version], error);
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 SCHEMA_APPLICATION_ID, STORE_SCHEMA_VERSION);
	return r ? r : database_run(store, mark, error);
}

int schema_bring_up(struct store *store, bool readonly, struct error *error)
{
	int64_t version = 0;
	int r = identify(store, &version, error);

	if (r || version == STORE_SCHEMA_VERSION)
		return r;
	if (readonly && !version)
		return fail(error, ERROR_NOT_FOUND, "holds nothing yet; start agentd");
	if (readonly)
		return fail(error, ERROR_UNSUPPORTED,
			    "was written by an older agentd; start agentd");
	r = database_run(store, "BEGIN IMMEDIATE", error);
	if (r)
		return r;
	r = identify(store, &version, error); /* another process may have been quicker */
	if (!r)
		r = migrate(store, version, error);
	if (!r)
		r = database_run(store, "COMMIT", error);
	if (r)
		database_run(store, "ROLLBACK", NULL);
	return r;
}

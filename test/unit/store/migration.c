/* Files that an older agentd wrote: their rows are there afterwards, and the new tables too. */
#include "suite.h"

#include "database.h"
#include "schema.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* As agentd made them when this was the newest version; it never changes. */
static const char tables_of_1[] =
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

static const char rows_of_1[] =
	"INSERT INTO counter VALUES('epoch', 7);"
	"INSERT INTO agent VALUES('kira', 1, 'by a person');"
	"INSERT INTO section VALUES('kira', 'Daily', 'daily 09:00', 1, 2, 3, 'abc');"
	"INSERT INTO slot VALUES(1, 'kira', 'Daily', 'Daily (09:00)', 10, '', 1, '', 's1', 'done', 9);"
	"INSERT INTO session VALUES(1, 's1', 'kira', 'heartbeat', 'Daily', 'Daily (09:00)', 'm',"
	" 'done', '', 'text', '{}', 5, 9, 1, 30, 4, 77, 7);"
	"INSERT INTO step VALUES(1, 's1', 1, 'kira', 'model', 'once', '{}', '{\"a\":1}', 7, 5, 8, 77);"
	"INSERT INTO file VALUES('.', 'agentd.yaml', 1, 2, 3, 4, 'b1');";

static void run_at(struct place *place, const char *sql)
{
	char path[128];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/state.db", place->path);
	assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
	assert_int_equal(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
}

static void make_version_1(struct place *place)
{
	store_close(steal_pointer(&place->store));
	assert_int_equal(0, unlinkat(place->dir, "state.db", 0));
	run_at(place, "PRAGMA journal_mode = WAL");
	run_at(place, tables_of_1);
	run_at(place, rows_of_1);
	run_at(place, "PRAGMA application_id = 0x61677464; PRAGMA user_version = 1");
}

static int note_section(void *context, const struct section *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "section %s %lld;", s->key, (long long)s->next);
}

static int note_slot(void *context, const struct slot *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "slot %lld %s;", (long long)s->planned, s->outcome);
}

static int note_agent(void *context, const struct agent_state *state)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "agent %s %s;", state->agent, state->reason);
}

static int note_session(void *context, const struct session_row *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "session %s %s %lld;", s->id, s->outcome,
			     (long long)s->cost_micro_usd);
}

static int note_step(void *context, const struct step *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "step %lld %s %lld;", (long long)s->seq, s->result,
			     (long long)s->cost_micro_usd);
}

static int note_file(void *context, const struct file_row *f)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "file %s %s;", f->path, f->blob);
}

static const char *all_rows(struct place *place)
{
	struct store *store = place->store;

	buffer_reset(&place->seen);
	assert_int_equal(0, store_agents(store, note_agent, place, NULL));
	assert_int_equal(0, store_sections(store, note_section, place, NULL));
	assert_int_equal(0, store_slots(store, NULL, 0, 99, 9, note_slot, place, NULL));
	assert_int_equal(0, store_sessions(store, NULL, false, 9, note_session, place, NULL));
	assert_int_equal(0, store_steps(store, "s1", note_step, place, NULL));
	assert_int_equal(0, store_files(store, note_file, place, NULL));
	return place_text(place);
}

static const char expected[] = "agent kira by a person;section Daily 2;slot 10 done;"
			       "session s1 done 77;step 1 {\"a\":1} 77;file agentd.yaml b1;";

static void rows_of_version_1_are_kept(void **state)
{
	struct place *place = *state;
	struct call_row call = { .session = "s1", .agent = "kira", .seq = 1, .attempt = 1 };
	int64_t epoch = 0, number = 0;
	struct error error;

	make_version_1(place);
	/* who only reads does not change it, and says who does */
	assert_int_equal(-(int)ERROR_UNSUPPORTED,
			 store_open(place->dir, true, &place->store, &error));
	assert_non_null(strstr(error.message, "start agentd"));
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(0, store_open(place->dir, false, &place->store, &error));
		assert_string_equal(expected, all_rows(place));
		store_close(steal_pointer(&place->store));
	}
	assert_int_equal(0, store_open(place->dir, false, &place->store, &error));
	assert_int_equal(0, store_epoch_next(place->store, &epoch, NULL));
	assert_int_equal(8, epoch);
	assert_int_equal(0, store_call_reserve(place->store, &call, &number, NULL));
	assert_int_equal(1, number);
}

static int note_sql(void *context, int columns, char **values, char **names)
{
	struct place *place = context;

	(void)columns, (void)names;
	return buffer_printf(&place->seen, "%s\n", values[0]);
}

static char *schema_of(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(SQLITE_OK,
			 sqlite3_exec(place->store->db,
				      "SELECT ifnull(sql, name) FROM sqlite_schema"
				      " UNION ALL SELECT user_version FROM pragma_user_version"
				      " ORDER BY 1",
				      note_sql, place, NULL));
	return xstrdup(place_text(place));
}

static void an_old_file_becomes_like_a_new_one(void **state)
{
	struct place *place = *state;
	_free_ char *new = schema_of(place), *old = NULL;

	make_version_1(place);
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	old = schema_of(place);
	assert_string_equal(new, old);
	assert_non_null(strstr(new, "CREATE TABLE call("));
	assert_null(strstr(new, "step_cost")); /* nobody asks it any more */
}

/* What cannot be brought up as a whole stays as it was. */
static void a_migration_that_fails_changes_nothing(void **state)
{
	struct place *place = *state;
	struct error error;

	make_version_1(place);
	run_at(place, "CREATE TABLE parked(x)"); /* nobody's; met after other tables were made */
	assert_int_equal(-(int)ERROR_INVALID, store_open(place->dir, false, &place->store, &error));
	assert_non_null(strstr(error.message, "parked"));
	run_at(place, "DROP TABLE parked; INSERT INTO agent VALUES('max', 0, '')");
	assert_int_equal(-(int)ERROR_UNSUPPORTED,
			 store_open(place->dir, true, &place->store, &error));
	run_at(place, "DELETE FROM agent WHERE agent = 'max'");
	assert_int_equal(0, store_open(place->dir, false, &place->store, &error));
	assert_string_equal(expected, all_rows(place));
}

static void one_that_was_set_aside_is_brought_up(void **state)
{
	struct place *place = *state;
	struct error error;

	make_version_1(place);
	assert_int_equal(0, renameat(place->dir, "state.db", place->dir, "old"));
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(0, store_open_old(place->dir, "old", &place->store, &error));
		assert_string_equal(expected, all_rows(place));
		store_close(steal_pointer(&place->store));
	}
	assert_int_equal(0, renameat(place->dir, "old", place->dir, "state.db"));
	run_at(place, "PRAGMA user_version = 99");
	assert_int_equal(0, renameat(place->dir, "state.db", place->dir, "old"));
	assert_int_equal(-(int)ERROR_UNSUPPORTED,
			 store_open_old(place->dir, "old", &place->store, &error));
}

int migration_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(rows_of_version_1_are_kept),
		PLACE_TEST(an_old_file_becomes_like_a_new_one),
		PLACE_TEST(a_migration_that_fails_changes_nothing),
		PLACE_TEST(one_that_was_set_aside_is_brought_up),
	};

	return cmocka_run_group_tests_name("store: older files", tests, NULL, NULL);
}

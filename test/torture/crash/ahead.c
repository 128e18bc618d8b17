/* Was everything that left a program of ours in state.db before, and synced?
 *
 *     crash-ahead RECORD FOLDER WORK [deaf=PATH]
 *
 * For each effect in a record (effect.h) it makes the folder that a power cut would have left right
 * then, of which nothing is there that was not synced, and counts the intents in it. `deaf`: syncs
 * of files whose path has this in it did not happen. Prints how many effects of each kind there
 * were; ends with 1 where one was ahead of the journal, or a kind is missing altogether. */
#include "disk.h"
#include "effect.h"
#include "shell.h"

#include <limits.h>
#include <sqlite3.h>

#define KINDS_MAX 32
#define SAID_MAX ((size_t)1024 * 1024)

struct ahead {
	struct operation *operations;
	size_t count;
	struct disk *disk;
	struct state state;
	const char *root, *work;
	long seen[KINDS_MAX], made[KINDS_MAX]; /* effects; entries that they make in all */
	size_t faults;
};

/* The folder after `happened` operations, with what was not synced or without it. */
static char *folder_make(struct ahead *a, size_t happened, enum fate fate, const char *name)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(SAID_MAX);
	char *path = xasprintf("%s/%s", a->work, name);
	_free_ char *command = xasprintf(
		"chmod -R u+rwX '%s' 2>/dev/null; rm -rf '%s' && mkdir '%s'", path, path, path);

	if (shell(command, &said)) {
		fprintf(stderr, "crash-ahead: %.*s\n", (int)said.length, said.data);
		exit(2);
	}
	memset(a->state.fates, fate, a->count);
	a->state.happened = happened;
	disk_make(a->disk, &a->state, path);
	return path;
}

/* How many entries the effect makes. */
static long entries_in(struct ahead *a, const struct effect *effect, size_t at)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(SAID_MAX);
	const struct operation *o = &a->operations[at];
	_free_ char *path = folder_make(a, at + effect->is_after, FATE_KEPT, "then");
	_free_ char *command = xasprintf("cd '%s' && FILE='.%s' && %s", path,
					 o->path + strlen(a->root), effect->entries);

	shell(command, &said);
	buffer_append_text(&said, "");
	return said.data ? strtol(said.data, NULL, 10) : 0;
}

static long intents_in(const char *folder, const char *sql)
{
	_free_ char *path = xasprintf("%s/.agentd/state.db", folder);
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	long number = -1;

	if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) &&
	    !sqlite3_prepare_v2(db, sql, -1, &statement, NULL) &&
	    sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	else
		printf("  state.db: %s\n", sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static size_t kind_of(const struct effect *effect)
{
	size_t kind = 0;

	while (effect_at(kind) != effect)
		kind++;
	return kind;
}

static void look_at(struct ahead *a, const struct effect *effect, size_t at)
{
	size_t kind = kind_of(effect);
	_free_ char *path = folder_make(a, at, FATE_LOST, "durable");
	long found = intents_in(path, effect->intents);
	char text[1024];

	a->seen[kind]++;
	a->made[kind] = effect->entries ? entries_in(a, effect, at) : a->seen[kind];
	if (found >= a->made[kind])
		return;
	a->faults++;
	printf("AHEAD OF THE JOURNAL %s, number %ld: of %ld intents %ld are durable\n  %s\n",
	       effect->name, a->seen[kind], a->made[kind], found,
	       operation_print(&a->operations[at], strlen(a->root), text, sizeof(text)));
}

static void look_at_all(struct ahead *a)
{
	bool has_begun = false;
	char text[1024];

	for (size_t i = 0; i < a->count; i++) {
		const struct operation *o = &a->operations[i];
		bool is_unknown = false;
		const struct effect *effect = effect_find(o, &is_unknown);

		if (o->kind == OPERATION_MARK && span_starts_with(o->data, SPAN("begin")))
			has_begun = true;
		else if (has_begun && effect)
			look_at(a, effect, i);
		else if (has_begun && is_unknown) {
			a->faults++;
			printf("AN EFFECT WITHOUT A RULE %s: %.*s\n",
			       operation_print(o, strlen(a->root), text, sizeof(text)),
			       (int)(o->data.length < 200 ? o->data.length : 200), o->data.data);
		}
	}
}

static void report(struct ahead *a)
{
	for (size_t kind = 0; effect_at(kind); kind++) {
		printf("%8ld  %s\n", a->seen[kind], effect_at(kind)->name);
		a->faults += !a->made[kind];
	}
	printf("%zu operations; %zu faults\n", a->count, a->faults);
}

int main(int argc, char **argv)
{
	struct ahead a = { 0 };
	struct error error = { 0 };
	const char *deaf = argc > 4 && !strncmp(argv[4], "deaf=", 5) ? argv[4] + 5 : NULL;

	if (argc < 4) {
		fprintf(stderr, "usage: crash-ahead RECORD FOLDER WORK [deaf=PATH]\n");
		return 2;
	}
	if (operations_read(argv[1], &a.operations, &a.count, &error)) {
		fprintf(stderr, "crash-ahead: %s\n", error.message);
		return 2;
	}
	a.root = argv[2];
	a.work = argv[3];
	a.disk = disk_new(a.operations, a.count, a.root, false, deaf);
	a.state.fates = xcalloc(a.count + 1, 1);
	look_at_all(&a);
	report(&a);
	return a.faults ? 1 : 0;
}

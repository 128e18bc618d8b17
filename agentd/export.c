#include "export.h"

#include "handle.h"
#include "log.h"

#include "base/clock.h"
#include "export/export.h"

#define MISSING_MAX 5000 /* made at a start; others when they leave state.db */
#define THERE_ENOUGH 500 /* in a row, newest first: those before them have theirs, too */
#define QUIET_MS 1000    /* without a further end, … */
#define LONGEST_MS 15000 /* … but at the latest */
#define WAITING_MAX 10000

/* Sessions whose export waits for a quiet moment: a new file makes the syncs of those who work
 * dearer. */
struct exports {
	struct daemon *daemon;
	char (*ids)[27];
	size_t count, capacity;
	int64_t first_ms; /* monotonic: since when the first one waits */
	uv_timer_t *timer;
	bool is_failing; /* told already */
};

/* ---- one ---- */

struct export
{
	struct daemon *daemon;
	char id[27];
};

static int work_export(struct store *store, void *context, struct error *error)
{
	const struct export *export = context;

	return export_write(export->daemon->state_dir, store, export->id, false, error);
}

/* Told when it begins, and when it is over: a full disk fails them all. */
static void export_done(void *context, int result, const struct error *error)
{
	struct export *export = context;
	struct daemon *daemon = export->daemon;
	bool *is_failing = &daemon->exports->is_failing;
	bool is_failure = result && error->code != ERROR_CLOSED && error->code != ERROR_NOT_FOUND;

	if (is_failure && !*is_failing)
		log_event(daemon->log, LEVEL_WARNING, "export_failed", NULL, export->id,
			  "%s; sessions stay in state.db until they can be exported",
			  error->message);
	else if (!result && *is_failing)
		log_event(daemon->log, LEVEL_NOTICE, "export_works", NULL, export->id,
			  "sessions are exported again");
	if (is_failure || !result)
		*is_failing = is_failure;
	free(export);
}

static void export_now(struct daemon *daemon, const char *id)
{
	struct export *export = xcalloc(1, sizeof(*export));

	export->daemon = daemon;
	snprintf(export->id, sizeof(export->id), "%s", id);
	if (store_submit_later(daemon->writer, work_export, export_done, export))
		free(export); /* more wait than could be made soon: the next start finds it */
}

/* ---- the quiet moment ---- */

void exports_flush(struct exports *exports)
{
	if (!exports)
		return;
	for (size_t i = 0; i < exports->count; i++)
		export_now(exports->daemon, exports->ids[i]);
	exports->count = 0;
}

static void it_is_quiet(uv_timer_t *timer)
{
	exports_flush(timer->data);
}

void export_session(struct daemon *daemon, const char *id)
{
	struct exports *exports = daemon->exports;
	int64_t now = clock_monotonic_ms(), left;

	if (daemon->stopping ||
	    array_grow((void **)&exports->ids, exports->count, &exports->capacity,
		       sizeof(*exports->ids), WAITING_MAX)) {
		export_now(daemon, id);
		return;
	}
	if (!exports->count)
		exports->first_ms = now;
	snprintf(exports->ids[exports->count++], sizeof(*exports->ids), "%s", id);
	left = exports->first_ms + LONGEST_MS - now;
	left = left < 0 ? 0 : left < QUIET_MS ? left : QUIET_MS;
	uv_timer_start(exports->timer, it_is_quiet, (uint64_t)left, 0);
}

struct exports *exports_new(struct daemon *daemon)
{
	struct exports *exports = xcalloc(1, sizeof(*exports));

	exports->daemon = daemon;
	exports->timer = handle_timer(&daemon->loop, exports);
	return exports;
}

void exports_free(struct exports *exports)
{
	if (!exports)
		return;
	free(exports->ids);
	free(exports);
}

/* ---- what was missed ---- */

struct look {
	struct daemon *daemon;
	char (*ids)[27];
	size_t count, capacity, there;
};

static int look_at_session(void *context, const struct session_row *row)
{
	struct look *look = context;

	if (!row->ended)
		return 0;
	if (export_is_there(look->daemon->state_dir, row))
		return ++look->there == THERE_ENOUGH;
	look->there = 0;
	if (array_grow((void **)&look->ids, look->count, &look->capacity, sizeof(*look->ids),
		       MISSING_MAX))
		return 1;
	snprintf(look->ids[look->count++], sizeof(*look->ids), "%s", row->id);
	return 0;
}

static int work_look(struct store *store, void *context, struct error *error)
{
	int result = store_sessions(store, NULL, false, SIZE_MAX, look_at_session, context, error);

	return result < 0 ? result : 0;
}

/* Each is a work of its own, so that no row waits long. */
static void look_done(void *context, int result, const struct error *error)
{
	struct look *look = context;

	(void)error;
	for (size_t i = 0; !result && i < look->count; i++)
		export_now(look->daemon, look->ids[i]);
	free(look->ids);
	free(look);
}

void export_missing(struct daemon *daemon)
{
	struct look *look = xcalloc(1, sizeof(*look));

	look->daemon = daemon;
	if (store_submit_later(daemon->writer, work_look, look_done, look))
		free(look);
}

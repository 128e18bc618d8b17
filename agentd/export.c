#include "export.h"

#include "log.h"

#include "export/export.h"

#define MISSING_MAX 5000 /* made at a start; others when they leave state.db */
#define THERE_ENOUGH 500 /* in a row, newest first: those before them have theirs, too */

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
	bool is_failure = result && error->code != ERROR_CLOSED && error->code != ERROR_NOT_FOUND;

	if (is_failure && !daemon->exports_fail)
		log_event(daemon->log, LEVEL_WARNING, "export_failed", NULL, export->id,
			  "%s; sessions stay in state.db until they can be exported",
			  error->message);
	else if (!result && daemon->exports_fail)
		log_event(daemon->log, LEVEL_NOTICE, "export_works", NULL, export->id,
			  "sessions are exported again");
	if (is_failure || !result)
		daemon->exports_fail = is_failure;
	free(export);
}

void export_session(struct daemon *daemon, const char *id)
{
	struct export *export = xcalloc(1, sizeof(*export));

	export->daemon = daemon;
	snprintf(export->id, sizeof(export->id), "%s", id);
	if (store_submit_later(daemon->writer, work_export, export_done, export))
		free(export); /* more wait than could be made soon: the next start finds it */
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
		export_session(look->daemon, look->ids[i]);
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

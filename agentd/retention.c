#include "retention.h"

#include "constitution.h"
#include "handle.h"
#include "log.h"
#include "names.h"

#include "base/alarm.h"
#include "base/clock.h"
#include "export/export.h"

#define DAY_S INT64_C(86400)
#define KEPT_LEAST_S (35 * DAY_S)
#define EXPORTS_LONGER 10 /* times `retention` */

/* From one round to the next the present moves on by what the clock says, but at most by so many
 * times what was watched, and that. */
#define BELIEVED_TIMES 7
#define BELIEVED_LEAST_S DAY_S

#define SESSIONS_AT_ONCE 20
#define ROWS_AT_ONCE 200

/* What a round does, one after the other. Each step is done in pieces, until one has found less
 * than it might have taken. */
enum stage {
	STAGE_CLOCK,
	STAGE_LOOK,
	STAGE_SESSIONS,
	STAGE_SLOTS,
	STAGE_CALLS,
	STAGE_INCIDENTS,
	STAGE_UNNAMED,
	STAGE_CONSTITUTIONS,
	STAGE_SIZES,
	STAGE_FILES,
	STAGES
};

struct retention {
	struct daemon *daemon;
	int alarm;
	uv_poll_t *poll;
	bool is_busy; /* a piece is on its way; it holds this value alive */
	bool is_over; /* freed, once that has come back */

	/* the round: written by the loop between pieces, by the store's thread in one */
	enum stage stage;
	int64_t clock, now;      /* what the clock says, and what is believed of it */
	int64_t step, looked_ms; /* by how much the present may be later; the boot clock's */
	uint32_t retention_s, alert_again_s;
	int64_t slots_least_s; /* a slot that has left must not be caught up on */
	struct names *names;   /* of a stage that asks for them, as they are when it begins */
	char ids[SESSIONS_AT_ONCE][27]; /* that may leave now */
	size_t id_count;
	size_t seen;  /* by the latest look */
	size_t kept;  /* whose export cannot be made: they are passed over */
	size_t count; /* of the latest piece */
	size_t gone[STAGES];
	int64_t exports_bytes; /* that all exports may have together */
	int64_t day, bytes;    /* looked at up to that day, from the newest on: so many bytes */
	int64_t cut;           /* exports of days before that (UTC s) are too many; 0: none */
	struct error error;    /* why the last one was kept */
};

static int64_t before(const struct retention *retention, int64_t least_s)
{
	int64_t age = retention->retention_s > least_s ? retention->retention_s : least_s;

	return retention->now - age;
}

/* ---- pieces: on the store's thread ---- */

/* A clock that is wrong must not make all that there is old: money that was spent today would be
 * forgotten, and what nobody can make again. */
static int work_clock(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	return store_moment_advance(store, "retention", retention->clock, retention->step,
				    &retention->now, error);
}

static int look_at_session(void *context, const struct session_row *row)
{
	struct retention *retention = context;
	struct daemon *daemon = retention->daemon;

	retention->seen++;
	if (!export_is_whole(daemon->state_dir, daemon->store, row) &&
	    export_write(daemon->state_dir, daemon->store, row->id, true, &retention->error))
		retention->kept++;
	else
		snprintf(retention->ids[retention->id_count++], sizeof(retention->ids[0]), "%s",
			 row->id);
	return 0;
}

static int work_look(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	retention->id_count = retention->seen = 0;
	return store_sessions_old(store, before(retention, 0) * 1000, retention->kept,
				  SESSIONS_AT_ONCE, look_at_session, retention, error);
}

static int work_sessions(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;
	int result = 0;

	for (size_t i = 0; !result && i < retention->id_count; i++)
		result = store_session_delete(store, retention->ids[i], error);
	retention->count = retention->id_count;
	return result;
}

static int work_slots(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	return store_slots_prune(store, before(retention, retention->slots_least_s), ROWS_AT_ONCE,
				 &retention->count, error);
}

static int work_calls(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	return store_calls_prune(store, before(retention, KEPT_LEAST_S) * 1000, ROWS_AT_ONCE,
				 &retention->count, error);
}

static int work_incidents(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	return store_incidents_prune(store, before(retention, retention->alert_again_s),
				     ROWS_AT_ONCE, &retention->count, error);
}

static int work_unnamed(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	return store_unnamed_prune(store, names_has, retention->names, retention->now,
				   before(retention, 0), ROWS_AT_ONCE, &retention->count, error);
}

static int work_constitutions(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	(void)store;
	return constitutions_prune(retention->daemon->state_dir, retention->names, retention->now,
				   before(retention, 0), error);
}

/* One day: from the newest on, until they are too large together. */
static int work_sizes(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;
	int64_t bytes;
	int result = export_day_before(retention->daemon->state_dir, retention->day,
				       &retention->day, &bytes, error);

	(void)store;
	if (result || retention->day < 0)
		return result;
	retention->bytes += bytes;
	if (retention->bytes > retention->exports_bytes)
		retention->cut = retention->day + DAY_S + 1;
	else
		retention->count = ROWS_AT_ONCE; /* there may be more */
	return 0;
}

/* What state.db has still would only be made again. */
static int64_t files_before(const struct retention *retention)
{
	int64_t by_age = retention->now - EXPORTS_LONGER * (int64_t)retention->retention_s;
	int64_t by_size = retention->cut < before(retention, 0) ? retention->cut
								: before(retention, 0);

	return by_size > by_age ? by_size : by_age;
}

static int work_files(struct store *store, void *context, struct error *error)
{
	struct retention *retention = context;

	(void)store;
	return export_remove_old(retention->daemon->state_dir, files_before(retention),
				 ROWS_AT_ONCE, &retention->count, error);
}

static const struct {
	store_work work;
	bool is_later; /* it writes nothing into state.db */
	bool asks_names;
} stages[STAGES] = {
	[STAGE_CLOCK] = { .work = work_clock },
	[STAGE_LOOK] = { .work = work_look, .is_later = true },
	[STAGE_SESSIONS] = { .work = work_sessions },
	[STAGE_SLOTS] = { .work = work_slots },
	[STAGE_CALLS] = { .work = work_calls },
	[STAGE_INCIDENTS] = { .work = work_incidents },
	[STAGE_UNNAMED] = { .work = work_unnamed, .asks_names = true },
	[STAGE_CONSTITUTIONS] = { .work = work_constitutions,
				  .is_later = true,
				  .asks_names = true },
	[STAGE_SIZES] = { .work = work_sizes, .is_later = true },
	[STAGE_FILES] = { .work = work_files, .is_later = true },
};

/* ---- the round: on the loop ---- */

static void release(struct retention *retention)
{
	names_free(retention->names);
	free(retention);
}

static void next_piece(struct retention *retention);

static void round_over(struct retention *retention, const struct error *error)
{
	struct daemon *daemon = retention->daemon;
	const size_t *gone = retention->gone;

	if (error && error->code != ERROR_CLOSED)
		log_event(daemon->log, LEVEL_WARNING, "retention_failed", NULL, NULL,
			  "what is old could not leave: %s", error->message);
	if (retention->kept)
		log_event(daemon->log, LEVEL_WARNING, "retention_failed", NULL, NULL,
			  "%zu sessions stay in state.db, as they cannot be exported: %s",
			  retention->kept, retention->error.message);
	if (gone[STAGE_SESSIONS] || gone[STAGE_FILES])
		log_event(daemon->log, LEVEL_INFO, "retention", NULL, NULL,
			  "%zu sessions have left state.db, and %zu exports were removed",
			  gone[STAGE_SESSIONS], gone[STAGE_FILES]);
}

/* Which piece follows. */
static enum stage stage_after(const struct retention *retention)
{
	bool is_full;

	if (retention->stage <= STAGE_LOOK)
		return retention->stage + 1;
	is_full = retention->stage == STAGE_SESSIONS ? retention->seen == SESSIONS_AT_ONCE
						     : retention->count == ROWS_AT_ONCE;
	if (!is_full)
		return retention->stage + 1;
	return retention->stage == STAGE_SESSIONS ? STAGE_LOOK : retention->stage;
}

static void piece_done(void *context, int result, const struct error *error)
{
	struct retention *retention = context;

	retention->is_busy = false;
	if (retention->is_over) {
		release(retention);
		return;
	}
	if (!result) {
		retention->gone[retention->stage] += retention->count;
		retention->stage = stage_after(retention);
	}
	if (result || retention->stage == STAGES)
		round_over(retention, result ? error : NULL);
	else if (!retention->daemon->stopping)
		next_piece(retention);
}

static void next_piece(struct retention *retention)
{
	struct store_writer *writer = retention->daemon->writer;
	store_work work = stages[retention->stage].work;
	int result;

	names_free(retention->names);
	retention->names = stages[retention->stage].asks_names ? names_take(retention->daemon)
							       : NULL;
	retention->count = 0;
	result = stages[retention->stage].is_later
			 ? store_submit_later(writer, work, piece_done, retention)
			 : store_submit(writer, work, piece_done, retention);
	retention->is_busy = !result; /* else there is more to do than this: tomorrow */
}

/* A start tells nothing of how long agentd was down. */
static int64_t believed_s(struct retention *retention)
{
	int64_t now_ms = clock_boot_ms();
	int64_t watched_s = retention->looked_ms ? (now_ms - retention->looked_ms) / 1000 : 0;

	retention->looked_ms = now_ms;
	return BELIEVED_TIMES * watched_s + BELIEVED_LEAST_S;
}

static void round_begin(struct retention *retention)
{
	const struct settings *settings = retention->daemon->workspace->settings;

	if (retention->is_busy || retention->daemon->stopping)
		return;
	retention->stage = STAGE_CLOCK;
	retention->clock = clock_wall_s();
	retention->step = believed_s(retention);
	retention->retention_s = settings->retention_s;
	retention->alert_again_s = settings->alert_again_s;
	retention->slots_least_s = KEPT_LEAST_S;
	if (settings->catch_up_within_s + DAY_S > KEPT_LEAST_S)
		retention->slots_least_s = settings->catch_up_within_s + DAY_S;
	retention->exports_bytes = settings->exports_bytes;
	retention->day = INT64_MAX;
	retention->bytes = retention->cut = 0;
	retention->kept = 0;
	memset(retention->gone, 0, sizeof(retention->gone));
	next_piece(retention);
}

/* ---- once a day ---- */

static void arm(struct retention *retention)
{
	struct error error;

	if (alarm_set(retention->alarm, clock_wall_s() + DAY_S, &error))
		log_event(retention->daemon->log, LEVEL_ERROR, "alarm", NULL, NULL, "%s",
			  error.message);
}

/* Or the clock was set, which is reason enough to look. */
static void alarm_ready(uv_poll_t *poll, int status, int events)
{
	struct retention *retention = poll->data;

	(void)status;
	(void)events;
	alarm_clear(retention->alarm);
	arm(retention);
	round_begin(retention);
}

void retention_start(struct daemon *daemon)
{
	arm(daemon->retention);
	round_begin(daemon->retention);
}

int retention_new(struct daemon *daemon, struct retention **ret_retention, struct error *error)
{
	struct retention *retention = xcalloc(1, sizeof(*retention));
	int result = alarm_open(&retention->alarm, error);

	if (result) {
		free(retention);
		return result;
	}
	retention->daemon = daemon;
	retention->poll = handle_poll(&daemon->loop, retention->alarm, retention);
	uv_poll_start(retention->poll, UV_READABLE, alarm_ready);
	*ret_retention = retention;
	return 0;
}

void retention_free(struct retention *retention)
{
	if (!retention)
		return;
	uv_poll_stop(retention->poll);
	uv_close((uv_handle_t *)retention->poll, handle_free);
	fd_close(&retention->alarm);
	retention->is_over = true;
	if (!retention->is_busy)
		release(retention);
}

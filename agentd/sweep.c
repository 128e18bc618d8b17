#include "sweep.h"

#include "alerts.h"
#include "handle.h"
#include "health.h"
#include "log.h"
#include "session_limits.h"
#include "supervisor.h"
#include "sweep_slots.h"

#include "base/clock.h"

#define OPEN_MAX 1000 /* open sessions that one sweep looks at */

struct sweep {
	struct daemon *daemon;
	uv_timer_t *timer;
	bool is_busy; /* state.db is being looked at; this value is held by it */
	bool is_over;

	/* written on the store's thread */
	int64_t now_ms, before_ms;
	struct stale stale;
	struct open_row {
		char id[27], agent[AGENT_NAME_MAX + 1];
		char *plan, *section, *decided;
		struct death_count deaths;
		int64_t started_ms;
	} * open;
	size_t open_count;

	struct sweep_slots *slots;

	char (*suspects)[27]; /* nobody was at them at the latest sweep */
	size_t suspect_count;
};

static void forget_open(struct sweep *sweep)
{
	while (sweep->open_count) {
		struct open_row *one = &sweep->open[--sweep->open_count];

		free(steal_pointer(&one->plan));
		free(steal_pointer(&one->section));
		free(steal_pointer(&one->decided));
	}
}

static void sweep_destroy(struct sweep *sweep)
{
	forget_open(sweep);
	free(sweep->open);
	free(sweep->suspects);
	sweep_slots_free(sweep->slots);
	free(sweep);
}

static void found(struct daemon *daemon, const char *agent, const char *session, const char *what)
{
	log_event(daemon->log, LEVEL_WARNING, "sweep", agent, session, "%s", what);
}

/* The repair did not help. */
static void climb(const struct session *session, const char *what)
{
	_free_ char *key = xasprintf("stale %s %s", session->agent, session->id);
	_free_ char *post = xasprintf("session %s of %s: %s", session->id, session->agent, what);

	alert_raise(session->daemon, key, session->agent, post, "%s; agentctl why %s", post,
		    session->id);
}

/* ---- what is in memory ---- */

static bool has_lost_its_process(const struct session *session)
{
	return session_runs(session) && session->life.state != LIFE_FINISHING && !session->child;
}

/* Others owe it an answer: state.db, or agentd-history. */
static bool waits_too_long(const struct session *session, int64_t now, int64_t longest_ms)
{
	enum life_state state = session->life.state;

	return now - session->state_ms > longest_ms &&
	       (state == LIFE_RECORDING || state == LIFE_FINISHING || state == LIFE_SAVING ||
		state == LIFE_CLOSING);
}

/* It is in nobody's hands but a person's. */
static void tell_waits_for_files(const struct session *session)
{
	const struct resident *resident = roster_find(session->daemon->roster, session->agent);
	_free_ char *what = NULL;

	if (!session_is_between_lives(session) || !resident || !resident->broken)
		return;
	what = xasprintf("it goes on when the agent's files are mended: %s", resident->broken);
	found(session->daemon, session->agent, session->id, what);
}

/* Returns whether the list may have changed. */
static bool look_at_session(struct session *session, int64_t now, int64_t longest_ms)
{
	struct daemon *daemon = session->daemon;
	_free_ char *id = NULL;

	tell_waits_for_files(session);
	if (has_lost_its_process(session)) {
		found(daemon, session->agent, session->id, "its process is gone unnoticed");
		id = xstrdup(session->id);
		session_over(session);
		session = supervisor_find(daemon, id);
		if (session && has_lost_its_process(session))
			climb(session, "its process is gone, and it does not end");
		return true;
	}
	if (session->life.state == LIFE_STUCK) {
		found(daemon, session->agent, session->id, "its process is killed once more");
		session_stop(session);
	} else if (waits_too_long(session, now, longest_ms)) {
		_free_ char *what = xasprintf("it has been %s for more than %lld s",
					      life_state_name(session->life.state),
					      (long long)(longest_ms / 1000));

		found(daemon, session->agent, session->id, what);
		climb(session, what);
	}
	return false;
}

static void look_at_sessions(struct daemon *daemon, int64_t now, int64_t longest_ms)
{
	struct session *session = supervisor_first(daemon);

	while (session) {
		struct session *next = session->next;

		if (look_at_session(session, now, longest_ms))
			next = supervisor_first(daemon);
		session = next;
	}
}

static bool is_in_list(const struct daemon *daemon, const struct session *which)
{
	for (struct session *one = supervisor_first(daemon); one; one = one->next)
		if (one == which)
			return !session_waits(one);
	return false;
}

/* An agent that is busy with nothing. */
static void look_at_agents(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->roster->count; i++) {
		struct resident *resident = daemon->roster->items[i];

		if (!resident->open || is_in_list(daemon, resident->open))
			continue;
		found(daemon, resident->name, NULL, "it was busy with a session that is not there");
		resident->open = NULL;
	}
}

/* ---- what is in state.db ---- */

static int note_open(void *context, const struct session_row *row)
{
	struct sweep *sweep = context;
	struct open_row *one = &sweep->open[sweep->open_count];

	if (row->started >= sweep->before_ms)
		return 0;
	snprintf(one->id, sizeof(one->id), "%s", row->id);
	snprintf(one->agent, sizeof(one->agent), "%s", row->agent);
	one->plan = xstrdup(row->plan);
	one->section = xstrdup(row->section);
	one->decided = *row->outcome ? xstrdup(row->reason) : NULL;
	one->started_ms = row->started;
	return ++sweep->open_count == OPEN_MAX;
}

/* May run again after a failure. */
static int work_sweep(struct store *store, void *context, struct error *error)
{
	struct sweep *sweep = context;
	int result = store_stale_close(store, sweep->before_ms, sweep->now_ms,
				       "nothing of it was left to run", &sweep->stale, error);

	forget_open(sweep);
	if (!result)
		result = store_sessions(store, NULL, true, OPEN_MAX, note_open, sweep, error);
	for (size_t i = 0; result >= 0 && i < sweep->open_count; i++)
		result = store_death_count(store, sweep->open[i].id, &sweep->open[i].deaths, error);
	if (result >= 0)
		result = sweep_slots_read(store, sweep->slots, sweep->before_ms / 1000, error);
	return result < 0 ? result : 0;
}

static bool was_suspect(const struct sweep *sweep, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(sweep->suspects[i], id))
			return true;
	return false;
}

bool sweep_is_suspect(const struct daemon *daemon, const char *session)
{
	return was_suspect(daemon->sweep, daemon->sweep->suspect_count, session);
}

/* It goes on as after a start. */
static void requeue(struct daemon *daemon, const struct open_row *row)
{
	const struct resident *resident = roster_find(daemon->roster, row->agent);
	json_t *plan = json_loads(row->plan, 0, NULL);
	struct session_wish wish = session_wish_read(json_object_get(plan, "wish"));
	_free_ char *key = xasprintf("stale %s %s", row->agent, row->id);
	_free_ char *post = NULL;

	found(daemon, row->agent, row->id, "its row is open, and nobody is at it: it goes on");
	if (wish.key) /* as after a start */
		wish.key = row->section;
	wish.decided = row->decided;
	if (wish.event && resident) {
		supervisor_resume(daemon, row->agent, row->id, row->started_ms, &wish,
				  &row->deaths);
		supervisor_admit(daemon);
	}
	json_decref(plan);
	if (supervisor_find(daemon, row->id))
		return;
	post = xasprintf("session %s of %s is open, and cannot go on", row->id, row->agent);
	alert_raise(daemon, key, row->agent, post, "%s: restart agentd", post);
}

/* One that has ended since its row was read is no orphan; one that is there twice is. */
static void look_for_orphans(struct sweep *sweep)
{
	size_t before = sweep->suspect_count, count = 0;
	struct open_row *orphans[OPEN_MAX];
	size_t orphan_count = 0;

	for (size_t i = 0; i < sweep->open_count; i++)
		if (!supervisor_find(sweep->daemon, sweep->open[i].id) &&
		    was_suspect(sweep, before, sweep->open[i].id))
			orphans[orphan_count++] = &sweep->open[i];
	for (size_t i = 0; i < sweep->open_count; i++)
		if (!supervisor_find(sweep->daemon, sweep->open[i].id))
			memcpy(sweep->suspects[count++], sweep->open[i].id, 27);
	sweep->suspect_count = count;
	for (size_t i = 0; i < orphan_count; i++)
		requeue(sweep->daemon, orphans[i]);
	if (count)
		sweep_arm(sweep->daemon);
}

static void swept(void *context, int result, const struct error *error)
{
	struct sweep *sweep = context;
	struct daemon *daemon = sweep->daemon;
	char text[160];

	sweep->is_busy = false;
	if (sweep->is_over) {
		sweep_destroy(sweep);
		return;
	}
	if (result) {
		log_event(daemon->log, LEVEL_WARNING, "sweep", NULL, NULL, "%s", error->message);
		return;
	}
	if (sweep->stale.slots || sweep->stale.calls) {
		snprintf(text, sizeof(text),
			 "%d slots and %d model calls of sessions that had ended were closed",
			 sweep->stale.slots, sweep->stale.calls);
		found(daemon, NULL, NULL, text);
	}
	if (sweep->stale.left)
		alert_raise(daemon, "stale rows", NULL, "rows of state.db cannot be closed",
			    "%lld rows of state.db cannot be closed", (long long)sweep->stale.left);
	else
		alert_over(daemon, "stale rows", "rows of state.db are closed");
	look_for_orphans(sweep);
	if (sweep_slots_look(daemon, sweep->slots))
		sweep_arm(daemon);
}

/* ---- when ---- */

static void sweep_now(uv_timer_t *timer)
{
	struct sweep *sweep = timer->data;
	struct daemon *daemon = sweep->daemon;
	int64_t longest_ms = (int64_t)daemon->workspace->settings->stale_sweep_s * 1000;

	if (daemon->stopping)
		return;
	look_at_sessions(daemon, clock_monotonic_ms(), longest_ms);
	look_at_agents(daemon);
	supervisor_admit(daemon);
	health_review(daemon);
	sweep->now_ms = clock_wall_ms();
	sweep->before_ms = sweep->now_ms - longest_ms;
	if (!sweep->is_busy)
		sweep->is_busy = !store_submit(daemon->writer, work_sweep, swept, sweep);
	if (supervisor_open_count(daemon))
		sweep_arm(daemon);
}

void sweep_arm(struct daemon *daemon)
{
	uv_timer_t *timer = daemon->sweep->timer;

	if (!uv_is_active((uv_handle_t *)timer))
		uv_timer_start(timer, sweep_now,
			       (uint64_t)daemon->workspace->settings->stale_sweep_s * 1000, 0);
}

struct sweep *sweep_new(struct daemon *daemon)
{
	struct sweep *sweep = xcalloc(1, sizeof(*sweep));

	sweep->daemon = daemon;
	sweep->open = xcalloc(OPEN_MAX, sizeof(*sweep->open));
	sweep->slots = sweep_slots_new();
	sweep->suspects = xcalloc(OPEN_MAX, sizeof(*sweep->suspects));
	sweep->timer = handle_timer(&daemon->loop, sweep);
	return sweep;
}

/* The loop frees the timer. */
void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	sweep->is_over = true;
	if (!sweep->is_busy)
		sweep_destroy(sweep);
}

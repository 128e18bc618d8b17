#include "completion.h"
#include "descriptors.h"
#include "handle.h"
#include "health.h"
#include "journal.h"
#include "runs.h"
#include "session.h"
#include "state_file.h"
#include "sweep.h"
#include "upgrade.h"
#include "watchdog.h"

#include "base/clock.h"
#include "base/instant.h"

/* By hand, of one agent; of its beats one a section waits at most. */
#define RUNS_WAITING_MAX 1000

#define LOOK_MS 500 /* while the programs on disk are of another version */

struct supervisor {
	struct daemon *daemon;
	struct session *first, **last; /* all that are not ended, in the order of the wishes */
	void (*empty)(struct daemon *daemon);
	uv_timer_t *limit; /* how long what is under way may hold up a stop */
	uv_timer_t *look;  /* again, whether what waits may begin */
	bool admitting;
};

struct session *supervisor_find(const struct daemon *daemon, const char *id)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if (!strcmp(session->id, id))
			return session;
	return NULL;
}

/* ---- the queue ---- */

static void supervisor_remove(struct supervisor *supervisor, struct session *session)
{
	struct session **link = &supervisor->first;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	if (supervisor->last == &session->next)
		supervisor->last = link;
}

static size_t running_count(const struct supervisor *supervisor)
{
	size_t count = 0;

	for (const struct session *session = supervisor->first; session; session = session->next)
		count += !session_waits(session);
	return count;
}

static bool is_free(const struct daemon *daemon, const struct session *session)
{
	const struct resident *resident = roster_find(daemon->roster, session->agent);

	return !resident || !resident->open;
}

/* One that was taken on waits until they are mended: it would end with nothing but the complaint.
 */
static bool waits_for_files(const struct daemon *daemon, const struct session *session)
{
	const struct resident *resident = roster_find(daemon->roster, session->agent);

	return (session_is_between_lives(session) || session->kept) && resident && resident->broken;
}

static bool waits_for_save(const struct daemon *daemon, const struct session *session, int64_t now)
{
	const struct resident *resident = roster_find(daemon->roster, session->agent);

	return resident && saving_rests(resident, now);
}

static bool may_begin(const struct daemon *daemon, const struct session *session, int64_t now)
{
	return lifecycle_is_ready(&session->life, now) && is_free(daemon, session) &&
	       !waits_for_files(daemon, session) && !waits_for_save(daemon, session, now) &&
	       !daemon->stopping;
}

static struct session *first_that_may(const struct daemon *daemon, int64_t now)
{
	struct session *session = daemon->supervisor->first;

	while (session && !may_begin(daemon, session, now))
		session = session->next;
	return session;
}

static void look_again(uv_timer_t *timer)
{
	supervisor_admit(timer->data);
}

/* An action may end sessions, and with them the list under us: each look begins anew. What it calls
 * may come back here, which the look that is under way does for it. */
void supervisor_admit(struct daemon *daemon)
{
	struct supervisor *supervisor = daemon->supervisor;
	struct session *session;
	int64_t now = clock_monotonic_ms(); /* of the whole look: what is told to wait rests */

	if (supervisor->admitting)
		return;
	supervisor->admitting = true;
	while (running_count(supervisor) < daemon->workspace->settings->sessions_at_once &&
	       (session = first_that_may(daemon, now))) {
		struct resident *resident = roster_find(daemon->roster, session->agent);

		if (state_file_trouble(daemon) || descriptors_short(daemon))
			break;               /* they call again */
		if (upgrade_waits(daemon)) { /* until the old version is back, or we end */
			uv_timer_start(supervisor->look, look_again, LOOK_MS, 0);
			break;
		}
		if (resident && !session_read_files(session, resident))
			continue;
		if (resident)
			resident->open = session;
		session_handle(session, LIFE_ADMITTED);
	}
	supervisor->admitting = false;
}

/* Once. */
static void tell_empty(struct daemon *daemon)
{
	struct supervisor *supervisor = daemon->supervisor;
	void (*empty)(struct daemon * daemon) = supervisor->empty;

	if (supervisor->first || !empty)
		return;
	supervisor->empty = NULL;
	empty(daemon);
}

void supervisor_ended(struct session *session)
{
	struct daemon *daemon = session->daemon;
	struct supervisor *supervisor = daemon->supervisor;
	struct resident *resident = roster_find(daemon->roster, session->agent);

	supervisor_remove(supervisor, session);
	if (!supervisor->first)
		watchdog_rest(daemon);
	if (resident && resident->open == session)
		resident->open = NULL;
	if (resident && !session->rehearse && !session->suspended)
		health_note_end(daemon, resident, session);
	if (resident && !session->rehearse && !session->suspended)
		roster_note_result(resident, session->id, clock_wall_s(),
				   outcome_name(session->outcome), session->reason);
	session_emit_end(session);
	session_release(session); /* the list's hold */
	supervisor_admit(daemon);
	tell_empty(daemon);
}

static size_t runs_waiting(const struct daemon *daemon, const struct resident *resident)
{
	size_t count = 0;

	for (const struct session *session = daemon->supervisor->first; session;
	     session = session->next)
		count += session->manual && session_waits(session) &&
			 !strcmp(session->agent, resident->name);
	return count;
}

static void queue(struct supervisor *supervisor, struct session *session)
{
	*supervisor->last = session;
	supervisor->last = &session->next;
	sweep_arm(supervisor->daemon);
}

int supervisor_start(struct daemon *daemon, struct resident *resident,
		     const struct session_wish *wish, char ret_id[27], struct error *error)
{
	struct session *session;

	if (daemon->stopping)
		return error_set(error, ERROR_BUSY, "the daemon is stopping");
	if (!resident->agent)
		return error_set(error, ERROR_INVALID, "%s", resident->broken);
	if (!wish->event && runs_waiting(daemon, resident) >= RUNS_WAITING_MAX)
		return error_set(error, ERROR_BUSY, "%d runs of %s wait already", RUNS_WAITING_MAX,
				 resident->name);
	session = session_new(daemon, resident->name, wish);
	ulid_new(session->id);
	session->manual = !wish->event;
	if (session->manual)
		session->event = xasprintf(RUN_BY_HAND "%s", session->id);
	session->rehearse = wish->rehearse;
	session->listener = wish->listener;
	session->listener_context = wish->context;
	snprintf(ret_id, 27, "%s", session->id);
	queue(daemon->supervisor, session);
	session_hold(session);
	supervisor_admit(daemon);
	if (session->manual && !session->rehearse && session_waits(session))
		runs_keep(session);
	session_release(session);
	return 0;
}

void supervisor_wait(struct daemon *daemon, const struct resident *resident, const char *id,
		     const struct session_wish *wish)
{
	struct session *session = session_new(daemon, resident->name, wish);

	snprintf(session->id, sizeof(session->id), "%s", id);
	session->manual = session->kept = true;
	queue(daemon->supervisor, session);
}

/* The pause that it was in when the daemon ended goes on. */
static void restore_deaths(struct session *session, const struct death_count *deaths)
{
	int64_t longest = (int64_t)session->daemon->workspace->settings->crash_backoff_longest_s *
			  1000;
	int64_t left = deaths->until - clock_wall_ms();
	char at[INSTANT_SIZE];

	if (left > longest) /* the clock was set back */
		left = longest;
	lifecycle_restore(&session->life, deaths->answered, (unsigned)deaths->deaths,
			  left > 0 ? clock_monotonic_ms() + left : LIFE_NEVER);
	if (left > 0)
		session->held = xasprintf("its session died; it goes on at %s",
					  instant_print(deaths->until / 1000, at));
}

void supervisor_resume(struct daemon *daemon, const char *agent, const char *id, int64_t started_ms,
		       const struct session_wish *wish, const struct death_count *deaths)
{
	struct session *session = session_new(daemon, agent, wish);

	snprintf(session->id, sizeof(session->id), "%s", id);
	session->has_row = true;
	session->started_ms = started_ms;
	session->manual = wish->event && !strncmp(wish->event, RUN_BY_HAND, strlen(RUN_BY_HAND));
	restore_deaths(session, deaths);
	if (wish->decided)
		session_fail(session, OUTCOME_INTERRUPTED, "%s", wish->decided);
	queue(daemon->supervisor, session);
	watchdog_note(session);
}

/* ---- what others ask ---- */

bool supervisor_has(const struct daemon *daemon, const struct resident *resident, const char *key,
		    bool waiting_only)
{
	for (const struct session *session = daemon->supervisor->first; session;
	     session = session->next)
		if (session->key && !session->manual && !strcmp(session->agent, resident->name) &&
		    !strcmp(session->key, key) && (!waiting_only || session_waits(session)))
			return true;
	return false;
}

void supervisor_forget(struct daemon *daemon, void *context)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if (session->listener_context == context)
			session->listener = NULL, session->listener_context = NULL;
}

void supervisor_section_moved(struct daemon *daemon, const struct resident *resident,
			      const char *from, const char *to)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if (session->key && !strcmp(session->agent, resident->name) &&
		    !strcmp(session->key, from)) {
			free(session->key);
			session->key = xstrdup(to);
		}
}

void supervisor_inputs_changed(struct daemon *daemon, const struct resident *resident,
			       const char *except)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if ((!resident || !strcmp(session->agent, resident->name)) &&
		    (!except || strcmp(session->agent, except)))
			session->inputs_changed = true;
}

const char *supervisor_running(const struct resident *resident)
{
	return resident->open ? resident->open->id : NULL;
}

const char *supervisor_held(const struct daemon *daemon, const struct resident *resident)
{
	for (const struct session *session = daemon->supervisor->first; session;
	     session = session->next)
		if (session_is_between_lives(session) && !strcmp(session->agent, resident->name))
			return session->held;
	return NULL;
}

void supervisor_hurry(struct daemon *daemon, const struct resident *resident)
{
	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		if (session_waits(session) && !strcmp(session->agent, resident->name))
			session->life.due_ms = LIFE_NEVER;
	supervisor_admit(daemon);
}

struct session *supervisor_first(const struct daemon *daemon)
{
	return daemon->supervisor->first;
}

size_t supervisor_open_count(const struct daemon *daemon)
{
	size_t count = 0;

	for (struct session *session = daemon->supervisor->first; session; session = session->next)
		count++;
	return count;
}

static void calls_took_too_long(uv_timer_t *timer)
{
	supervisor_suspend(timer->data, true);
}

void supervisor_stop(struct daemon *daemon, void (*empty)(struct daemon *))
{
	struct supervisor *supervisor = daemon->supervisor;

	supervisor->empty = empty;
	supervisor_withdraw(daemon);
	supervisor_suspend(daemon, false);
	uv_timer_start(supervisor->limit, calls_took_too_long, STOP_CALLS_MS, 0);
	tell_empty(daemon);
}

struct supervisor *supervisor_new(struct daemon *daemon)
{
	struct supervisor *supervisor = xcalloc(1, sizeof(*supervisor));

	supervisor->daemon = daemon;
	supervisor->last = &supervisor->first;
	supervisor->limit = handle_timer(&daemon->loop, daemon);
	supervisor->look = handle_timer(&daemon->loop, daemon);
	return supervisor;
}

void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	while (supervisor->first) {
		struct session *session = supervisor->first;

		supervisor_remove(supervisor, session);
		if (session->has_row && !session->suspended) /* it was our stop that ended it */
			journal_session_suspend(session->daemon, session->id);
		child_kill(steal_pointer(&session->child));
		completion_abandon(session);
		link_free(steal_pointer(&session->link));
		session->life.state =
			LIFE_ENDED; /* nothing happens to it any more, whatever comes in */
		session_release(session);
	}
	free(supervisor);
}

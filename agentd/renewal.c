#include "renewal.h"

#include "carried.h"
#include "committer.h"
#include "handle.h"
#include "journal.h"
#include "log.h"
#include "notify.h"
#include "session.h"
#include "state_file.h"

#include "base/clock.h"

#define LONGEST_MS 8000 /* for sessions to end and their facts to be saved */
#define TELL_MS 50      /* for clients to be told */
#define REASON "state.db was damaged, and with it what this had done so far: ask for it again"

struct renewal {
	int64_t times[RENEWALS_MAX]; /* when, on the monotonic clock, newest last; 0: never */
	struct carried *carried;
	uv_timer_t *timer; /* of the loop of now; NULL: none */
	bool is_on, has_stopped;
};

struct renewal *renewal_new(void)
{
	return xcalloc(1, sizeof(struct renewal));
}

void renewal_free(struct renewal *renewal)
{
	if (!renewal)
		return;
	carried_free(renewal->carried);
	free(renewal);
}

bool renewal_is_on(const struct daemon *daemon)
{
	return daemon->renewal && daemon->renewal->is_on;
}

/* How long until it may be; 0: now. */
static int64_t wait_ms(const struct renewal *renewal)
{
	int64_t free_at = renewal->times[0] + RENEWALS_WITHIN_MS;
	int64_t now = clock_monotonic_ms();

	return renewal->times[0] && free_at > now ? free_at - now : 0;
}

static void note(struct renewal *renewal)
{
	memmove(renewal->times, renewal->times + 1,
		sizeof(renewal->times) - sizeof(renewal->times[0]));
	renewal->times[RENEWALS_MAX - 1] = clock_monotonic_ms();
	renewal->is_on = true;
}

static void timer_close(struct renewal *renewal)
{
	if (renewal->timer)
		uv_close((uv_handle_t *)steal_pointer(&renewal->timer), handle_free);
}

static void timer_start(struct daemon *daemon, uv_timer_cb due, int64_t ms)
{
	struct renewal *renewal = daemon->renewal;

	timer_close(renewal);
	renewal->timer = handle_timer(&daemon->loop, daemon);
	uv_timer_start(renewal->timer, due, (uint64_t)ms, 0);
}

/* ---- stopping ---- */

static void all_told(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;

	uv_stop(&daemon->loop);
}

static void all_answered(void *context, const struct error *error)
{
	struct daemon *daemon = context;

	(void)error;
	if (!daemon->renewal->has_stopped)
		timer_start(daemon, all_told, TELL_MS);
}

/* Who waits for a row is told that it will not be, before his connection goes. */
static void all_saved(struct daemon *daemon)
{
	journal_after(daemon, all_answered, daemon);
}

static void all_ended(struct daemon *daemon)
{
	committer_finish(daemon, all_saved);
}

static void took_too_long(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;

	log_event(daemon->log, LEVEL_ERROR, "stop_forced", NULL, NULL,
		  "sessions did not end within %d s", LONGEST_MS / 1000);
	uv_stop(&daemon->loop);
}

/* What has not begun waits in its slot's row, which the new file takes over. */
static bool is_to_end(const struct session *session)
{
	return session->outcome == OUTCOME_NONE && (session->has_row || !session_waits(session));
}

/* Ending one may end others: each look begins anew. */
static void end_sessions(struct daemon *daemon)
{
	struct session *session = supervisor_first(daemon);

	while (session) {
		if (!is_to_end(session)) {
			session = session->next;
			continue;
		}
		supervisor_cancel(daemon, session->id, REASON, NULL, NULL, NULL);
		session = supervisor_first(daemon);
	}
}

static void begin(struct daemon *daemon, const char *why)
{
	note(daemon->renewal);
	daemon->stopping = true;
	notify_reloading();
	log_event(daemon->log, LEVEL_ERROR, "renewing", NULL, NULL, ".agentd/state.db %s", why);
	timer_start(daemon, took_too_long, LONGEST_MS);
	store_give_up(daemon->writer);
	end_sessions(daemon);
	supervisor_stop(daemon, all_ended);
}

static void may_again(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;
	struct error error;

	if (!daemon->stopping && daemon->writer && store_trouble(daemon->writer, &error) &&
	    error.code == ERROR_INVALID)
		begin(daemon, error.message);
}

bool renewal_ask(struct daemon *daemon, const struct error *why)
{
	int64_t wait = wait_ms(daemon->renewal);

	if (daemon->stopping)
		return false;
	if (wait) {
		timer_start(daemon, may_again, wait);
		return false;
	}
	begin(daemon, why->message);
	return true;
}

void renewal_forget(struct daemon *daemon)
{
	if (!renewal_is_on(daemon))
		timer_close(daemon->renewal);
}

void renewal_give_up(struct daemon *daemon)
{
	daemon->renewal->is_on = false;
}

/* ---- and starting ---- */

void renewal_stop(struct daemon *daemon)
{
	struct renewal *renewal = daemon->renewal;

	if (!renewal)
		return;
	renewal->has_stopped = true;
	timer_close(renewal);
	if (renewal->is_on && !renewal->carried && daemon->ledger)
		renewal->carried = carried_take(daemon);
}

bool renewal_goes_on(struct daemon *daemon, int status, const struct error *error)
{
	struct renewal *renewal = daemon->renewal;
	struct workspace *workspace = daemon->workspace;
	int secrets = daemon->secrets, listener = daemon->listener, lock = daemon->lock;

	/* found while it started, again */
	if (status && state_file_is_damage(error) && !wait_ms(renewal))
		note(renewal);
	else if (status)
		renewal->is_on = false;
	if (!renewal->is_on)
		return false;
	renewal->is_on = renewal->has_stopped = false;
	*daemon = DAEMON_EMPTY;
	daemon->renewal = renewal;
	daemon->workspace = workspace;
	daemon->lock = lock;
	daemon->secrets = secrets;
	daemon->listener = listener;
	return true;
}

bool renewal_carry(struct daemon *daemon)
{
	struct renewal *renewal = daemon->renewal;
	bool is_there = renewal->carried;

	if (is_there)
		carried_give(daemon, renewal->carried);
	carried_free(steal_pointer(&renewal->carried));
	return is_there;
}

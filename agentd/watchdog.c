/* What follows when a clock of a session has run out, and from its deaths. */
#include "watchdog.h"

#include "alerts.h"
#include "handle.h"
#include "health.h"
#include "journal.h"
#include "log.h"
#include "session_limits.h"

#include "base/clock.h"
#include "base/instant.h"

struct life_rules session_life_rules(const struct daemon *daemon)
{
	const struct settings *settings = daemon->workspace->settings;

	return (struct life_rules){
		.hung_ms = (int64_t)settings->hung_session_s * 1000,
		.grace_ms = (int64_t)settings->hung_session_grace_s * 1000,
		.gone_ms = LIFE_GONE_MS,
		.farewell_ms = LIFE_FAREWELL_MS,
		.backoff_shortest_ms = (int64_t)settings->crash_backoff_shortest_s * 1000,
		.backoff_longest_ms = (int64_t)settings->crash_backoff_longest_s * 1000,
		.deaths_max = LIFE_DEATHS_MAX,
		.ooms_max = LIFE_OOMS_MAX,
	};
}

/* ---- clocks ---- */

/* When a running session has last made progress. While we owe it an answer, a model or we ourselves
 * are at work for it, which has clocks of its own. */
static int64_t progress_ms(const struct session *session, int64_t now)
{
	if (!session->link || rpc_owes(link_rpc(session->link)) || link_has_news(session->link))
		return now;
	return link_moved_ms(session->link);
}

static void kill_for(struct session *session, char *why)
{
	free(session->killed_for);
	session->killed_for = why;
}

static char *no_progress(int64_t ms)
{
	_free_ char *duration = session_duration(ms);

	return xasprintf("no progress for %s", duration);
}

static char *stayed(int64_t ms)
{
	_free_ char *duration = session_duration(ms);

	return xasprintf("it stayed for %s after its last word", duration);
}

static void session_came_due(struct session *session)
{
	struct life_rules rules = session_life_rules(session->daemon);
	struct life_happening happening = { .event = LIFE_DUE, .now_ms = clock_monotonic_ms() };

	if (session->life.state == LIFE_RUNNING) {
		int64_t moved = progress_ms(session, happening.now_ms);

		if (moved + rules.hung_ms > happening.now_ms) {
			happening.event = LIFE_PROGRESS;
			happening.now_ms = moved;
		} else {
			kill_for(session, no_progress(rules.hung_ms));
		}
	} else if (session->life.state == LIFE_LEAVING) {
		session->overstayed = true;
		kill_for(session, stayed(rules.farewell_ms));
	}
	session_happen(session, &happening);
}

void session_complain(struct session *session)
{
	_free_ char *key = xasprintf("stuck %s %s", session->agent, session->id);
	_free_ char *post = xasprintf("a process of %s cannot be killed", session->agent);

	alert_raise(session->daemon, key, session->agent, post,
		    "the process of session %s of %s cannot be killed: SIGKILL was sent %d s ago; "
		    "its agent waits until it is gone",
		    session->id, session->agent, LIFE_GONE_MS / 1000);
}

/* ---- the timer ---- */

struct watchdog {
	struct daemon *daemon;
	uv_timer_t *timer;
	int64_t due_ms; /* what it is set for; LIFE_NEVER */
};

static void ring(uv_timer_t *timer);

/* Timers of the loop count from its own clock, which stands still while it works. */
static void set(struct watchdog *watchdog, int64_t due_ms)
{
	int64_t left = due_ms - clock_monotonic_ms();

	watchdog->due_ms = due_ms;
	uv_update_time(&watchdog->daemon->loop);
	uv_timer_start(watchdog->timer, ring, left > 0 ? (uint64_t)left : 0, 0);
}

void watchdog_note(const struct session *session)
{
	struct watchdog *watchdog = session->daemon->watchdog;

	if (session->life.due_ms < watchdog->due_ms)
		set(watchdog, session->life.due_ms);
}

void watchdog_rest(struct daemon *daemon)
{
	uv_timer_stop(daemon->watchdog->timer);
	daemon->watchdog->due_ms = LIFE_NEVER;
}

/* What follows may end sessions: each look begins anew, and each step puts its clock off. */
static void ring(uv_timer_t *timer)
{
	struct watchdog *watchdog = timer->data;
	struct daemon *daemon = watchdog->daemon;
	int64_t now = clock_monotonic_ms(), first = LIFE_NEVER;
	struct session *session = supervisor_first(daemon);

	watchdog->due_ms = LIFE_NEVER;
	while (session) {
		bool is_due = session->life.due_ms <= now;

		if (is_due)
			session_came_due(session);
		session = is_due ? supervisor_first(daemon) : session->next;
	}
	for (session = supervisor_first(daemon); session; session = session->next)
		if (session->life.due_ms < first)
			first = session->life.due_ms;
	if (first < watchdog->due_ms)
		set(watchdog, first);
	supervisor_admit(daemon);
}

struct watchdog *watchdog_new(struct daemon *daemon)
{
	struct watchdog *watchdog = xcalloc(1, sizeof(*watchdog));

	watchdog->daemon = daemon;
	watchdog->due_ms = LIFE_NEVER;
	watchdog->timer = handle_timer(&daemon->loop, watchdog);
	return watchdog;
}

void watchdog_free(struct watchdog *watchdog)
{
	free(watchdog); /* the loop frees its timer */
}

/* ---- deaths ---- */

/* NULL where the sweep found that it was gone. */
static const char *words_of(const struct session *session)
{
	return session->end_words ? session->end_words : "nobody saw how";
}

static void keep_death(const struct session *session, int64_t wait_ms)
{
	int64_t now = clock_wall_ms();
	struct death_row row = {
		.session = session->id,
		.at = now,
		.until = now + wait_ms,
		.own = true,
		.oom = session->ran_out,
		.words = words_of(session),
	};

	journal_death(session->daemon, &row);
}

static void park(struct session *session, unsigned deaths)
{
	struct parking paused = { .why = PARKED_BY_PAUSE };

	session_park(session, &paused, "its agent was paused: its sessions died %u times", deaths);
}

static void hold_back(struct session *session, int64_t wait_ms)
{
	_free_ char *duration = session_duration(wait_ms);
	char at[INSTANT_SIZE];

	free(session->held);
	session->held = xasprintf("its session died (%s); it goes on at %s", words_of(session),
				  instant_print((clock_wall_ms() + wait_ms) / 1000, at));
	log_event(session->daemon->log, LEVEL_WARNING, "session_died", session->agent, session->id,
		  "its process ended (%s); it goes on with another in %s", words_of(session),
		  duration);
}

void session_died(struct session *session)
{
	struct life_rules rules = session_life_rules(session->daemon);
	struct resident *resident = roster_find(session->daemon->roster, session->agent);
	int64_t wait_ms = session->life.due_ms - clock_monotonic_ms();

	if (wait_ms < 0)
		wait_ms = 0;
	keep_death(session, wait_ms);
	if (lifecycle_is_poisoned(&session->life, &rules))
		session_set_aside(session);
	else if (session->flaps)
		park(session, session->deaths_late);
	else
		hold_back(session, wait_ms);
	if (session->flaps && resident)
		health_pause(session->daemon, resident, session->deaths_late, words_of(session));
}

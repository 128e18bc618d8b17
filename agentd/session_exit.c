/* What follows from the end of a session's process. */
#include "alerts.h"
#include "health.h"
#include "memory_kills.h"
#include "session_limits.h"

#include "base/clock.h"

/* Which of its ends it is; a death counts for its agent, too. */
static void tell_end(struct session *session)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);
	struct life_happening death = {
		.event = LIFE_DIED,
		.now_ms = clock_monotonic_ms(),
		.progress = session->answered,
		.oom = session->ran_out,
		.deaths_late = 1,
	};

	if (session->outcome == OUTCOME_DONE)
		free(steal_pointer(&session->reason));
	if (session->outcome != OUTCOME_NONE) {
		session_handle(session, LIFE_EXITED);
		return;
	}
	if (session->suspending && session_runs(session)) { /* whoever killed it: it is let go */
		session_handle(session, LIFE_SUSPENDED);
		return;
	}
	random_bytes(&death.chance, sizeof(death.chance));
	session->flaps = false;
	if (resident && session->life.state != LIFE_RECORDING)
		death.deaths_late = health_note_death(session->daemon, resident, &session->flaps);
	session->deaths_late = death.deaths_late;
	session_happen(session, &death);
}

/* What the daemon is doing for it is waited for: whoever goes on has to know what came of it. */
void session_over(struct session *session)
{
	session_hang_up(session);
	session->over_waits = session->effects > 0;
	if (session->over_waits)
		session_handle(session, LIFE_GONE);
	else
		tell_end(session);
}

void session_effect_over(struct session *session)
{
	session->effects--;
	if (!session_runs(session) || session->effects)
		return;
	if (session->over_waits)
		tell_end(session);
	else if (session->suspending && session->outcome == OUTCOME_NONE)
		session_suspend(session);
}

/* Did its process die of something that another may be spared? One that had said its last word, or
 * could not say any more, did not die: it would not leave. */
static bool may_go_on(const struct session *session, const struct process_end *end)
{
	return session->outcome == OUTCOME_NONE && !session->rehearse && !session->finished &&
	       !session->overstayed && (end->signalled || end->code != STATUS_NO_WALLS);
}

/* For want of memory, by a limit that is not ours: a process of our control group was killed so
 * since this one was started, and it was not by us. */
static bool kernel_killed(const struct session *session, const struct process_end *end,
			  const char *by_us)
{
	return session_was_killed(end) && !by_us && memory_kills() > session->memory_kills;
}

/* It could not be killed, and has gone at last. */
static void tell_gone(struct session *session)
{
	_free_ char *key = xasprintf("stuck %s %s", session->agent, session->id);

	if (session->life.state == LIFE_STUCK)
		alert_over(session->daemon, key, "the process of session %s is gone", session->id);
}

void session_exited(void *context, const struct process_end *end)
{
	struct session *session = context;
	_free_ char *by_us = steal_pointer(&session->killed_for);

	session->child = NULL;
	tell_gone(session);
	if (session->link) /* what it said last */
		link_read(session->link);
	free(session->end_words);
	session->ran_out = session_ran_out(end) || kernel_killed(session, end, by_us);
	session->end_words = session->ran_out && end->signalled
				     ? xstrdup("out of memory: the kernel killed it (SIGKILL)")
				     : session_end_words(end, by_us);
	if (session->finished && !end->signalled && !end->code)
		session_fail(session, OUTCOME_DONE, "%s", "");
	else if (!may_go_on(session, end))
		session_fail(session, OUTCOME_FAILED, "its process ended: %s", session->end_words);
	session_over(session);
}

void session_left(struct session *session)
{
	child_leave(steal_pointer(&session->child));
	session_fail(session, OUTCOME_DONE, "%s", "");
	session_over(session);
}

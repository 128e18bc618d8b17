/* Sessions that end, or are set down, before they are done. */
#include "session.h"

#include "journal.h"

/* Its outcome is decided. One that has begun, and waits to go on, has facts in its journal. */
static void session_end(struct session *session)
{
	session_handle(session, session_is_between_lives(session) ? LIFE_EXITED : LIFE_CANCELLED);
}

static void session_cancel(struct session *session, const char *reason)
{
	session_fail(session, OUTCOME_INTERRUPTED, "%s", reason);
	session_end(session);
}

int supervisor_cancel(struct daemon *daemon, const char *id, const char *reason,
		      void (*done)(void *context, const struct error *error), void *context,
		      struct error *error)
{
	struct session *session = supervisor_find(daemon, id);
	struct session_row row;

	if (!session)
		return error_set(error, ERROR_NOT_FOUND, "no session %s is open", id);
	session_hold(session);
	session_fail(session, OUTCOME_INTERRUPTED, "%s", reason);
	row = session_row_of(session, "", "");
	session_end(session); /* the slot's row of one that waits goes ahead of the answer */
	if (session->outcome == OUTCOME_INTERRUPTED) /* else it is on its way to another end */
		journal_session_decide(daemon, &row, done, context);
	else if (done)
		done(context, NULL);
	session_release(session);
	return 0;
}

/* Ends all that `is_meant` says. Ending one may end or start others, so each look begins anew; a
 * session that has an outcome is on its way already. */
static void cancel_each(struct daemon *daemon, const struct resident *resident,
			bool (*is_meant)(const struct session *session), const char *reason)
{
	struct session *session = supervisor_first(daemon);

	while (session) {
		if (session->outcome == OUTCOME_NONE &&
		    (!resident || !strcmp(session->agent, resident->name)) && is_meant(session)) {
			session_cancel(session, reason);
			session = supervisor_first(daemon);
		} else {
			session = session->next;
		}
	}
}

static bool is_any(const struct session *session)
{
	(void)session;
	return true;
}

static bool is_waiting_beat(const struct session *session)
{
	return session_waits(session) && !session->manual;
}

/* What has begun and waits to go on is parked as it stands. */
static void park_each(struct daemon *daemon, const struct resident *resident)
{
	struct parking paused = { .why = PARKED_BY_PAUSE };
	struct session *session = supervisor_first(daemon);

	while (session) {
		if (session->outcome == OUTCOME_NONE && session_is_between_lives(session) &&
		    !session->manual && !strcmp(session->agent, resident->name)) {
			session_park(session, &paused, "its agent was paused");
			session_end(session);
			session = supervisor_first(daemon);
		} else {
			session = session->next;
		}
	}
}

/* Also one that died before it came to its step, and waits. */
static void let_on(struct daemon *daemon, const struct resident *resident)
{
	for (struct session *session = supervisor_first(daemon); session; session = session->next)
		if (!strcmp(session->agent, resident->name))
			session->stop_at_step = false;
}

void supervisor_agent_paused(struct daemon *daemon, struct resident *resident)
{
	if (!resident->paused) {
		let_on(daemon, resident);
		return;
	}
	if (resident->open)
		resident->open->stop_at_step = true;
	park_each(daemon, resident);
	cancel_each(daemon, resident, is_waiting_beat, "paused");
}

void supervisor_agent_gone(struct daemon *daemon, struct resident *resident)
{
	resident->open = NULL;
	cancel_each(daemon, resident, is_any, "the agent's folder is gone");
}

static bool is_rehearsal(const struct session *session)
{
	return session->rehearse;
}

void supervisor_withdraw(struct daemon *daemon)
{
	cancel_each(daemon, NULL, is_rehearsal,
		    "the daemon stops, and this does not go on: ask for it again");
}

/* Letting one go may end others: each look begins anew. */
void supervisor_suspend(struct daemon *daemon, bool wherever_they_are)
{
	struct session *session = supervisor_first(daemon);

	while (session) {
		bool is_new = session->outcome == OUTCOME_NONE && !session->suspending;

		if (is_new)
			session_suspend(session);
		else if (wherever_they_are && session->outcome == OUTCOME_NONE &&
			 session_runs(session))
			session_handle(session, LIFE_SUSPENDED);
		else if (session_is_stuck(session))
			session_suspend_stuck(session);
		else {
			session = session->next;
			continue;
		}
		session = supervisor_first(daemon);
	}
}

/* The daemon stops, and sessions with it: what was paid for is waited for, the rest goes on under
 * the next daemon. */
#include "session.h"

#include "committer.h"
#include "completion.h"
#include "journal.h"

/* Does a call of it wait to begin? */
static bool is_held_back(const struct session *session)
{
	for (size_t i = 0; i < session->call_count; i++)
		if (session->calls[i].asked)
			return true;
	return false;
}

/* Is nothing under way of which the outcome would be lost? A tool that runs in the session's own
 * process is soon done, and its result comes with what the session asks next. */
static bool is_between_steps(const struct session *session)
{
	if (session_waits(session))
		return !session->keeping;
	if (!session_runs(session) || session->effects)
		return false;
	if (!session->link || is_held_back(session))
		return true;
	return session->completion && !completion_is_under_way(session);
}

void session_suspend(struct session *session)
{
	session->suspending = true;
	if (is_between_steps(session))
		session_handle(session, LIFE_SUSPENDED);
}

bool session_is_stuck(const struct session *session)
{
	return session->life.state == LIFE_SAVING && session->outcome == OUTCOME_DONE &&
	       !session->suspended &&
	       committer_is_stuck(session->daemon->committer, session->agent);
}

/* Its journal says that it is done: the next daemon saves its facts and closes its rows. */
void session_suspend_stuck(struct session *session)
{
	session->outcome = OUTCOME_NONE;
	session_handle(session, LIFE_SUSPENDED);
}

/* What it asked before that, and was not begun, is asked again under the next daemon. */
void session_suspend_begun(struct session *session)
{
	if (session->completion || session->effects)
		session_suspend(session);
	else
		session_handle(session, LIFE_SUSPENDED);
}

void session_let_go(struct session *session)
{
	session_fail(session, OUTCOME_INTERRUPTED, "the daemon stops; it %s when it starts again",
		     session->has_row ? "goes on" : "begins");
	session->suspended = true;
	child_leave(steal_pointer(&session->child));
	session_hang_up(session);
	if (session->has_row)
		journal_session_suspend(session->daemon, session->id);
	supervisor_ended(session);
}

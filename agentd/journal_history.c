/* Reading a session's journal, on the store's thread. */
#include "journal.h"
#include "session_history.h"

/* One question, and the answer when it is done. */
struct reading {
	struct daemon *daemon;
	char session[27];
	bool own;
	struct session_history history;
	struct budget_hold spent;
	int64_t again;
	journal_history_done done;
	void *context;
};

static int sum_call(void *context, const struct call_row *row)
{
	struct reading *reading = context;

	reading->spent.micro_usd += row->micro_usd;
	reading->spent.tokens += row->tokens;
	return 0;
}

static int work_go_on(struct store *store, void *context, struct error *error)
{
	struct reading *reading = context;
	int result = 0;

	session_history_clear(&reading->history); /* it may have run before: store.h */
	session_history_begin(&reading->history);
	reading->spent.micro_usd = reading->spent.tokens = 0;
	if (reading->own)
		result = store_session_resume(store, reading->session, reading->daemon->epoch,
					      &reading->again, error);
	if (!result)
		result = store_steps(store, reading->session, session_history_take,
				     &reading->history, error);
	if (!result && reading->own)
		result = store_calls(store, reading->session, NULL, 0, sum_call, reading, error);
	return result;
}

static void gone_on(void *context, int result, const struct error *error)
{
	struct reading *reading = context;

	reading->done(reading->context, &reading->history, reading->again, &reading->spent,
		      result ? error : NULL);
	session_history_clear(&reading->history);
	free(reading);
}

void journal_go_on(struct daemon *daemon, const char *session, bool own, journal_history_done done,
		   void *context)
{
	struct reading *reading = xcalloc(1, sizeof(*reading));
	struct error error;

	reading->daemon = daemon;
	reading->own = own;
	reading->done = done;
	reading->context = context;
	snprintf(reading->session, sizeof(reading->session), "%s", session);
	snprintf(reading->spent.session, sizeof(reading->spent.session), "%s", session);
	snprintf(reading->spent.task, sizeof(reading->spent.task), "%s", session);
	if (!store_submit(daemon->writer, work_go_on, gone_on, reading))
		return;
	error_set(&error, ERROR_TOO_LARGE, "too much waits to be written to state.db");
	gone_on(reading, -(int)ERROR_TOO_LARGE, &error);
}

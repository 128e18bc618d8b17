/* Money on the loop: the one lib/budget value, and the line of calls that wait for room in it.
 *
 * Sums live in memory and are rebuilt at a start from the rows of state.db; a row is written in the
 * same transaction as the intent or the result that it belongs to (journal.h), in the order in
 * which the sums changed, so that whatever a crash leaves behind is never above a cap.
 *
 * While a window is held (budget.h: the clock shows an earlier time than its beginning), how long
 * it has been in force is kept in state.db every LEDGER_KEEP_MS: a restart lengthens a hold by that
 * at most, and by the time that agentd was down, and does not begin it anew. */
#ifndef AGENTD_LEDGER_H
#define AGENTD_LEDGER_H

#include "daemon.h"

#include "budget/budget.h"

#define LEDGER_KEEP_MS 60000

struct ledger;
struct ledger_ask;

struct ledger *ledger_new(struct daemon *daemon);
/* When the loop has closed its handles: calls are settled up to then. */
void ledger_free(struct ledger *ledger);

/* What calls of the windows in force came to. Call once, with the reader. */
int ledger_restore(struct daemon *daemon, struct error *error);

/* `hold` NULL: it does not fit, `verdict` says where. */
typedef void (*ledger_answer)(void *context, const struct budget_hold *hold,
			      const struct budget_verdict *verdict);

/* Reserves: at once, or when others have settled and those before it in line have got theirs
 * (people, tasks, beats, experiments; within these first come, first served). Returns NULL when
 * `answer` was called already, else a handle for ledger_withdraw. Strings are copied; the ask's
 * limits and experiments are looked up in the files in force whenever it is its turn. */
struct ledger_ask *ledger_reserve(struct daemon *daemon, const struct budget_ask *ask,
				  ledger_answer answer, void *context);
/* It does not wait any more; `answer` is not called. NULL is fine. */
void ledger_withdraw(struct daemon *daemon, struct ledger_ask *ask);

/* As budget_settle; those who wait are asked again. */
void ledger_settle(struct daemon *daemon, const struct budget_hold *hold, int64_t micro_usd,
		   int64_t tokens);
/* What a session came to under a daemon before us. */
void ledger_recall(struct daemon *daemon, const struct budget_hold *spent);
/* agentd.yaml or an agent's limits were read again: those who wait are asked again. */
void ledger_limits_changed(struct daemon *daemon);
/* At its end. */
void ledger_forget_session(struct daemon *daemon, const char *session);

/* When the window of a layer ends, by the clock as it is now; 0: it has none. */
int64_t ledger_resets_at(const struct daemon *daemon, enum budget_layer layer);

/* Micro-USD that an agent has settled today. */
int64_t ledger_today(const struct daemon *daemon, const char *agent);

/* What an agent has settled, or holds, in the windows in force. */
struct ledger_spent {
	int64_t hour, day; /* their names in state.db */
	int64_t hour_micro_usd, day_micro_usd;
};
void ledger_spent(const struct daemon *daemon, const char *agent, struct ledger_spent *ret_spent);

/* The windows in force, as state.db keeps them; an hour of 0: none yet. */
void ledger_windows(const struct daemon *daemon, struct windows_row *ret_row);

/* The agent's line about its own budget; the caller frees it. */
char *ledger_line(struct daemon *daemon, const char *agent, const struct limits *limits);

#endif

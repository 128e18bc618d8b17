/* The budget done again by brute force: a plain list of all calls, every sum taken anew. */
#ifndef BUDGET_ORACLE_H
#define BUDGET_ORACLE_H

#include "suite.h"

struct entry {
	struct budget_hold hold;
	bool open;                    /* not settled */
	bool session_gone, task_gone; /* forgotten */
	int64_t micro_usd, tokens;    /* settled */
};

#define ENTRIES_MAX 4000

struct oracle {
	struct entry entries[ENTRIES_MAX];
	size_t count;
	int64_t hour, day; /* in force */
};

/* What it should be, with the most output tokens where it fits. */
enum budget_answer oracle_ask(const struct oracle *oracle, const struct budget_ask *ask,
			      int64_t *ret_max_tokens);

/* Is what the verdict says of its layer true, and is it the layer to be told? */
void oracle_check_verdict(const struct oracle *oracle, const struct budget_ask *ask,
			  enum budget_answer answer, const struct budget_verdict *verdict);

/* No cap is passed in any window that ever was, in any session or task; for calls that took no more
 * than they held, with limits that have not changed. `experiments`: their share was always kept. */
void oracle_check_caps(const struct oracle *oracle, const struct limits *limits,
		       const struct limits *system, bool experiments);

/* The layer as budget_look shows it. */
void oracle_check_look(const struct oracle *oracle, const struct budget *budget,
		       enum budget_layer layer, const char *name);

void oracle_forget(struct oracle *oracle, const char *session);

#endif

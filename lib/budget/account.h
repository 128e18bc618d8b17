/* Private to budget: what is kept for one agent, session or task, and the tables of them. */
#ifndef BUDGET_ACCOUNT_H
#define BUDGET_ACCOUNT_H

#include "budget.h"

/* Wide enough that neither a sum of amounts nor a product with a price ever overflows. */
typedef __int128 wide;

struct sum {
	wide settled, reserved;
};

struct account {
	char name[64];
	struct sum whole; /* a session's money, a task's tokens, an agent's or the system's hour */
	struct sum day[WORKS]; /* agent and system: by who spent it */
	unsigned holds;        /* not settled yet */
	bool forgotten;        /* goes with its last hold */
};

/* A hash table, open addressing. Accounts stay where they are until they are removed. */
struct accounts {
	struct account **slots;
	size_t capacity, count; /* a power of two; at most half of it in use */
	size_t name_size;       /* a longer name is the same as its beginning */
};

#define ACCOUNTS_MAX 65536

void accounts_clear(struct accounts *accounts);
struct account *accounts_find(const struct accounts *accounts, const char *name); /* or NULL */
/* Makes it where it is not there. NULL: the table is full. */
struct account *accounts_get(struct accounts *accounts, const char *name);
bool accounts_has_room(const struct accounts *accounts, const char *name);
void accounts_remove(struct accounts *accounts, struct account *account);
/* Removes those of which nothing is known any more. */
void accounts_sweep(struct accounts *accounts);

/* Of the works whose bits (1 << work) are set. */
struct sum account_day(const struct account *account, unsigned works);

#endif

/* Requests that wait for an answer: ours at the other side, or the other side's at ours.
 *
 * Each has a number that is never used for another one on the same connection: its place in the
 * table and how often that place was used before. */
#ifndef RPC_OPEN_H
#define RPC_OPEN_H

#include "rpc.h"

#define OPEN_MAX 65536

struct open_request {
	rpc_answer answer; /* ours: who waits; NULL: nobody any more */
	void *context;
	json_t *id; /* theirs: as it came, owned */
};

struct open_slot {
	struct open_request request;
	uint64_t number; /* 0: free */
	uint32_t uses;
	uint32_t next_free; /* index + 1; 0: none */
};

struct open_table {
	struct open_slot *slots;
	size_t count, capacity;
	uint32_t first_free; /* index + 1; 0: none */
};

void open_clear(struct open_table *table);

/* Takes the id over. -ERROR_TOO_LARGE when OPEN_MAX are open; the id stays the caller's. */
int open_add(struct open_table *table, const struct open_request *request, uint64_t *ret_number);

/* Takes the request out and gives it to the caller. False: there is none of this number. */
bool open_take(struct open_table *table, uint64_t number, struct open_request *ret_request);

/* Takes any out; false when none is left. */
bool open_take_any(struct open_table *table, struct open_request *ret_request);

/* Is any open? */
bool open_has(const struct open_table *table);

/* The answer is not wanted any more, but may still come. */
void open_abandon(struct open_table *table, uint64_t number);

#endif

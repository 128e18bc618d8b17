/* Model calls counted: per model, route or agent.
 *
 * A tally is fed rows of the ledger. Latencies are those of calls that brought a reply: a refusal
 * that comes at once says nothing about how fast a model is. Pure. */
#ifndef AGENTCTL_TALLY_H
#define AGENTCTL_TALLY_H

#include "series.h"

#include "base/alloc.h"
#include "store/store.h"

#include <jansson.h>

#define TALLY_ERRORS_MAX 64 /* classes of failure */
#define TALLIES_MAX 100000

struct tally_error {
	char *class;
	int64_t count;
};

struct tally {
	char *name; /* "" for a total */
	int64_t calls, replies, open, fallbacks;
	struct tally_error *errors; /* the most frequent first, once it is closed */
	size_t error_count, error_capacity;
	int64_t input_tokens, output_tokens, cache_read_tokens, cache_write_tokens;
	int64_t reasoning_tokens;
	int64_t micro_usd;          /* what counts as spent, reservations that were kept included */
	int64_t kept_micro_usd;     /* of these: what the call really cost is not known */
	int64_t reserved_micro_usd; /* of calls under way */
	struct series first_byte, total;
};

void tally_add(struct tally *tally, const struct call_row *row);
void tally_close(struct tally *tally); /* sorts; once, when all rows were added */
void tally_clear(struct tally *tally);
int64_t tally_input(const struct tally *tally); /* all of it, cached included */
json_t *tally_json(const struct tally *tally);  /* of a closed one */

struct tallies {
	struct tally *items; /* by name; once closed by cost, the dearest first */
	size_t count, capacity;
};

void tallies_add(struct tallies *tallies, const char *name, const struct call_row *row);
void tallies_close(struct tallies *tallies);
void tallies_clear(struct tallies *tallies);

#endif

/* What servers say, and the class of failure it means: codes, words, statuses. A server that says
 * it in a new way is a new row here and in test/unit/model/failures.c. */
#ifndef MODEL_FAILURE_TABLE_H
#define MODEL_FAILURE_TABLE_H

#include "failure_report.h"
#include "model.h"

enum failure_flag {
	FLAG_WEAK = 1 << 0,  /* of a code that servers give to many things: words decide first */
	FLAG_HARD = 1 << 1,  /* out of money whatever is said of waiting: a cap, not a rate */
	FLAG_LIMIT = 1 << 2, /* only max_tokens is over the model's limit, not the prompt */
};

struct failure_row {
	const char *says; /* a code as report_has_code, or a pattern as report_says */
	enum failure_class class;
	unsigned quirk; /* what mends it */
	unsigned flags;
};

/* The first row that holds; NULL: none. */
const struct failure_row *failure_by_code(const struct report *report, bool weak);
/* `narrow`: an answer whose status leaves only money, rate, key and overload possible. */
const struct failure_row *failure_by_words(const struct report *report, bool narrow);
const struct failure_row *failure_by_overflow_words(const struct report *report);
enum failure_class failure_by_status(int status);

/* Which parameter is refused, as the quirk that goes without it; 0: none that we know. `refused`:
 * it is known that one is; otherwise words have to say so close to its name. */
unsigned failure_refused_parameter(const struct report *report, bool refused);

#endif

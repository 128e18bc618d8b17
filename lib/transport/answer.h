/* The head of an answer: status line and the few fields that matter here. Private to transport. */
#ifndef TRANSPORT_ANSWER_H
#define TRANSPORT_ANSWER_H

#include "base/span.h"

struct answer_head {
	size_t bytes;           /* of all header lines so far */
	int64_t retry_after_ms; /* < 0: not given */
	bool retry_is_precise;  /* by retry-after-ms, which beats retry-after */
};

#define ANSWER_HEAD ((struct answer_head){ .retry_after_ms = -1 })

/* Reads one line. `now` is the wall clock in UTC seconds, for dates. */
void answer_head_line(struct answer_head *head, struct span line, int64_t now);

#endif

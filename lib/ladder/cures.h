/* Private to lib/ladder: the table of what follows from each class of failure. */
#ifndef LADDER_CURES_H
#define LADDER_CURES_H

#include "ladder/ladder.h"

/* With a healthy model further down the route. */
enum cure_with_next {
	THEN_STOP,
	THEN_NEXT,
	THEN_QUICK, /* once more here, at once or nearly so; then the next */
};

enum breaker_effect {
	SAYS_NOTHING, /* about the provider or the model */
	COUNTS,
	OPENS, /* the next call would fail in the same way */
};

struct cure {
	enum cure_with_next with_next;
	bool retried; /* alone: tried again with backoff; else the call has failed */
	bool mended;  /* first of all, while there is something to mend */
	bool models;  /* speaks against the model, not its provider */
	enum breaker_effect breaker;
	bool alert; /* a person has to mend it */
	const char *reason;
};

const struct cure *cure_of(enum failure_class class);

#endif

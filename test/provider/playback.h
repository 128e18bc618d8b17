/* One answer on its way out: bytes, waits and an end, in order. */
#ifndef PROVIDER_PLAYBACK_H
#define PROVIDER_PLAYBACK_H

#include "script.h"
#include "wire.h"

enum moment {
	MOMENT_BYTES, /* up to `end` of the body */
	MOMENT_HEADERS,
	MOMENT_WAIT, /* `wait_ms`, or < 0: for ever */
	MOMENT_CUT,
	MOMENT_END,
};

struct piece {
	enum moment moment;
	size_t end;
	int64_t wait_ms;
};

struct playback {
	struct buffer headers, body;
	struct piece *pieces;
	size_t count, capacity, at;
	size_t sent; /* bytes of the body */
	bool chunked, headers_sent, reset;
};

struct playback_request {
	const struct wire *wire;
	const char *model;
	unsigned number;
	bool at_once; /* all in one piece */
};

/* `answer` NULL: a plain "ok". */
void playback_init(struct playback *play, const struct answer *answer,
		   const struct playback_request *request);
void playback_clear(struct playback *play);

/* Appends what is to be written next to `out` and says what comes after it: BYTES (call again once
 * it is written), WAIT (call again after *ret_wait_ms; < 0: never), CUT or END. */
enum moment playback_next(struct playback *play, struct buffer *out, int64_t *ret_wait_ms);

#endif

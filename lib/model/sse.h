/* Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): bytes in,
 * events out, for any split of the bytes the same; or, for Ollama, lines of JSON, each the data of
 * an event without a name.
 *
 * CR, LF and CRLF end a line; one BOM at the start is dropped; lines of data are joined by LF. Two
 * things differ from the standard: comments are told (they show life), and an event that the end of
 * input finds unfinished is still delivered, because some servers leave out its blank line. */
#ifndef MODEL_SSE_H
#define MODEL_SSE_H

#include "base/buffer.h"
#include "base/error.h"

struct sse_event {
	struct span name; /* of the `event:` field; empty: none */
	struct span data;
	bool comment; /* a line that began with a colon; data is the rest of it */
};

/* A non-zero return ends the feeding with that value. */
typedef int (*sse_sink)(void *context, const struct sse_event *event, struct error *error);

struct sse {
	struct buffer line; /* the beginning of a line whose end has not come yet */
	struct buffer data, name;
	bool has_data;
	bool after_cr; /* an LF that comes next belongs to that line end */
	bool begun;    /* the first line, where a BOM may be, is over */
	bool bare;     /* a line is an event, a blank one is nothing */
	sse_sink sink;
	void *context;
};

/* `max` bounds a line and the data of one event. */
void sse_init(struct sse *sse, size_t max, sse_sink sink, void *context);
void sse_clear(struct sse *sse);

/* ERROR_TOO_LARGE: over the maximum. */
int sse_feed(struct sse *sse, struct span bytes, struct error *error);
int sse_finish(struct sse *sse, struct error *error);

CLEANUP_DEFINE_VALUE(struct sse, sse_clear)

#endif

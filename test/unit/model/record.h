/* Runs a stream in pieces and writes down all that came of it as text, so that two runs can be
 * compared and a row can say what it expects. */
#ifndef TEST_MODEL_RECORD_H
#define TEST_MODEL_RECORD_H

#include "model/model.h"

/* cmocka wants these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct record {
	struct buffer events; /* a line each: "text …" (adjacent ones joined), "call NAME
				 ARGUMENTS", "progress", "ping" */
	bool in_text;
	struct model_stream *stream;
	struct model_reply *reply; /* NULL: it failed */
	int result;                /* of the first feed or finish that failed */
	struct error error;
};

void record_begin(struct record *record, const char *format);
void record_feed(struct record *record, struct span bytes);
void record_finish(struct record *record);
void record_clear(struct record *record);

/* All at once, in two pieces, byte by byte. */
void record_run(struct record *record, const char *format, struct span bytes, size_t cut);
void record_run_bytes(struct record *record, const char *format, struct span bytes);

/* The same in a few words: "TEXT" NAME{ARGUMENTS} NAME!MALFORMED stop
 * input/read/write/output/reasoning, or the failure's code and message. A usage that is not known
 * is "?". */
void record_describe(const struct record *record, struct buffer *out);

/* One row: `stream` with ' for ". It is run in every two pieces, byte by byte, and with CRLF and CR
 * for LF; all have to tell `events` (NULL: not looked at) and end as `outcome` says. */
struct stream_row {
	const char *name, *stream, *events, *outcome;
};
/* The bytes meant by a row's stream: " for each ' and `end` for each LF. The caller frees them. */
char *stream_row_bytes(const char *stream, const char *end);
void stream_row_check(const char *format, const struct stream_row *row);

/* The reply, or the failure, as one JSON text without what the row does not care for. */
char *record_outcome(const struct record *record);

CLEANUP_DEFINE_VALUE(struct record, record_clear)

#endif

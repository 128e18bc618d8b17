/* A stream of one wire format: server-sent events, or one whole JSON answer from a server that does
 * not stream, into a draft. */
#ifndef MODEL_STREAM_H
#define MODEL_STREAM_H

#include "draft.h"
#include "sse.h"

struct stream_kind {
	const char *name;
	/* One event. */
	int (*take)(struct model_stream *stream, const struct sse_event *event,
		    struct error *error);
	/* The answer as one JSON object, not as a stream. */
	int (*take_whole)(struct model_stream *stream, const json_t *answer, struct error *error);
};

enum stream_body { BODY_NOT_BEGUN, BODY_EVENTS, BODY_WHOLE, BODY_PAGE };

#define STREAM_BLOCKS_MAX 512

struct block; /* of anthropic_stream.c */

struct model_stream {
	const struct stream_kind *kind;
	struct sse sse;
	struct draft draft;
	char *provider;
	enum stream_body body;
	struct buffer whole;
	bool terminal; /* the server said that the reply is complete */
	bool ended;    /* nothing that follows counts */
	bool at_end;   /* the input is over: what is not whole was cut */
	int failure;   /* what feed returned and goes on returning */
	struct error error;
	unsigned round; /* counts events */
	bool began;     /* anthropic: message_start has come */
	struct block *blocks;
	size_t block_count, block_capacity;
};

extern const struct stream_kind stream_openai, stream_anthropic;
void anthropic_blocks_clear(struct model_stream *stream);

struct model_stream *stream_new(const struct stream_kind *kind, const char *provider,
				model_event_sink sink, void *context);

/* Parses an event's data to an object (a list of one is unwrapped). Fused or cut JSON is a failure
 * of the stream: ERROR_PROTOCOL, ERROR_CLOSED at the end of input. New reference. */
int stream_parse(const struct model_stream *stream, const struct sse_event *event,
		 json_t **ret_object, struct error *error);

/* ERROR_REMOTE with the server's words when `answer` is an error report, else 0. */
int stream_check_error(const json_t *answer, bool named_error, struct error *error);

#endif

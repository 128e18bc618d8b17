/* A stream of one wire format: server-sent events, lines of JSON, or one whole JSON answer from a
 * server that does not stream, into a draft. */
#ifndef MODEL_STREAM_H
#define MODEL_STREAM_H

#include "draft.h"
#include "repeat.h"
#include "sse.h"

struct stream_kind {
	const char *name;
	/* One event. */
	int (*take)(struct model_stream *stream, const struct sse_event *event,
		    struct error *error);
	/* The answer as one JSON object, not as a stream. NULL: the format's streams are lines of
	 * JSON, and such an answer is one that has one line. */
	int (*take_whole)(struct model_stream *stream, const json_t *answer, struct error *error);
};

enum stream_body { BODY_NOT_BEGUN, BODY_EVENTS, BODY_WHOLE, BODY_PAGE };

#define STREAM_BLOCKS_MAX 512

struct block; /* of anthropic_stream.c */
struct item;  /* of responses_stream.c */

struct model_stream {
	const struct stream_kind *kind;
	struct sse sse;
	struct draft draft;
	struct repeat repeat;
	struct span plain; /* within take: the text that is all of the event's effect, or empty */
	char *provider;
	enum stream_body body;
	struct buffer whole;
	bool terminal; /* the server said that the reply is complete */
	bool ended;    /* nothing that follows counts */
	bool at_end;   /* the input is over: what is not whole was cut */
	int failure;   /* what feed returned and goes on returning */
	struct error error;
	json_t *report; /* the error as the server told it inside the stream, or NULL */
	unsigned round; /* counts events */
	bool began;     /* anthropic: message_start has come */
	struct block *blocks;
	size_t block_count, block_capacity;
	struct item *items; /* responses */
	size_t item_count, item_capacity;
};

extern const struct stream_kind stream_openai, stream_anthropic, stream_ollama, stream_responses;
void anthropic_blocks_clear(struct model_stream *stream);
void responses_items_clear(struct model_stream *stream);

struct model_stream *stream_new(const struct stream_kind *kind, const char *provider,
				model_event_sink sink, void *context);

/* Parses an event's data to an object (a list of one is unwrapped). Fused or cut JSON is a failure
 * of the stream: ERROR_PROTOCOL, ERROR_CLOSED at the end of input. New reference. */
int stream_parse(struct model_stream *stream, const struct sse_event *event, json_t **ret_object,
		 struct error *error);

/* ERROR_REMOTE with the server's words when `answer` is an error report, else 0. */
int stream_check_error(struct model_stream *stream, json_t *answer, bool named_error,
		       struct error *error);

/* Keeps an error report (new reference, taken over) for failure_of_stream. */
void stream_keep_report(struct model_stream *stream, json_t *report);

#endif

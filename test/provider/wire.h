/* The wire formats, written: what Anthropic's Messages, OpenAI's Chat Completions and Responses,
 * and Ollama's chat stream. */
#ifndef PROVIDER_WIRE_H
#define PROVIDER_WIRE_H

#include "base/buffer.h"

/* One stream under work. */
struct stream {
	struct buffer *out;
	const char *model;
	unsigned number; /* of the request; goes into ids */
	unsigned blocks; /* content blocks (Anthropic), output items (Responses) so far */
	unsigned calls;
	unsigned events;     /* Responses numbers them */
	const char *kind;    /* Responses: of the open item */
	const char *open;    /* Ollama, Responses: name of the open call, or NULL */
	struct buffer whole; /* of the open block, where the format tells it once more */
	struct buffer items; /* Responses: the items so far, where it tells them all again */
	const char *stop;    /* NULL: what follows from the content */
	bool usage_known;
	int64_t input, output, cache_read, cache_write;
};

/* Each function appends whole events. The text of a call comes between its begin and its end. */
struct wire {
	const char *name;
	const char *path; /* the end of the URL's path by which a request is recognised */
	const char *type; /* of its streams; NULL: text/event-stream */
	void (*begin)(struct stream *stream);
	void (*text_begin)(struct stream *stream);
	void (*text)(struct stream *stream, struct span piece);
	void (*think_begin)(struct stream *stream);
	void (*think)(struct stream *stream, struct span piece);
	void (*call_begin)(struct stream *stream, const char *name);
	void (*call)(struct stream *stream, struct span piece);
	void (*block_end)(struct stream *stream);
	void (*ping)(struct stream *stream);
	void (*fail)(struct stream *stream, const char *json);
	void (*finish)(struct stream *stream);
};

extern const struct wire wire_anthropic, wire_openai, wire_ollama, wire_responses;

/* By name or by the path of a request; NULL: none. */
const struct wire *wire_find(const char *name);
const struct wire *wire_of_path(const char *path);

/* Appends a JSON string with its quotes. */
void wire_put_string(struct buffer *out, struct span text);

#endif

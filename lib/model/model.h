/* Models: a neutral request and reply, and one file per wire format between them and the bytes.
 *
 *     request --encode--> HTTP body      bytes of a stream --stream_feed--> events, reply
 *
 * Pure: bytes in, values out; the gateway moves them. For any split of a stream into pieces the
 * events and the reply are the same; a stream that ends early is a failure, and a tool call whose
 * arguments were cut never becomes part of a reply. What real servers do to the formats is in
 * each file's comments.
 *
 * The neutral forms travel as JSON between session, agentd and gateway; these structs are their
 * only readers and writers.
 *
 *   request  {"system":[{"text":…, "stable":true}…], "messages":[…], "tools":[…], "max_tokens":N}
 *   tool     {"name":…,"text":…,"parameters":{JSON Schema}}
 *   message  {"role":"user","text":…}
 *            {"role":"assistant","text":…,"calls":[{"id":…,"name":…,"arguments":{…}}…],"opaque":…}
 *            {"role":"tool","results":[{"id":…,"name":…,"content":…,"error":true}…]}
 *   reply    {"text":…,"calls":[…],"stop":"end|tools|length|refusal","usage":{…},"opaque":…}
 * A call whose arguments were no JSON object has "malformed":… (the bytes) for "arguments". A usage
 * that is not known is null.
 *
 * Ids of calls: a reply's are unique within it and depend on the server's only as a seed; an
 * encoder numbers calls and results anew by their place in the transcript, so that a provider never
 * sees an id twice, whatever the servers said before. Encoders also leave out results that belong
 * to no call and answer for calls that have none: every transcript that goes out is paired. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/buffer.h"
#include "base/diagnostic.h"
#include "base/error.h"

#include <jansson.h>

#define MODEL_CALLS_MAX 64                 /* tool calls in one reply */
#define MODEL_ARGUMENTS_MAX (1024 * 1024)  /* bytes of one call's arguments */
#define MODEL_TEXT_MAX (4 * 1024 * 1024)   /* bytes of text in one reply */
#define MODEL_EVENT_MAX (16 * 1024 * 1024) /* bytes of one server-sent event */
#define MODEL_CALL_ID_MAX 9 /* our own ids: 9 of [A-Za-z0-9], which every server takes */

/* ---- tools ---- */

/* Where a tool runs, and what a repetition of it would do. */
enum tool_place { TOOL_LOCAL, TOOL_RUNTIME };
enum tool_effect { TOOL_PURE, TOOL_IDEMPOTENT, TOOL_ONCE };

struct tool {
	const char *name, *text; /* for the model: short */
	enum tool_place place;
	enum tool_effect effect;
	const char *parameters[4]; /* names, NULL-terminated; all strings, all required */
};

/* read_file, list_files, write_file; remember, bulletin_post, bulletin_read. */
const struct tool *tool_table(size_t *ret_count);
const struct tool *tool_find(const char *name);

/* Are `arguments` an object with exactly the tool's parameters, each a string? The error is a
 * sentence for the model. */
int tool_check_arguments(const struct tool *tool, const json_t *arguments, struct error *error);

/* JSON Schema of the parameters (new reference). */
json_t *tool_schema(const struct tool *tool);

/* ---- neutral values ---- */

struct model_usage {
	bool known;
	int64_t input_tokens; /* all of the prompt but what the next two count */
	int64_t cache_read_tokens, cache_write_tokens;
	int64_t output_tokens;    /* reasoning included */
	int64_t reasoning_tokens; /* of these */
};

enum model_stop { MODEL_STOP_END, MODEL_STOP_TOOLS, MODEL_STOP_LENGTH, MODEL_STOP_REFUSAL };

struct model_call {
	char id[MODEL_CALL_ID_MAX + 1];
	char *name;        /* as the model wrote it, maybe empty */
	json_t *arguments; /* an object; NULL when they were no valid JSON object: never run, … */
	char *malformed;   /* … answered with an error result that quotes these bytes */
};

struct model_reply {
	char *text; /* never NULL */
	struct model_call *calls;
	size_t call_count;
	enum model_stop stop; /* decided by content: calls mean TOOLS whatever the server said; a
				 refusal has no calls */
	struct model_usage usage;
	json_t *opaque;   /* what this provider wants back with the message (reasoning_content,
			     signatures), or NULL; {"provider":…,…} */
	char *request_id; /* the provider's, or NULL */
};

json_t *model_reply_to_json(const struct model_reply *reply);
int model_reply_from_json(const json_t *json, struct model_reply **ret_reply, struct error *error);
void model_reply_free(struct model_reply *reply);

/* A transcript in the making, as the neutral request. All take over no reference. */
json_t *model_request_new(int64_t max_tokens);
void model_request_add_system(json_t *request, struct span text, bool stable);
void model_request_add_tool(json_t *request, const struct tool *tool);
void model_request_add_user(json_t *request, struct span text);
void model_request_add_reply(json_t *request, const struct model_reply *reply);
/* Results of one reply's calls go into one message, in the order of the calls. */
void model_request_add_result(json_t *request, const struct model_call *call, struct span content,
			      bool is_error);

/* ---- wire formats ---- */

struct model_target {
	const char *provider; /* name, for `opaque` */
	const char *model;    /* the provider's name for it */
	const char *base_url;
	const char *key;    /* NULL: none */
	const char *script; /* rehearsal: text of REHEARSAL.md, or NULL */
};

struct model_http {
	char *url;
	struct buffer body;
	char *headers[8]; /* "Name: value", NULL-terminated; may hold the key */
};
void model_http_clear(struct model_http *http);

/* What came in, as it comes. */
enum model_event_kind {
	MODEL_EVENT_TEXT,     /* a piece of text */
	MODEL_EVENT_CALL,     /* a call is complete: `name` and arguments as text */
	MODEL_EVENT_PROGRESS, /* the model works (thinking, a piece of arguments) */
	MODEL_EVENT_PING,     /* alive, no progress */
};
struct model_event {
	enum model_event_kind kind;
	struct span text; /* CALL: the arguments */
	struct span name;
};
typedef void (*model_event_sink)(void *context, const struct model_event *event);

struct model_stream;

struct model_format {
	const char *name; /* "anthropic", "openai" */
	int (*encode)(const json_t *request, const struct model_target *target,
		      struct model_http *ret_http, struct error *error);
	struct model_stream *(*stream_new)(const char *provider, model_event_sink sink,
					   void *context);
};
const struct model_format *model_format_find(const char *name); /* NULL: none */

/* Feeds bytes. After an error the stream stays failed. ERROR_REMOTE: the server reported an error
 * inside the stream (message is its own, cut); ERROR_PROTOCOL: what came is not the format. */
int model_stream_feed(struct model_stream *stream, struct span bytes, struct error *error);

/* The end of input. Fails with ERROR_CLOSED when the stream had not ended of itself: what it had is
 * partial, and *ret_reply stays untouched. */
int model_stream_finish(struct model_stream *stream, struct model_reply **ret_reply,
			struct error *error);
void model_stream_free(struct model_stream *stream);

/* An error answer (status >= 400) as one sentence: the server's own message out of any shape of
 * body (object, array, bare string, HTML, empty). */
void model_error_text(int status, struct span body, struct buffer *out);

/* ---- rehearsal ---- */

/* Acts out a REHEARSAL.md: `## When TEXT` with a list of `say: …` and `call TOOL: …`. The first
 * section whose TEXT is contained in the beat's heading or the message (ASCII case ignored) is
 * played; a turn is its next `say`s and the `call`s behind them; a `say` behind a call begins the
 * next turn. An argument is the tool's one parameter, or a JSON object. Items go on over indented
 * lines; what is no `say` or `call` is ignored. Without script or section it says that no model is
 * configured and calls nothing. The stage it is at follows from the request alone: the assistant
 * messages behind the last user text. Its usage is known and zero. */
int model_rehearse(const json_t *request, const char *script, struct model_reply **ret_reply,
		   struct error *error);

/* What in a REHEARSAL.md will not be played as its writer meant it. Set found->file first. */
void model_rehearsal_check(struct span script, struct diagnostics *found);

CLEANUP_DEFINE(struct model_reply *, model_reply_free)
CLEANUP_DEFINE(struct model_stream *, model_stream_free)
CLEANUP_DEFINE_VALUE(struct model_http, model_http_clear)

#endif

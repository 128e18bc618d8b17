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
 *   message  {"role":"user","text":…,"runtime":true}       runtime: a note, no person's words
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

/* read_file, list_files, write_file; remember, bulletin_post, bulletin_read,
 * tell_person. */
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
/* A user's message to every server, but no one's words: the rehearsal model passes over it. */
void model_request_add_note(json_t *request, struct span text);
void model_request_add_reply(json_t *request, const struct model_reply *reply);
/* Results of one reply's calls go into one message, in the order of the calls. */
void model_request_add_result(json_t *request, const struct model_call *call, struct span content,
			      bool is_error);

/* ---- wire formats ---- */

/* What a model's server is known to refuse, learned from its refusals: each is one mend of the
 * request. Bits, kept in state.db by value: never renumbered. */
enum model_quirk {
	QUIRK_MAX_COMPLETION_TOKENS = 1 << 0, /* openai: the newer name of max_tokens */
	QUIRK_NO_STREAM_OPTIONS = 1 << 1,     /* openai: no usage is asked for */
	QUIRK_NO_STREAM = 1 << 2,             /* answers come whole */
	QUIRK_NO_TOOLS = 1 << 3,              /* it has none */
	QUIRK_NO_CACHE_CONTROL = 1 << 4,      /* anthropic: no breakpoints */
	QUIRK_NO_REASONING = 1 << 5,          /* its reasoning is not sent back */
	QUIRK_NO_SYSTEM = 1 << 6,             /* the system text leads the first user turn */
	QUIRK_FLAT = 1 << 7,                  /* past calls and results are told as text */
	QUIRK_WORDS_FIRST = 1 << 8, /* no user speaks right behind results: words come between */
};

struct model_target {
	const char *provider; /* name, for `opaque` */
	const char *model;    /* the provider's name for it */
	const char *base_url;
	const char *key;    /* NULL: none */
	const char *script; /* rehearsal: text of REHEARSAL.md, or NULL */
	int64_t context;    /* tokens of its window, 0: not known; ollama: num_ctx */
	unsigned quirks;    /* of enum model_quirk */
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

/* A wire format: "anthropic", "openai", "ollama", "responses"; NULL: no such. */
struct model_format;
const struct model_format *model_format_find(const char *name);

/* The request as this format says it. ERROR_INVALID: it is no neutral request. */
int model_encode(const struct model_format *format, const json_t *request,
		 const struct model_target *target, struct model_http *ret_http,
		 struct error *error);

/* What reads the answer of that provider; `sink` (may be NULL) hears of each event. */
struct model_stream *model_stream_new(const struct model_format *format, const char *provider,
				      model_event_sink sink, void *context);

/* Names the model that was asked for, before anything is fed: what the reply holds for its provider
 * (`opaque`) then goes back to that model alone. Without it the name that the server gives counts,
 * which may be another. */
void model_stream_set_model(struct model_stream *stream, const char *model);

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

/* ---- failures ---- */

/* Why a call brought no reply, in classes that each have one cure (lib/ladder/ladder.h). Written to
 * state.db by name. */
enum failure_class {
	FAILURE_NONE,
	FAILURE_NAME,       /* no such host */
	FAILURE_CONNECT,    /* refused, unreachable, or not within its clock */
	FAILURE_TLS,        /* no handshake, or the certificate is refused */
	FAILURE_FIRST_BYTE, /* its clock ran out */
	FAILURE_PROGRESS,   /* its clock ran out */
	FAILURE_BROKEN,     /* the answer broke off, or ended before its end */
	FAILURE_FORMAT,     /* what came is not the format: HTML, fused JSON, too large */
	FAILURE_EMPTY,      /* a whole answer with neither text nor calls */
	FAILURE_SERVER,     /* 5xx, and errors of no known kind inside a stream */
	FAILURE_OVERLOADED, /* 529, 503, "overloaded", a model that is still being loaded */
	FAILURE_BUSY,       /* 408, 409, 425 */
	FAILURE_RATE,       /* slow down */
	FAILURE_MONEY,      /* the account at the provider is out of money, or at its spend cap */
	FAILURE_KEY,        /* 401, or there is no key to send */
	FAILURE_FORBIDDEN,  /* 403 */
	FAILURE_MODEL,      /* no such model, or no such address */
	FAILURE_OVERFLOW,   /* the request and the answer do not fit the model's context */
	FAILURE_PARAMETER,  /* a parameter is refused */
	FAILURE_HISTORY,    /* the transcript is refused, or the server chokes on it */
	FAILURE_CONTENT,    /* refused by a content filter or policy */
	FAILURE_REQUEST,    /* any other refusal of the request: it would be refused again */
	FAILURE_GATEWAY,    /* agentd-gateway died meanwhile, or cannot be started */
	FAILURE_CANCELLED,
	FAILURE_CLASSES,
};

struct model_failure {
	enum failure_class class;
	int status;             /* of the HTTP answer, 0: none came */
	int64_t retry_after_ms; /* < 0: not given */
	unsigned quirk;     /* PARAMETER, HISTORY: what would mend the request; 0: nothing known */
	int64_t context;    /* OVERFLOW: tokens of the window as the server told, 0: it did not */
	int64_t max_tokens; /* OVERFLOW: what would still fit as max_tokens, 0: not told */
	bool charged;       /* the model may have worked: what it cost is not known */
	char message[512];  /* the server's or libcurl's words, one line, never a key */
};

const char *failure_name(enum failure_class class); /* "rate", "first_byte", … */
enum failure_class failure_find(const char *name);  /* NONE: no such name */

/* Of an HTTP answer that is no 2xx. Decided by the body's code and type before its words, by those
 * before the status; only the server's own error report is looked at, never text that it quotes.
 * `request_tokens`, `context`: about what was sent and the window as configured (0: not known), for
 * the rule of two numbers (field/wire.md 9). */
void failure_of_answer(int status, struct span body, int64_t retry_after_ms, int64_t request_tokens,
		       int64_t context, struct model_failure *ret_failure);
/* Of a stream: `error` is what feed or finish returned. An error inside a stream is judged like an
 * answer's body. */
void failure_of_stream(const struct model_stream *stream, const struct error *error,
		       int64_t request_tokens, int64_t context, struct model_failure *ret_failure);
/* A whole reply that is none: nothing in it; an `ollama` server that silently cut the prompt
 * (prompt tokens far below what was sent, or prompt and answer fill the window to the token). Is it
 * one? `request_bytes` as model_request_bytes. */
bool failure_of_reply(const char *kind, const struct model_reply *reply, int64_t request_bytes,
		      int64_t context, struct model_failure *ret_failure);

json_t *failure_to_json(const struct model_failure *failure);
int failure_from_json(const json_t *json, struct model_failure *ret_failure, struct error *error);

/* ---- the size of a request ---- */

/* Bytes of all that the model has to read: the bound of its input tokens is made of them. */
int64_t model_request_bytes(const json_t *request);

/* A copy that has at most `max_bytes`, made by cutting the contents of tool results, the oldest
 * first, then the oldest assistant texts and call arguments, never system texts, user texts or the
 * latest reply's results where anything else is left to cut; what was cut says so. Pairs stay
 * whole. Returns a new reference, or NULL when it cannot be made that small: cutting what is cut
 * already gains nothing. */
json_t *model_request_shrink(const json_t *request, int64_t max_bytes);

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

/* A reply in the making: what both wire formats add to piece by piece, and what becomes of it at
 * the end. Whether a call's arguments are whole is decided here, once, for all formats. */
#ifndef MODEL_DRAFT_H
#define MODEL_DRAFT_H

#include "model.h"
#include "reasoning.h"
#include "usage.h"

#define DRAFT_MALFORMED_MAX 2000 /* bytes quoted of arguments that are no JSON object */
#define DRAFT_NAME_MAX 128

struct draft_call {
	char *key;      /* the server's id, or NULL */
	int64_t index;  /* the server's number, -1: none */
	unsigned round; /* the delta that touched it last */
	struct buffer name, arguments;
	size_t depth; /* of the arguments so far */
	bool in_string, escaped;
	bool whole;          /* the arguments form a closed object */
	bool duplicate_keys; /* they came as an object that names a key twice */
	json_t *extra;       /* wanted back with the call, or NULL */
	json_t *parsed;      /* set by draft_close */
};

struct draft {
	struct buffer text;
	struct draft_call *calls;
	size_t call_count, call_capacity;
	bool cut;          /* the server ended for length: its last call may be a part */
	bool call_is_last; /* nothing came behind the last call */
	bool refused;
	bool closed;
	struct usage_report usage;
	struct reasoning reasoning;
	char *request_id, *model;
	size_t extra_size; /* bytes of all calls' `extra` */
	model_event_sink sink;
	void *context;
};

void draft_init(struct draft *draft, model_event_sink sink, void *context);
void draft_clear(struct draft *draft);

void draft_tell(struct draft *draft, enum model_event_kind kind);
/* ERROR_TOO_LARGE over MODEL_TEXT_MAX. */
int draft_add_text(struct draft *draft, struct span text, struct error *error);
void draft_set_id(struct draft *draft, struct span id);
void draft_set_model(struct draft *draft, struct span model);

/* NULL beyond MODEL_CALLS_MAX: the reply then goes without those calls, and the model sees that. */
struct draft_call *draft_add_call(struct draft *draft);
void draft_add_name(struct draft_call *call, struct span piece);
void draft_add_arguments(struct draft_call *call, struct span piece);

/* Keeps what the provider wants back with a call, within REASONING_MAX for all. */
void draft_set_extra(struct draft *draft, struct draft_call *call, json_t *extra);

/* The server said that it is done: decides what each call is and tells of those that are whole. */
void draft_close(struct draft *draft);

/* Moves everything into a reply. */
struct model_reply *draft_reply(struct draft *draft, const char *provider);

CLEANUP_DEFINE_VALUE(struct draft, draft_clear)

#endif

/* A neutral request as the encoders see it: checked, in the order providers want, every call paired
 * with exactly one result. */
#ifndef MODEL_TRANSCRIPT_H
#define MODEL_TRANSCRIPT_H

#include "model.h"

#define TRANSCRIPT_BODY_MAX (64 * 1024 * 1024)

/* Is `request` a neutral request? ERROR_INVALID names what is wrong. */
int transcript_check(const json_t *request, struct error *error);

/* Calls the visitor's functions in the order in which a provider has to read the transcript:
 *   - user texts; consecutive ones are told one by one,
 *   - each assistant message, and right behind it the results of its calls, in the order of the
 * calls: one that is missing is told as an error, one that belongs to no call is left out.
 *
 * Of the target's quirks these are honoured here, for every format: NO_REASONING (there is no
 * `own`), NO_SYSTEM (the system text is the first user text), FLAT and NO_TOOLS (no calls: they and
 * their results are told as texts, and the first thing told is a user's), WORDS_FIRST (a user's
 * text behind results is told behind a word of the assistant's). */
struct transcript_call {
	char id[MODEL_CALL_ID_MAX +
		1];           /* by its place in the transcript: unique there, and the same in
				 every later request, whatever the servers called it */
	char name[65];        /* of [A-Za-z0-9_-] */
	json_t *arguments;    /* an object; of a malformed call an empty one, because llama.cpp
				 answers 500 for ever to a transcript that holds a cut one */
	const json_t *result; /* or NULL: there is none */
	size_t order;
};

struct transcript_visitor {
	void (*user)(void *context, const char *text);
	/* `own` is what this provider's model gave along with the message, or NULL. */
	void (*assistant)(void *context, const char *text, const struct transcript_call *calls,
			  size_t count, const json_t *own);
};

void transcript_visit(const json_t *request, const struct model_target *target,
		      const struct transcript_visitor *visitor, void *context);

/* What a provider is told as the result of a call: the content, or why there is none. */
struct span transcript_result_text(const struct transcript_call *call);
bool transcript_result_failed(const struct transcript_call *call);

/* System sections with text, the stable ones first. `*ret_stable` is the number of those. New
 * reference to an array of strings, empty for QUIRK_NO_SYSTEM. */
json_t *transcript_system(const json_t *request, const struct model_target *target,
			  size_t *ret_stable);

/* The tools to offer; NULL: none, or QUIRK_NO_TOOLS. Borrowed. */
const json_t *transcript_tools(const json_t *request, const struct model_target *target);

/* Is there anything but white space in it? */
bool transcript_has_text(const char *text);

/* Puts `body` into http->body, small. ERROR_TOO_LARGE over TRANSCRIPT_BODY_MAX. */
int transcript_write(const json_t *body, struct model_http *http, struct error *error);

/* Adds "NAME: VALUE" to the headers. ERROR_INVALID when value would break out of its line. */
int transcript_header(struct model_http *http, const char *name, const char *value,
		      struct error *error);

/* "Authorization: Bearer KEY". */
int transcript_bearer(struct model_http *http, const char *key, struct error *error);

/* base_url without final slashes, with `tail` unless it ends with it; `fallback` when there is
 * none. */
char *transcript_url(const char *base_url, const char *fallback, const char *tail);

#endif

/* One line of JSON as what JSON-RPC 2.0 says it is, and the lines that we send. Pure. */
#ifndef RPC_MESSAGE_H
#define RPC_MESSAGE_H

#include "base/error.h"
#include "base/span.h"

#include <jansson.h>

#define MESSAGE_ID_MAX 256 /* bytes of an id that is a text: it is kept until the answer */

enum message_kind {
	MESSAGE_BLANK, /* an empty line, from a person at a terminal */
	MESSAGE_REQUEST,
	MESSAGE_NOTIFICATION,
	MESSAGE_RESPONSE,  /* to a request of ours: result or fault */
	MESSAGE_COMPLAINT, /* the other side could not read what we sent: fault */
};

struct message {
	enum message_kind kind;
	json_t *root; /* owned; all below are borrowed from it */
	const char *method;
	const json_t *params; /* object, array or NULL */
	json_t *id;
	const json_t *result, *fault;
};

void message_clear(struct message *message);

/* ERROR_PROTOCOL, and *ret_fault is the code to answer with. */
int message_parse(struct span line, struct message *ret_message, int *ret_fault,
		  struct error *error);

/* New values. Parameters and results are stolen, `id` is borrowed; all may be NULL. */
json_t *message_request(const char *method, json_t *params, uint64_t id);
json_t *message_notification(const char *method, json_t *params);
json_t *message_result(json_t *id, json_t *result);
json_t *message_fault(json_t *id, json_t *fault);

CLEANUP_DEFINE_VALUE(struct message, message_clear)

#endif

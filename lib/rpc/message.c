#include "message.h"

#include "fault.h"

#include <string.h>

void message_clear(struct message *message)
{
	json_decref(message->root);
	*message = (struct message){ 0 };
}

static int refuse(struct error *error, int *ret_fault, const char *why)
{
	*ret_fault = FAULT_INVALID_REQUEST;
	return error_set(error, ERROR_PROTOCOL, "not a message of JSON-RPC 2.0: %s", why);
}

/* Texts and numbers, as the specification wants; NULL would be taken for an error of ours. */
static bool id_is_valid(const json_t *id)
{
	return json_is_number(id) ||
	       (json_is_string(id) && json_string_length(id) <= MESSAGE_ID_MAX);
}

static int classify_call(struct message *m, struct error *error, int *ret_fault)
{
	json_t *method = json_object_get(m->root, "method");

	m->method = json_string_value(method);
	m->params = json_object_get(m->root, "params");
	m->kind = m->id ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
	if (!m->method)
		return refuse(error, ret_fault, "\"method\" has to be a text");
	if (m->result || m->fault)
		return refuse(error, ret_fault, "\"method\" beside a result or an error");
	if (m->params && !json_is_object(m->params) && !json_is_array(m->params))
		return refuse(error, ret_fault, "\"params\" has to be an object or a list");
	if (m->id && !id_is_valid(m->id))
		return refuse(error, ret_fault, "\"id\" has to be a short text or a number");
	return 0;
}

static int classify_response(struct message *m, struct error *error, int *ret_fault)
{
	m->kind = json_is_null(m->id) && m->fault ? MESSAGE_COMPLAINT : MESSAGE_RESPONSE;
	if (!m->result == !m->fault)
		return refuse(error, ret_fault, "neither a method nor one result or error");
	if (m->fault && !json_is_object(m->fault))
		return refuse(error, ret_fault, "\"error\" has to be an object");
	if (!m->id)
		return refuse(error, ret_fault, "a response without \"id\"");
	return 0;
}

static int classify(struct message *m, int *ret_fault, struct error *error)
{
	const char *version = json_string_value(json_object_get(m->root, "jsonrpc"));

	if (json_is_array(m->root))
		return refuse(error, ret_fault, "batches are not taken; send one message a line");
	if (!version || strcmp(version, "2.0"))
		return refuse(error, ret_fault, "\"jsonrpc\":\"2.0\" is missing");
	m->id = json_object_get(m->root, "id");
	m->result = json_object_get(m->root, "result");
	m->fault = json_object_get(m->root, "error");
	if (json_object_get(m->root, "method"))
		return classify_call(m, error, ret_fault);
	return classify_response(m, error, ret_fault);
}

int message_parse(struct span line, struct message *ret_message, int *ret_fault,
		  struct error *error)
{
	CLEANUP(message_clear) struct message m = { 0 };
	json_error_t place;
	int r;

	if (!span_trim(line).length) {
		*ret_message = m;
		return 0;
	}
	m.root = json_loadb(line.data, line.length, JSON_REJECT_DUPLICATES, &place);
	if (!m.root) {
		*ret_fault = FAULT_PARSE;
		return error_set(error, ERROR_PROTOCOL, "not a line of JSON: %s, at byte %d",
				 place.text, place.position);
	}
	r = classify(&m, ret_fault, error);
	if (r)
		return r;
	*ret_message = m;
	m.root = NULL;
	return 0;
}

static json_t *envelope(void)
{
	json_t *message = json_object();

	json_object_set_new(message, "jsonrpc", json_string("2.0"));
	return message;
}

json_t *message_notification(const char *method, json_t *params)
{
	json_t *message = envelope();

	json_object_set_new(message, "method", json_string(method));
	if (params)
		json_object_set_new(message, "params", params);
	return message;
}

json_t *message_request(const char *method, json_t *params, uint64_t id)
{
	json_t *message = message_notification(method, params);

	json_object_set_new(message, "id", json_integer((json_int_t)id));
	return message;
}

static json_t *response(json_t *id, const char *key, json_t *value)
{
	json_t *message = envelope();

	json_object_set_new(message, key, value ? value : json_null());
	json_object_set_new(message, "id", id ? json_incref(id) : json_null());
	return message;
}

json_t *message_result(json_t *id, json_t *result)
{
	return response(id, "result", result);
}

json_t *message_fault(json_t *id, json_t *fault)
{
	return response(id, "error", fault);
}

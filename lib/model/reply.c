/* The neutral reply as JSON and back. What comes back came from another process: nothing is
 * believed. */
#include "model.h"
#include "wire.h"

#include <ctype.h>

#define COUNT_MAX 1000000000000 /* as in usage.c */

static const char *const stop_words[] = {
	[MODEL_STOP_END] = "end",
	[MODEL_STOP_TOOLS] = "tools",
	[MODEL_STOP_LENGTH] = "length",
	[MODEL_STOP_REFUSAL] = "refusal",
};

struct usage_field {
	const char *key;
	size_t offset;
};

static const struct usage_field usage_fields[] = {
	{ "input_tokens", offsetof(struct model_usage, input_tokens) },
	{ "cache_read_tokens", offsetof(struct model_usage, cache_read_tokens) },
	{ "cache_write_tokens", offsetof(struct model_usage, cache_write_tokens) },
	{ "output_tokens", offsetof(struct model_usage, output_tokens) },
	{ "reasoning_tokens", offsetof(struct model_usage, reasoning_tokens) },
};

static json_t *usage_to_json(const struct model_usage *usage)
{
	json_t *json = json_object();

	for (size_t i = 0; i < ARRAY_LENGTH(usage_fields); i++)
		json_object_set_new(
			json, usage_fields[i].key,
			json_integer(*(const int64_t *)(const void *)((const char *)usage +
								      usage_fields[i].offset)));
	return json;
}

static json_t *call_to_json(const struct model_call *call)
{
	json_t *json = json_object();

	json_object_set_new(json, "id", json_string(call->id));
	json_object_set_new(json, "name", wire_string(span_of(call->name)));
	if (call->arguments)
		json_object_set(json, "arguments", call->arguments);
	else
		json_object_set_new(json, "malformed", wire_string(span_of(call->malformed)));
	return json;
}

json_t *model_reply_to_json(const struct model_reply *reply)
{
	json_t *json = json_object(), *calls = json_array();

	for (size_t i = 0; i < reply->call_count; i++)
		json_array_append_new(calls, call_to_json(&reply->calls[i]));
	json_object_set_new(json, "text", wire_string(span_of(reply->text)));
	json_object_set_new(json, "calls", calls);
	json_object_set_new(json, "stop", json_string(stop_words[reply->stop]));
	json_object_set_new(json, "usage",
			    reply->usage.known ? usage_to_json(&reply->usage) : json_null());
	if (reply->opaque)
		json_object_set(json, "opaque", reply->opaque);
	if (reply->request_id)
		json_object_set_new(json, "request_id", wire_string(span_of(reply->request_id)));
	return json;
}

void model_reply_free(struct model_reply *reply)
{
	if (!reply)
		return;
	for (size_t i = 0; i < reply->call_count; i++) {
		free(reply->calls[i].name);
		free(reply->calls[i].malformed);
		json_decref(reply->calls[i].arguments);
	}
	free(reply->calls);
	free(reply->text);
	free(reply->request_id);
	json_decref(reply->opaque);
	free(reply);
}

/* ---- from JSON ---- */

static int refuse(struct error *error, const char *what)
{
	return error_set(error, ERROR_PROTOCOL, "the reply is not one: %s", what);
}

static int read_text(const json_t *json, const char *key, size_t max, char **ret_text,
		     struct error *error)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_string(value) || json_string_length(value) > max ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return refuse(error, key);
	*ret_text = xstrdup(json_string_value(value));
	return 0;
}

static bool id_valid(struct span id)
{
	for (size_t i = 0; i < id.length; i++)
		if (!isalnum((unsigned char)id.data[i]))
			return false;
	return id.length > 0 && id.length <= MODEL_CALL_ID_MAX;
}

static int read_call(const json_t *json, struct model_call *call, struct error *error)
{
	struct span id = wire_get_text(json, "id");
	int r = read_text(json, "name", 256, &call->name, error);

	if (r)
		return r;
	if (!id_valid(id))
		return refuse(error, "id");
	memcpy(call->id, id.data, id.length);
	if (json_object_get(json, "malformed"))
		return read_text(json, "malformed", MODEL_ARGUMENTS_MAX, &call->malformed, error);
	if (!wire_get_object(json, "arguments"))
		return refuse(error, "arguments");
	call->arguments = json_incref(wire_get_object(json, "arguments"));
	return 0;
}

static int read_calls(const json_t *json, struct model_reply *reply, struct error *error)
{
	const json_t *list = json_object_get(json, "calls");
	size_t count = json_array_size(list);

	if (list && (!json_is_array(list) || count > MODEL_CALLS_MAX))
		return refuse(error, "calls");
	if (count)
		reply->calls = xcalloc(count, sizeof(*reply->calls));
	for (size_t i = 0; i < count; i++) {
		int r;

		reply->call_count = i + 1;
		r = read_call(json_array_get(list, i), &reply->calls[i], error);
		if (r)
			return r;
	}
	return 0;
}

static int read_stop(const json_t *json, enum model_stop *ret_stop, struct error *error)
{
	struct span word = wire_get_text(json, "stop");

	for (size_t i = 0; i < ARRAY_LENGTH(stop_words); i++) {
		if (span_equal(word, span_of(stop_words[i]))) {
			*ret_stop = (enum model_stop)i;
			return 0;
		}
	}
	return refuse(error, "stop");
}

static int read_usage(const json_t *json, struct model_usage *ret_usage, struct error *error)
{
	const json_t *usage = json_object_get(json, "usage");
	struct model_usage read = { .known = true };

	if (!usage || json_is_null(usage))
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(usage_fields); i++) {
		const json_t *value = json_object_get(usage, usage_fields[i].key);
		json_int_t count = json_integer_value(value);

		if (!json_is_integer(value) || count < 0 || count > COUNT_MAX)
			return refuse(error, usage_fields[i].key);
		*(int64_t *)(void *)((char *)&read + usage_fields[i].offset) = count;
	}
	*ret_usage = read;
	return 0;
}

static int read_optional(const json_t *json, struct model_reply *reply, struct error *error)
{
	json_t *opaque = json_object_get(json, "opaque");

	if (opaque && !json_is_object(opaque) && !json_is_null(opaque))
		return refuse(error, "opaque");
	if (json_is_object(opaque))
		reply->opaque = json_incref(opaque);
	if (json_is_string(json_object_get(json, "request_id")))
		return read_text(json, "request_id", 1024, &reply->request_id, error);
	return 0;
}

int model_reply_from_json(const json_t *json, struct model_reply **ret_reply, struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = xcalloc(1, sizeof(*reply));
	int r;

	if (!json_is_object(json))
		return refuse(error, "no object");
	r = read_text(json, "text", MODEL_TEXT_MAX, &reply->text, error);
	r = r ? r : read_calls(json, reply, error);
	r = r ? r : read_stop(json, &reply->stop, error);
	r = r ? r : read_usage(json, &reply->usage, error);
	r = r ? r : read_optional(json, reply, error);
	if (!r)
		*ret_reply = steal_pointer(&reply);
	return r;
}

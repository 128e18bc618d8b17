/* Names of failures, and their way between processes. */
#include "model.h"
#include "wire.h"

#define WAIT_MAX_MS 1000000000000
#define TOKENS_MAX 1000000000000

static const char *const names[FAILURE_CLASSES] = {
	[FAILURE_NONE] = "none",
	[FAILURE_NAME] = "name",
	[FAILURE_CONNECT] = "connect",
	[FAILURE_TLS] = "tls",
	[FAILURE_FIRST_BYTE] = "first_byte",
	[FAILURE_PROGRESS] = "progress",
	[FAILURE_BROKEN] = "broken",
	[FAILURE_FORMAT] = "format",
	[FAILURE_EMPTY] = "empty",
	[FAILURE_SERVER] = "server",
	[FAILURE_OVERLOADED] = "overloaded",
	[FAILURE_BUSY] = "busy",
	[FAILURE_RATE] = "rate",
	[FAILURE_MONEY] = "money",
	[FAILURE_KEY] = "key",
	[FAILURE_FORBIDDEN] = "forbidden",
	[FAILURE_MODEL] = "model",
	[FAILURE_OVERFLOW] = "overflow",
	[FAILURE_PARAMETER] = "parameter",
	[FAILURE_HISTORY] = "history",
	[FAILURE_CONTENT] = "content",
	[FAILURE_REQUEST] = "request",
	[FAILURE_GATEWAY] = "gateway",
	[FAILURE_CANCELLED] = "cancelled",
};

const char *failure_name(enum failure_class class)
{
	return (unsigned)class < FAILURE_CLASSES ? names[class] : names[FAILURE_NONE];
}

enum failure_class failure_find(const char *name)
{
	for (size_t i = 0; name && i < FAILURE_CLASSES; i++)
		if (!strcmp(names[i], name))
			return (enum failure_class)i;
	return FAILURE_NONE;
}

static void set_number(json_t *json, const char *key, int64_t value, int64_t usual)
{
	if (value != usual)
		json_object_set_new(json, key, json_integer(value));
}

json_t *failure_to_json(const struct model_failure *failure)
{
	json_t *json = json_object();

	json_object_set_new(json, "class", json_string(failure_name(failure->class)));
	set_number(json, "status", failure->status, 0);
	set_number(json, "retry_after_ms",
		   failure->retry_after_ms < 0 ? -1 : failure->retry_after_ms, -1);
	set_number(json, "quirk", failure->quirk, 0);
	set_number(json, "context", failure->context, 0);
	set_number(json, "max_tokens", failure->max_tokens, 0);
	if (failure->charged)
		json_object_set_new(json, "charged", json_true());
	json_object_set_new(json, "message", wire_string(span_of(failure->message)));
	return json;
}

static int refuse(struct error *error, const char *what)
{
	return error_set(error, ERROR_PROTOCOL, "the failure is not one: %s", what);
}

struct number {
	const char *key;
	int64_t usual, most;
};

enum { NUMBER_STATUS, NUMBER_WAIT, NUMBER_QUIRK, NUMBER_CONTEXT, NUMBER_MAX_TOKENS, NUMBERS };

static const struct number numbers[NUMBERS] = {
	[NUMBER_STATUS] = { "status", 0, 999 },
	[NUMBER_WAIT] = { "retry_after_ms", -1, WAIT_MAX_MS },
	[NUMBER_QUIRK] = { "quirk", 0, (1 << 16) - 1 },
	[NUMBER_CONTEXT] = { "context", 0, TOKENS_MAX },
	[NUMBER_MAX_TOKENS] = { "max_tokens", 0, TOKENS_MAX },
};

static int read_number(const json_t *json, const struct number *number, int64_t *ret_value,
		       struct error *error)
{
	const json_t *value = json_object_get(json, number->key);

	*ret_value = number->usual;
	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < number->usual ||
	    json_integer_value(value) > number->most)
		return refuse(error, number->key);
	*ret_value = json_integer_value(value);
	return 0;
}

int failure_from_json(const json_t *json, struct model_failure *ret_failure, struct error *error)
{
	struct span name = wire_get_text(json, "class"), message = wire_get_text(json, "message");
	struct model_failure failure = {
		.class = failure_find(name.data),
		.charged = json_is_true(json_object_get(json, "charged")),
	};
	int64_t values[NUMBERS];

	if (failure.class == FAILURE_NONE)
		return refuse(error, "class");
	if (message.length >= sizeof(failure.message))
		return refuse(error, "message");
	for (size_t i = 0; i < NUMBERS; i++) {
		int r = read_number(json, &numbers[i], &values[i], error);

		if (r)
			return r;
	}
	failure.status = (int)values[NUMBER_STATUS];
	failure.retry_after_ms = values[NUMBER_WAIT];
	failure.quirk = (unsigned)values[NUMBER_QUIRK];
	failure.context = values[NUMBER_CONTEXT];
	failure.max_tokens = values[NUMBER_MAX_TOKENS];
	memcpy(failure.message, message.length ? message.data : "", message.length);
	*ret_failure = failure;
	return 0;
}

#include "transcript.h"

#include "wire.h"

#include <ctype.h>

/* ---- checks ---- */

static int refuse(struct error *error, const char *what)
{
	return error_set(error, ERROR_INVALID, "this is no neutral request: %s", what);
}

static bool all_have_text(const json_t *list, const char *key)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (!json_is_string(json_object_get(item, key)))
			return false;
	}
	return true;
}

static bool calls_valid(const json_t *calls)
{
	return !calls || (json_is_array(calls) && json_array_size(calls) <= MODEL_CALLS_MAX &&
			  all_have_text(calls, "id") && all_have_text(calls, "name"));
}

static bool results_valid(const json_t *results)
{
	return json_is_array(results) && all_have_text(results, "id") &&
	       all_have_text(results, "content");
}

static bool message_valid(const json_t *message)
{
	struct span role = wire_get_text(message, "role");

	if (span_equal(role, SPAN("tool")))
		return results_valid(json_object_get(message, "results"));
	if (!json_is_string(json_object_get(message, "text")))
		return false;
	if (span_equal(role, SPAN("assistant")))
		return calls_valid(json_object_get(message, "calls"));
	return span_equal(role, SPAN("user"));
}

int transcript_check(const json_t *request, struct error *error)
{
	const json_t *messages = json_object_get(request, "messages"), *message;
	const json_t *tools = json_object_get(request, "tools");
	const json_t *system = json_object_get(request, "system");
	size_t i;

	if (!json_is_object(request) || !json_is_array(messages))
		return refuse(error, "messages");
	if (system && (!json_is_array(system) || !all_have_text(system, "text")))
		return refuse(error, "system");
	if (tools && (!json_is_array(tools) || !all_have_text(tools, "name")))
		return refuse(error, "tools");
	if (json_integer_value(json_object_get(request, "max_tokens")) <= 0)
		return refuse(error, "max_tokens");
	json_array_foreach(messages, i, message) {
		if (!message_valid(message))
			return refuse(error, "a message");
	}
	return 0;
}

/* ---- walking ---- */

bool transcript_has_text(const char *text)
{
	return text && text[strspn(text, " \t\r\n\f\v")];
}

/* Results stand behind their calls, before the next assistant message. */
static const json_t *find_result(const json_t *messages, size_t from, struct span id)
{
	const json_t *message, *result;
	size_t i;

	for (; from < json_array_size(messages); from++) {
		message = json_array_get(messages, from);
		if (span_equal(wire_get_text(message, "role"), SPAN("assistant")))
			break;
		json_array_foreach(wire_get_array(message, "results"), i, result) {
			if (span_equal(wire_get_text(result, "id"), id))
				return result;
		}
	}
	return NULL;
}

/* OpenAI and Anthropic refuse a whole request for a name that the model made up. */
static void copy_name(char out[65], const char *name)
{
	size_t i;

	for (i = 0; i < 64 && name[i]; i++) {
		char c = name[i];

		out[i] = isalnum((unsigned char)c) || c == '_' || c == '-' ? c : '_';
	}
	out[i] = '\0';
	if (!i)
		memcpy(out, "unnamed", sizeof("unnamed"));
}

/* "c" and the places of message and call in base 36: 9 of [A-Za-z0-9], as Mistral demands. */
static void place_id(char out[MODEL_CALL_ID_MAX + 1], size_t message, size_t call)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

	out[0] = 'c';
	for (int i = 6; i >= 1; i--, message /= 36)
		out[i] = digits[message % 36];
	out[7] = digits[call / 36 % 36];
	out[8] = digits[call % 36];
	out[9] = '\0';
}

static void visit_assistant(const json_t *messages, size_t at, const char *provider,
			    json_t *nothing, const struct transcript_visitor *visitor,
			    void *context)
{
	const json_t *message = json_array_get(messages, at), *json;
	const json_t *own = wire_get_object(message, "opaque");
	_free_ struct transcript_call *calls = xcalloc(MODEL_CALLS_MAX, sizeof(*calls));
	size_t i, count = 0;

	json_array_foreach(wire_get_array(message, "calls"), i, json) {
		struct transcript_call *call = &calls[count];

		call->order = count++;
		call->arguments = wire_get_object(json, "arguments");
		if (!call->arguments)
			call->arguments = nothing;
		call->result = find_result(messages, at + 1, wire_get_text(json, "id"));
		place_id(call->id, at, i);
		copy_name(call->name, wire_get_text(json, "name").data);
	}
	if (!span_equal(wire_get_text(own, "provider"), span_of(provider)))
		own = NULL;
	visitor->assistant(context, wire_get_text(message, "text").data, calls, count, own);
}

void transcript_visit(const json_t *request, const char *provider,
		      const struct transcript_visitor *visitor, void *context)
{
	const json_t *messages = json_object_get(request, "messages"), *message;
	_json_ json_t *nothing = json_object();
	size_t i;

	json_array_foreach(messages, i, message) {
		struct span role = wire_get_text(message, "role");

		if (span_equal(role, SPAN("user")))
			visitor->user(context, wire_get_text(message, "text").data);
		else if (span_equal(role, SPAN("assistant")))
			visit_assistant(messages, i, provider, nothing, visitor, context);
	}
}

struct span transcript_result_text(const struct transcript_call *call)
{
	return call->result ? wire_get_text(call->result, "content")
			    : SPAN("error: interrupted, no result");
}

bool transcript_result_failed(const struct transcript_call *call)
{
	return !call->result || json_is_true(json_object_get(call->result, "error"));
}

json_t *transcript_system(const json_t *request, size_t *ret_stable)
{
	json_t *sections = json_array();
	const json_t *system = json_object_get(request, "system"), *section;
	size_t i;

	for (int stable = 1; stable >= 0; stable--) {
		json_array_foreach(system, i, section) {
			json_t *text = json_object_get(section, "text");

			if (json_is_true(json_object_get(section, "stable")) == !!stable &&
			    transcript_has_text(json_string_value(text)))
				json_array_append(sections, text);
		}
		if (stable)
			*ret_stable = json_array_size(sections);
	}
	return sections;
}

/* ---- bytes ---- */

static int append_dump(const char *data, size_t size, void *context)
{
	return buffer_append(context, (struct span){ data, size }) ? -1 : 0;
}

int transcript_write(const json_t *body, struct model_http *http, struct error *error)
{
	http->body = BUFFER(TRANSCRIPT_BODY_MAX);
	if (json_dump_callback(body, append_dump, &http->body, JSON_COMPACT))
		return error_set(error, ERROR_TOO_LARGE, "the request is longer than %d bytes",
				 TRANSCRIPT_BODY_MAX);
	return 0;
}

int transcript_header(struct model_http *http, const char *name, const char *value,
		      struct error *error)
{
	_free_ char *clean = span_dup(span_trim(span_of(value)));
	size_t i = 0;

	for (const char *c = clean; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			return error_set(
				error, ERROR_INVALID,
				"the value of %s holds a control character; the key must be "
				"one line",
				name);
	while (http->headers[i])
		i++;
	if (i >= ARRAY_LENGTH(http->headers) - 1)
		BUG("too many headers");
	http->headers[i] = xasprintf("%s: %s", name, clean);
	explicit_bzero(clean, strlen(clean));
	return 0;
}

int transcript_bearer(struct model_http *http, const char *key, struct error *error)
{
	struct span clean = span_trim(span_of(key));
	_free_ char *bearer = xasprintf("Bearer %.*s", (int)clean.length, clean.data);
	int r = transcript_header(http, "Authorization", bearer, error);

	explicit_bzero(bearer, strlen(bearer));
	return r;
}

char *transcript_url(const char *base_url, const char *fallback, const char *tail)
{
	struct span base = span_trim(span_of(base_url && *base_url ? base_url : fallback));
	size_t length = strlen(tail);

	while (base.length && base.data[base.length - 1] == '/')
		base.length--;
	if (base.length >= length &&
	    span_equal(span_slice(base, base.length - length, base.length), span_of(tail)))
		tail = "";
	return xasprintf("%.*s%s", (int)base.length, base.data, tail);
}

void model_http_clear(struct model_http *http)
{
	free(http->url);
	buffer_clear(&http->body);
	for (size_t i = 0; i < ARRAY_LENGTH(http->headers) && http->headers[i]; i++) {
		explicit_bzero(http->headers[i], strlen(http->headers[i]));
		free(http->headers[i]);
	}
	*http = (struct model_http){ 0 };
}

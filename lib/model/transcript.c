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

/* Does "…-20250929" or "…-2024-08-06" stand behind the alias that was asked for? */
static bool is_date(struct span rest)
{
	size_t digits = 0;

	if (rest.length < 9 || rest.length > 11 || !strchr("-@", rest.data[0]))
		return false;
	for (size_t i = 1; i < rest.length; i++) {
		digits += isdigit((unsigned char)rest.data[i]) != 0;
		if (!isdigit((unsigned char)rest.data[i]) && rest.data[i] != '-')
			return false;
	}
	return digits == 8;
}

/* Signatures hold for the model that made them. A reply may name it in full ("…-20250929") where
 * the request used an alias ("…", "…-latest"). */
static bool same_model(struct span made_by, struct span asked)
{
	struct span latest = SPAN("-latest");

	if (span_equal(made_by, asked))
		return true;
	if (asked.length > latest.length &&
	    span_equal(span_slice(asked, asked.length - latest.length, asked.length), latest))
		asked.length -= latest.length;
	return asked.length && span_starts_with(made_by, asked) &&
	       is_date(span_slice(made_by, asked.length, made_by.length));
}

/* What belongs to a message goes back to the provider and the model that made it, to no other. */
static const json_t *own_of(const json_t *message, const struct model_target *target)
{
	const json_t *opaque = wire_get_object(message, "opaque");
	struct span model = wire_get_text(opaque, "model");

	if (target->quirks & (QUIRK_NO_REASONING | QUIRK_FLAT | QUIRK_NO_TOOLS))
		return NULL;
	if (!span_equal(wire_get_text(opaque, "provider"), span_of(target->provider)))
		return NULL;
	return !model.length || same_model(model, span_of(target->model)) ? opaque : NULL;
}

/* ---- calls and results as text ---- */

static void append_flat_call(struct buffer *out, const struct transcript_call *call)
{
	_free_ char *arguments = wire_dump(call->arguments);

	buffer_printf(out, "%s[called %s ", out->length ? "\n" : "", call->name);
	buffer_append(out, span_of(arguments));
	buffer_append_text(out, "]");
}

static void append_flat_result(struct buffer *out, const struct transcript_call *call)
{
	buffer_printf(out, "%s[%s of %s]\n", out->length ? "\n\n" : "",
		      transcript_result_failed(call) ? "error" : "result", call->name);
	buffer_append(out, transcript_result_text(call));
}

static void visit_flat(const char *text, const struct transcript_call *calls, size_t count,
		       const struct transcript_visitor *visitor, void *context)
{
	CLEANUP(buffer_clear) struct buffer said = BUFFER(TRANSCRIPT_BODY_MAX);
	CLEANUP(buffer_clear) struct buffer results = BUFFER(TRANSCRIPT_BODY_MAX);

	if (transcript_has_text(text))
		buffer_append_text(&said, text);
	for (size_t i = 0; i < count; i++) {
		append_flat_call(&said, &calls[i]);
		append_flat_result(&results, &calls[i]);
	}
	if (said.length)
		visitor->assistant(context, said.data, NULL, 0, NULL);
	if (results.length)
		visitor->user(context, results.data);
}

/* ---- the order of things ---- */

struct walk {
	const json_t *messages;
	const struct model_target *target;
	const struct transcript_visitor *visitor;
	void *context;
	json_t *nothing; /* arguments of a malformed call */
	bool flat;
	bool user_told;
	bool behind_results; /* what was told last */
};

static void visit_user(struct walk *walk, const char *text)
{
	if (!transcript_has_text(text))
		return;
	if (walk->behind_results && walk->target->quirks & QUIRK_WORDS_FIRST)
		walk->visitor->assistant(walk->context, "I have read the results.", NULL, 0, NULL);
	walk->visitor->user(walk->context, text);
	walk->user_told = true;
	walk->behind_results = false;
}

static size_t read_calls(const struct walk *walk, size_t at, struct transcript_call *calls)
{
	const json_t *message = json_array_get(walk->messages, at), *json;
	size_t i;

	json_array_foreach(wire_get_array(message, "calls"), i, json) {
		struct transcript_call *call = &calls[i];

		call->order = i;
		call->arguments = wire_get_object(json, "arguments");
		if (!call->arguments)
			call->arguments = walk->nothing;
		call->result = find_result(walk->messages, at + 1, wire_get_text(json, "id"));
		place_id(call->id, at, i);
		copy_name(call->name, wire_get_text(json, "name").data);
	}
	return json_array_size(wire_get_array(message, "calls"));
}

static void visit_assistant(struct walk *walk, size_t at)
{
	const json_t *message = json_array_get(walk->messages, at);
	const char *text = wire_get_text(message, "text").data;
	_free_ struct transcript_call *calls = xcalloc(MODEL_CALLS_MAX, sizeof(*calls));
	size_t count = read_calls(walk, at, calls);

	if (!transcript_has_text(text) && !count)
		return;
	walk->behind_results = count && !walk->flat;
	if (!walk->flat) {
		walk->visitor->assistant(walk->context, text, calls, count,
					 own_of(message, walk->target));
		return;
	}
	if (!walk->user_told)
		visit_user(walk, "(the conversation goes on)");
	visit_flat(text, calls, count, walk->visitor, walk->context);
}

static void visit_system(struct walk *walk, const json_t *request)
{
	struct model_target plain = { .quirks = 0 };
	CLEANUP(buffer_clear) struct buffer all = BUFFER(TRANSCRIPT_BODY_MAX);
	size_t stable, i;
	_json_ json_t *sections = transcript_system(request, &plain, &stable);
	const json_t *section;

	json_array_foreach(sections, i, section) {
		buffer_append_text(&all, i ? "\n\n" : "");
		buffer_append_text(&all, json_string_value(section));
	}
	visit_user(walk, all.data);
}

void transcript_visit(const json_t *request, const struct model_target *target,
		      const struct transcript_visitor *visitor, void *context)
{
	_json_ json_t *nothing = json_object();
	struct walk walk = {
		.messages = json_object_get(request, "messages"),
		.target = target,
		.visitor = visitor,
		.context = context,
		.nothing = nothing,
		.flat = target->quirks & (QUIRK_FLAT | QUIRK_NO_TOOLS),
	};
	const json_t *message;
	size_t i;

	if (target->quirks & QUIRK_NO_SYSTEM)
		visit_system(&walk, request);
	json_array_foreach(walk.messages, i, message) {
		struct span role = wire_get_text(message, "role");

		if (span_equal(role, SPAN("user")))
			visit_user(&walk, wire_get_text(message, "text").data);
		else if (span_equal(role, SPAN("assistant")))
			visit_assistant(&walk, i);
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

json_t *transcript_system(const json_t *request, const struct model_target *target,
			  size_t *ret_stable)
{
	json_t *sections = json_array();
	const json_t *system = json_object_get(request, "system"), *section;
	size_t i;

	*ret_stable = 0;
	if (target->quirks & QUIRK_NO_SYSTEM)
		return sections;
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

const json_t *transcript_tools(const json_t *request, const struct model_target *target)
{
	const json_t *tools = wire_get_array(request, "tools");

	return target->quirks & QUIRK_NO_TOOLS || !json_array_size(tools) ? NULL : tools;
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

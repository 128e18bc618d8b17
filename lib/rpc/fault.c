#include "fault.h"

#include "base/buffer.h"

#include <limits.h>
#include <stdio.h>

static int code_of_error(enum error_code code)
{
	return code == ERROR_INVALID ? FAULT_PARAMS : FAULT_SERVER - (int)code;
}

static json_t *text_to_json(const char *text)
{
	struct span s = span_of(text);
	CLEANUP(buffer_clear) struct buffer b = BUFFER(4 * ERROR_MESSAGE_MAX);
	json_t *value = json_string(text);
	size_t offset = 0;
	char utf8[4];

	if (value)
		return value;
	while (offset < s.length) {
		size_t size = utf8_put(utf8_next(s, &offset), utf8);

		buffer_append(&b, (struct span){ utf8, size });
	}
	return json_string(b.data);
}

static void set_if_positive(json_t *object, const char *key, json_int_t value)
{
	if (value > 0)
		json_object_set_new(object, key, json_integer(value));
}

json_t *fault_to_json(const struct error *error, int code)
{
	json_t *data = json_object(), *fault = json_object();

	json_object_set_new(data, "code", json_string(error_code_name(error->code)));
	if (error->system)
		json_object_set_new(data, "system", json_integer(error->system));
	if (error->file[0])
		json_object_set_new(data, "file", text_to_json(error->file));
	set_if_positive(data, "line", error->line);
	set_if_positive(data, "column", error->column);
	json_object_set_new(fault, "code", json_integer(code ? code : code_of_error(error->code)));
	json_object_set_new(fault, "message", text_to_json(error->message));
	json_object_set_new(fault, "data", data);
	return fault;
}

/* The word is what both sides agree on; a peer that is not ours has the number alone. */
static enum error_code code_from_json(const json_t *fault, const json_t *data)
{
	const char *word = json_string_value(json_object_get(data, "code"));
	json_int_t number = json_integer_value(json_object_get(fault, "code"));

	for (int code = ERROR_SYSTEM; word && code <= ERROR_REMOTE; code++)
		if (!strcmp(word, error_code_name((enum error_code)code)))
			return (enum error_code)code;
	if (number == FAULT_PARAMS)
		return ERROR_INVALID;
	return number == FAULT_METHOD ? ERROR_UNSUPPORTED : ERROR_REMOTE;
}

static unsigned place_from_json(const json_t *data, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(data, key));

	return value > 0 && value <= UINT_MAX ? (unsigned)value : 0;
}

static void text_from_json(const json_t *value, char *out, size_t size)
{
	struct span text = { json_string_value(value), json_string_length(value) };

	text.length = utf8_cut(text, size - 1);
	if (text.length)
		memcpy(out, text.data, text.length);
	out[text.length] = '\0';
}

void fault_from_json(const json_t *fault, struct error *ret_error)
{
	const json_t *data = json_object_get(fault, "data");
	json_int_t number = json_integer_value(json_object_get(data, "system"));

	*ret_error = (struct error){
		.code = code_from_json(fault, data),
		.system = number > INT_MIN && number <= INT_MAX ? (int)number : 0,
		.line = place_from_json(data, "line"),
		.column = place_from_json(data, "column"),
	};
	text_from_json(json_object_get(data, "file"), ret_error->file, sizeof(ret_error->file));
	text_from_json(json_object_get(fault, "message"), ret_error->message,
		       sizeof(ret_error->message));
}

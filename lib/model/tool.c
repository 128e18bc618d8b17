#include "model.h"

#include "wire.h"

/* Every byte of this table is in every request of every agent: the tools and their schemas stay
 * below 1,000 bytes of Chat Completions JSON, which a test holds them to; without the last, which
 * is offered only where somebody is there to be told. */
static const struct tool tools[] = {
	{
		.name = "read_file",
		.text = "Read",
		.place = TOOL_LOCAL,
		.effect = TOOL_PURE,
		.parameters = { "path" },
	},
	{
		.name = "list_files",
		.text = "List",
		.place = TOOL_LOCAL,
		.effect = TOOL_PURE,
		.parameters = { "path" },
	},
	{
		.name = "write_file",
		.text = "In work/",
		.place = TOOL_LOCAL,
		.effect = TOOL_IDEMPOTENT,
		.parameters = { "path", "text" },
	},
	{
		.name = "remember",
		.text = "Keep a fact",
		.place = TOOL_RUNTIME,
		.effect = TOOL_IDEMPOTENT,
		.parameters = { "text" },
	},
	{
		.name = "bulletin_post",
		.text = "Tell agents",
		.place = TOOL_RUNTIME,
		.effect = TOOL_IDEMPOTENT,
		.parameters = { "text" },
	},
	{
		.name = "bulletin_read",
		.text = "Read",
		.place = TOOL_RUNTIME,
		.effect = TOOL_PURE,
	},
	{
		.name = "tell_person",
		.text = "Alert owner",
		.place = TOOL_RUNTIME,
		.effect = TOOL_ONCE,
		.parameters = { "text" },
	},
};

const struct tool *tool_table(size_t *ret_count)
{
	*ret_count = ARRAY_LENGTH(tools);
	return tools;
}

const struct tool *tool_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
		if (!strcmp(tools[i].name, name))
			return &tools[i];
	return NULL;
}

json_t *tool_schema(const struct tool *tool)
{
	json_t *properties = json_object(), *required = json_array(), *schema = json_object();

	for (size_t i = 0; i < ARRAY_LENGTH(tool->parameters) && tool->parameters[i]; i++) {
		json_object_set_new(properties, tool->parameters[i],
				    json_pack("{s:s}", "type", "string"));
		json_array_append_new(required, json_string(tool->parameters[i]));
	}
	json_object_set_new(schema, "type", json_string("object"));
	json_object_set_new(schema, "properties", properties);
	if (json_array_size(required))
		json_object_set(schema, "required", required);
	json_decref(required);
	return schema;
}

static bool has_parameter(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(tool->parameters) && tool->parameters[i]; i++)
		if (!strcmp(tool->parameters[i], name))
			return true;
	return false;
}

static int check_parameter(const struct tool *tool, const char *name, const json_t *arguments,
			   struct error *error)
{
	const json_t *value = json_object_get(arguments, name);

	if (!value)
		return error_set(error, ERROR_INVALID, "%s needs \"%s\", a string", tool->name,
				 name);
	if (!json_is_string(value))
		return error_set(error, ERROR_INVALID, "\"%s\" of %s must be a string", name,
				 tool->name);
	if (strlen(json_string_value(value)) != json_string_length(value))
		return error_set(error, ERROR_INVALID, "\"%s\" of %s holds a NUL character", name,
				 tool->name);
	return 0;
}

int tool_check_arguments(const struct tool *tool, const json_t *arguments, struct error *error)
{
	const char *key;
	json_t *value;
	int r = 0;

	if (!json_is_object(arguments))
		return error_set(error, ERROR_INVALID,
				 "the arguments of %s must be one JSON object", tool->name);
	for (size_t i = 0; i < ARRAY_LENGTH(tool->parameters) && tool->parameters[i] && !r; i++)
		r = check_parameter(tool, tool->parameters[i], arguments, error);
	if (r)
		return r;
	json_object_foreach((json_t *)(uintptr_t)arguments, key, value) {
		CLEANUP(buffer_clear) struct buffer name = BUFFER(512);

		if (has_parameter(tool, key))
			continue;
		wire_line_append(&name, span_of(key), 60);
		return error_set(error, ERROR_INVALID, "%s has no parameter \"%s\"", tool->name,
				 name.length ? name.data : "");
	}
	return 0;
}

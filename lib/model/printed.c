#include "printed.h"

#include "wire.h"

#include <ctype.h>

#define NAME_WITHIN 200 /* bytes behind a marker in which the tool's name has to stand */

static const char *const markers[] = {
	"<tool_call", "<|tool_call", "[TOOL_CALLS]", "<function", "<|python_tag|>", "<invoke",
};

static bool is_name_byte(struct span text, size_t at)
{
	return at < text.length && (isalnum((unsigned char)text.data[at]) || text.data[at] == '_');
}

static bool holds_word(struct span text, struct span word)
{
	for (size_t i = 0; i + word.length <= text.length; i++)
		if ((!i || !is_name_byte(text, i - 1)) && !is_name_byte(text, i + word.length) &&
		    span_equal(span_slice(text, i, i + word.length), word))
			return true;
	return false;
}

static const struct tool *named_tool(struct span text)
{
	size_t count;
	const struct tool *tools = tool_table(&count);

	for (size_t i = 0; i < count; i++)
		if (holds_word(text, span_of(tools[i].name)))
			return &tools[i];
	return NULL;
}

static const struct tool *marked_call(struct span text, struct span *ret_call)
{
	for (size_t m = 0; m < ARRAY_LENGTH(markers); m++) {
		const char *at = memmem(text.data, text.length, markers[m], strlen(markers[m]));
		const struct tool *tool;
		struct span rest;

		if (!at)
			continue;
		rest = span_slice(text, (size_t)(at - text.data), text.length);
		tool = named_tool(
			span_slice(rest, 0, rest.length < NAME_WITHIN ? rest.length : NAME_WITHIN));
		if (!tool)
			continue;
		*ret_call = rest;
		return tool;
	}
	return NULL;
}

/* The whole text is {"name":…,"arguments":…}, with or without a fence. */
static const struct tool *bare_call(struct span text, struct span *ret_call)
{
	_json_ json_t *json = NULL;
	struct span line, rest = text;

	if (span_starts_with(text, SPAN("```")) && span_next_line(&rest, &line)) {
		rest = span_trim(rest);
		while (rest.length && rest.data[rest.length - 1] == '`')
			rest.length--;
		rest = span_trim(rest);
	}
	if (rest.length < 2 || rest.data[0] != '{' || rest.data[rest.length - 1] != '}')
		return NULL;
	json = wire_parse(rest);
	if (!json_object_get(json, "arguments") && !json_object_get(json, "parameters"))
		return NULL;
	*ret_call = rest;
	return wire_get_text(json, "name").length ? tool_find(wire_get_text(json, "name").data)
						  : NULL;
}

const struct tool *printed_call(struct span text, struct span *ret_call)
{
	const struct tool *tool;

	text = span_trim(text);
	if (!text.length)
		return NULL;
	tool = marked_call(text, ret_call);
	return tool ? tool : bare_call(text, ret_call);
}

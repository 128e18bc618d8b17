#include "front_matter.h"

#include "model/model.h"

/* `word:` at the start of a line. */
static bool is_key(struct span line)
{
	size_t length = 0;

	while (length < line.length && line.data[length] &&
	       strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-", line.data[length]))
		length++;
	return length && length < line.length && line.data[length] == ':';
}

void front_matter_check_closed(const struct markdown_text *text, struct diagnostics *found)
{
	struct span rest = { text->data, text->length }, line = { "", 0 };

	if (text->front_matter || !span_next_line(&rest, &line) ||
	    !span_equal(span_trim(line), SPAN("---")))
		return;
	/* Else the line is a rule, over prose. */
	if (span_next_line(&rest, &line) && is_key(line))
		diagnostics_add(
			found, SEVERITY_ERROR, "front-matter-open", 1, 1,
			"the front matter is never closed, so its keys are plain text and none of them "
			"holds: end it with a line ---");
}

static void say_tool(const char *name, const struct front_matter *matter, struct diagnostics *found)
{
	CLEANUP(buffer_clear) struct buffer names = BUFFER(4096);
	size_t count;
	const struct tool *tools = tool_table(&count);

	for (size_t i = 0; i < count; i++)
		buffer_printf(&names, "%s%s", i ? ", " : "", tools[i].name);
	diagnostics_add(found, SEVERITY_WARNING, "tool-unknown", matter->tools_line,
			matter->tools_column, "there is no tool \"%s\"; there are: %s", name,
			names.data);
}

void front_matter_check(const struct markdown_text *text, const struct front_matter *matter,
			struct diagnostics *found)
{
	front_matter_check_closed(text, found);
	for (size_t i = 0; i < matter->tool_count; i++)
		if (!tool_find(matter->tools[i]))
			say_tool(matter->tools[i], matter, found);
}

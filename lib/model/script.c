#include "script.h"

#include "markdown/markdown.h"
#include "model.h"
#include "wire.h"

void script_clear(struct script *script)
{
	for (size_t s = 0; s < script->count; s++) {
		struct script_section *section = &script->sections[s];

		for (size_t i = 0; i < section->count; i++) {
			free(section->lines[i].tool);
			free(section->lines[i].text);
		}
		free(section->lines);
		free(section->title);
	}
	free(script->sections);
	*script = (struct script){ 0 };
}

const struct script_section *script_find(const struct script *script, struct span text)
{
	for (size_t s = 0; s < script->count; s++) {
		struct span title = span_of(script->sections[s].title);

		if (title.length && span_contains_nocase(text, title))
			return &script->sections[s];
	}
	return NULL;
}

/* ---- words ---- */

struct reading {
	struct script *script;
	struct script_section *section; /* that the next list belongs to, or NULL */
	int level;                      /* of its heading */
	unsigned line_offset;           /* lines before the body */
	const struct markdown *document;
	struct diagnostics *found;
};

static bool takes_word(struct span *text, struct span word)
{
	if (!span_starts_with_nocase(*text, word))
		return false;
	*text = span_slice(*text, word.length, text->length);
	return true;
}

/* "When TEXT", with or without quotes and a final colon. */
static bool read_when(struct span heading, struct span *ret_title)
{
	static const struct span quotes[][2] = {
		{ { "\"", 1 }, { "\"", 1 } },
		{ { "'", 1 }, { "'", 1 } },
		{ { "“", 3 }, { "”", 3 } },
		{ { "`", 1 }, { "`", 1 } },
	};
	struct span title = span_trim(heading);

	if (!takes_word(&title, SPAN("when")) ||
	    (title.length && title.data[0] != ' ' && title.data[0] != ':'))
		return false;
	if (title.length && title.data[title.length - 1] == ':')
		title.length--;
	title = span_trim(title);
	for (size_t i = 0; i < ARRAY_LENGTH(quotes); i++) {
		struct span open = quotes[i][0], close = quotes[i][1];

		if (title.length < open.length + close.length || !span_starts_with(title, open) ||
		    !span_equal(span_slice(title, title.length - close.length, title.length),
				close))
			continue;
		title = span_slice(title, open.length, title.length - close.length);
		break;
	}
	*ret_title = span_trim(title);
	return true;
}

static bool is_marker(char c)
{
	return c == '-' || c == '*' || c == '+';
}

/* Drops "- ", "2. ", "3) " and a box at the front of an item. */
static struct span without_marker(struct span text)
{
	size_t digits = 0;

	text = span_trim(text);
	while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	if (digits && digits < text.length)
		text = span_slice(text, digits + 1, text.length);
	else if (text.length && is_marker(text.data[0]))
		text = span_slice(text, 1, text.length);
	text = span_trim(text);
	if (text.length >= 3 && text.data[0] == '[' && text.data[2] == ']')
		text = span_trim(span_slice(text, 3, text.length));
	return text;
}

/* Does a line of an item begin something that needs a line of its own? */
static bool begins_block(struct span line)
{
	return line.length && (is_marker(line.data[0]) || strchr("|>#`", line.data[0]));
}

/* Lines of an item as the text that is meant: a line break is a blank, an empty line a paragraph.
 */
static char *join_lines(struct span source)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(SCRIPT_MAX);
	struct span line;
	bool gap = false;

	while (span_next_line(&source, &line)) {
		line = span_trim(line);
		if (!line.length) {
			gap = true;
			continue;
		}
		if (text.length)
			buffer_append_text(&text, gap ? "\n\n" : begins_block(line) ? "\n" : " ");
		buffer_append(&text, line);
		gap = false;
	}
	return buffer_steal(&text);
}

/* "say: TEXT", "call TOOL: TEXT" or "call TOOL". */
static bool read_line(struct span text, struct span *ret_tool, struct span *ret_text)
{
	const char *colon;
	size_t name;

	text = span_trim(text);
	*ret_tool = (struct span){ NULL, 0 };
	if (takes_word(&text, SPAN("say:"))) {
		*ret_text = span_trim(text);
		return true;
	}
	if (!takes_word(&text, SPAN("call ")))
		return false;
	colon = memchr(text.data, ':', text.length);
	name = colon ? (size_t)(colon - text.data) : text.length;
	*ret_tool = span_trim(span_slice(text, 0, name));
	*ret_text = span_trim(span_slice(text, colon ? name + 1 : text.length, text.length));
	return ret_tool->length && !memchr(ret_tool->data, ' ', ret_tool->length);
}

/* ---- checks ---- */

/* Why `text` cannot be the tool's argument, or NULL. */
static char *argument_fault(const struct tool *tool, const char *text)
{
	size_t count = 0;
	_json_ json_t *arguments = NULL;
	struct error error;

	while (tool->parameters[count])
		count++;
	if (text[0] == '{') {
		arguments = wire_parse_arguments(span_of(text));
		if (!arguments)
			return xstrdup("this is no JSON object");
		return tool_check_arguments(tool, arguments, &error) ? xstrdup(error.message)
								     : NULL;
	}
	if (!count && text[0])
		return xasprintf("%s takes no argument", tool->name);
	if (count == 1 && !text[0])
		return xasprintf("write `call %s: TEXT`", tool->name);
	if (count > 1)
		return xasprintf("%s has %zu parameters: write `call %s: {\"%s\": …, \"%s\": …}`",
				 tool->name, count, tool->name, tool->parameters[0],
				 tool->parameters[1]);
	return NULL;
}

static void check_call(const struct reading *reading, const struct markdown_node *item,
		       const struct script_line *line)
{
	const struct tool *tool = tool_find(line->tool);
	unsigned at = item->line + reading->line_offset;
	_free_ char *fault = tool ? argument_fault(tool, line->text) : NULL;

	if (!tool)
		diagnostics_add(reading->found, SEVERITY_WARNING, "rehearsal-tool", at,
				item->column,
				"there is no tool \"%s\": the call will be answered with an error",
				line->tool);
	if (fault)
		diagnostics_add(reading->found, SEVERITY_ERROR, "rehearsal-arguments", at,
				item->column, "%s", fault);
}

static void check_title(const struct reading *reading, const struct script_section *section)
{
	const struct script *script = reading->script;
	struct span title = span_of(section->title);

	if (!title.length) {
		diagnostics_add(
			reading->found, SEVERITY_WARNING, "rehearsal-when", section->line,
			section->column,
			"write behind When a part of the heading or message that this answers");
		return;
	}
	for (const struct script_section *s = script->sections; s < section; s++) {
		if (!s->title[0] || !span_contains_nocase(title, span_of(s->title)))
			continue;
		diagnostics_add(reading->found, SEVERITY_WARNING, "rehearsal-shadowed",
				section->line, section->column,
				"never played: \"When %s\" in line %u comes first and matches too",
				s->title, s->line);
		return;
	}
}

/* ---- reading ---- */

static int take_heading(struct reading *reading, const struct markdown_node *node)
{
	struct script *script = reading->script;
	struct span title;

	if (!read_when(node->text, &title)) {
		if (node->level <= reading->level)
			reading->section = NULL;
		return 0;
	}
	if (array_grow((void **)&script->sections, script->count, &script->capacity,
		       sizeof(*script->sections), SCRIPT_SECTIONS_MAX))
		return -ERROR_TOO_LARGE;
	reading->section = &script->sections[script->count++];
	reading->level = node->level;
	*reading->section = (struct script_section){
		.title = span_dup(wire_cut(title, SCRIPT_TITLE_MAX)),
		.line = node->line + reading->line_offset,
		.column = node->column,
	};
	check_title(reading, reading->section);
	return 0;
}

static int add_line(const struct reading *reading, const struct markdown_node *item,
		    struct span tool, struct span text)
{
	struct script_section *section = reading->section;
	struct script_line *line;

	if (array_grow((void **)&section->lines, section->count, &section->capacity,
		       sizeof(*section->lines), SCRIPT_LINES_MAX))
		return -ERROR_TOO_LARGE;
	line = &section->lines[section->count++];
	line->tool = tool.length ? span_dup(tool) : NULL;
	line->text = span_dup(text);
	if (line->tool)
		check_call(reading, item, line);
	return 0;
}

static int take_item(const struct reading *reading, const struct markdown_node *item)
{
	_free_ char *joined = join_lines(without_marker(markdown_source(reading->document, item)));
	unsigned at = item->line + reading->line_offset;
	struct span tool, text;
	bool understood = read_line(span_of(joined), &tool, &text);

	if (understood && reading->section)
		return add_line(reading, item, tool, text);
	if (understood)
		diagnostics_add(reading->found, SEVERITY_WARNING, "rehearsal-outside", at,
				item->column,
				"never played: it stands under no `## When TEXT` heading");
	else if (reading->section)
		diagnostics_add(reading->found, SEVERITY_WARNING, "rehearsal-line", at,
				item->column,
				"not played: write `say: TEXT` or `call TOOL: ARGUMENT`");
	return 0;
}

static void check_paragraph(const struct reading *reading, const struct markdown_node *node)
{
	struct span tool, text;

	if (reading->section && read_line(node->text, &tool, &text))
		diagnostics_add(reading->found, SEVERITY_WARNING, "rehearsal-list",
				node->line + reading->line_offset, node->column,
				"not played: make it a list item, with \"- \" in front");
}

static int take_node(struct reading *reading, const struct markdown_node *node)
{
	int r = 0;

	switch (node->kind) {
	case MARKDOWN_HEADING: return take_heading(reading, node);
	case MARKDOWN_PARAGRAPH: check_paragraph(reading, node); break;
	case MARKDOWN_LIST:
		for (const struct markdown_node *item = node->first; item && !r; item = item->next)
			r = take_item(reading, item);
		break;
	default: break;
	}
	return r;
}

static void check_empty(const struct script *script, struct diagnostics *found)
{
	if (!script->count)
		diagnostics_add(found, SEVERITY_WARNING, "rehearsal-empty", 0, 0,
				"nothing to play: write `## When TEXT` and under it a list of "
				"`say: …` and `call TOOL: …`");
	for (size_t s = 0; s < script->count; s++)
		if (!script->sections[s].count)
			diagnostics_add(
				found, SEVERITY_WARNING, "rehearsal-empty",
				script->sections[s].line, script->sections[s].column,
				"nothing to play: write a list of `say: …` and `call TOOL: …` "
				"under it");
}

int script_parse(struct span text, struct script *ret_script, struct diagnostics *found,
		 struct error *error)
{
	CLEANUP(markdown_text_clear) struct markdown_text clean = { 0 };
	CLEANUP(markdown_free) struct markdown *document = NULL;
	CLEANUP(script_clear) struct script script = { 0 };
	struct reading reading = { .script = &script, .found = found };
	int r = markdown_clean(text, SCRIPT_MAX, &clean, found);

	if (r)
		return error_set(error, ERROR_TOO_LARGE, "REHEARSAL.md is longer than %d bytes",
				 SCRIPT_MAX);
	r = markdown_parse(markdown_body(&clean), &document, error);
	if (r)
		return r;
	reading.document = document;
	reading.line_offset = markdown_body_line_offset(&clean);
	for (const struct markdown_node *n = markdown_root(document)->first; n && !r; n = n->next)
		r = take_node(&reading, n);
	if (r)
		return error_set(error, ERROR_TOO_LARGE,
				 "REHEARSAL.md has more than %d sections or %d lines in one",
				 SCRIPT_SECTIONS_MAX, SCRIPT_LINES_MAX);
	check_empty(&script, found);
	*ret_script = script;
	script = (struct script){ 0 };
	return 0;
}

#include "outline.h"

#include "front_matter.h"
#include "passage.h"
#include "routes.h"

#include <stdio.h>

#define PARTS_MAX 5000
#define LABEL_LINES 3
#define NO_OWNER ((size_t)-1)

/* ---- parts ---- */

static struct part *add_part(struct outline *o)
{
	if (array_grow((void **)&o->parts, o->count, &o->capacity, sizeof(*o->parts), PARTS_MAX))
		return NULL;
	o->parts[o->count] = (struct part){ .owner = NO_OWNER, .title = { "", 0 } };
	return &o->parts[o->count++];
}

/* Cuts the text at its headings. */
static void cut_parts(struct outline *o)
{
	const struct markdown_node *node = markdown_root(o->document)->first;
	struct part *part = add_part(o);

	for (; node && part; node = node->next) {
		if (node->kind != MARKDOWN_HEADING)
			continue;
		part->end = node->begin;
		part = add_part(o);
		if (!part)
			break;
		part->heading = node;
		part->title = node->text;
		part->line = node->line + o->line_offset;
		part->begin = node->begin;
		part->body = node->end;
	}
	if (part)
		part->end = o->body.length;
	o->parts[0].line = o->line_offset + 1;
}

static bool says_nothing(const struct outline *o, const struct part *part)
{
	return passage_says_nothing((struct span){ o->plain + part->body, part->end - part->body });
}

/* The nearest part above it with a heading of a higher level, or NO_OWNER. */
static size_t parent_of(const struct outline *o, size_t index)
{
	int level = o->parts[index].heading->level;

	while (index-- > 1)
		if (o->parts[index].heading->level < level)
			return index;
	return NO_OWNER;
}

/* ---- what a heading is ---- */

bool outline_is_file_title(const struct outline *o, size_t index)
{
	if (index != 1 || o->parts[1].heading->level != 1)
		return false;
	for (size_t i = 2; i < o->count; i++)
		if (o->parts[i].heading->level == 1)
			return false;
	return true;
}

static void note_broken(struct part *part, const struct error *error, unsigned line,
			unsigned column)
{
	part->role = PART_BEAT;
	part->broken = true;
	part->error = *error;
	part->error.line = line;
	part->error.column = column;
}

/* A word of the heading: by the code points before it, the way through its marks is markdown's. */
static void note_broken_heading(const struct outline *o, struct part *part,
				const struct error *error)
{
	struct span text = part->heading->text;
	unsigned line, column;
	size_t at = 0;

	for (unsigned n = 1; n < error->column && at < text.length; n++)
		utf8_next(text, &at);
	markdown_text_place(o->document, part->heading, at, &line, &column);
	note_broken(part, error, line + o->line_offset, column);
}

static void take_schedule(struct part *part, const struct schedule *schedule)
{
	part->schedule = *schedule;
	part->role = schedule->kind == SCHEDULE_EVENT &&
				     schedule->event == SCHEDULE_EVENT_SESSION_START
			     ? PART_SESSION_START
			     : PART_BEAT;
}

static bool read_heading(const struct outline *o, struct part *part,
			 const struct schedule_options *options, struct diagnostics *found)
{
	struct schedule schedule = { 0 };
	struct error error = { 0 };
	struct span title = part->heading->text;
	enum schedule_reading reading = schedule_read_heading(
		part->heading->text, options, part->line, &schedule, &title, found, &error);

	if (reading == SCHEDULE_READ_NONE)
		return false;
	part->title = title;
	if (reading == SCHEDULE_READ_OK)
		take_schedule(part, &schedule);
	else
		note_broken_heading(o, part, &error);
	return true;
}

/* The labels of a schedule line, and what has to stand before the value to make it a phrase. */
static const struct {
	const char *word, *prefix;
} labels[] = {
	{ "schedule:", "" }, { "frequency:", "" }, { "interval:", "" }, { "every:", "every " },
	{ "time:", "" },     { "cron:", "" },      { "when:", "" },     { "cadence:", "" },
};

/* Finds the label at the front of a line and what stands behind it. */
static bool find_label(struct span line, const char **ret_prefix, struct span *ret_value)
{
	for (size_t i = 0; i < ARRAY_LENGTH(labels); i++) {
		struct span word = span_of(labels[i].word);

		if (!span_starts_with_nocase(line, word))
			continue;
		*ret_prefix = labels[i].prefix;
		*ret_value = passage_unmark(span_slice(line, word.length, line.length));
		return ret_value->length > 0;
	}
	return false;
}

bool outline_is_label(struct span line)
{
	const char *prefix;
	struct span value;

	return find_label(line, &prefix, &value);
}

static unsigned code_points(const char *from, const char *to)
{
	struct span text = { from, (size_t)(to - from) };
	unsigned count = 0;

	for (size_t at = 0; at < text.length; count++)
		utf8_next(text, &at);
	return count;
}

static bool read_label(const struct outline *o, struct part *part, struct span line,
		       struct span value, const char *prefix,
		       const struct schedule_options *options, struct diagnostics *found)
{
	_free_ char *phrase = xasprintf("%s%.*s", prefix, (int)value.length, value.data);
	struct schedule schedule = { 0 };
	struct error error = { 0 };
	unsigned row, column, shift = (unsigned)strlen(prefix);
	enum schedule_reading reading;

	markdown_place(o->document, (size_t)(line.data - o->plain), &row, &column);
	reading = schedule_read_label(span_of(phrase), options, row + o->line_offset, &schedule,
				      found, &error);
	if (reading == SCHEDULE_READ_NONE)
		return false;
	if (reading == SCHEDULE_READ_OK) {
		take_schedule(part, &schedule);
		return true;
	}
	error.column = error.column > shift ? error.column - shift : 1;
	note_broken(part, &error, row + o->line_offset,
		    column + code_points(line.data, value.data) + error.column - 1);
	return true;
}

/* A `Schedule:` line among the first three lines that hold anything. */
static void read_labels(const struct outline *o, struct part *part,
			const struct schedule_options *options, struct diagnostics *found)
{
	struct span rest = { o->plain + part->body, part->end - part->body }, line, value;
	const char *prefix;
	unsigned seen = 0;

	while (seen < LABEL_LINES && span_next_line(&rest, &line)) {
		if (!span_trim(line).length)
			continue;
		seen++;
		if (find_label(passage_line(line), &prefix, &value) &&
		    read_label(o, part, line, value, prefix, options, found))
			return;
	}
}

static bool is_timestamped(struct span text)
{
	int64_t ignored;

	for (size_t at = 0; at + 16 <= text.length; at++)
		if (instant_parse(span_slice(text, at, at + 16), &ignored) == 1)
			return true;
	return false;
}

static void inherit(struct outline *o, size_t index)
{
	size_t parent = parent_of(o, index);
	struct part *part = &o->parts[index];

	if (parent == NO_OWNER)
		return;
	if (o->parts[parent].role == PART_BEAT || o->parts[parent].role == PART_SESSION_START)
		part->owner = parent;
	else
		part->owner = o->parts[parent].owner;
	if (part->owner != NO_OWNER)
		part->role = PART_CHILD;
}

static void classify(struct outline *o, size_t index, const struct schedule_options *options,
		     struct diagnostics *found)
{
	struct part *part = &o->parts[index];
	uint16_t begin, end;
	bool quiet;

	/* An H1 without text of its own is a title or a comment, whatever it says. */
	if (part->heading->level == 1 && says_nothing(o, part)) {
		part->role = PART_TITLE;
		return;
	}
	/* A list item behind a `#` is a job that somebody switched off. */
	part->mute = part->heading->level == 1 && passage_begins_item(part->heading->text);
	if (part->mute)
		return;
	if (schedule_read_gate(part->heading->text, &quiet, &begin, &end)) {
		part->role = PART_GATE;
		return;
	}
	if (!read_heading(o, part, options, found) && !is_timestamped(part->heading->text))
		read_labels(o, part, options, found);
	if (part->role == PART_STANDING)
		inherit(o, index);
	part->mute = part->role == PART_STANDING && outline_is_file_title(o, index);
}

/* A title's schedule counts where it is the only one in the file: `# Daily audit (07:00)` over
 * plain sections. */
static void adopt_title(struct outline *o, const struct schedule_options *options,
			struct diagnostics *found)
{
	struct part *title = o->count > 1 ? &o->parts[1] : NULL;

	if (!title || !outline_is_file_title(o, 1) || title->role != PART_TITLE ||
	    !read_heading(o, title, options, found))
		return;
	if (title->role == PART_SESSION_START || title->broken) {
		title->role = PART_TITLE;
		title->broken = false;
		return;
	}
	for (size_t i = 2; i < o->count; i++)
		if (o->parts[i].role == PART_STANDING)
			inherit(o, i);
	o->one_beat = false;
}

/* ---- the file ---- */

/* Session starts and ends start nothing themselves. */
static bool starts_something(const struct part *part)
{
	if (part->role != PART_BEAT)
		return false;
	return part->schedule.kind != SCHEDULE_EVENT ||
	       part->schedule.event != SCHEDULE_EVENT_SESSION_END;
}

static bool had_schedule(const struct heartbeats *previous, const char *key)
{
	for (size_t i = 0; i < previous->count; i++)
		if (!strcmp(previous->items[i].key, key))
			return previous->items[i].schedule.kind != SCHEDULE_NONE;
	return false;
}

static bool has_key(const struct outline *o, const char *key)
{
	for (size_t i = 1; i < o->count; i++)
		if (o->parts[i].key && !strcmp(o->parts[i].key, key))
			return true;
	return false;
}

/* `Mail (hourly)` that became `Mail (hurly)` is a slip, and no new section of context. */
static void suspect(struct outline *o, const struct heartbeats *previous)
{
	for (size_t i = 1; previous && i < o->count; i++) {
		struct part *part = &o->parts[i];
		struct error error = { 0 };

		if (!part->suspect || part->role != PART_STANDING ||
		    !had_schedule(previous, part->suspect) || has_key(o, part->suspect))
			continue;
		error_set(
			&error, ERROR_INVALID,
			"\"%.*s\" had a schedule, and what stands in parentheses now is none: write one "
			"as in \"(every 30 minutes)\", or drop the parentheses to end it",
			(int)part->heading->text.length, part->heading->text.data);
		note_broken_heading(o, part, &error);
		free(part->key);
		part->key = steal_pointer(&part->suspect);
	}
}

static void judge(struct outline *o, const struct schedule_options *options,
		  struct diagnostics *found)
{
	size_t stamped = 0;

	o->one_beat = true;
	for (size_t i = 1; i < o->count; i++) {
		stamped += o->parts[i].role != PART_BEAT &&
			   is_timestamped(o->parts[i].heading->text);
		if (starts_something(&o->parts[i]))
			o->one_beat = false;
	}
	o->log = o->one_beat && stamped >= 2;
	if (o->one_beat && !o->log)
		adopt_title(o, options, found);
	if (o->log)
		diagnostics_add(found, SEVERITY_WARNING, "heartbeat-log", 1, 0,
				"this looks like a log of past runs, so nothing in it runs: put "
				"instructions under headings without dates");
}

static void report_unclosed(const struct outline *o, const struct markdown_node *node,
			    struct diagnostics *found)
{
	for (; node; node = node->next) {
		if (node->unclosed && node->comment)
			diagnostics_add(
				found, SEVERITY_ERROR, "comment-open", node->line + o->line_offset,
				node->column,
				"this comment is never closed, so nothing below it runs: end it "
				"with -->");
		else if (node->unclosed)
			diagnostics_add(
				found, SEVERITY_WARNING, "fence-open", node->line + o->line_offset,
				node->column,
				"this code block is never closed, so no heading below it counts: "
				"end it with the same marks");
		report_unclosed(o, node->first, found);
	}
}

/* Headings inside of comments are jobs that somebody switched off. */
static void report_paused(const struct outline *o, const struct schedule_options *options,
			  struct diagnostics *found)
{
	const struct markdown_node *node = markdown_root(o->document)->first;

	for (; node && found; node = node->next) {
		struct span rest = markdown_source(o->document, node), line, title;
		struct schedule schedule;
		unsigned row = node->line + o->line_offset;

		if (!node->comment)
			continue;
		for (; span_next_line(&rest, &line); row++) {
			line = span_trim(line);
			if (span_starts_with(line, SPAN("<!--")))
				line = span_trim(span_slice(line, 4, line.length));
			if (line.length < 3 || line.data[0] != '#')
				continue;
			while (line.length && strchr("# ", line.data[0]))
				line = span_slice(line, 1, line.length);
			if (schedule_read_heading(span_trim(line), options, row, &schedule, &title,
						  NULL, NULL) == SCHEDULE_READ_OK)
				diagnostics_add(found, SEVERITY_INFO, "heartbeat-paused", row, 1,
						"\"%.*s\" is inside a comment and does not run",
						(int)span_trim(line).length, span_trim(line).data);
		}
	}
}

/* `{{name}}` and `[TODO …]` are what a template left to be filled in. */
static void report_placeholder(const struct outline *o, struct diagnostics *found)
{
	static const char *const marks[] = { "{{", "[TODO" };

	for (size_t i = 0; found && i < ARRAY_LENGTH(marks); i++) {
		const char *at = memmem(o->plain, o->body.length, marks[i], strlen(marks[i]));
		unsigned line, column;

		if (!at)
			continue;
		markdown_place(o->document, (size_t)(at - o->plain), &line, &column);
		diagnostics_add(found, SEVERITY_WARNING, "placeholder", line + o->line_offset,
				column, "a placeholder of a template is left: fill it in");
	}
}

int outline_read(struct span raw, int daily_hour, const struct heartbeats *previous,
		 struct outline *ret_outline, struct diagnostics *found, struct error *error)
{
	CLEANUP(outline_clear) struct outline o = { 0 };
	struct schedule_options options = { .daily_hour = daily_hour };

	if (markdown_clean(raw, AGENT_FILE_MAX, &o.text, found))
		return error_set(error, ERROR_TOO_LARGE,
				 "the file is larger than %d bytes: shorten it", AGENT_FILE_MAX);
	o.body = markdown_body(&o.text);
	o.line_offset = markdown_body_line_offset(&o.text);
	if (markdown_parse(o.body, &o.document, error))
		return -(int)ERROR_TOO_LARGE;
	o.plain = passage_without_comments(o.document, o.body);
	cut_parts(&o);
	for (size_t i = 1; i < o.count; i++)
		classify(&o, i, &options, found);
	outline_name_parts(&o);
	suspect(&o, previous);
	judge(&o, &options, found);
	outline_name_parts(&o);
	routes_read(&o, found);
	front_matter_check_closed(&o.text, found);
	report_unclosed(&o, markdown_root(o.document)->first, found);
	report_paused(&o, &options, found);
	report_placeholder(&o, found);
	*ret_outline = o;
	o = (struct outline){ 0 };
	return 0;
}

void outline_clear(struct outline *outline)
{
	for (size_t i = 0; i < outline->count; i++) {
		free(outline->parts[i].key);
		free(outline->parts[i].suspect);
		free(outline->parts[i].route);
	}
	free(outline->parts);
	free(outline->plain);
	markdown_free(outline->document);
	markdown_text_clear(&outline->text);
	*outline = (struct outline){ 0 };
}

void outline_append(const struct outline *o, const struct part *part, bool heading,
		    struct buffer *out)
{
	size_t begin = heading && !part->mute ? part->begin : part->body;

	passage_append(o->body, o->plain, begin, part->end, out);
}

void outline_append_beat(const struct outline *o, size_t index, struct buffer *out)
{
	outline_append(o, &o->parts[index], false, out);
	for (size_t i = index + 1; i < o->count; i++)
		if (o->parts[i].role == PART_CHILD && o->parts[i].owner == index)
			outline_append(o, &o->parts[i], true, out);
}

void outline_append_all(const struct outline *o, struct buffer *out)
{
	for (size_t i = 0; i < o->count && !o->log; i++) {
		const struct part *part = &o->parts[i];

		if (part->role == PART_STANDING || part->role == PART_GATE)
			outline_append(o, part, true, out);
	}
}

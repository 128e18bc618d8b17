/* Adding one line to a file of any shape.
 *
 * Where the line belongs is found in the cleaned text, and carried over to the bytes on disk by
 * line number, which both have in common. The result is read again before it is given out: a
 * position inside an unclosed comment or fence shows as an entry that is not there, and the next
 * one is tried. */
#include "entry.h"
#include "layer.h"
#include "markdown/markdown.h"

#include <stdio.h>

#define RECENT_HEADING "## Recent (L0 — raw facts)"
#define LINE_MAX (MEMORY_ENTRY_MAX + 256)

static const char new_file_head[] = "# MEMORY.md\n\n" RECENT_HEADING "\n";
static const char new_file_tail[] = "\n## Deduplicated (L1 — merged facts)\n"
				    "\n## Patterns (L2 — recurring observations)\n"
				    "\n## Principles (L3 — learned rules)\n";

/* The file, its text, and what was understood of it. */
struct page {
	struct span raw;
	struct markdown_text text;
	struct memory memory;
	const char *line_end;
	bool ends_open; /* the last line has no line end */
};

/* What goes in, and before which line (from 1; one behind the last is allowed). */
struct insertion {
	unsigned line;
	bool heading, blank_before, blank_after;
	struct span prefix; /* indentation, bullet and blanks */
};

static void page_clear(struct page *page)
{
	markdown_text_clear(&page->text);
	memory_clear(&page->memory);
}

static int page_read(struct span raw, struct page *ret_page, struct error *error)
{
	const char *newline = raw.length ? memchr(raw.data, '\n', raw.length) : NULL;
	struct page page = { .raw = raw, .line_end = "\n" };

	if (markdown_clean(raw, MEMORY_FILE_MAX, &page.text, NULL))
		return error_set(error, ERROR_TOO_LARGE,
				 "the memory file is larger than %d bytes: prune it",
				 MEMORY_FILE_MAX);
	if (memory_parse((struct span){ page.text.data, page.text.length }, &page.memory, error)) {
		page_clear(&page);
		return -(int)ERROR_TOO_LARGE;
	}
	if (newline && newline > raw.data && newline[-1] == '\r')
		page.line_end = "\r\n";
	page.ends_open = raw.length && raw.data[raw.length - 1] != '\n' &&
			 raw.data[raw.length - 1] != '\r';
	*ret_page = page;
	return 0;
}

CLEANUP_DEFINE_VALUE(struct page, page_clear)

/* ---- where ---- */

static unsigned line_of(const struct page *page, const char *place)
{
	struct span before = { page->text.data, (size_t)(place - page->text.data) };

	return markdown_line_count(before) + 1;
}

/* The line behind `text`, not counting blank lines at its end. */
static unsigned line_behind(const struct page *page, struct span text)
{
	while (text.length && strchr(" \t\n", text.data[text.length - 1]))
		text.length--;
	return text.length ? line_of(page, text.data) + markdown_line_count(text)
			   : line_of(page, text.data);
}

static const struct memory_section *find_recent(const struct memory *memory)
{
	const struct memory_section *by_word = NULL;
	bool labelled;

	for (size_t i = 0; i < memory->section_count; i++) {
		const struct memory_section *section = &memory->sections[i];

		if (section->layer != MEMORY_L0)
			continue;
		layer_of_heading(section->heading, &labelled);
		if (labelled)
			return section;
		if (!by_word)
			by_word = section;
	}
	return by_word;
}

static bool holds(const struct memory_section *section, const struct memory_entry *entry)
{
	return entry->source.data >= section->body.data &&
	       entry->source.data < section->body.data + section->body.length;
}

/* Which entries are the section's: [*ret_begin, *ret_end). */
static void find_entries(const struct memory *memory, const struct memory_section *section,
			 size_t *ret_begin, size_t *ret_end)
{
	size_t begin = 0, end;

	while (begin < memory->entry_count && !holds(section, &memory->entries[begin]))
		begin++;
	for (end = begin; end < memory->entry_count && holds(section, &memory->entries[end]);)
		end++;
	*ret_begin = begin;
	*ret_end = end;
}

/* Most neighbours decide; where they are even, the first and the last. */
static bool newest_first(const struct memory *memory, size_t begin, size_t end)
{
	int64_t first = NO_DAY, last = NO_DAY;
	int falling = 0;

	for (size_t i = begin; i < end; i++) {
		int64_t day = memory->entries[i].day;

		if (day == NO_DAY)
			continue;
		if (first == NO_DAY)
			first = day;
		else
			falling += (day < last) - (day > last);
		last = day;
	}
	return falling > 0 || (falling == 0 && first > last);
}

/* Indentation, bullet and the blanks behind it, as the neighbour has them. */
static struct span bullet_of(struct span source)
{
	size_t indent = 0, bullet;

	while (indent < source.length && source.data[indent] == ' ')
		indent++;
	bullet = indent + 1;
	if (bullet >= source.length || !strchr("-*+", source.data[indent]))
		return SPAN("- ");
	while (bullet < source.length && strchr(" \t", source.data[bullet]))
		bullet++;
	return bullet > indent + 1 ? span_slice(source, 0, bullet) : SPAN("- ");
}

/* In the section for raw facts. */
static bool place_in_section(const struct page *page, struct insertion *ret)
{
	const struct memory_section *section = find_recent(&page->memory);
	const struct memory_entry *neighbour;
	size_t begin, end;

	if (!section)
		return false;
	find_entries(&page->memory, section, &begin, &end);
	if (begin == end) {
		*ret = (struct insertion){ .prefix = SPAN("- ") };
		ret->blank_before = span_trim(section->body).length > 0;
		ret->line = line_behind(page, section->body);
		return true;
	}
	if (newest_first(&page->memory, begin, end)) {
		neighbour = &page->memory.entries[begin];
		*ret = (struct insertion){ .line = neighbour->line };
	} else {
		neighbour = &page->memory.entries[end - 1];
		*ret = (struct insertion){ .line = line_behind(page, neighbour->source) };
	}
	ret->prefix = bullet_of(neighbour->source);
	return true;
}

/* In a section of its own behind everything. */
static bool place_at_end(const struct page *page, struct insertion *ret)
{
	struct span text = { page->text.data, page->text.length };

	*ret = (struct insertion){ .heading = true, .prefix = SPAN("- ") };
	ret->blank_before = !(text.length >= 2 && text.data[text.length - 1] == '\n' &&
			      text.data[text.length - 2] == '\n');
	ret->line = markdown_line_count(text) + 1;
	return true;
}

/* In a section of its own before everything: when all that follows is swallowed by something
 * unclosed. */
static bool place_at_top(const struct page *page, struct insertion *ret)
{
	*ret = (struct insertion){ .heading = true, .blank_after = true, .prefix = SPAN("- ") };
	ret->line = markdown_body_line_offset(&page->text) + 1;
	return true;
}

/* ---- writing ---- */

static int write_page(const struct page *page, const struct insertion *insertion, struct span line,
		      struct buffer *out)
{
	size_t at = markdown_raw_offset(page->raw, insertion->line);
	bool open = at == page->raw.length && page->ends_open;
	const char *end = page->line_end;

	buffer_append(out, span_slice(page->raw, 0, at));
	buffer_append_text(out, open ? end : "");
	buffer_append_text(out, insertion->blank_before ? end : "");
	if (insertion->heading)
		buffer_printf(out, RECENT_HEADING "%s", end);
	buffer_append(out, insertion->prefix);
	buffer_append(out, line);
	buffer_append_text(out, open ? "" : end);
	buffer_append_text(out, insertion->blank_after ? end : "");
	return buffer_append(out, span_slice(page->raw, at, page->raw.length));
}

/* Does the new file hold one entry more, the one that was meant? */
static bool is_there(const struct page *before, struct span raw, struct span text)
{
	CLEANUP(page_clear) struct page after = { 0 };

	if (page_read(raw, &after, NULL))
		return false;
	if (after.memory.entry_count != before->memory.entry_count + 1)
		return false;
	for (size_t i = 0; i < after.memory.entry_count; i++)
		if (after.memory.entries[i].layer == MEMORY_L0 &&
		    span_equal(after.memory.entries[i].text, text))
			return true;
	return false;
}

static int insert(const struct page *page, struct span line, struct span text, struct buffer *out,
		  struct error *error)
{
	static bool (*const places[])(const struct page *, struct insertion *) = {
		place_in_section,
		place_at_end,
		place_at_top,
	};
	CLEANUP(buffer_clear)
	struct buffer file = BUFFER(page->raw.length + line.length + LINE_MAX);
	struct insertion insertion;

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		if (!places[i](page, &insertion))
			continue;
		buffer_reset(&file);
		write_page(page, &insertion, line, &file);
		if (is_there(page, buffer_span(&file), text))
			break;
	}
	if (file.length > MEMORY_FILE_MAX || buffer_append(out, buffer_span(&file)))
		return error_set(error, ERROR_TOO_LARGE,
				 "the memory file would be larger than %d bytes: prune it",
				 MEMORY_FILE_MAX);
	return 0;
}

static int begin_file(struct span raw, struct span line, struct buffer *out, struct error *error)
{
	if (span_starts_with(raw, SPAN("\xEF\xBB\xBF")))
		buffer_append(out, span_slice(raw, 0, 3));
	buffer_append_text(out, new_file_head);
	buffer_append(out, SPAN("- "));
	buffer_append(out, line);
	buffer_append(out, SPAN("\n"));
	if (buffer_append_text(out, new_file_tail))
		return error_set(error, ERROR_TOO_LARGE, "no room for a new memory file");
	return 0;
}

int memory_append(struct span raw, struct span text, int64_t day, struct buffer *out,
		  struct error *error)
{
	CLEANUP(buffer_clear) struct buffer words = BUFFER(LINE_MAX), line = BUFFER(LINE_MAX);
	CLEANUP(page_clear) struct page page = { 0 };
	int year, month, monthday;

	if (memory_entry_text(text, &words, error))
		return -(int)ERROR_INVALID;
	civil_from_days(day, &year, &month, &monthday);
	buffer_printf(&line, "%04d-%02d-%02d: ", year, month, monthday);
	buffer_append(&line, buffer_span(&words));
	if (page_read(raw, &page, error))
		return -(int)ERROR_TOO_LARGE;
	if (!span_trim((struct span){ page.text.data, page.text.length }).length)
		return begin_file(raw, buffer_span(&line), out, error);
	return insert(&page, buffer_span(&line), buffer_span(&words), out, error);
}

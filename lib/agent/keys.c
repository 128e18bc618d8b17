/* Which section is which, across edits.
 *
 * A key is the path of headings without their schedule texts, so that a section whose schedule was
 * edited, or broken, is the same section. Where a heading is nothing but a schedule its place among
 * such siblings stands for it ("@2"); the second section of one path is "#2". */
#include "outline.h"

#include <stdio.h>

#define KEY_MAX 240

/* Titles of the open headings, by level. */
struct path {
	struct span titles[7];
};

static void path_print(const struct path *path, int level, struct buffer *out)
{
	for (int i = 1; i < level; i++) {
		if (!path->titles[i].length)
			continue;
		buffer_append(out, span_slice(path->titles[i], 0, utf8_cut(path->titles[i], 60)));
		buffer_append(out, SPAN("/"));
	}
}

static bool is_taken(const struct outline *o, size_t index, const char *key)
{
	for (size_t i = 1; i < index; i++)
		if (o->parts[i].key && !strcmp(o->parts[i].key, key))
			return true;
	return false;
}

/* The first number that is free. */
static char *number(const struct outline *o, size_t index, const char *base, char mark,
		    unsigned first)
{
	for (unsigned n = first;; n++) {
		char *key = xasprintf("%s%c%u", base, mark, n);

		if (!is_taken(o, index, key))
			return key;
		free(key);
	}
}

static char *name_part(const struct outline *o, size_t index, const struct path *path)
{
	const struct part *part = &o->parts[index];
	CLEANUP(buffer_clear) struct buffer base = BUFFER(KEY_MAX * 4);

	path_print(path, part->heading->level, &base);
	if (!part->title.length)
		return number(o, index, base.data ? base.data : "", '@', 1);
	buffer_append(&base, span_slice(part->title, 0, utf8_cut(part->title, KEY_MAX)));
	if (!is_taken(o, index, base.data))
		return buffer_steal(&base);
	return number(o, index, base.data, '#', 2);
}

void outline_name_parts(struct outline *o)
{
	struct path path = { 0 };
	size_t named = 0;

	for (size_t i = 1; i < o->count; i++) {
		struct part *part = &o->parts[i];
		int level = part->heading->level;

		for (int deeper = level; deeper < 7; deeper++)
			path.titles[deeper] = (struct span){ "", 0 };
		if (part->role != PART_CHILD && part->role != PART_TITLE &&
		    named++ < AGENT_HEARTBEATS_MAX)
			part->key = name_part(o, i, &path);
		if (!outline_is_file_title(o, i))
			path.titles[level] = part->title;
	}
}

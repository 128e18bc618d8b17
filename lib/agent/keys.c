/* Which section is which, across edits.
 *
 * A key is the path of headings without their schedule texts, so that a section whose schedule was
 * edited, or broken, is the same section. A heading that is nothing but a schedule goes by its
 * first word
 * ("@daily"): its place would change with every section that is put above it. The second section of
 * one path is "#2". */
#include "outline.h"

#include "words.h"

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

/* "Daily (07:00)" is "@daily": what is likely to stay when the time is edited. An event has no
 * time: "On bulletin" is "@on bulletin". */
static void append_first_word(struct span heading, struct buffer *out)
{
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(KEY_MAX * 4);
	struct span rest, word = { "", 0 };

	words_fold(span_slice(heading, 0, utf8_cut(heading, KEY_MAX)), &folded);
	rest = buffer_span(&folded);
	words_next(&rest, &word);
	buffer_append(out, SPAN("@"));
	buffer_append(out, span_equal(word, SPAN("on")) ? buffer_span(&folded) : word);
}

/* The first of its name, or the first number that is free. */
static char *make_unique(const struct outline *o, size_t index, const char *name)
{
	char *key = xstrdup(name);

	for (unsigned n = 2; is_taken(o, index, key); n++) {
		free(key);
		key = xasprintf("%s#%u", name, n);
	}
	return key;
}

static char *name_part(const struct outline *o, size_t index, const struct path *path)
{
	const struct part *part = &o->parts[index];
	CLEANUP(buffer_clear) struct buffer name = BUFFER(KEY_MAX * 4);

	path_print(path, part->heading->level, &name);
	if (part->title.length)
		buffer_append(&name, span_slice(part->title, 0, utf8_cut(part->title, KEY_MAX)));
	else
		append_first_word(part->heading->text, &name);
	return make_unique(o, index, name.data);
}

/* "Mail (Weekly Mox)" is perhaps "Mail". NULL: it does not end in parentheses. */
static char *suspect_key(const char *key)
{
	static const char *const opening[] = { "(", "（" }, *const closing[] = { ")", "）" };
	size_t length = strlen(key);

	for (size_t i = 0; i < ARRAY_LENGTH(opening); i++) {
		size_t tail = strlen(closing[i]);
		const char *open = strstr(key, opening[i]);
		struct span name;

		if (!open || length < tail || strcmp(key + length - tail, closing[i]))
			continue;
		name = span_trim((struct span){ key, (size_t)(open - key) });
		return name.length ? span_dup(name) : NULL;
	}
	return NULL;
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
		if (!part->key && part->role != PART_CHILD && part->role != PART_TITLE &&
		    named++ < AGENT_HEARTBEATS_MAX) {
			part->key = name_part(o, i, &path);
			part->suspect = part->role == PART_STANDING ? suspect_key(part->key) : NULL;
		}
		if (!outline_is_file_title(o, i))
			path.titles[level] = part->title;
	}
}

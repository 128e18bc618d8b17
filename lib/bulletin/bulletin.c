#include "bulletin/bulletin.h"

#include "markdown/markdown.h"
#include "stamp.h"

#define ENTRIES_MAX 100000
#define ANY_LEVEL 7 /* of an entry that any heading ends */

struct reading {
	struct bulletin *bulletin;
	const struct markdown *document;
	struct span body;
	const struct zone *zone;
	int level;    /* of the heading that began the open entry; 0: none is open */
	size_t begin; /* of the open entry, and of its text behind the stamp */
	size_t text;
	int result;
};

/* ---- entries ---- */

static void close_entry(struct reading *r, size_t end)
{
	struct bulletin_entry *entry;

	if (!r->level)
		return;
	entry = &r->bulletin->items[r->bulletin->count - 1];
	entry->source = span_slice(r->body, r->begin, end);
	entry->body = span_trim(span_slice(r->body, r->text < end ? r->text : end, end));
	r->level = 0;
}

static void open_entry(struct reading *r, const struct stamp *stamp, int level, size_t begin,
		       size_t text)
{
	struct bulletin *b = r->bulletin;

	close_entry(r, begin);
	if (array_grow((void **)&b->items, b->count, &b->capacity, sizeof(*b->items),
		       ENTRIES_MAX)) {
		r->result = -(int)ERROR_TOO_LARGE;
		return;
	}
	b->items[b->count++] = (struct bulletin_entry){ .author = stamp->author, .at = stamp->at };
	r->level = level;
	r->begin = begin;
	r->text = text;
}

/* ---- walking ---- */

static void read_heading(struct reading *r, const struct markdown_node *heading)
{
	size_t length;
	struct span text = markdown_heading_text(markdown_source(r->document, heading), &length);
	struct stamp stamp;

	if (stamp_of_heading(text, r->zone, &stamp))
		open_entry(r, &stamp, heading->level, heading->begin, heading->end);
	else if (heading->level <= r->level)
		close_entry(r, heading->begin);
}

static void read_lines(struct reading *r, const struct markdown_node *node)
{
	struct span rest = markdown_source(r->document, node), line;
	struct stamp stamp;

	while (!r->result && span_next_line(&rest, &line)) {
		size_t begin = (size_t)(line.data - r->body.data);

		if (stamp_of_line(line, r->zone, &stamp))
			open_entry(r, &stamp, ANY_LEVEL, begin, begin + stamp.length);
	}
	if (r->level == ANY_LEVEL)
		close_entry(r, node->end);
}

static void read_document(struct reading *r)
{
	const struct markdown_node *node;

	for (node = markdown_root(r->document)->first; node && !r->result; node = node->next) {
		if (node->kind == MARKDOWN_HEADING)
			read_heading(r, node);
		else if (node->kind == MARKDOWN_PARAGRAPH || node->kind == MARKDOWN_CODE)
			read_lines(r, node);
	}
	close_entry(r, r->body.length);
}

/* ---- the file ---- */

static void count_lines(struct bulletin *bulletin, struct span text)
{
	const char *at = text.data;
	unsigned line = 1;

	for (size_t i = 0; i < bulletin->count; i++) {
		for (; at < bulletin->items[i].source.data; at++)
			line += *at == '\n';
		bulletin->items[i].line = line;
	}
}

/* Most neighbours decide; where they are even, the first and the last. */
static bool falls(const struct bulletin *bulletin)
{
	int falling = 0;

	for (size_t i = 1; i < bulletin->count; i++) {
		int64_t before = bulletin->items[i - 1].at, at = bulletin->items[i].at;

		falling += (at < before) - (at > before);
	}
	return falling > 0 || (falling == 0 && bulletin->count > 1 &&
			       bulletin->items[0].at > bulletin->items[bulletin->count - 1].at);
}

int bulletin_parse(struct span text, const struct zone *zone, struct bulletin *ret_bulletin,
		   struct error *error)
{
	CLEANUP(markdown_text_clear) struct markdown_text clean = { 0 };
	CLEANUP(markdown_free) struct markdown *document = NULL;
	CLEANUP(bulletin_clear) struct bulletin bulletin = { 0 };
	struct reading r = { .bulletin = &bulletin, .zone = zone };

	if (markdown_clean(text, BULLETIN_FILE_MAX * 3, &clean, NULL))
		return error_set(error, ERROR_TOO_LARGE,
				 "the bulletin is larger than %d bytes: archive old entries",
				 BULLETIN_FILE_MAX);
	r.body = span_slice(text, clean.front_matter, text.length);
	if (markdown_parse(r.body, &document, error))
		return -(int)ERROR_TOO_LARGE;
	r.document = document;
	read_document(&r);
	if (r.result)
		return error_set(error, ERROR_TOO_LARGE, "the bulletin has too many entries");
	count_lines(&bulletin, text);
	bulletin.newest_first = falls(&bulletin);
	*ret_bulletin = bulletin;
	bulletin = (struct bulletin){ 0 };
	return 0;
}

void bulletin_clear(struct bulletin *bulletin)
{
	free(bulletin->items);
	*bulletin = (struct bulletin){ 0 };
}

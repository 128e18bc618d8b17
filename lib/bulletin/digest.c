/* Has anybody else written something? Blanks, and the heading of a new file, are nothing. */
#include "bulletin/bulletin.h"

#include "base/hash.h"
#include "markdown/markdown.h"

#define NOTHING HASH_BEGIN

static uint64_t add(uint64_t hash, struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!memchr(" \t\r\n", text.data[i], 4))
			hash = hash_byte(hash, (unsigned char)text.data[i]);
	return hash;
}

/* The stamp and the one line that the daemon writes: what stands below is somebody else's. */
static size_t end_of(const struct bulletin_entry *entry, struct span text)
{
	struct span rest = entry->body, line;

	if (!span_next_line(&rest, &line))
		return (size_t)(entry->source.data - text.data) + entry->source.length;
	return (size_t)(line.data - text.data) + line.length;
}

static bool is_by(const struct bulletin_entry *entry, const char *author)
{
	return author && span_equal(entry->author, span_of(author));
}

uint64_t bulletin_digest(struct span raw, const char *except, const char *also)
{
	CLEANUP(markdown_text_clear) struct markdown_text clean = { 0 };
	CLEANUP(bulletin_clear) struct bulletin bulletin = { 0 };
	uint64_t hash = NOTHING;
	struct span text;
	size_t at = 0;

	if (markdown_clean(raw, BULLETIN_FILE_MAX, &clean, NULL))
		return add(hash, raw);
	text = (struct span){ clean.data, clean.length };
	if (bulletin_parse(text, NULL, &bulletin, NULL))
		return add(hash, text);
	if (span_starts_with(span_trim(text), SPAN(BULLETIN_TITLE)))
		at = (size_t)(span_trim(text).data - text.data) + strlen(BULLETIN_TITLE);
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct bulletin_entry *entry = &bulletin.items[i];

		if (!is_by(entry, except) && !is_by(entry, also))
			continue;
		hash = add(hash, span_slice(text, at, (size_t)(entry->source.data - text.data)));
		at = end_of(entry, text);
	}
	return add(hash, span_slice(text, at, text.length));
}

/* Has anybody else written something? Blanks, and the heading of a new file, are nothing. */
#include "bulletin/bulletin.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "markdown/markdown.h"

/* What the entries of one author say, or all that is in none. */
struct voice {
	uint64_t author; /* a hash, NOBODY for the latter */
	uint64_t sum;    /* of a hash for each piece: their order says nothing */
};

#define NOBODY 0

static uint64_t hash_of(struct span text)
{
	uint64_t hash = HASH_BEGIN;

	for (size_t i = 0; i < text.length; i++)
		if (!memchr(" \t\r\n", text.data[i], 4))
			hash = hash_byte(hash, (unsigned char)text.data[i]);
	return hash == HASH_BEGIN ? 0 : hash;
}

static uint64_t author_of(struct span name)
{
	return name.length ? hash_span(HASH_BEGIN, name) : NOBODY;
}

/* The stamp and the one line that the daemon writes: what stands below is somebody else's. */
static size_t end_of(const struct bulletin_entry *entry, struct span text)
{
	struct span rest = entry->body, line;

	if (!span_next_line(&rest, &line))
		return (size_t)(entry->source.data - text.data) + entry->source.length;
	return (size_t)(line.data - text.data) + line.length;
}

static int by_author(const void *a, const void *b)
{
	uint64_t one = ((const struct voice *)a)->author, other = ((const struct voice *)b)->author;

	return (one > other) - (one < other);
}

static void add(struct bulletin_digest *digest, uint64_t author, struct span text)
{
	uint64_t hash = hash_of(text);

	digest->total += hash;
	if (author != NOBODY)
		digest->voices[digest->count++] = (struct voice){ author, hash };
}

/* One voice for each author. */
static void merge(struct bulletin_digest *digest)
{
	size_t kept = 0;

	qsort(digest->voices, digest->count, sizeof(*digest->voices), by_author);
	for (size_t i = 0; i < digest->count; i++)
		if (kept && digest->voices[kept - 1].author == digest->voices[i].author)
			digest->voices[kept - 1].sum += digest->voices[i].sum;
		else
			digest->voices[kept++] = digest->voices[i];
	digest->count = kept;
}

void bulletin_digest(struct span raw, struct bulletin_digest *ret_digest)
{
	CLEANUP(markdown_text_clear) struct markdown_text clean = { 0 };
	CLEANUP(bulletin_clear) struct bulletin bulletin = { 0 };
	struct bulletin_digest digest = { 0 };
	bool is_clean = !markdown_clean(raw, BULLETIN_FILE_MAX, &clean, NULL);
	struct span text = is_clean ? (struct span){ clean.data, clean.length } : raw;
	size_t at = 0;

	if (is_clean && !bulletin_parse(text, NULL, &bulletin, NULL) &&
	    span_starts_with(span_trim(text), SPAN(BULLETIN_TITLE)))
		at = (size_t)(span_trim(text).data - text.data) + strlen(BULLETIN_TITLE);
	digest.voices = xcalloc(bulletin.count + 1, sizeof(*digest.voices));
	for (size_t i = 0; i < bulletin.count; i++) {
		const struct bulletin_entry *entry = &bulletin.items[i];
		size_t begin = (size_t)(entry->source.data - text.data), end = end_of(entry, text);

		add(&digest, NOBODY, span_slice(text, at, begin));
		add(&digest, author_of(entry->author), span_slice(text, begin, end));
		at = end;
	}
	add(&digest, NOBODY, span_slice(text, at, text.length));
	merge(&digest);
	*ret_digest = digest;
}

static uint64_t sum_of(const struct bulletin_digest *digest, const char *author)
{
	struct voice key = { .author = author_of(span_of(author)) };
	const struct voice *voice = bsearch(&key, digest->voices, digest->count,
					    sizeof(*digest->voices), by_author);

	return voice ? voice->sum : 0;
}

uint64_t bulletin_digest_without(const struct bulletin_digest *digest, const char *author,
				 const char *also)
{
	uint64_t rest = digest->total - sum_of(digest, author);

	return also && strcmp(also, author) != 0 ? rest - sum_of(digest, also) : rest;
}

void bulletin_digest_clear(struct bulletin_digest *digest)
{
	free(digest->voices);
	*digest = (struct bulletin_digest){ 0 };
}

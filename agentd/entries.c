#include "entries.h"

#include "bulletin/bulletin.h"
#include "markdown/markdown.h"
#include "memory/memory.h"

/* ---- facts ---- */

static bool has_fact(struct span raw, const char *fact)
{
	struct memory memory;
	bool found = false;

	if (memory_parse(raw, &memory, NULL))
		return false;
	for (size_t i = 0; i < memory.entry_count && !found; i++)
		found = span_equal(span_trim(memory.entries[i].text), span_of(fact));
	memory_clear(&memory);
	return found;
}

int entries_add_facts(const struct entries *entries, struct span raw, struct buffer *out,
		      struct error *error)
{
	CLEANUP(buffer_clear) struct buffer now = BUFFER(MEMORY_FILE_MAX);
	int result = buffer_append(&now, raw);

	for (size_t i = 0; !result && i < entries->count; i++) {
		if (entries->recover && has_fact(raw, entries->texts[i]))
			continue;
		buffer_reset(out);
		result = memory_append(buffer_span(&now), span_of(entries->texts[i]),
				       entries->at / 86400, out, error);
		buffer_reset(&now);
		if (!result)
			result = buffer_append(&now, buffer_span(out));
	}
	if (!out->length && !result)
		result = buffer_append(out, raw);
	return result;
}

/* ---- posts ---- */

static bool same_post(const struct bulletin_entry *one, const struct bulletin_entry *other)
{
	return one->at == other->at && span_equal(one->author, other->author) &&
	       span_equal(one->body, other->body);
}

/* Compared in the form in which it is read, whatever line ends the file has. */
static bool has_post(const struct entries *entries, struct span raw)
{
	CLEANUP(buffer_clear) struct buffer alone = BUFFER(BULLETIN_FILE_MAX);
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	CLEANUP(bulletin_clear) struct bulletin wanted = { 0 };
	CLEANUP(bulletin_clear) struct bulletin there = { 0 };

	if (bulletin_post(SPAN(""), entries->agent, entries->at, span_of(entries->texts[0]), &alone,
			  NULL) ||
	    bulletin_parse(buffer_span(&alone), NULL, &wanted, NULL) || wanted.count != 1 ||
	    markdown_clean(raw, BULLETIN_FILE_MAX, &text, NULL) ||
	    bulletin_parse((struct span){ text.data, text.length }, NULL, &there, NULL))
		return false;
	for (size_t i = 0; i < there.count; i++)
		if (same_post(&there.items[i], &wanted.items[0]))
			return true;
	return false;
}

int entries_add_post(const struct entries *entries, struct span raw, struct buffer *out,
		     struct error *error)
{
	if (entries->recover && has_post(entries, raw))
		return buffer_append(out, raw);
	return bulletin_post(raw, entries->agent, entries->at, span_of(entries->texts[0]), out,
			     error);
}

/* ---- the difference ---- */

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

struct splice splice_between(struct span from, struct span to)
{
	size_t shorter = from.length < to.length ? from.length : to.length, begin = 0, end = 0;

	while (begin < shorter && from.data[begin] == to.data[begin])
		begin++;
	while (begin && begin < to.length && is_continuation(to.data[begin]))
		begin--;
	while (end < shorter - begin &&
	       from.data[from.length - 1 - end] == to.data[to.length - 1 - end])
		end++;
	while (end && is_continuation(to.data[to.length - end]))
		end--;
	return (struct splice){ begin, from.length - end - begin,
				span_slice(to, begin, to.length - end) };
}

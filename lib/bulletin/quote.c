/* The board as an agent gets to see it: newest first, attributed, every line quoted. */
#include "bulletin/bulletin.h"

#include <stdio.h>

static int newest(const void *a, const void *b)
{
	const struct bulletin_entry *left = *(const struct bulletin_entry *const *)a;
	const struct bulletin_entry *right = *(const struct bulletin_entry *const *)b;

	if (left->at != right->at)
		return left->at < right->at ? 1 : -1;
	return left->line > right->line ? 1 : -1;
}

static void quote_lines(struct span body, struct buffer *out)
{
	struct span line;

	while (span_next_line(&body, &line)) {
		buffer_append(out, line.length ? SPAN("> ") : SPAN(">"));
		buffer_append(out, line);
		buffer_append(out, SPAN("\n"));
	}
}

static void introduce(const struct bulletin_entry *entry, const char *reader, struct buffer *out)
{
	char at[INSTANT_SIZE];

	if (entry->author.length)
		buffer_append(out, entry->author);
	else
		buffer_append(out, SPAN("unknown"));
	if (reader && span_equal(entry->author, span_of(reader)))
		buffer_append(out, SPAN(" (you)"));
	if (entry->at != INT64_MIN)
		buffer_printf(out, ", %.10s %.5sZ", instant_print(entry->at, at), at + 11);
	buffer_append(out, SPAN(":\n"));
}

/* The newest entry is shown in part where it alone is too long. */
static void quote_part(const struct bulletin_entry *entry, size_t room, struct buffer *out)
{
	struct span body = entry->body;
	size_t lines = 1;

	for (size_t i = 0; i < body.length; i++)
		lines += body.data[i] == '\n';
	room = room > lines * 3 + 8 ? room - lines * 3 - 8 : 0;
	quote_lines(span_slice(body, 0, utf8_cut(body, room)), out);
	buffer_append(out, SPAN("> …\n"));
}

int bulletin_quote(const struct bulletin *bulletin, const char *reader, size_t max_bytes,
		   struct buffer *out)
{
	_free_ const struct bulletin_entry **order = xcalloc(bulletin->count + 1, sizeof(*order));
	CLEANUP(buffer_clear) struct buffer one = BUFFER(BULLETIN_FILE_MAX * 4);
	size_t begin = out->length, used = 0;

	for (size_t i = 0; i < bulletin->count; i++)
		order[i] = &bulletin->items[i];
	qsort(order, bulletin->count, sizeof(*order), newest);
	for (size_t i = 0; i < bulletin->count; i++, used = out->length - begin) {
		size_t head;

		buffer_reset(&one);
		introduce(order[i], reader, &one);
		head = one.length;
		quote_lines(order[i]->body, &one);
		if (used + one.length <= max_bytes) {
			buffer_append(out, buffer_span(&one));
			continue;
		}
		if (i == 0 && head + 16 < max_bytes) {
			buffer_append(out, span_slice(buffer_span(&one), 0, head));
			quote_part(order[i], max_bytes - head, out);
			i++;
		}
		if (i < bulletin->count)
			buffer_printf(out, "(%zu older not shown)\n", bulletin->count - i);
		break;
	}
	return out->overflow ? -(int)ERROR_TOO_LARGE : 0;
}

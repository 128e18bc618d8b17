#include "sse.h"

#define KEPT_MAX 16384 /* bytes of room that wait for the next event */

void sse_init(struct sse *sse, size_t max, sse_sink sink, void *context)
{
	*sse = (struct sse){
		.line = BUFFER(max),
		.data = BUFFER(max),
		.name = BUFFER(max),
		.sink = sink,
		.context = context,
	};
}

void sse_clear(struct sse *sse)
{
	buffer_clear(&sse->line);
	buffer_clear(&sse->data);
	buffer_clear(&sse->name);
}

static int too_large(const struct sse *sse, struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE, "one event of the stream is longer than %zu bytes",
			 sse->data.max);
}

/* Most events are small; one that was not (Responses sends the whole prompt back) would hold its
 * room as long as the stream lives. */
static void empty(struct buffer *buffer)
{
	if (buffer->capacity > KEPT_MAX)
		buffer_clear(buffer);
	else
		buffer_reset(buffer);
}

static int dispatch(struct sse *sse, struct error *error)
{
	struct sse_event event = { buffer_span(&sse->name), buffer_span(&sse->data), false };
	int r = sse->has_data ? sse->sink(sse->context, &event, error) : 0;

	empty(&sse->data);
	empty(&sse->name);
	sse->has_data = false;
	return r;
}

static int add_data(struct sse *sse, struct span value, struct error *error)
{
	if (sse->has_data)
		buffer_append(&sse->data, SPAN("\n"));
	buffer_append(&sse->data, value);
	sse->has_data = true;
	return sse->data.overflow ? too_large(sse, error) : 0;
}

static int take_field(struct sse *sse, struct span field, struct span value, struct error *error)
{
	if (span_equal(field, SPAN("data")))
		return add_data(sse, value, error);
	if (span_equal(field, SPAN("event"))) {
		buffer_reset(&sse->name);
		buffer_append(&sse->name, value);
	}
	return 0; /* id, retry and whatever else there is */
}

static struct span without_bom(struct sse *sse, struct span line)
{
	if (!sse->begun && span_starts_with(line, SPAN("\xEF\xBB\xBF")))
		line = span_slice(line, 3, line.length);
	sse->begun = true;
	return line;
}

static int take_bare(struct sse *sse, struct span line, struct error *error)
{
	struct sse_event event = { .data = line };

	return span_trim(line).length ? sse->sink(sse->context, &event, error) : 0;
}

static int take_line(struct sse *sse, struct span line, struct error *error)
{
	const char *colon;
	struct span field, value = { NULL, 0 };

	line = without_bom(sse, line);
	if (sse->bare)
		return take_bare(sse, line, error);
	if (!line.length)
		return dispatch(sse, error);
	if (line.data[0] == ':') {
		struct sse_event event = { .data = span_slice(line, 1, line.length),
					   .comment = true };

		return sse->sink(sse->context, &event, error);
	}
	colon = memchr(line.data, ':', line.length);
	field = span_slice(line, 0, colon ? (size_t)(colon - line.data) : line.length);
	if (colon)
		value = span_slice(line, field.length + 1, line.length);
	if (value.length && value.data[0] == ' ')
		value = span_slice(value, 1, value.length);
	return take_field(sse, field, value, error);
}

/* The end of a line has come; `rest` is what was not kept of it yet. */
static int end_line(struct sse *sse, struct span rest, struct error *error)
{
	int r;

	if (rest.length > sse->line.max)
		return too_large(sse, error);
	if (!sse->line.length)
		return take_line(sse, rest, error);
	if (buffer_append(&sse->line, rest))
		return too_large(sse, error);
	r = take_line(sse, buffer_span(&sse->line), error);
	empty(&sse->line);
	return r;
}

static const char *find(struct span bytes, size_t from, char c)
{
	const char *found = from < bytes.length ? memchr(bytes.data + from, c, bytes.length - from)
						: NULL;

	return found ? found : bytes.data + bytes.length;
}

/* Both ends are looked for once per place, so that a stream with one kind of them stays O(n). */
int sse_feed(struct sse *sse, struct span bytes, struct error *error)
{
	const char *lf, *cr, *end = bytes.data + bytes.length;
	size_t at = 0;

	if (!bytes.length)
		return 0;
	if (sse->after_cr && bytes.data[0] == '\n')
		at = 1;
	sse->after_cr = false;
	lf = find(bytes, at, '\n');
	cr = find(bytes, at, '\r');
	while (at < bytes.length) {
		const char *stop = lf < cr ? lf : cr;
		struct span piece = span_slice(bytes, at, (size_t)(stop - bytes.data));
		int r;

		if (stop == end) {
			if (buffer_append(&sse->line, piece))
				return too_large(sse, error);
			break;
		}
		r = end_line(sse, piece, error);
		if (r)
			return r;
		at += piece.length + 1;
		if (stop == cr && at == bytes.length)
			sse->after_cr = true;
		if (stop == cr && at < bytes.length && bytes.data[at] == '\n')
			at++;
		if (lf < bytes.data + at)
			lf = find(bytes, at, '\n');
		if (cr < bytes.data + at)
			cr = find(bytes, at, '\r');
	}
	return 0;
}

int sse_finish(struct sse *sse, struct error *error)
{
	int r = sse->line.length ? end_line(sse, (struct span){ NULL, 0 }, error) : 0;

	return r ? r : dispatch(sse, error);
}

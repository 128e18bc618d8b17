#include "stream.h"

#include "answer.h"
#include "wire.h"

static int take_event(void *context, const struct sse_event *event, struct error *error)
{
	struct model_stream *stream = context;
	struct sse_event trimmed = *event;
	struct span text;

	if (stream->ended)
		return 0;
	trimmed.data = span_trim(event->data);
	if (event->comment || !trimmed.data.length) {
		if (!stream->at_end) /* "data:" may be the beginning of something */
			draft_tell(&stream->draft, MODEL_EVENT_PING);
		return 0;
	}
	stream->round++;
	if (repeat_match(&stream->repeat, &trimmed, &text))
		return draft_add_text(&stream->draft, text, error);
	repeat_forget(&stream->repeat);
	stream->plain = (struct span){ NULL, 0 };
	return stream->kind->take(stream, &trimmed, error);
}

struct model_stream *stream_new(const struct stream_kind *kind, const char *provider,
				model_event_sink sink, void *context)
{
	struct model_stream *stream = xcalloc(1, sizeof(*stream));

	stream->kind = kind;
	stream->provider = xstrdup(provider ? provider : "");
	stream->whole = BUFFER(MODEL_EVENT_MAX);
	sse_init(&stream->sse, MODEL_EVENT_MAX, take_event, stream);
	stream->sse.bare = !kind->take_whole;
	draft_init(&stream->draft, sink, context);
	repeat_init(&stream->repeat);
	return stream;
}

void model_stream_set_model(struct model_stream *stream, const char *model)
{
	draft_set_model(&stream->draft, span_of(model));
}

void model_stream_free(struct model_stream *stream)
{
	if (!stream)
		return;
	anthropic_blocks_clear(stream);
	responses_items_clear(stream);
	sse_clear(&stream->sse);
	draft_clear(&stream->draft);
	repeat_clear(&stream->repeat);
	buffer_clear(&stream->whole);
	json_decref(stream->report);
	free(stream->provider);
	free(stream);
}

void stream_keep_report(struct model_stream *stream, json_t *report)
{
	json_decref(stream->report);
	stream->report = report;
}

int stream_parse(struct model_stream *stream, const struct sse_event *event, json_t **ret_object,
		 struct error *error)
{
	json_t *json = wire_parse(event->data), *only;
	CLEANUP(buffer_clear) struct buffer line = BUFFER(256);

	if (json_is_array(json) && json_array_size(json) == 1) {
		only = json_incref(json_array_get(json, 0));
		json_decref(json);
		json = only;
	}
	if (json_is_object(json)) {
		*ret_object = json;
		return 0;
	}
	json_decref(json);
	wire_line_append(&line, event->data, 80);
	if (span_equal(event->name, SPAN("error"))) {
		stream_keep_report(stream, wire_string(event->data));
		return error_set(error, ERROR_REMOTE, "%s", line.data);
	}
	if (stream->at_end)
		return error_set(error, ERROR_CLOSED, "the stream ended in the middle of an event");
	return error_set(error, ERROR_PROTOCOL,
			 "the stream holds an event that is no JSON object: %s", line.data);
}

int stream_check_error(struct model_stream *stream, json_t *answer, bool named_error,
		       struct error *error)
{
	CLEANUP(buffer_clear) struct buffer line = BUFFER(ERROR_MESSAGE_MAX);

	if (!named_error && !answer_is_error(answer))
		return 0;
	stream_keep_report(stream, json_incref(answer));
	answer_error_append(answer, &line, 500);
	return error_set(error, ERROR_REMOTE, "%s",
			 line.length ? line.data
				     : "the server reported an error and did not say which");
}

/* What kind of body is it? Decided by its first byte that is not blank: no server sends an event
 * stream that begins with a brace, and one that does not stream begins with nothing else. */
static void look_at_beginning(struct model_stream *stream, struct span bytes)
{
	for (size_t i = 0; i < bytes.length && stream->body == BODY_NOT_BEGUN; i++) {
		char c = bytes.data[i];

		if (c == '{' || c == '[')
			stream->body = stream->kind->take_whole ? BODY_WHOLE : BODY_EVENTS;
		else if (c == '<')
			stream->body = BODY_PAGE;
		else if (!strchr("\xEF\xBB\xBF \t\r\n", c) || !c)
			stream->body = BODY_EVENTS;
	}
}

static int feed(struct model_stream *stream, struct span bytes, struct error *error)
{
	if (stream->ended)
		return 0;
	if (stream->body == BODY_NOT_BEGUN)
		look_at_beginning(stream, bytes);
	switch (stream->body) {
	case BODY_PAGE:
		return error_set(error, ERROR_PROTOCOL,
				 "the server answered with a web page, not with a stream; is its "
				 "base_url right?");
	case BODY_WHOLE:
		if (buffer_append(&stream->whole, bytes))
			return error_set(error, ERROR_TOO_LARGE,
					 "the answer is longer than %d bytes", MODEL_EVENT_MAX);
		return 0;
	default: return sse_feed(&stream->sse, bytes, error);
	}
}

static int fail(struct model_stream *stream, int r, const struct error *cause, struct error *error)
{
	stream->failure = r;
	stream->error = *cause;
	if (error)
		*error = stream->error;
	return r;
}

int model_stream_feed(struct model_stream *stream, struct span bytes, struct error *error)
{
	struct error cause = { 0 };
	int r;

	if (stream->failure)
		return fail(stream, stream->failure, &stream->error, error);
	r = feed(stream, bytes, &cause);
	return r ? fail(stream, r, &cause, error) : 0;
}

static int finish_whole(struct model_stream *stream, struct error *error)
{
	json_t *answer = NULL;
	struct sse_event event = { .data = buffer_span(&stream->whole) };
	int r = stream_parse(stream, &event, &answer, error);

	if (!r)
		r = stream_check_error(stream, answer, false, error);
	if (!r)
		r = stream->kind->take_whole(stream, answer, error);
	json_decref(answer);
	return r;
}

/* A last event without its blank line counts; a cut one does not, and is no harm to a reply that
 * was complete before it. */
static int finish(struct model_stream *stream, struct error *error)
{
	int r;

	stream->at_end = true;
	if (stream->body == BODY_WHOLE)
		r = finish_whole(stream, error);
	else
		r = stream->ended ? 0 : sse_finish(&stream->sse, error);
	if (r == -ERROR_CLOSED && stream->terminal)
		r = 0;
	if (!r && !stream->terminal)
		r = error_set(error, ERROR_CLOSED,
			      "the stream ended before the model had finished");
	return r;
}

int model_stream_finish(struct model_stream *stream, struct model_reply **ret_reply,
			struct error *error)
{
	struct error cause = { 0 };
	int r;

	if (stream->failure)
		return fail(stream, stream->failure, &stream->error, error);
	r = finish(stream, &cause);
	if (r)
		return fail(stream, r, &cause, error);
	*ret_reply = draft_reply(&stream->draft, stream->provider);
	error_set(&cause, ERROR_CLOSED, "the stream is finished");
	fail(stream, -ERROR_CLOSED, &cause, NULL);
	return 0;
}

#include "record.h"

static void note(void *context, const struct model_event *event)
{
	static const char *const words[] = {
		[MODEL_EVENT_TEXT] = "text",
		[MODEL_EVENT_CALL] = "call",
		[MODEL_EVENT_PROGRESS] = "progress",
		[MODEL_EVENT_PING] = "ping",
	};
	struct record *record = context;
	bool is_text = event->kind == MODEL_EVENT_TEXT;

	assert_true(utf8_valid(event->text));
	assert_true(utf8_valid(event->name));
	if (!is_text || !record->in_text) {
		if (record->events.length)
			buffer_append_text(&record->events, "\n");
		buffer_append_text(&record->events, words[event->kind]);
		if (event->kind <= MODEL_EVENT_CALL)
			buffer_append_text(&record->events, " ");
	}
	record->in_text = is_text;
	if (event->kind == MODEL_EVENT_CALL) {
		buffer_append(&record->events, event->name);
		buffer_append_text(&record->events, " ");
	}
	buffer_append(&record->events, event->text);
}

void record_begin(struct record *record, const char *format)
{
	*record = (struct record){ .events = BUFFER(64 * 1024 * 1024) };
	record->stream = model_stream_new(model_format_find(format), "here", note, record);
}

void record_feed(struct record *record, struct span bytes)
{
	struct error error = { 0 };
	int r = model_stream_feed(record->stream, bytes, &error);

	if (record->result) {
		assert_int_equal(r, record->result); /* failed is failed */
		assert_string_equal(error.message, record->error.message);
	}
	record->result = r;
	record->error = error;
}

void record_finish(struct record *record)
{
	int r = model_stream_finish(record->stream, &record->reply, &record->error);

	if (record->result)
		assert_int_equal(r, record->result);
	record->result = r;
	if (r)
		assert_null(record->reply);
	else
		assert_non_null(record->reply);
}

void record_clear(struct record *record)
{
	buffer_clear(&record->events);
	model_stream_free(record->stream);
	model_reply_free(record->reply);
	record->stream = NULL;
	record->reply = NULL;
}

void record_run(struct record *record, const char *format, struct span bytes, size_t cut)
{
	record_begin(record, format);
	record_feed(record, span_slice(bytes, 0, cut));
	record_feed(record, span_slice(bytes, cut, bytes.length));
	record_finish(record);
}

void record_run_bytes(struct record *record, const char *format, struct span bytes)
{
	record_begin(record, format);
	for (size_t i = 0; i < bytes.length; i++)
		record_feed(record, span_slice(bytes, i, i + 1));
	record_finish(record);
}

static void describe_reply(const struct model_reply *reply, struct buffer *out)
{
	static const char *const stops[] = { "end", "tools", "length", "refusal" };
	const struct model_usage *u = &reply->usage;

	buffer_printf(out, "\"%s\"", reply->text);
	for (size_t i = 0; i < reply->call_count; i++) {
		const struct model_call *call = &reply->calls[i];
		char arguments[1024] = "";

		assert_int_equal(strlen(call->id), MODEL_CALL_ID_MAX);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(reply->calls[k].id, call->id);
		if (call->arguments)
			json_dumpb(call->arguments, arguments, sizeof(arguments) - 1, JSON_COMPACT);
		buffer_printf(out, " %s%s%s", call->name, call->arguments ? "" : "!",
			      call->arguments ? arguments : call->malformed);
	}
	buffer_printf(out, " %s ", stops[reply->stop]);
	if (u->known)
		buffer_printf(out, "%d/%d/%d/%d/%d", (int)u->input_tokens,
			      (int)u->cache_read_tokens, (int)u->cache_write_tokens,
			      (int)u->output_tokens, (int)u->reasoning_tokens);
	else
		buffer_append_text(out, "?");
}

void record_describe(const struct record *record, struct buffer *out)
{
	if (record->reply)
		describe_reply(record->reply, out);
	else
		buffer_printf(out, "%s: %s", error_code_name((enum error_code) - record->result),
			      record->error.message);
}

static void check(const struct stream_row *row, const struct record *record, const char *how)
{
	CLEANUP(buffer_clear) struct buffer outcome = BUFFER(1024 * 1024);
	const char *events = record->events.data ? record->events.data : "";

	record_describe(record, &outcome);
	if (!strcmp(outcome.data, row->outcome) && (!row->events || !strcmp(events, row->events)))
		return;
	print_error("%s (%s)\n", row->name, how);
	assert_string_equal(outcome.data, row->outcome);
	assert_string_equal(events, row->events);
}

char *stream_row_bytes(const char *stream, const char *end)
{
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(64 * 1024 * 1024);

	for (const char *c = stream; *c; c++) {
		if (*c == '\n')
			buffer_append_text(&bytes, end);
		else
			buffer_append(&bytes, *c == '\'' ? SPAN("\"") : (struct span){ c, 1 });
	}
	return buffer_steal(&bytes);
}

void stream_row_check(const char *format, const struct stream_row *row)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };

	for (size_t e = 0; e < ARRAY_LENGTH(ends); e++) {
		_free_ char *bytes = stream_row_bytes(row->stream, ends[e]);
		CLEANUP(record_clear) struct record single;

		for (size_t cut = 0; cut <= strlen(bytes); cut++) {
			CLEANUP(record_clear) struct record two;

			record_run(&two, format, span_of(bytes), cut);
			check(row, &two, "in two pieces");
		}
		record_run_bytes(&single, format, span_of(bytes));
		check(row, &single, "byte by byte");
	}
}

char *record_outcome(const struct record *record)
{
	json_t *json;
	size_t size;
	char *text;

	if (!record->reply)
		return xasprintf("%s: %s", error_code_name((enum error_code) - record->result),
				 record->error.message);
	json = model_reply_to_json(record->reply);
	size = json_dumpb(json, NULL, 0, JSON_COMPACT);
	text = xcalloc(size + 1, 1);
	json_dumpb(json, text, size, JSON_COMPACT);
	json_decref(json);
	return text;
}

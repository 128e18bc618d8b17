/* What must hold for any bytes as a stream of FORMAT:
 *   - cut into other pieces they tell the same events and end the same way,
 *   - a reply survives the way through JSON, and all encoders take it back into a transcript. */
#include "model/model.h"

#include <stdio.h>

#define MUST(claim)                                                     \
	do {                                                            \
		if (!(claim)) {                                         \
			fprintf(stderr, "does not hold: %s\n", #claim); \
			abort();                                        \
		}                                                       \
	} while (0)

struct run {
	struct buffer events;
	bool in_text;
	int result;
	struct error error;
	struct model_reply *reply;
};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void note(void *context, const struct model_event *event)
{
	struct run *run = context;
	bool is_text = event->kind == MODEL_EVENT_TEXT;

	MUST(utf8_valid(event->text) && utf8_valid(event->name));
	if (!is_text || !run->in_text)
		buffer_printf(&run->events, "\n%d ", event->kind);
	run->in_text = is_text;
	buffer_append(&run->events, event->name);
	buffer_append(&run->events, event->text);
}

/* Pieces of 1 to 16 bytes, drawn from `seed`; 0: one piece. */
static size_t next_piece(unsigned *seed, size_t left)
{
	size_t size;

	if (!*seed)
		return left;
	*seed = *seed * 1103515245u + 12345u;
	size = 1 + (*seed >> 16) % 16;
	return size < left ? size : left;
}

static void run_stream(struct run *run, struct span bytes, unsigned seed)
{
	struct model_stream *stream = model_stream_new(model_format_find(FORMAT), "here", note,
						       run);

	for (size_t at = 0; at < bytes.length && !run->result;) {
		size_t piece = next_piece(&seed, bytes.length - at);

		run->result = model_stream_feed(stream, span_slice(bytes, at, at + piece),
						&run->error);
		at += piece;
	}
	if (!run->result)
		run->result = model_stream_finish(stream, &run->reply, &run->error);
	MUST(!run->result == !!run->reply);
	model_stream_free(stream);
}

static void encode_again(const struct model_reply *reply, const char *format)
{
	const struct model_target target = { .provider = "here", .model = "m" };
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	json_t *request = model_request_new(100), *body;

	model_request_add_user(request, SPAN("go on"));
	model_request_add_reply(request, reply);
	for (size_t i = 0; i < reply->call_count; i++)
		model_request_add_result(request, &reply->calls[i], SPAN("ok"), i % 2);
	MUST(!model_encode(model_format_find(format), request, &target, &http, NULL));
	MUST(utf8_valid(buffer_span(&http.body)));
	body = json_loadb(http.body.data, http.body.length, JSON_REJECT_DUPLICATES, NULL);
	MUST(body);
	json_decref(body);
	json_decref(request);
}

static void check_reply(const struct model_reply *reply)
{
	static const char *const formats[] = { "openai", "anthropic", "ollama", "responses" };
	CLEANUP(model_reply_free) struct model_reply *again = NULL;
	json_t *json = model_reply_to_json(reply), *second;

	MUST(!model_reply_from_json(json, &again, NULL));
	second = model_reply_to_json(again);
	MUST(json_equal(json, second));
	json_decref(json);
	json_decref(second);
	for (size_t i = 0; i < reply->call_count; i++)
		MUST(!reply->calls[i].arguments != !reply->calls[i].malformed);
	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++)
		encode_again(reply, formats[i]);
}

static void check_error_text(struct span bytes)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);

	model_error_text(400, bytes, &text);
	MUST(text.length && !text.overflow && utf8_valid(buffer_span(&text)));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct run whole = { .events = BUFFER(1 << 26) }, pieces = { .events = BUFFER(1 << 26) };
	struct span bytes;

	if (!size)
		return 0;
	bytes = (struct span){ (const char *)data + 1, size - 1 };
	run_stream(&whole, bytes, 0);
	run_stream(&pieces, bytes, data[0] + 1u);
	MUST(whole.result == pieces.result);
	MUST(!whole.result || !strcmp(whole.error.message, pieces.error.message));
	MUST(span_equal(buffer_span(&whole.events), buffer_span(&pieces.events)));
	if (whole.reply)
		check_reply(whole.reply);
	check_error_text(bytes);
	model_reply_free(whole.reply);
	model_reply_free(pieces.reply);
	buffer_clear(&whole.events);
	buffer_clear(&pieces.events);
	return 0;
}

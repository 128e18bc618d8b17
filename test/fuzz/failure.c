/* What a server may answer instead of an answer: bytes → a class that the ladder knows, one line of
 * words. What the server quotes decides nothing. */
#include "model/model.h"

#include <stdio.h>

#define MUST(condition)                                                   \
	do {                                                              \
		if (!(condition))                                         \
			BUG("%s:%d: %s", __FILE__, __LINE__, #condition); \
	} while (0)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const struct model_failure *failure)
{
	struct model_failure again;
	json_t *json = failure_to_json(failure), *second;

	MUST(failure->class > FAILURE_NONE && failure->class < FAILURE_GATEWAY);
	MUST(failure->quirk < QUIRK_FLAT * 2);
	MUST(failure->context >= 0 && failure->max_tokens >= 0 && failure->retry_after_ms >= -1);
	MUST(failure->message[0] && memchr(failure->message, '\0', sizeof(failure->message)));
	MUST(utf8_valid(span_of(failure->message)) && !strchr(failure->message, '\n'));
	MUST(!failure_from_json(json, &again, NULL));
	second = failure_to_json(&again);
	MUST(json_equal(json, second));
	json_decref(json);
	json_decref(second);
}

static void check_answer(int status, struct span body, int64_t context)
{
	struct model_failure failure;

	failure_of_answer(status, body, -1, 3 * context / 2, context, &failure);
	check(&failure);
	MUST(failure.status == status && !failure.charged);
}

/* The same bytes as something that a server quotes. */
static void check_quoted(struct span body)
{
	_free_ char *text = xasprintf("odd value \"a b %.*s", (int)body.length, body.data);
	json_t *string = json_string(text), *json;
	struct model_failure failure;
	char *report;

	if (!string)
		return;
	json = json_pack("{s:{s:o}}", "error", "message", string);
	report = json_dumps(json, JSON_COMPACT);
	failure_of_answer(400, span_of(report), -1, 9000, 8192, &failure);
	MUST(failure.class == FAILURE_REQUEST && !failure.quirk);
	free(report);
	json_decref(json);
}

static void check_stream(const char *format, struct span bytes)
{
	struct model_stream *stream = model_stream_new(model_format_find(format), "p", NULL, NULL);
	struct model_reply *reply = NULL;
	struct model_failure failure;
	struct error error;

	if (model_stream_feed(stream, bytes, &error) ||
	    model_stream_finish(stream, &reply, &error)) {
		failure_of_stream(stream, &error, 9000, 8192, &failure);
		check(&failure);
		MUST(failure.charged);
	} else if (failure_of_reply(format, reply, (int64_t)bytes.length * 10, 8192, &failure)) {
		check(&failure);
	}
	model_reply_free(reply);
	model_stream_free(stream);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const formats[] = { "openai", "anthropic", "ollama", "responses" };
	struct span body;

	if (size < 2)
		return 0;
	body = (struct span){ (const char *)data + 2, size - 2 };
	check_answer(300 + data[0] + (data[1] & 1 ? 44 : 0), body, data[1] & 2 ? 8192 : 0);
	check_answer(data[1] & 4 ? 429 : 400, body, 8192);
	check_quoted(body);
	check_stream(formats[(data[1] >> 3) % ARRAY_LENGTH(formats)], body);
	return 0;
}

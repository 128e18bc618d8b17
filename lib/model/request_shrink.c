/* The size of a request, and the smaller request that says the same without its oldest details. */
#include "model.h"
#include "wire.h"

#define KEPT_BYTES 200 /* of what is old, at its beginning */
#define MARK "\n[cut here to fit the model's context]"

int64_t model_request_bytes(const json_t *request)
{
	static const char *const keys[] = { "system", "tools", "messages" };
	size_t sum = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		sum += wire_size(json_object_get(request, keys[i]));
	return (int64_t)sum;
}

/* ---- cutting one thing ---- */

static struct span without_mark(struct span text)
{
	struct span mark = SPAN(MARK);

	if (text.length >= mark.length &&
	    span_equal(span_slice(text, text.length - mark.length, text.length), mark))
		text.length -= mark.length;
	return text;
}

/* A text of at most `kept` bytes and the mark; NULL: that would be no shorter. */
static json_t *shortened(struct span text, size_t kept)
{
	struct span head = without_mark(text);
	_free_ char *cut = NULL;

	if (head.length <= kept || text.length <= kept + sizeof(MARK) - 1)
		return NULL;
	head = wire_cut(head, kept);
	cut = xasprintf("%.*s%s", (int)head.length, head.data, MARK);
	return json_string(cut);
}

static void cut_text(json_t *object, const char *key, size_t kept)
{
	json_t *cut = shortened(wire_get_text(object, key), kept);

	if (cut)
		json_object_set_new(object, key, cut);
}

/* A value that is no text is told as text when it is long. */
static void cut_arguments(json_t *arguments)
{
	json_t *value;
	const char *key;
	void *next;

	json_object_foreach_safe(arguments, next, key, value)
	{
		_free_ char *dump = NULL;
		json_t *cut;

		if (json_is_string(value)) {
			cut_text(arguments, key, KEPT_BYTES);
			continue;
		}
		dump = wire_dump(value);
		cut = shortened(span_of(dump), KEPT_BYTES);
		if (cut)
			json_object_set_new(arguments, key, cut);
	}
}

static void cut_results(json_t *message, size_t kept)
{
	json_t *result;
	size_t i;

	json_array_foreach(wire_get_array(message, "results"), i, result) {
		cut_text(result, "content", kept);
	}
}

/* What the provider gave along with a message holds for it as it was. The latest may not go: a
 * provider that signs its calls wants to see the signature again before it takes their results. */
static void cut_reply(json_t *message, bool latest)
{
	json_t *call;
	size_t i;

	cut_text(message, "text", KEPT_BYTES);
	json_array_foreach(wire_get_array(message, "calls"), i, call) {
		cut_arguments(wire_get_object(call, "arguments"));
		cut_text(call, "malformed", KEPT_BYTES);
	}
	if (!latest)
		json_object_del(message, "opaque");
}

/* ---- cutting a request ---- */

struct shrink {
	json_t *messages;
	size_t latest; /* place of the latest reply; results behind it are its own */
	int64_t excess;
};

static bool has_role(const json_t *message, const char *role)
{
	return span_equal(wire_get_text(message, "role"), span_of(role));
}

static size_t find_latest_reply(const json_t *messages)
{
	for (size_t i = json_array_size(messages); i-- > 0;)
		if (has_role(json_array_get(messages, i), "assistant"))
			return i;
	return 0;
}

static void cut_old_results(struct shrink *shrink)
{
	for (size_t i = 0; i < shrink->latest && shrink->excess > 0; i++) {
		json_t *message = json_array_get(shrink->messages, i);
		int64_t before = (int64_t)wire_size(message);

		if (!has_role(message, "tool"))
			continue;
		cut_results(message, KEPT_BYTES);
		shrink->excess -= before - (int64_t)wire_size(message);
	}
}

static void cut_replies(struct shrink *shrink)
{
	for (size_t i = 0; i <= shrink->latest && shrink->excess > 0; i++) {
		json_t *message = json_array_get(shrink->messages, i);
		int64_t before = (int64_t)wire_size(message);

		if (!has_role(message, "assistant"))
			continue;
		cut_reply(message, i == shrink->latest);
		shrink->excess -= before - (int64_t)wire_size(message);
	}
}

/* What is saved when all of the latest results keep at most `kept` bytes; `cut`: and does it. */
static int64_t try_latest_results(struct shrink *shrink, size_t kept, bool cut)
{
	int64_t saved = 0;

	for (size_t i = shrink->latest; i < json_array_size(shrink->messages); i++) {
		json_t *message = json_array_get(shrink->messages, i);
		_json_ json_t *smaller = NULL;

		if (!has_role(message, "tool"))
			continue;
		smaller = json_deep_copy(message);
		cut_results(smaller, kept);
		saved += (int64_t)wire_size(message) - (int64_t)wire_size(smaller);
		if (cut)
			json_array_set(shrink->messages, i, smaller);
	}
	return saved;
}

/* The model has not read these yet: they keep as much as there is room for, each the same. */
static void cut_latest_results(struct shrink *shrink)
{
	size_t low = KEPT_BYTES, high = MODEL_TEXT_MAX;

	if (shrink->excess <= 0)
		return;
	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (try_latest_results(shrink, middle, false) >= shrink->excess)
			low = middle;
		else
			high = middle - 1;
	}
	shrink->excess -= try_latest_results(shrink, low, true);
}

json_t *model_request_shrink(const json_t *request, int64_t max_bytes)
{
	json_t *copy = json_deep_copy(request);
	struct shrink shrink = {
		.messages = json_object_get(copy, "messages"),
		.latest = find_latest_reply(json_object_get(copy, "messages")),
		.excess = model_request_bytes(copy) - max_bytes,
	};

	cut_old_results(&shrink);
	cut_replies(&shrink);
	cut_latest_results(&shrink);
	if (shrink.excess > 0) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

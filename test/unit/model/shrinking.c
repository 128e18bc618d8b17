/* Requests made smaller: to the size that was asked for, or not at all. */
#include "record.h"

#include "draw.h"

#define REQUESTS 400 /* ten times as many with AGENTD_TEST_FULL */
#define OLD_MAX 250  /* bytes of an old text when the latest results are cut: 200 and the mark */

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static size_t latest_reply(const json_t *messages)
{
	size_t i = json_array_size(messages);

	while (i-- > 0)
		if (!strcmp(text_of(json_array_get(messages, i), "role"), "assistant"))
			return i;
	return 0;
}

static void check_pairs(const json_t *before, const json_t *after, const char *list)
{
	const json_t *a = json_object_get(before, list), *b = json_object_get(after, list);

	assert_int_equal(json_array_size(a), json_array_size(b));
	for (size_t i = 0; i < json_array_size(a); i++) {
		const json_t *one = json_array_get(a, i), *other = json_array_get(b, i);

		assert_true(json_equal(json_object_get(one, "id"), json_object_get(other, "id")));
		assert_true(
			json_equal(json_object_get(one, "name"), json_object_get(other, "name")));
		assert_int_equal(json_is_object(json_object_get(one, "arguments")),
				 json_is_object(json_object_get(other, "arguments")));
	}
}

/* Were results behind the latest reply cut while older ones still had something to lose? */
static void check_order(const json_t *before, const json_t *after)
{
	size_t latest = latest_reply(before), count = json_array_size(before);
	bool cut = false;

	for (size_t i = latest; i < count; i++)
		cut = cut || (json_object_get(json_array_get(before, i), "results") &&
			      !json_equal(json_array_get(before, i), json_array_get(after, i)));
	for (size_t i = 0; cut && i < latest; i++) {
		const json_t *message = json_array_get(after, i), *result;
		size_t r;

		json_array_foreach(json_object_get(message, "results"), r, result) {
			assert_true(strlen(text_of(result, "content")) < OLD_MAX);
		}
		if (!strcmp(text_of(message, "role"), "assistant"))
			assert_true(strlen(text_of(message, "text")) < OLD_MAX);
	}
}

static void check_kept(const json_t *request, const json_t *small)
{
	const json_t *before = json_object_get(request, "messages");
	const json_t *after = json_object_get(small, "messages");

	assert_true(
		json_equal(json_object_get(request, "system"), json_object_get(small, "system")));
	assert_true(json_equal(json_object_get(request, "tools"), json_object_get(small, "tools")));
	assert_int_equal(json_array_size(before), json_array_size(after));
	for (size_t i = 0; i < json_array_size(before); i++) {
		const json_t *one = json_array_get(before, i), *other = json_array_get(after, i);

		assert_string_equal(text_of(one, "role"), text_of(other, "role"));
		if (!strcmp(text_of(one, "role"), "user"))
			assert_true(json_equal(one, other));
		check_pairs(one, other, "calls");
		check_pairs(one, other, "results");
	}
	check_order(before, after);
}

static void check_bytes_are_text(const json_t *small)
{
	const struct model_target target = { .provider = "here", .model = "m" };
	CLEANUP(model_http_clear) struct model_http http = { 0 };

	assert_int_equal(model_encode(model_format_find("openai"), small, &target, &http, NULL), 0);
	assert_true(utf8_valid(buffer_span(&http.body)));
}

/* Returns whether it could be made that small. */
static bool check_shrink(const json_t *request, int64_t max_bytes)
{
	json_t *copy = json_deep_copy(request);
	json_t *small = model_request_shrink(request, max_bytes), *again;

	assert_true(json_equal(copy, request));
	json_decref(copy);
	if (!small)
		return false;
	assert_true(model_request_bytes(small) <= max_bytes);
	if (model_request_bytes(request) <= max_bytes)
		assert_true(json_equal(small, request));
	check_kept(request, small);
	check_bytes_are_text(small);
	again = model_request_shrink(small, max_bytes);
	assert_true(json_equal(small, again));
	json_decref(again);
	json_decref(small);
	return true;
}

static void requests_shrink_or_do_not(void **state)
{
	struct draw draw = { 7 };
	unsigned count = getenv("AGENTD_TEST_FULL") ? 10 * REQUESTS : REQUESTS;
	unsigned shrunk = 0, refused = 0;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		json_t *request = draw_request(&draw);
		int64_t bytes = model_request_bytes(request);
		bool before = true;

		assert_true(check_shrink(request, bytes));
		for (int64_t max = bytes - 1; max > bytes / 8; max -= 1 + max / 4) {
			bool fits = check_shrink(request, max);

			assert_true(before || !fits);
			before = fits;
			shrunk += fits;
			refused += !fits;
		}
		json_decref(request);
	}
	print_message("%u shrunk, %u could not be\n", shrunk, refused);
	assert_true(shrunk > REQUESTS / 4 && refused > REQUESTS / 4);
}

static json_t *long_request(size_t results, size_t bytes)
{
	json_t *request = model_request_new(100);
	_free_ char *text = xcalloc(bytes + 1, 1);

	memset(text, 'x', bytes);
	model_request_add_user(request, SPAN("begin"));
	for (size_t i = 0; i < results; i++) {
		struct model_call call = { .id = "a", .name = (char[]){ "read_file" } };
		struct model_reply reply = { .text = (char[]){ "so" }, .calls = &call };

		call.arguments = json_pack("{s:s}", "path", "p");
		reply.call_count = 1;
		reply.stop = MODEL_STOP_TOOLS;
		model_request_add_reply(request, &reply);
		model_request_add_result(request, &call, (struct span){ text, bytes }, false);
		json_decref(call.arguments);
	}
	return request;
}

static const char *result_of(const json_t *request, size_t place)
{
	const json_t *message = json_array_get(json_object_get(request, "messages"), 2 + 2 * place);

	return text_of(json_array_get(json_object_get(message, "results"), 0), "content");
}

static void the_oldest_goes_first(void **state)
{
	json_t *request = long_request(4, 10000);
	json_t *small = model_request_shrink(request, model_request_bytes(request) - 5000);

	(void)state;
	assert_non_null(small);
	assert_non_null(strstr(result_of(small, 0), "[cut here"));
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(strlen(result_of(small, i)), 10000);
	json_decref(small);
	json_decref(request);
}

/* The latest result keeps all that there is room for. */
static void the_latest_result_keeps_most(void **state)
{
	json_t *request = long_request(2, 100000);
	json_t *small = model_request_shrink(request, 60000);

	(void)state;
	assert_non_null(small);
	assert_true(strlen(result_of(small, 0)) < OLD_MAX);
	assert_true(strlen(result_of(small, 1)) > 59000);
	json_decref(small);
	small = model_request_shrink(request, 400);
	assert_null(small);
	json_decref(request);
}

/* Everything counts that a model reads. */
static void bytes_are_those_of_all_parts(void **state)
{
	json_t *request = model_request_new(100);
	int64_t before = model_request_bytes(request);

	(void)state;
	model_request_add_system(request, SPAN("0123456789"), true);
	assert_true(model_request_bytes(request) >= before + 10);
	before = model_request_bytes(request);
	model_request_add_tool(request, tool_find("write_file"));
	assert_true(model_request_bytes(request) >= before + 50);
	before = model_request_bytes(request);
	model_request_add_user(request, SPAN("0123456789"));
	assert_true(model_request_bytes(request) >= before + 10);
	json_decref(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_shrink_or_do_not),
		cmocka_unit_test(the_oldest_goes_first),
		cmocka_unit_test(the_latest_result_keeps_most),
		cmocka_unit_test(bytes_are_those_of_all_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

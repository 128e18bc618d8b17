#include "draw.h"

/* Knuth's MMIX generator. */
unsigned draw_number(struct draw *draw, unsigned below)
{
	draw->state = draw->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(draw->state >> 33) % below;
}

static const char *const texts[] = { "",
				     " \n\t",
				     "a",
				     "x y",
				     "\xC3\xA4\xE2\x82\xAC",
				     "{\"a\":1}",
				     "\x01",
				     "[called f {}]",
				     "\"quoted\" \\ text" };

static char *draw_text(struct draw *draw)
{
	const char *piece = texts[draw_number(draw, ARRAY_LENGTH(texts))];
	CLEANUP(buffer_clear) struct buffer text = BUFFER(100000);
	unsigned times = draw_number(draw, 6) ? 1 : draw_number(draw, 400);

	for (unsigned i = 0; i < times; i++)
		buffer_append_text(&text, piece);
	return buffer_steal(&text);
}

static void set_text(struct draw *draw, json_t *object, const char *key)
{
	_free_ char *text = draw_text(draw);

	json_object_set_new(object, key, json_string(text));
}

static void set_id(struct draw *draw, json_t *object)
{
	static const char *const ids[] = { "a", "b", "c", "", "call_0123456789-x" };

	json_object_set_new(object, "id", json_string(ids[draw_number(draw, ARRAY_LENGTH(ids))]));
}

static json_t *draw_call(struct draw *draw)
{
	static const char *const names[] = { "f", "read_file", "", "f g!", "\xC3\xA4" };
	json_t *call = json_object(), *arguments = json_object();

	set_id(draw, call);
	json_object_set_new(call, "name",
			    json_string(names[draw_number(draw, ARRAY_LENGTH(names))]));
	set_text(draw, arguments, "p");
	if (!draw_number(draw, 3))
		json_object_set_new(arguments, "deep", json_pack("{s:[i,i]}", "q", 1, 2));
	if (draw_number(draw, 5))
		json_object_set(call, "arguments", arguments);
	else
		set_text(draw, call, "malformed");
	json_decref(arguments);
	return call;
}

static json_t *draw_opaque(struct draw *draw)
{
	return json_pack("{s:s,s:s,s:s,s:[{s:s,s:s,s:s}],s:[{s:{s:s}}],s:{s:i},s:[{s:i}]}",
			 "provider", draw_number(draw, 3) ? "here" : "there", "model",
			 draw_number(draw, 3) ? "m" : "n", "reasoning_content", "hm", "thinking",
			 "type", "thinking", "thinking", "hm", "signature", "S", "calls", "google",
			 "thought_signature", "S", "extra_content", "x", 1, "reasoning_details",
			 "y", 1);
}

static json_t *draw_assistant(struct draw *draw)
{
	json_t *message = json_pack("{s:s}", "role", "assistant"), *calls = json_array();
	unsigned count = draw_number(draw, 4);

	set_text(draw, message, "text");
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(calls, draw_call(draw));
	if (count || !draw_number(draw, 4))
		json_object_set(message, "calls", calls);
	json_decref(calls);
	if (draw_number(draw, 2))
		json_object_set_new(message, "opaque", draw_opaque(draw));
	return message;
}

static json_t *draw_results(struct draw *draw)
{
	json_t *results = json_array();
	unsigned count = draw_number(draw, 4);

	for (unsigned i = 0; i < count; i++) {
		json_t *result = json_pack("{s:s}", "name", "f");

		set_id(draw, result);
		set_text(draw, result, "content");
		if (!draw_number(draw, 4))
			json_object_set_new(result, "error", json_true());
		json_array_append_new(results, result);
	}
	return json_pack("{s:s,s:o}", "role", "tool", "results", results);
}

static json_t *draw_message(struct draw *draw)
{
	json_t *message;

	switch (draw_number(draw, 4)) {
	case 0: return draw_results(draw);
	case 1:
		message = json_pack("{s:s}", "role", "user");
		set_text(draw, message, "text");
		return message;
	default: return draw_assistant(draw);
	}
}

json_t *draw_request(struct draw *draw)
{
	json_t *request = model_request_new(1 + draw_number(draw, 5000));
	unsigned sections = draw_number(draw, 4), messages = draw_number(draw, 12);
	static const char *const tools[] = { "read_file", "remember", "bulletin_read" };

	for (unsigned i = 0; i < sections; i++) {
		_free_ char *text = draw_text(draw);

		model_request_add_system(request, span_of(text), draw_number(draw, 2));
	}
	for (unsigned i = 0; i < draw_number(draw, 4); i++)
		model_request_add_tool(request, tool_find(tools[i]));
	if (draw_number(draw, 5))
		model_request_add_user(request, SPAN("begin"));
	for (unsigned i = 0; i < messages; i++)
		json_array_append_new(json_object_get(request, "messages"), draw_message(draw));
	return request;
}

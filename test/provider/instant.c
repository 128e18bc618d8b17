#include "instant.h"

#include <stdio.h>

/* OpenAI and Ollama have a role for results, Responses an item; Anthropic's are blocks of a user's
 * message. */
static bool last_is_from_user(const json_t *body)
{
	const json_t *input = json_object_get(body, "input");
	const json_t *messages = input ? input : json_object_get(body, "messages");
	const json_t *last = json_array_get(messages, json_array_size(messages) - 1);
	const char *role = json_string_value(json_object_get(last, "role"));
	const json_t *content = json_object_get(last, "content"), *block;
	size_t i;

	if (!role || strcmp(role, "user") != 0)
		return false;
	json_array_foreach(content, i, block) {
		const char *type = json_string_value(json_object_get(block, "type"));

		if (type && !strcmp(type, "tool_result"))
			return false;
	}
	return true;
}

const struct answer *instant_answer(const json_t *body, unsigned number)
{
	static char name[] = "remember", done[] = "Done.", arguments[128];
	static struct step call_steps[] = {
		{ .kind = STEP_CALL, .name = name, .text = arguments },
		{ .kind = STEP_USAGE, .numbers = { 100, 20 } },
	};
	static struct step text_steps[] = {
		{ .kind = STEP_TEXT, .text = done },
		{ .kind = STEP_USAGE, .numbers = { 120, 2 } },
	};
	static const struct answer call = { .kind = ANSWER_REPLY,
					    .status = 200,
					    .cut = -1,
					    .chunk = -1,
					    .steps = call_steps,
					    .step_count = 2 };
	static const struct answer text = { .kind = ANSWER_REPLY,
					    .status = 200,
					    .cut = -1,
					    .chunk = -1,
					    .steps = text_steps,
					    .step_count = 2 };

	snprintf(arguments, sizeof(arguments), "{\"text\":\"Measurement %u was taken.\"}", number);
	return last_is_from_user(body) ? &call : &text;
}

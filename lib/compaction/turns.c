#include "turns.h"

#include <string.h>

bool message_is_reply(const json_t *message)
{
	const char *role = json_string_value(json_object_get(message, "role"));

	return role && !strcmp(role, "assistant");
}

size_t turns_count(const json_t *past)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(past); i++)
		count += message_is_reply(json_array_get(past, i));
	return count;
}

size_t turns_begin(const json_t *past, size_t turn)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(past); i++) {
		count += message_is_reply(json_array_get(past, i));
		if (count == turn)
			return i;
	}
	return json_array_size(past);
}

size_t turns_bytes(const json_t *past, size_t from, size_t to)
{
	size_t sum = 0;

	for (size_t i = from; i < to && i < json_array_size(past); i++)
		sum += json_dumpb(json_array_get(past, i), NULL, 0, JSON_COMPACT);
	return sum;
}

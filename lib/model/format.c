#include "format.h"

const struct model_format *model_format_find(const char *name)
{
	static const struct model_format *const formats[] = { &format_anthropic, &format_openai,
							      &format_ollama, &format_responses };

	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++)
		if (name && !strcmp(name, formats[i]->name))
			return formats[i];
	return NULL;
}

#include "printable.h"

#include <stdio.h>

static const struct {
	uint32_t first, last;
} controls[] = {
	{ 0x00, 0x1F },     { 0x7F, 0x9F },     { 0x61C, 0x61C },     { 0x200E, 0x200F },
	{ 0x2028, 0x202E }, { 0x2066, 0x2069 }, { 0xE0000, 0xE007F },
};

/* Does a terminal do anything else with it than draw it? Control characters (line ends and tabs
 * too), the controls of bidirectional text, separators of lines, tags. */
static bool is_control(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(controls); i++)
		if (code >= controls[i].first && code <= controls[i].last)
			return true;
	return false;
}

void printable_append(struct buffer *out, struct span text, const char *kept)
{
	char shown[16];
	size_t length;

	for (size_t at = 0; at < text.length && !out->overflow;) {
		uint32_t code = utf8_next(text, &at);

		if (is_control(code) && !(code && code < 0x80 && strchr(kept, (int)code)))
			length = (size_t)snprintf(shown, sizeof(shown),
						  code < 0x100 ? "\\x%02x" : "\\u%04x", code);
		else
			length = utf8_put(code, shown);
		buffer_append(out, (struct span){ shown, length });
	}
}

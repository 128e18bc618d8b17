/* Entities: numbers, and the names that people write in notes. md4c has no list of names, HTML's
 * has 2,231 of them; one that is not here stays as it was written. */
#include "document.h"

static const struct entity {
	const char *name, *text;
} entities[] = {
	{ "amp", "&" },         { "apos", "'" },       { "bull", "\u2022" },  { "copy", "\u00A9" },
	{ "deg", "\u00B0" },    { "euro", "\u20AC" },  { "ge", "\u2265" },    { "gt", ">" },
	{ "hellip", "\u2026" }, { "laquo", "\u00AB" }, { "larr", "\u2190" },  { "ldquo", "\u201C" },
	{ "le", "\u2264" },     { "lsquo", "\u2018" }, { "lt", "<" },         { "mdash", "\u2014" },
	{ "middot", "\u00B7" }, { "minus", "\u2212" }, { "nbsp", "\u00A0" },  { "ndash", "\u2013" },
	{ "ne", "\u2260" },     { "pound", "\u00A3" }, { "quot", "\"" },      { "raquo", "\u00BB" },
	{ "rarr", "\u2192" },   { "rdquo", "\u201D" }, { "reg", "\u00AE" },   { "rsquo", "\u2019" },
	{ "sect", "\u00A7" },   { "times", "\u00D7" }, { "trade", "\u2122" }, { "yen", "\u00A5" },
};

static uint32_t number_of(struct span digits, uint32_t base)
{
	uint32_t code = 0;

	for (size_t i = 0; i < digits.length && code <= 0x10FFFF; i++) {
		char c = digits.data[i];
		uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : ((uint32_t)c | 0x20) - 'a' + 10;

		code = code * base + digit;
	}
	/* CommonMark 0.30 section 2.5: U+FFFD for what is no character. */
	if (!code || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return 0xFFFD;
	return code;
}

static void append_number(struct buffer *out, struct span digits)
{
	bool hex = digits.length && (digits.data[0] | 0x20) == 'x';
	char bytes[4];
	size_t size = utf8_put(hex ? number_of(span_slice(digits, 1, digits.length), 16)
				   : number_of(digits, 10),
			       bytes);

	buffer_append(out, (struct span){ bytes, size });
}

void entity_append(struct buffer *out, struct span entity)
{
	struct span name;

	if (entity.length < 3) {
		buffer_append(out, entity);
		return;
	}
	name = span_slice(entity, 1, entity.length - 1);
	if (name.data[0] == '#') {
		append_number(out, span_slice(name, 1, name.length));
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(entities); i++) {
		if (span_equal(name, span_of(entities[i].name))) {
			buffer_append_text(out, entities[i].text);
			return;
		}
	}
	buffer_append(out, entity);
}

#include "trigger.h"

#include "passage.h"
#include "words.h"

#define TRIGGERS_MAX 256
#define PHRASE_MAX 400
#define REPEATS_MAX 99

/* ---- one line ---- */

static const struct {
	const char *open, *close;
} quotes[] = {
	{ "\"", "\"" }, { "“", "”" },   { "„", "“" },   { "„", "”" }, { "«", "»" },
	{ "‘", "’" },   { "「", "」" }, { "『", "』" }, { "`", "`" },
};

static void add_trigger(struct constitution *c, char *words, unsigned repeats, unsigned line)
{
	size_t capacity = c->trigger_count;

	if (array_grow((void **)&c->triggers, c->trigger_count, &capacity, sizeof(*c->triggers),
		       TRIGGERS_MAX)) {
		free(words);
		return;
	}
	c->triggers[c->trigger_count++] = (struct trigger){ words, repeats, line };
}

/* The quoted stretch that begins at the front of `rest`, or a length of 0. */
static size_t quoted(struct span rest, struct span *ret_inside)
{
	for (size_t i = 0; i < ARRAY_LENGTH(quotes); i++) {
		struct span open = span_of(quotes[i].open), close = span_of(quotes[i].close);
		const char *end;

		if (!span_starts_with(rest, open))
			continue;
		end = memmem(rest.data + open.length, rest.length - open.length, close.data,
			     close.length);
		if (!end || (size_t)(end - rest.data) > PHRASE_MAX)
			continue;
		*ret_inside = span_slice(rest, open.length, (size_t)(end - rest.data));
		return (size_t)(end - rest.data) + close.length;
	}
	return 0;
}

static bool take_quoted(struct span line, unsigned number, struct constitution *c)
{
	bool any = false;

	for (size_t at = 0; at < line.length;) {
		struct span inside;
		size_t length = quoted(span_slice(line, at, line.length), &inside);
		struct buffer words = BUFFER(PHRASE_MAX * 4);

		at += length ? length : 1;
		if (!length)
			continue;
		words_fold(inside, &words);
		if (words.length) {
			any = true;
			add_trigger(c, buffer_steal(&words), 0, number);
		}
		buffer_clear(&words);
	}
	return any;
}

static unsigned number_of(struct span word)
{
	static const char *const names[] = { "two", "three", "four", "five", "six" };
	unsigned value = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (span_equal(word, span_of(names[i])))
			return (unsigned)i + 2;
	for (size_t i = 0; i < word.length && value <= REPEATS_MAX; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return i ? value : 0;
		value = value * 10 + (unsigned)(word.data[i] - '0');
	}
	return value;
}

/* "asked the same question 3+ times", "repeats it three times", "同一问题 3 次". */
static bool take_repeats(struct span line, unsigned number, struct constitution *c)
{
	static const char *const same[] = { "same", "repeat",  "again",   "同",
					    "重复", "тот же",  "misma",   "mesma",
					    "même", "gleiche", "dieselbe" };
	static const char *const times[] = { "times", "x ",    "次",   "回", "раз",
					     "veces", "vezes", "fois", "mal" };
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(16384);
	struct span rest, word;
	unsigned count = 0;
	bool is_same = false, is_count = false;

	words_fold(span_slice(line, 0, utf8_cut(line, 4000)), &folded);
	buffer_append(&folded, SPAN(" "));
	for (size_t i = 0; i < ARRAY_LENGTH(same); i++)
		is_same |= strstr(folded.data, same[i]) != NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++)
		is_count |= strstr(folded.data, times[i]) != NULL;
	rest = buffer_span(&folded);
	while (!count && words_next(&rest, &word))
		count = number_of(word);
	if (!is_same || !is_count || count < 2 || count > REPEATS_MAX)
		return false;
	add_trigger(c, NULL, count, number);
	return true;
}

/* ---- the action ---- */

static size_t arrow_length(struct span rest)
{
	static const char *const arrows[] = { "→", "⇒", "➜", "➡", "->", "=>" };

	for (size_t i = 0; i < ARRAY_LENGTH(arrows); i++)
		if (span_starts_with(rest, span_of(arrows[i])))
			return strlen(arrows[i]);
	return 0;
}

/* What stands behind "Action:", in whatever language, or the whole where there is no such label. */
static struct span without_label(struct span text)
{
	size_t limit = text.length < 40 ? text.length : 40;
	const char *colon = limit ? memchr(text.data, ':', limit) : NULL;
	struct span behind;

	if (!colon)
		return span_trim(text);
	behind = span_trim(span_slice(text, (size_t)(colon - text.data) + 1, text.length));
	return behind.length ? behind : span_trim(text);
}

/* Cuts the action off the end of *line. Only the first of a file counts. */
static void take_action(struct span *line, struct constitution *c)
{
	for (size_t at = 0; at < line->length; at++) {
		size_t arrow = arrow_length(span_slice(*line, at, line->length));
		struct span text;

		if (!arrow)
			continue;
		text = without_label(span_slice(*line, at + arrow, line->length));
		if (!c->action && text.length)
			c->action = span_dup(text);
		*line = span_slice(*line, 0, at);
		return;
	}
}

/* ---- the section ---- */

/* An item with its continuation lines, joined. */
struct item {
	struct buffer text;
	unsigned line;
};

static void finish(struct item *item, struct constitution *c, struct diagnostics *found)
{
	struct span text = span_trim(buffer_span(&item->text));
	bool quoted_words, repeats;

	if (!text.length)
		return;
	quoted_words = take_quoted(text, item->line, c);
	repeats = take_repeats(text, item->line, c);
	if (!quoted_words && !repeats)
		diagnostics_add(found, SEVERITY_INFO, "trigger-model", item->line, 0,
				"\"%.*s\" has no quoted words to look for: the model decides it",
				(int)utf8_cut(text, 120), text.data);
	buffer_reset(&item->text);
}

void triggers_read(struct span section, unsigned first_line, struct constitution *c,
		   struct diagnostics *found)
{
	struct item item = { .text = BUFFER(AGENT_FILE_MAX * 2) };
	unsigned number = first_line;
	struct span line;

	for (; span_next_line(&section, &line); number++) {
		bool starts = passage_begins_item(line);

		take_action(&line, c);
		if (starts || !span_trim(line).length)
			finish(&item, c, found);
		if (starts)
			item.line = number;
		else if (!item.text.length)
			continue;
		buffer_append(&item.text, starts ? passage_line(line) : span_trim(line));
		buffer_append(&item.text, SPAN(" "));
	}
	finish(&item, c, found);
	buffer_clear(&item.text);
}

/* ---- matching ---- */

const struct trigger *constitution_match(const struct constitution *constitution,
					 struct span message)
{
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(message.length * 2 + 16);

	words_fold(message, &folded);
	for (size_t i = 0; folded.length && i < constitution->trigger_count; i++) {
		const struct trigger *trigger = &constitution->triggers[i];

		if (trigger->words && words_contain(buffer_span(&folded), span_of(trigger->words)))
			return trigger;
	}
	return NULL;
}

#include "layer.h"

/* What people call the layers, as beginnings of words. Case is ignored for ASCII letters only, so
 * words that begin with another letter stand here in both cases. */
static const struct {
	enum memory_layer layer;
	const char *word;
} words[] = {
	{ MEMORY_L0, "recent" },        { MEMORY_L0, "raw fact" },   { MEMORY_L0, "short-term" },
	{ MEMORY_L0, "short term" },    { MEMORY_L0, "最近" },       { MEMORY_L0, "近期" },
	{ MEMORY_L0, "原始事实" },      { MEMORY_L0, "原始事實" },   { MEMORY_L0, "短期" },
	{ MEMORY_L0, "直近" },          { MEMORY_L0, "Недавн" },     { MEMORY_L0, "недавн" },
	{ MEMORY_L0, "Последн" },       { MEMORY_L0, "последн" },    { MEMORY_L0, "recient" },
	{ MEMORY_L0, "récent" },        { MEMORY_L0, "neueste" },    { MEMORY_L0, "jüngste" },
	{ MEMORY_L1, "dedup" },         { MEMORY_L1, "dédup" },      { MEMORY_L1, "desdup" },
	{ MEMORY_L1, "consolidated" },  { MEMORY_L1, "merged" },     { MEMORY_L1, "promoted" },
	{ MEMORY_L1, "long-term" },     { MEMORY_L1, "long term" },  { MEMORY_L1, "去重" },
	{ MEMORY_L1, "长期" },          { MEMORY_L1, "長期" },       { MEMORY_L1, "重複排除" },
	{ MEMORY_L1, "Долгосрочн" },    { MEMORY_L1, "долгосрочн" }, { MEMORY_L1, "bereinigt" },
	{ MEMORY_L1, "langfrist" },     { MEMORY_L2, "pattern" },    { MEMORY_L2, "recurring" },
	{ MEMORY_L2, "模式" },          { MEMORY_L2, "规律" },       { MEMORY_L2, "規律" },
	{ MEMORY_L2, "パターン" },      { MEMORY_L2, "傾向" },       { MEMORY_L2, "Закономерност" },
	{ MEMORY_L2, "закономерност" }, { MEMORY_L2, "Паттерн" },    { MEMORY_L2, "паттерн" },
	{ MEMORY_L2, "patron" },        { MEMORY_L2, "padr" },       { MEMORY_L2, "tendance" },
	{ MEMORY_L2, "schéma" },        { MEMORY_L2, "muster" },     { MEMORY_L3, "princip" },
	{ MEMORY_L3, "princíp" },       { MEMORY_L3, "lessons" },    { MEMORY_L3, "learned rule" },
	{ MEMORY_L3, "原则" },          { MEMORY_L3, "原則" },       { MEMORY_L3, "教训" },
	{ MEMORY_L3, "教訓" },          { MEMORY_L3, "Принцип" },    { MEMORY_L3, "принцип" },
	{ MEMORY_L3, "Урок" },          { MEMORY_L3, "урок" },       { MEMORY_L3, "prinzip" },
	{ MEMORY_L3, "grundsätz" },     { MEMORY_L3, "Grundsatz" },  { MEMORY_L3, "leccion" },
	{ MEMORY_L3, "lições" },        { MEMORY_L3, "leçons" },     { MEMORY_L3, "lehren" },
};

static bool is_word(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z');
}

/* An ASCII word begins where no ASCII letter or digit stands before it. */
static bool begins_word(struct span text, size_t at)
{
	return at == 0 || !is_word(text.data[at]) || !is_word(text.data[at - 1]);
}

static bool find_label(struct span heading, enum memory_layer *ret_layer)
{
	for (size_t i = 0; i + 2 <= heading.length; i++) {
		char letter = heading.data[i], digit = heading.data[i + 1];

		if ((letter != 'L' && letter != 'l') || digit < '0' || digit > '3')
			continue;
		if (!begins_word(heading, i) ||
		    (i + 2 < heading.length && is_word(heading.data[i + 2])))
			continue;
		*ret_layer = (enum memory_layer)(digit - '0');
		return true;
	}
	return false;
}

static bool word_at(struct span heading, size_t at, enum memory_layer *ret_layer)
{
	struct span rest = span_slice(heading, at, heading.length);

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (span_starts_with_nocase(rest, span_of(words[i].word))) {
			*ret_layer = words[i].layer;
			return true;
		}
	return false;
}

enum memory_layer layer_of_heading(struct span heading, bool *ret_labelled)
{
	enum memory_layer layer = MEMORY_OTHER;

	heading = span_slice(heading, 0, utf8_cut(heading, 200));
	*ret_labelled = find_label(heading, &layer);
	if (*ret_labelled)
		return layer;
	for (size_t i = 0; i < heading.length; i++)
		if (begins_word(heading, i) && word_at(heading, i, &layer))
			break;
	return layer;
}

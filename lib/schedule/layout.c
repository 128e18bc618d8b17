/* Cuts a heading into ornaments, head and parentheses. */
#include "heading.h"

/* "Quotidien (9h)": the words say in which language "9h" is read. */
static bool romance_rhythm(const struct token *token)
{
	return (token->language == FRENCH || token->language == SPANISH ||
		token->language == PORTUGUESE) &&
	       (token->meaning == MEANS_EVERY || token->meaning == MEANS_PERIOD ||
		token->meaning == MEANS_WEEKDAY);
}

void heading_init(struct heading *h, struct span text, const struct schedule_options *options,
		  unsigned line, struct diagnostics *found, struct error *error)
{
	*h = (struct heading){ .options = options, .line = line, .found = found };
	tokenise(text, &h->t);
	h->r = (struct reader){ .t = &h->t,
				.end = h->t.count,
				.draft = { .zone_word = -1 },
				.error = error ? error : &h->ignored };
	for (unsigned i = 0; i < h->t.count; i++)
		h->r.romance |= romance_rhythm(&h->t.item[i]);
}

void heading_hint(const struct heading *h, enum severity severity, const char *code,
		  const char *text)
{
	if (!h->options || !h->options->quiet)
		diagnostics_add(h->found, severity, code, h->line, 1, "%s", text);
}

/* "1.", "2)", "(3)", "[ ]", "[x]", "- ", emoji before the first word. */
static unsigned skip_numbering(const struct tokens *t, unsigned i)
{
	if (is_bracket(t, i, "[(")) {
		if (is_bracket(t, i + 1, "])"))
			return i + 2;
		if (is_bracket(t, i + 2, "])") && i + 3 < t->count &&
		    t->item[i + 1].meaning != MEANS_PERIOD &&
		    t->item[i + 1].end - t->item[i + 1].begin <= 2)
			return i + 3;
	}
	if (token_is(t, i, MEANS_NUMBER) &&
	    (token_is_sign(t, i + 1, '.') || token_is_sign(t, i + 1, ')')) && i + 2 < t->count &&
	    !t->item[i + 2].glued)
		return i + 2;
	return i;
}

static unsigned find_lead(const struct tokens *t)
{
	unsigned i = 0, before;

	do {
		before = i;
		i = skip_numbering(t, i);
		while (i < t->count && (t->item[i].meaning == MEANS_ORNAMENT ||
					is_bracket(t, i, "#->~.|!?=\"%&$+,;]")))
			i++;
	} while (i != before);
	return i;
}

static unsigned find_close(const struct tokens *t, unsigned open)
{
	unsigned depth = 0, i = open;

	for (; i < t->count; i++) {
		if (is_bracket(t, i, "(["))
			depth++;
		else if (is_bracket(t, i, ")]") && --depth == 0)
			break;
	}
	return i;
}

void heading_lay_out(struct heading *h)
{
	const struct tokens *t = &h->t;
	unsigned i;

	h->lead = find_lead(t);
	for (i = h->lead; i < t->count && !is_bracket(t, i, "(["); i++)
		;
	h->head_end = h->tail = i;
	while (i < t->count && h->group_count < GROUPS_MAX) {
		if (!is_bracket(t, i, "([")) {
			i++;
			continue;
		}
		h->groups[h->group_count] = (struct group){ .open = i, .close = find_close(t, i) };
		i = h->groups[h->group_count++].close + 1;
		h->tail = i < t->count ? i : t->count;
	}
}

struct span heading_between(const struct heading *h, unsigned begin, unsigned end)
{
	const struct tokens *t = &h->t;
	struct span text;

	if (begin >= end)
		return (struct span){ t->source.data, 0 };
	text = span_trim(span_slice(t->source, t->item[begin].begin, t->item[end].begin));
	while (text.length && memchr("`\"'", text.data[0], 3) && text.length > 1 &&
	       text.data[text.length - 1] == text.data[0])
		text = span_slice(text, 1, text.length - 1);
	return text;
}

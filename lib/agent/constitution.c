#include "agent/agent.h"

#include "passage.h"
#include "trigger.h"
#include "words.h"

#define RULES_MAX 256

const char constitution_default[] =
	"# Constitution (built-in)\n"
	"1. Never reveal keys or passwords, or one person's matters to another.\n"
	"2. Never claim what you have not done or do not know.\n"
	"3. Never guess where an error costs money, data or trust.\n"
	"4. If unsure, or if asked for a human, hand over with full context.\n"
	"The lower number wins.\n";

enum meaning { MEANS_OTHER, MEANS_RULES, MEANS_ESCALATION };

/* Pieces of folded headings. */
static const struct {
	const char *piece;
	enum meaning meaning;
} meanings[] = {
	{ "escala", MEANS_ESCALATION },   { "eskal", MEANS_ESCALATION },
	{ "эскалац", MEANS_ESCALATION },  { "hand off", MEANS_ESCALATION },
	{ "handoff", MEANS_ESCALATION },  { "hand over", MEANS_ESCALATION },
	{ "handover", MEANS_ESCALATION }, { "trigger", MEANS_ESCALATION },
	{ "升级", MEANS_ESCALATION },     { "转人工", MEANS_ESCALATION },
	{ "人工", MEANS_ESCALATION },     { "エスカレーション", MEANS_ESCALATION },
	{ "rule", MEANS_RULES },          { "never", MEANS_RULES },
	{ "law", MEANS_RULES },           { "principle", MEANS_RULES },
	{ "boundar", MEANS_RULES },       { "must", MEANS_RULES },
	{ "constraint", MEANS_RULES },    { "commandment", MEANS_RULES },
	{ "规则", MEANS_RULES },          { "原则", MEANS_RULES },
	{ "原則", MEANS_RULES },          { "铁律", MEANS_RULES },
	{ "禁止", MEANS_RULES },          { "ルール", MEANS_RULES },
	{ "правил", MEANS_RULES },        { "закон", MEANS_RULES },
	{ "regla", MEANS_RULES },         { "regra", MEANS_RULES },
	{ "règle", MEANS_RULES },         { "regel", MEANS_RULES },
};

/* What a walk over the document gathers; `meaning` is that of the section it is in. */
struct gathering {
	struct constitution *constitution;
	const struct markdown *document;
	struct span body;
	const char *plain;
	unsigned line_offset;
	enum meaning meaning;
	int level;       /* of the heading that gave the meaning */
	bool rules_only; /* lists in sections of rules, else in all but escalation */
	struct diagnostics *found;
};

static enum meaning heading_meaning(struct span heading)
{
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(4096);

	words_fold(span_slice(heading, 0, utf8_cut(heading, 500)), &folded);
	for (size_t i = 0; folded.length && i < ARRAY_LENGTH(meanings); i++)
		if (strstr(folded.data, meanings[i].piece))
			return meanings[i].meaning;
	return MEANS_OTHER;
}

static void enter_heading(struct gathering *g, const struct markdown_node *heading)
{
	enum meaning meaning = heading_meaning(heading->text);

	if (heading->level > g->level && g->level && meaning == MEANS_OTHER)
		return;
	g->meaning = meaning;
	g->level = meaning == MEANS_OTHER ? 0 : heading->level;
}

/* ---- rules ---- */

static void add_rule(struct constitution *c, struct span text)
{
	size_t capacity = c->rule_count;

	if (!text.length ||
	    array_grow((void **)&c->rules, c->rule_count, &capacity, sizeof(char *), RULES_MAX))
		return;
	c->rules[c->rule_count++] = span_dup(text);
}

static void gather_rules(struct gathering *g)
{
	const struct markdown_node *node = markdown_root(g->document)->first;

	g->meaning = MEANS_OTHER;
	g->level = 0;
	for (; node; node = node->next) {
		if (node->kind == MARKDOWN_HEADING)
			enter_heading(g, node);
		if (node->kind != MARKDOWN_LIST || !node->ordered ||
		    g->meaning == MEANS_ESCALATION || (g->rules_only && g->meaning != MEANS_RULES))
			continue;
		for (const struct markdown_node *item = node->first; item; item = item->next)
			add_rule(g->constitution, item->text);
	}
}

/* `Article II: …`, `Rule 3`, `第二条`: rules that are sections. */
static void gather_articles(struct gathering *g)
{
	static const char *const words[] = { "article ", "rule ", "law ",
					     "section ", "第",    "статья " };
	const struct markdown_node *node = markdown_root(g->document)->first;

	for (; node; node = node->next)
		for (size_t i = 0; node->kind == MARKDOWN_HEADING && i < ARRAY_LENGTH(words); i++)
			if (span_starts_with_nocase(node->text, span_of(words[i])))
				add_rule(g->constitution, node->text);
}

/* ---- triggers ---- */

static unsigned line_behind(const struct gathering *g, const struct markdown_node *heading)
{
	struct span source = markdown_source(g->document, heading);
	unsigned line = heading->line + g->line_offset;

	for (size_t i = 0; i < source.length; i++)
		line += source.data[i] == '\n';
	return line;
}

static void gather_triggers(struct gathering *g)
{
	const struct markdown_node *node = markdown_root(g->document)->first;

	g->meaning = MEANS_OTHER;
	g->level = 0;
	for (; node; node = node->next) {
		struct span section;

		if (node->kind != MARKDOWN_HEADING)
			continue;
		enter_heading(g, node);
		if (g->meaning != MEANS_ESCALATION)
			continue;
		section = markdown_section(g->document, node, true);
		section.data = g->plain + (section.data - g->body.data);
		triggers_read(section, line_behind(g, node), g->constitution, g->found);
	}
}

/* ---- the file ---- */

/* Behind a mark of byte order, white space and zeros. */
static struct span skip_nothing(struct span raw)
{
	static const char nothing[] = " \t\r\n"; /* and the zero behind them */

	if (span_starts_with(raw, SPAN("\xEF\xBB\xBF")))
		raw = span_slice(raw, 3, raw.length);
	while (raw.length && memchr(nothing, raw.data[0], sizeof(nothing)))
		raw = span_slice(raw, 1, raw.length);
	return raw;
}

bool constitution_is_blank(struct span raw)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	struct span words = skip_nothing(raw);

	if (!span_starts_with(words, SPAN("---")))
		return !words.length;
	markdown_clean(raw, raw.length, &text, NULL);
	return !skip_nothing(markdown_body(&text)).length;
}

void constitution_parse(struct span raw, struct constitution *ret_constitution,
			struct diagnostics *found)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	CLEANUP(markdown_free) struct markdown *document = NULL;
	_free_ char *plain = NULL;
	struct constitution constitution = { 0 };
	struct gathering g = { .constitution = &constitution, .found = found, .rules_only = true };
	struct error error = { 0 };

	*ret_constitution = constitution;
	if (markdown_clean(raw, AGENT_FILE_MAX, &text, found)) {
		diagnostics_add(found, SEVERITY_ERROR, "constitution-size", 0, 0,
				"the file is larger than %d bytes: shorten it", AGENT_FILE_MAX);
		return;
	}
	g.body = markdown_body(&text);
	g.line_offset = markdown_body_line_offset(&text);
	if (markdown_parse(g.body, &document, &error)) {
		diagnostics_add(found, SEVERITY_ERROR, "constitution-size", 0, 0, "%s",
				error.message);
		return;
	}
	g.document = document;
	g.plain = plain = passage_without_comments(document, g.body);
	gather_rules(&g);
	g.rules_only = false;
	if (!constitution.rule_count)
		gather_rules(&g);
	if (!constitution.rule_count)
		gather_articles(&g);
	gather_triggers(&g);
	*ret_constitution = constitution;
}

void constitution_clear(struct constitution *constitution)
{
	for (size_t i = 0; i < constitution->rule_count; i++)
		free(constitution->rules[i]);
	for (size_t i = 0; i < constitution->trigger_count; i++)
		free(constitution->triggers[i].words);
	free(constitution->rules);
	free(constitution->triggers);
	free(constitution->action);
	*constitution = (struct constitution){ 0 };
}

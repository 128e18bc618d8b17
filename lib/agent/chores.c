/* One table of what people ask for that costs no model call. An item is done only where every word
 * of it is known: "Read MEMORY.md" is, "Read MEMORY.md and distill it" is work. */
#include "chores.h"

#include "passage.h"
#include "words.h"

static void tell_memory(const struct chore_facts *facts, struct buffer *out)
{
	if (facts->has_memory)
		buffer_printf(out, "loaded above (%zu fact%s)", facts->facts,
			      facts->facts == 1 ? "" : "s");
	else
		buffer_append(out, SPAN("there is no memory yet"));
}

static void tell_bulletin(const struct chore_facts *facts, struct buffer *out)
{
	if (facts->has_bulletin && facts->posts)
		buffer_printf(out, "read, %zu entr%s above", facts->posts,
			      facts->posts == 1 ? "y" : "ies");
	else
		buffer_append(out, SPAN("read, no entries"));
}

static void tell_knowledge(const struct chore_facts *facts, struct buffer *out)
{
	if (facts->knowledge_files)
		buffer_printf(out, "fresh, %zu file%s listed above", facts->knowledge_files,
			      facts->knowledge_files == 1 ? "" : "s");
	else
		buffer_append(out, SPAN("knowledge/ is empty"));
}

static void tell_connection(const struct chore_facts *facts, struct buffer *out)
{
	(void)facts;
	buffer_append(out, SPAN("this request got through"));
}

static void tell_start(const struct chore_facts *facts, struct buffer *out)
{
	if (facts->moment)
		buffer_printf(out, "logged, %s", facts->moment);
	else
		buffer_append(out, SPAN("logged"));
}

static void tell_identity(const struct chore_facts *facts, struct buffer *out)
{
	(void)facts;
	buffer_append(out, SPAN("in force, above"));
}

/* Folded words: one verb and one object must be there, and nothing but these and `filler`. */
static const struct chore {
	const char *verbs, *objects, *filler;
	void (*tell)(const struct chore_facts *facts, struct buffer *out);
} chores[] = {
	{
		"read load reload open recall 读取 加载 lies lade",
		"memory memories context 记忆",
		"md file my your recent yesterdays yesterday last todays today previous long term latest "
		"session sessions days facts notes l0 l1 l2 l3",
		tell_memory,
	},
	{
		"read load check look review scan open 查看 检查 lies prüfe",
		"bulletin bulletins board 公告",
		"md file at for new latest recent any system wide announcement announcements post posts entry "
		"entries message messages update updates news from other others agents shared team on",
		tell_bulletin,
	},
	{
		"refresh reload load update reindex index rescan",
		"knowledge",
		"base folder directory dir files file docs documents documentation from index my your md",
		tell_knowledge,
	},
	{
		"verify check test confirm ensure",
		"connectivity connection connections api apis",
		"api apis access network model llm provider is are available reachable working works up online "
		"connectivity",
		tell_connection,
	},
	{
		"log record note write save",
		"timestamp time start",
		"session sessions heartbeat start started starting timestamp time date current now of at "
		"beginning begin",
		tell_start,
	},
	{
		"read load reload reread review recall open",
		"soul constitution heartbeat identity",
		"md file my your rules",
		tell_identity,
	},
};

static const char fillers[] = "the a an and from to in into of all it again re first then";

static bool holds(const char *words, struct span word)
{
	struct span rest = span_of(words), candidate;

	while (words_next(&rest, &candidate))
		if (span_equal(candidate, word))
			return true;
	return false;
}

static bool is_chore(const struct chore *chore, struct span folded)
{
	struct span word;
	bool verb = false, object = false;

	while (words_next(&folded, &word)) {
		bool is_verb = holds(chore->verbs, word), is_object = holds(chore->objects, word);

		if (!is_verb && !is_object && !holds(chore->filler, word) && !holds(fillers, word))
			return false;
		verb |= is_verb;
		object |= is_object;
	}
	return verb && object;
}

static const struct chore *find_chore(struct span item)
{
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(2048);

	if (item.length > 200)
		return NULL;
	words_fold(item, &folded);
	for (size_t i = 0; folded.length && i < ARRAY_LENGTH(chores); i++)
		if (is_chore(&chores[i], buffer_span(&folded)))
			return &chores[i];
	return NULL;
}

static size_t indent_of(struct span line)
{
	size_t indent = 0;

	while (indent < line.length && strchr(" \t", line.data[indent]))
		indent++;
	return indent;
}

/* A line that is followed by a deeper one says more than its words. */
static bool has_more(struct span line, struct span rest)
{
	struct span next;

	if (!span_next_line(&rest, &next) || !span_trim(next).length)
		return false;
	return !passage_begins_item(next) ? span_trim(next).data[0] != '#'
					  : indent_of(next) > indent_of(line);
}

static void append_done(struct span line, const struct chore *chore,
			const struct chore_facts *facts, struct buffer *out)
{
	struct span item = passage_line(line);

	buffer_append(out, span_slice(line, 0, indent_of(line)));
	buffer_append(out, SPAN("- [x] "));
	buffer_append(out, item);
	buffer_append(out, SPAN(": "));
	chore->tell(facts, out);
}

static bool is_fence(struct span line)
{
	line = span_trim(line);
	return span_starts_with(line, SPAN("```")) || span_starts_with(line, SPAN("~~~"));
}

void chores_mark(struct span checklist, const struct chore_facts *facts, struct buffer *out)
{
	bool fenced = false;
	struct span line;

	while (span_next_line(&checklist, &line)) {
		const struct chore *chore = NULL;

		fenced ^= is_fence(line);
		if (!fenced && passage_begins_item(line) && !has_more(line, checklist))
			chore = find_chore(passage_line(line));
		if (chore)
			append_done(line, chore, facts, out);
		else
			buffer_append(out, line);
		buffer_append(out, SPAN("\n"));
	}
}

#include "effect.h"

#define CALLS "SELECT count(*) FROM call JOIN step USING (session, seq)"
#define TOLD "SELECT count(*) FROM step WHERE kind = 'tell_person' AND begun_at"
#define FACTS "SELECT count(*) FROM step WHERE kind = 'remember' AND result IS NOT NULL"
#define POSTS "SELECT count(*) FROM step WHERE kind = 'bulletin_post'"

/* How to see an effect: who does it, and how what it sends, becomes or names begins or ends. */
static const struct rule {
	enum operation_kind kind;
	const char *who, *begins, *holds; /* of a message, an exec; NULL: any */
	const char *ends;                 /* of a path that gets its content */
	struct effect effect;
} rules[] = {
	/* clang-format off */
	{ OPERATION_MESSAGE, "agentd", NULL, "\"method\":\"complete\"", NULL,
	  { "the gateway is asked for a model call", .intents = CALLS } },
	{ OPERATION_MESSAGE, "agentd-gateway", "POST ", "/chat/completions ", NULL,
	  { "a model is called", .intents = CALLS } },
	{ OPERATION_MESSAGE, "agentd", NULL, "\"result\":{\"reply\"", NULL,
	  { "a session gets a reply", .intents = "SELECT count(*) FROM step WHERE kind = 'model' AND result IS NOT NULL" } },
	{ OPERATION_MESSAGE, "agentd", NULL, "\"result\":{\"content\":\"remembered\"", NULL,
	  { "a fact is confirmed", .intents = FACTS } },
	{ OPERATION_MESSAGE, "agentd", NULL, "\"result\":{\"content\":\"posted\"", NULL,
	  { "a post is confirmed", .intents = POSTS " AND result IS NOT NULL" } },
	{ OPERATION_MESSAGE, "agentd", NULL, "\"result\":{\"content\":\"told\"", NULL,
	  { "that a person was told is confirmed", .intents = TOLD " AND result IS NOT NULL" } },
	{ OPERATION_MESSAGE, "agentd", NULL, "\"method\":\"post\"", NULL,
	  { "the gateway is asked to tell a webhook", .intents = TOLD } },
	{ OPERATION_MESSAGE, "agentd-gateway", "POST ", "?told ", NULL,
	  { "a webhook is told", .intents = TOLD } },
	{ OPERATION_EXEC, "agentd", NULL, "agentd-alert\n", NULL,
	  { "a command is told", .intents = TOLD } },
	{ OPERATION_RENAME, NULL, NULL, "/work/", NULL,
	  { "a session writes a file", .intents = "SELECT count(*) FROM step WHERE kind = 'write_file'" } },
	{ OPERATION_EXCHANGE, NULL, NULL, NULL, "/MEMORY.md",
	  { "memory is written", .intents = FACTS, .entries = "grep -c '^- 20' \"$FILE\"" } },
	{ OPERATION_EXCHANGE, NULL, NULL, NULL, "/BULLETIN.md",
	  { "the bulletin is written", .intents = POSTS, .entries = "grep -c '^## .*\\[kira\\]' \"$FILE\"" } },
	{ OPERATION_RENAME, NULL, NULL, NULL, "agents/kira/.git/refs/heads/main",
	  { "memory is committed", .intents = FACTS, .is_after = true,
	    .entries = "git -C agents/kira show HEAD:MEMORY.md | grep -c '^- 20'" } },
	{ OPERATION_RENAME, NULL, NULL, NULL, "/.git/refs/heads/main",
	  { "the bulletin is committed", .intents = POSTS, .is_after = true,
	    .entries = "git show HEAD:shared/BULLETIN.md | grep -c '^## .*\\[kira\\]'" } },
	/* clang-format on */
};

const struct effect *effect_at(size_t number)
{
	return number < ARRAY_LENGTH(rules) ? &rules[number].effect : NULL;
}

static bool holds(struct span text, const char *part)
{
	return !part || (text.length && memmem(text.data, text.length, part, strlen(part)));
}

static bool ends(const char *text, const char *part)
{
	size_t length = strlen(text), wanted = part ? strlen(part) : 0;

	return length >= wanted && !strcmp(text + length - wanted, part ? part : "");
}

static bool fits(const struct rule *rule, const struct operation *o)
{
	bool is_name = o->kind == OPERATION_RENAME || o->kind == OPERATION_EXCHANGE;

	if (o->kind != rule->kind || (rule->who && strcmp(o->path, rule->who)) ||
	    (rule->begins && !span_starts_with(o->data, span_of(rule->begins))))
		return false;
	return holds(is_name ? span_of(o->target) : o->data, rule->holds) &&
	       ends(is_name ? o->target : "", rule->ends);
}

/* Our own programs do nothing before they are asked; .git and .agentd are kept without a word. What
 * the gateway sends that is no message to agentd goes elsewhere. */
static bool leaves(const struct operation *o)
{
	switch (o->kind) {
	case OPERATION_EXEC:
		return !strcmp(o->path, "agentd") && !strstr(o->target, "libexec/agentd/agentd-");
	case OPERATION_MESSAGE:
		return !strcmp(o->path, "agentd-gateway") && !span_starts_with(o->data, SPAN("{"));
	case OPERATION_RENAME:
	case OPERATION_EXCHANGE:
	case OPERATION_LINK: return !strstr(o->target, "/.git/") && !strstr(o->target, "/.agentd/");
	default: return false;
	}
}

const struct effect *effect_find(const struct operation *o, bool *ret_unknown)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
		if (fits(&rules[i], o))
			return &rules[i].effect;
	*ret_unknown = leaves(o);
	return NULL;
}

/* When a compression is tried, and what comes of it. */
#include "compaction.h"

#include "turns.h"

#include <stdio.h>

#define FACTS_MAX (16 * 1024)
#define LEAST_GAIN 5 /* a fifth */
#define GROWN_BY_HALF(bytes) ((bytes) + (bytes) / 2)

void compaction_clear(struct compaction *c)
{
	free(c->summary);
	buffer_clear(&c->facts);
	buffer_clear(&c->text);
	*c = (struct compaction){ 0 };
}

/* ---- when ---- */

/* How many messages an attempt would replace; 0: none that are not replaced already. */
static size_t coverable(const struct compaction *c, const json_t *past,
			const struct compaction_policy *policy)
{
	size_t turns = turns_count(past), size = json_array_size(past), covers = size;

	for (size_t kept = 1; kept <= COMPACTION_KEPT_TURNS; kept++) {
		size_t begin = kept < turns ? turns_begin(past, turns - kept + 1) : 0;

		if (kept > 1 && policy->kept_bytes &&
		    (int64_t)turns_bytes(past, begin, size) > policy->kept_bytes)
			break;
		covers = begin;
	}
	return covers > c->covers ? covers : 0;
}

/* Bytes of the past as a model reads it, up to `end`, reminders left out: they depend on files that
 * may have changed when the same is asked after a death. */
static size_t bytes_read(size_t covers, const char *summary, const json_t *past, size_t end)
{
	return (summary ? strlen(summary) : 0) + turns_bytes(past, covers, end);
}

bool compaction_is_possible(const struct compaction *c, const json_t *past,
			    const struct compaction_policy *policy)
{
	size_t turns = turns_count(past);

	if (!policy->turns || compaction_is_open(c) || !coverable(c, past, policy))
		return false;
	if (c->failed_at && turns < c->failed_at + COMPACTION_PATIENCE)
		return false;
	return !c->useless_at || bytes_read(c->covers, c->summary, past, json_array_size(past)) >=
					 GROWN_BY_HALF(c->useless_at);
}

/* Where what comes first fills the window by itself, there is nothing to be gained. */
static bool is_large_itself(const struct compaction *c, const json_t *past,
			    const struct compaction_policy *policy)
{
	return (int64_t)bytes_read(c->covers, c->summary, past, json_array_size(past)) >=
	       policy->most_bytes / 4;
}

bool compaction_is_due(const struct compaction *c, const json_t *past,
		       const struct compaction_policy *policy, int64_t request_bytes)
{
	size_t turns = turns_count(past);
	bool long_ago = turns >= c->replies + policy->turns;
	bool large = policy->most_bytes && request_bytes > policy->most_bytes &&
		     turns >= c->replies + COMPACTION_DISTANCE && is_large_itself(c, past, policy);

	return (long_ago || large) && compaction_is_possible(c, past, policy);
}

/* ---- an attempt ---- */

static void open_attempt(struct compaction *c, size_t replies, size_t covers)
{
	buffer_clear(&c->text);
	c->text = BUFFER(COMPACTION_SUMMARY_MAX);
	c->asked_replies = replies;
	c->asked_covers = covers;
	c->known_facts = c->facts.length;
	c->calls = 0;
	c->spoiled = false;
}

void compaction_begin(struct compaction *c, const json_t *past,
		      const struct compaction_policy *policy)
{
	open_attempt(c, turns_count(past), coverable(c, past, policy));
}

static void fail(struct compaction *c)
{
	c->failed_at = c->asked_replies ? c->asked_replies : 1;
}

static void conclude(struct compaction *c, const json_t *past)
{
	size_t end = turns_begin(past, c->asked_replies + 1);
	struct span text = span_trim(buffer_span(&c->text));
	_free_ char *summary = text.length ? span_dup(text) : NULL;
	size_t before = bytes_read(c->covers, c->summary, past, end);
	size_t after = bytes_read(c->asked_covers, summary, past, end);

	if (c->spoiled || c->text.overflow || !summary || after >= before) {
		fail(c);
	} else if (before - after < before / LEAST_GAIN) {
		c->useless_at = before;
	} else {
		free(c->summary);
		c->summary = steal_pointer(&summary);
		c->covers = c->asked_covers;
		c->replies = c->asked_replies;
		c->failed_at = c->useless_at = 0;
	}
	c->asked_covers = 0;
	buffer_clear(&c->text);
}

static void note_facts(struct compaction *c, const struct model_reply *reply)
{
	if (!c->facts.max)
		c->facts = BUFFER(FACTS_MAX);
	for (size_t i = 0; i < reply->call_count; i++) {
		const char *text = json_string_value(
			json_object_get(reply->calls[i].arguments, "text"));

		if (!strcmp(reply->calls[i].name, "remember") && text)
			buffer_printf(&c->facts, "- %s\n", text);
	}
}

bool compaction_hear(struct compaction *c, const json_t *past, const struct model_reply *reply)
{
	c->calls++;
	c->spoiled = c->spoiled || !reply || reply->stop == MODEL_STOP_LENGTH ||
		     reply->stop == MODEL_STOP_REFUSAL;
	if (reply && *reply->text)
		buffer_printf(&c->text, "%s%s", c->text.length ? "\n\n" : "", reply->text);
	if (reply)
		note_facts(c, reply);
	if (!c->spoiled && reply->call_count && c->calls < COMPACTION_CALLS_MAX)
		return false;
	conclude(c, past);
	return true;
}

/* ---- after a death ---- */

static size_t number(const json_t *record, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(record, key));

	return value > 0 ? (size_t)value : 0;
}

static void recall_one(struct compaction *c, const json_t *past, const json_t *record)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	size_t replies = number(record, "replies"), covers = number(record, "covers");

	if (covers > json_array_size(past) || replies > turns_count(past))
		return;
	if (!json_is_true(json_object_get(record, "again")))
		open_attempt(c, replies, covers);
	if (!compaction_is_open(c))
		return;
	if (model_reply_from_json(json_object_get(record, "reply"), &reply, NULL))
		reply = NULL;
	compaction_hear(c, past, reply);
}

void compaction_recall(struct compaction *c, const json_t *past, const json_t *records)
{
	for (size_t i = 0; i < json_array_size(records); i++)
		recall_one(c, past, json_array_get(records, i));
}

/* Where in a heading the schedule sits:
 *
 *     [ornaments] HEAD (GROUP) (GROUP) TAIL
 *
 * First, a head that begins with a schedule's words is one: "Daily", "Every 2 hours". So is a
 * period or a part of the day before a noun: "Weekly maintenance (Sunday)", "Daily brief", "Morning
 * report". Of 210 real headings 70 have it so, most of them without a time; what follows is the
 * title. Where the noun says that a form or a rule is described ("Daily report format", "Hourly
 * rate") and no time is written, it is none.
 *
 * Else a parenthesis: its strong phrases anywhere ("priority - run every heartbeat"), weak ones
 * only where they fill a whole piece between commas: "(daily)", "(Sundays 10 AM)", not "(the daily
 * brief)". An adjective within a sentence is never taken: "Write the daily brief".
 *
 * Else what stands behind a dash or colon, if all of it is a schedule with "every", a period or a
 * count ("Inbox - every 30 minutes"), and an interval in figures at the end ("Check mail every
 * 2h").
 *
 * A date anywhere means a log or a plan, unless `Once` is said. A bare "(30 seconds)" is a budget
 * of time. */
#include "heading.h"
#include "date.h"

#include <stdio.h>

/* ---- head ---- */

/* Nouns of texts about a rhythm, not of work in it. */
static bool describes(struct span word)
{
	static const char *const nouns[] = {
		"format", "formats",    "template", "templates", "structure", "rules",    "rule",
		"limit",  "limits",     "budget",   "budgets",   "cap",       "caps",     "quota",
		"quotas", "guidelines", "policy",   "rate",      "rates",     "examples", "example"
	};

	for (size_t i = 0; i < ARRAY_LENGTH(nouns); i++)
		if (span_equal_nocase(word, span_of(nouns[i])))
			return true;
	return false;
}

static bool separator_follows(const struct heading *h, unsigned at)
{
	return is_bracket(&h->t, at, ":-,|;") &&
	       !(h->t.item[at].glued && at + 1 < h->t.count && h->t.item[at + 1].glued &&
		 h->t.item[at].value == '-');
}

static bool head_counts(const struct heading *h, unsigned end)
{
	const struct draft *d = &h->r.draft;
	const struct token *lead = &h->t.item[h->lead];
	bool whole = end >= h->head_end || separator_follows(h, end);

	if (d->weight < WEIGHT_WEAK || (d->whole_only && !whole))
		return false;
	/* "The daily brief" does not begin with "daily" */
	if (d->weight < WEIGHT_STRONG &&
	    (lead->meaning == MEANS_FILLER || lead->meaning == MEANS_TIME ||
	     lead->meaning == MEANS_OF || lead->meaning == MEANS_ABOUT))
		return false;
	return !d->duration || d->weight == WEIGHT_STRONG || d->period || d->parts;
}

static void forget(struct reader *r)
{
	r->draft = (struct draft){ .zone_word = -1 };
	r->broken = false;
}

/* Behind "Daily standup - 9 AM": the last dash whose rest is nothing but schedule. */
static void read_cut(struct heading *h, unsigned from)
{
	struct reader *r = &h->r;

	for (unsigned i = h->head_end; i-- > from;) {
		struct draft before = r->draft;
		unsigned begin = i + 1;

		if (!separator_follows(h, i) || begin >= h->head_end)
			continue;
		if (run_read(r, begin) == h->head_end && !r->broken &&
		    (h->head_scheduled || r->draft.weight == WEIGHT_STRONG || r->draft.period)) {
			h->cut = i;
			h->head_scheduled = true;
			return;
		}
		r->draft = before;
		r->broken = false;
	}
}

/* "Check e-mail every 30 minutes": an interval in figures that ends the heading. */
static void read_ending(struct heading *h)
{
	struct reader *r = &h->r;

	for (unsigned i = h->lead + 1; i < h->head_end && !h->head_scheduled; i++) {
		if (!is(r, i, MEANS_EVERY) || !is(r, i + 1, MEANS_NUMBER))
			continue;
		if (run_read(r, i) == h->head_end && r->draft.every_n && !r->broken) {
			h->cut = i;
			h->head_scheduled = true;
		} else {
			forget(r);
		}
	}
}

static void read_head(struct heading *h)
{
	struct reader *r = &h->r;
	unsigned end;

	r->end = h->head_end;
	end = run_read(r, h->lead);
	if (r->broken && r->draft.weight == WEIGHT_STRONG) {
		h->head_taken = end;
		h->head_scheduled = true;
	} else if (head_counts(h, end) && end > h->lead) {
		h->head_taken = end;
		h->head_scheduled = true;
		if (end < h->head_end && !h->group_count)
			read_cut(h, end);
	} else {
		forget(r);
		if (misspelt_every(r, h->lead))
			group_read(r, h->lead, h->head_end);
		else if (!h->group_count)
			read_cut(h, h->lead + 1);
		if (!h->head_scheduled && !h->group_count && !r->broken)
			read_ending(h);
	}
	r->noun = h->head_taken < h->head_end;
	r->end = h->t.count;
}

/* ---- groups ---- */

/* "Every (30m)": the interval stands in the parenthesis. */
static bool read_every_group(struct heading *h)
{
	struct reader *r = &h->r;
	unsigned n;

	if (h->head_scheduled || !h->group_count || h->head_end != h->lead + 1 ||
	    !is(r, h->lead, MEANS_EVERY))
		return false;
	r->end = h->groups[0].close;
	n = interval_number_read(r, h->groups[0].open + 1);
	if (n) {
		r->draft.weight = WEIGHT_STRONG;
		r->scheduled = true;
		h->head_taken = h->head_end;
		group_read(r, h->groups[0].open + 1 + n, h->groups[0].close);
		h->groups[0].used = true;
	}
	r->end = h->t.count;
	return n > 0;
}

static void read_path(struct heading *h)
{
	unsigned from = h->head_taken;

	if (h->group_count) {
		h->r.draft.last = h->groups[0].open + 1;
		h->r.draft.path = heading_between(h, h->groups[0].open + 1, h->groups[0].close);
		h->groups[0].used = true;
		return;
	}
	while (from < h->head_end && (is_bracket(&h->t, from, ":-") || is(&h->r, from, MEANS_ON) ||
				      is(&h->r, from, MEANS_TO) || is(&h->r, from, MEANS_FILLER)))
		from++;
	h->r.draft.last = from;
	h->r.draft.path = heading_between(h, from, h->head_end);
	h->head_taken = h->head_end;
}

static void read_groups(struct heading *h)
{
	struct reader *r = &h->r;

	if (r->draft.event == SCHEDULE_EVENT_FILE) {
		read_path(h);
		return;
	}
	if (read_every_group(h))
		return;
	r->scheduled = h->head_scheduled;
	for (unsigned i = 0; i < h->group_count; i++)
		h->groups[i].used |= group_read(r, h->groups[i].open + 1, h->groups[i].close);
	if (r->draft.weight >= WEIGHT_WEAK && h->tail < h->t.count) {
		r->scheduled = true;
		h->tail_taken = run_read(r, h->tail);
	}
}

/* ---- title ---- */

/* Cuts blanks, signs and ornaments off both ends. */
static struct span title_between(const struct heading *h, unsigned begin, unsigned end)
{
	const struct tokens *t = &h->t;
	size_t to;

	while (begin < end && (t->item[begin].meaning == MEANS_ORNAMENT ||
			       is_bracket(t, begin, ",;:-|~/&+=#.>)]*")))
		begin++;
	while (end > begin && (t->item[end - 1].meaning == MEANS_ORNAMENT ||
			       is_bracket(t, end - 1, ",;:-|~/&+=#<([")))
		end--;
	if (begin >= end)
		return (struct span){ t->source.data, 0 };
	to = end == t->count ? t->source.length : t->item[end - 1].end;
	return span_trim(span_slice(t->source, t->item[begin].begin, to));
}

/* The stretch of the heading that says no schedule: of its head, else behind the parentheses. */
static struct span title_of(const struct heading *h)
{
	unsigned begin = h->head_taken > h->lead ? h->head_taken : h->lead, end = h->t.count;
	struct span title;

	if (h->cut)
		return title_between(h, begin, h->cut);
	for (unsigned i = h->group_count; i-- > 0;)
		if (h->groups[i].used)
			end = h->groups[i].open;
	title = title_between(h, begin, end > begin ? end : begin);
	if (title.length || !h->group_count || end == h->t.count)
		return title;
	return title_between(h, h->tail_taken > h->tail ? h->tail_taken : h->tail, h->t.count);
}

/* ---- all ---- */

/* "Daily report format": no time, no parenthesis that says when. */
static bool only_describes(const struct heading *h)
{
	const struct draft *d = &h->r.draft;
	unsigned end = h->head_taken;
	bool used = false;

	for (unsigned i = 0; i < h->group_count; i++)
		used |= h->groups[i].used;
	while (end < h->head_end && !separator_follows(h, end))
		end++;
	return h->head_scheduled && !h->cut && !used && d->weight == WEIGHT_WEAK &&
	       !d->time_count && end > h->head_taken && describes(token_text(&h->t, end - 1));
}

/* "(22:15-22:56, 41 min)", "Taxes (April 15, 10:00)": somebody wrote down what was. */
static bool is_record(const struct heading *h)
{
	const struct draft *d = &h->r.draft;

	if (d->weight != WEIGHT_WEAK || d->period || h->r.label)
		return false;
	return (d->duration && !d->parts && !d->weekdays) || (d->months && !d->ordinal);
}

/* What may be a slip: "Dialy". */
static void hint_slip(const struct heading *h)
{
	static const char *const words[] = { "daily",  "weekly",  "monthly",
					     "hourly", "nightly", "every" };
	char text[160];

	for (size_t i = 0; i < ARRAY_LENGTH(words) && token_is(&h->t, h->lead, MEANS_NOTHING);
	     i++) {
		if (!word_is_near(token_text(&h->t, h->lead), words[i]))
			continue;
		snprintf(text, sizeof(text), "no schedule is read here: was \"%s\" meant?",
			 words[i]);
		heading_hint(h, SEVERITY_INFO, "schedule-slip", text);
	}
}

static void hint_none(const struct heading *h, bool dated)
{
	struct reader r = h->r;
	enum weight weight;

	if (dated)
		heading_hint(
			h, h->head_scheduled ? SEVERITY_WARNING : SEVERITY_INFO, "schedule-dated",
			"a heading with a date starts nothing: write \"Once (2026-12-01 09:00)\" for one "
			"moment, or leave the date out");
	else if (h->r.draft.duration)
		heading_hint(
			h, SEVERITY_INFO, "schedule-duration",
			"a length of time starts nothing: write \"every 30 minutes\" for an interval");
	else if (is(&h->r, h->lead, MEANS_CRON) && h->group_count)
		heading_hint(
			h, SEVERITY_WARNING, "schedule-placeholder",
			"no cron expression is written: write for example \"Cron (0 9 * * 1-5)\"");
	else if (is(&r, h->lead, MEANS_ON) && !phrase_read(&r, h->lead, &weight))
		heading_hint(
			h, SEVERITY_INFO, "schedule-event",
			"this event is not known and starts nothing: known are session start, session end, "
			"startup, message, bulletin, task and file change");
	else
		hint_slip(h);
}

/* Returns OK, BROKEN or NONE; the title is read off afterwards. */
static enum schedule_reading read_all(struct heading *h, struct schedule *ret)
{
	struct schedule special;
	struct date date;
	bool dated, special_kind;

	if (is(&h->r, h->lead, MEANS_GATE))
		return SCHEDULE_READ_NONE;
	special_kind = special_read(h, &special);
	if (special_kind) {
		if (h->r.broken)
			return SCHEDULE_READ_BROKEN;
		if (!h->options || !h->options->quiet)
			draft_hint(&special, h->line, h->found);
		*ret = special;
		return SCHEDULE_READ_OK;
	}
	forget(&h->r);
	h->head_taken = 0;
	dated = date_find(&h->r, 0, &date);
	read_head(h);
	if (!dated && (!h->r.broken || h->head_scheduled))
		read_groups(h);
	if (dated || only_describes(h) || is_record(h)) {
		hint_none(h, dated || (is_record(h) && h->r.draft.months));
		return SCHEDULE_READ_NONE;
	}
	if (draft_settle(&h->r, h->options, h->line, ret, h->found))
		return SCHEDULE_READ_OK;
	if (h->r.broken)
		return SCHEDULE_READ_BROKEN;
	hint_none(h, false);
	return SCHEDULE_READ_NONE;
}

enum schedule_reading schedule_read_heading(struct span heading,
					    const struct schedule_options *options, unsigned line,
					    struct schedule *ret_schedule, struct span *ret_title,
					    struct diagnostics *found, struct error *error)
{
	struct heading h;
	enum schedule_reading reading;

	heading_init(&h, heading, options, line, found, error);
	heading_lay_out(&h);
	reading = read_all(&h, ret_schedule);
	*ret_title = reading == SCHEDULE_READ_NONE ? span_trim(heading) : title_of(&h);
	return reading;
}

enum schedule_reading schedule_read_label(struct span value, const struct schedule_options *options,
					  unsigned line, struct schedule *ret_schedule,
					  struct diagnostics *found, struct error *error)
{
	struct heading h;
	struct span text = span_trim(value);

	while (text.length > 1 && memchr("`\"'", text.data[0], 3) &&
	       text.data[text.length - 1] == text.data[0])
		text = span_slice(text, 1, text.length - 1);
	heading_init(&h, text, options, line, found, error);
	h.r.label = true;
	h.head_end = h.tail = h.t.count;
	if (special_read(&h, ret_schedule))
		return h.r.broken ? SCHEDULE_READ_BROKEN : SCHEDULE_READ_OK;
	forget(&h.r);
	group_read(&h.r, 0, h.t.count);
	if (draft_settle(&h.r, options, line, ret_schedule, found))
		return SCHEDULE_READ_OK;
	return h.r.broken ? SCHEDULE_READ_BROKEN : SCHEDULE_READ_NONE;
}

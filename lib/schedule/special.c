/* Schedules that no phrase makes: cron expressions, and the one moment of `Once`. */
#include "cron.h"
#include "date.h"
#include "heading.h"

static int daily_hour(const struct heading *h)
{
	return h->options && h->options->daily_hour >= 0 && h->options->daily_hour < 24
		       ? h->options->daily_hour
		       : 9;
}

static struct span group_text(const struct heading *h, const struct group *g)
{
	return heading_between(h, g->open + 1, g->close);
}

/* ---- cron ---- */

static bool cron_into(struct heading *h, struct span text, struct schedule *ret)
{
	struct error error = { 0 };
	size_t at = (size_t)(text.data - h->t.source.data), column = 1;
	struct span before = span_slice(h->t.source, 0, at);

	if (cron_parse(text, ret, &error) == 0)
		return true;
	for (size_t i = 0; i < before.length; column++)
		utf8_next(before, &i);
	h->r.broken = true;
	if (h->r.error) {
		*h->r.error = error;
		h->r.error->column = (unsigned)column + error.column - 1;
	}
	return false;
}

static struct span behind_cron_word(struct span text)
{
	if (span_starts_with_nocase(text, SPAN("cron")))
		text = span_trim(span_slice(text, 4, text.length));
	if (text.length && text.data[0] == ':')
		text = span_trim(span_slice(text, 1, text.length));
	return text;
}

static bool is_placeholder(struct span text)
{
	return !text.length || memchr("[{<", text.data[0], 3) ||
	       span_starts_with_nocase(text, SPAN("todo"));
}

/* Where "Every 3 hours" of "Every 3 hours (0 *\/3 * * *)" ends. */
static unsigned words_end(const struct heading *h, unsigned begin, unsigned end)
{
	struct reader r = h->r;
	struct error ignored;

	r.error = &ignored;
	r.end = end;
	return run_read(&r, begin);
}

/* `Cron (...)`, `Cron: ...`, "(0 9 * * *)", "(@daily)". Returns whether this is one; r.broken, if
 * so, that it is a wrong one. */
static bool read_cron(struct heading *h, struct schedule *ret)
{
	bool named = token_is(&h->t, h->lead, MEANS_CRON);
	struct span text = heading_between(h, h->lead, h->head_end);

	for (unsigned i = 0; i < h->group_count; i++) {
		struct span whole = group_text(h, &h->groups[i]), inside = behind_cron_word(whole);
		bool nickname = inside.length > 1 && inside.data[0] == '@' &&
				cron_parse(inside, ret, NULL) == 0;

		if (!nickname && !cron_looks_like(inside, inside.length < whole.length) &&
		    !(named && h->head_end == h->lead + 1 && !is_placeholder(inside)))
			continue;
		h->groups[i].used = true;
		h->head_taken = named ? h->lead + 1 : words_end(h, h->lead, h->head_end);
		h->tail_taken = words_end(h, h->tail, h->t.count);
		cron_into(h, inside, ret);
		return true;
	}
	if (named)
		text = behind_cron_word(text);
	if (!cron_looks_like(text, named) &&
	    !(text.length && text.data[0] == '@' && cron_parse(text, ret, NULL) == 0))
		return false;
	h->head_taken = h->head_end;
	cron_into(h, text, ret);
	return true;
}

/* ---- once ---- */

static bool says_once(const struct reader *r, unsigned at)
{
	return is(r, at, MEANS_COUNT) && token_at(r, at)->value == 1;
}

static unsigned skip_run(const struct reader *r, unsigned at)
{
	while (is(r, at, MEANS_TIME) || is(r, at, MEANS_FILLER))
		at++;
	return at;
}

static bool unset_once(struct heading *h, struct schedule *ret)
{
	*ret = (struct schedule){ .kind = SCHEDULE_ONCE, .once_local = SCHEDULE_ONCE_UNSET };
	heading_hint(h, SEVERITY_WARNING, "schedule-once",
		     "\"once\" names no moment: write \"Once (2026-12-01 09:00)\"");
	return true;
}

/* Copies the zone that was read along with the date. */
static bool once_zone(struct heading *h, struct schedule *ret)
{
	struct schedule zone = { 0 };
	struct schedule_options quiet = { .daily_hour = 9, .quiet = true };

	h->r.draft.weight = WEIGHT_WEAK;
	h->r.draft.period = PERIOD_DAILY;
	h->r.draft.has_window = false;
	if (!draft_settle(&h->r, &quiet, h->line, &zone, NULL))
		return false;
	memcpy(ret->zone, zone.zone, sizeof(ret->zone));
	return true;
}

/* `Once (2026-12-01 09:00)`, "Once on 2026-12-01", "(run once)". Returns whether this is one. */
static bool read_once(struct heading *h, struct schedule *ret)
{
	struct reader *r = &h->r;
	unsigned at = skip_run(r, h->lead), end;

	if (says_once(r, at)) {
		unsigned inside = at + 1 + (is_sign(r, at + 1, '(') || is_sign(r, at + 1, ':'));

		end = once_read(r, inside, daily_hour(h), ret);
		if (end) {
			h->head_taken = at + 1 < h->head_end
						? (end < h->head_end ? end : h->head_end)
						: at + 1;
			for (unsigned i = 0; i < h->group_count; i++)
				h->groups[i].used |= h->groups[i].open < end;
			return once_zone(h, ret);
		}
		h->head_taken = at + 1;
		if (r->broken) {
			h->head_taken = h->head_end;
			for (unsigned i = 0; i < h->group_count; i++)
				h->groups[i].used = true;
			return true;
		}
		if (at + 1 == h->t.count)
			return unset_once(h, ret);
		if (at + 1 == h->head_end && h->group_count) {
			struct span text = group_text(h, &h->groups[0]);

			h->groups[0].used = true;
			reader_fault(r, h->groups[0].open + 1,
				     "\"%.*s\" is no moment: write \"Once "
				     "(2026-12-01 09:00)\"",
				     text.length > 40 ? 40 : (int)text.length, text.data);
			return true;
		}
		return false;
	}
	for (unsigned i = 0; i < h->group_count; i++) {
		at = skip_run(r, h->groups[i].open + 1);
		if (!says_once(r, at))
			continue;
		h->groups[i].used = true;
		if (at + 1 == h->groups[i].close)
			return unset_once(h, ret);
		if (once_read(r, at + 1, daily_hour(h), ret))
			return once_zone(h, ret);
		if (r->broken)
			return true;
		h->groups[i].used = false;
	}
	return false;
}

/* "In (2h)": counted from when? This text has no clock. */
static bool read_from_now(struct heading *h)
{
	struct reader *r = &h->r;
	unsigned number = h->lead + 1 + (h->group_count && h->groups[0].open == h->lead + 1);

	if (!is(r, h->lead, MEANS_ON) ||
	    !span_equal_nocase(token_text(&h->t, h->lead), SPAN("in")) ||
	    !is(r, number, MEANS_NUMBER) || !unit_at(r, number + 1))
		return false;
	h->head_taken = h->lead + 1;
	if (h->group_count)
		h->groups[0].used = true;
	reader_fault(r, h->lead,
		     "\"in\" counts from a moment that no file keeps: write \"Once "
		     "(2026-12-01 09:00)\"");
	return true;
}

bool special_read(struct heading *h, struct schedule *ret)
{
	return read_cron(h, ret) || read_once(h, ret) || read_from_now(h);
}

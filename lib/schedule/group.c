/* A parenthesis, piece by piece between its commas. */
#include "draft.h"

static bool is_remark(const struct reader *r, unsigned at)
{
	return is(r, at, MEANS_REMARK) || is(r, at, MEANS_NOT) || is_sign(r, at, '<') ||
	       is_sign(r, at, '>');
}

/* A hyphen inside a word is none. */
static bool is_separator(const struct reader *r, unsigned at)
{
	if (is_sign(r, at, '-') || is_sign(r, at, '/'))
		return !(token_at(r, at)->glued && token_at(r, at + 1)->glued);
	return is(r, at, MEANS_SIGN) && strchr(",;:+|()[]", token_at(r, at)->value);
}

static bool is_silent(const struct reader *r, unsigned at)
{
	switch (token_at(r, at)->meaning) {
	case MEANS_FILLER:
	case MEANS_TIME:
	case MEANS_AND:
	case MEANS_ABOUT:
	case MEANS_CRON:
	case MEANS_AT:
	case MEANS_ON:
	case MEANS_OF:
	case MEANS_PER:
	case MEANS_ORNAMENT:
	case MEANS_SIGN: return true;
	default: return false;
	}
}

bool misspelt_every(const struct reader *r, unsigned at)
{
	return is(r, at, MEANS_NOTHING) && word_is_near(token_text(r->t, at), "every") &&
	       is(r, at + 1, MEANS_NUMBER) && is(r, at + 2, MEANS_UNIT);
}

/* What one piece held. */
struct piece {
	unsigned begin, end;
	enum weight weight;
	bool unknown; /* words that no table has */
	unsigned first_unknown;
	bool mixed;     /* … before a phrase */
	bool zone_like; /* "09:00 XYZ" */
	unsigned zone_at;
	bool slip; /* "evry 30 minutes" */
	unsigned slip_at;
};

static bool is_capitals(struct span word)
{
	for (size_t i = 0; i < word.length; i++)
		if (word.data[i] < 'A' || word.data[i] > 'Z')
			return false;
	return word.length >= 2 && word.length <= 5;
}

static void note_unknown(struct reader *r, unsigned at, unsigned phrase_end, struct piece *p)
{
	bool behind_time = at == phrase_end && (r->draft.time_count || r->draft.has_window);

	if (!p->unknown)
		p->first_unknown = at;
	p->unknown = true;
	if (misspelt_every(r, at) && !p->slip) {
		p->slip = true;
		p->slip_at = at;
	}
	if (is(r, at, MEANS_NOTHING) && behind_time &&
	    (is_capitals(token_text(r->t, at)) ||
	     (is(r, at + 1, MEANS_TIME) &&
	      span_equal_nocase(token_text(r->t, at + 1), SPAN("time"))))) {
		p->zone_like = true;
		p->zone_at = at;
	}
}

static unsigned skip_piece(const struct reader *r, unsigned at)
{
	while (at < r->end && !is_separator(r, at))
		at++;
	return at;
}

static struct piece piece_read(struct reader *r, unsigned at)
{
	struct piece p = { .begin = at };
	unsigned phrase_end = 0, n;
	enum weight weight;

	while (at < r->end && (at == p.begin || !is_separator(r, at))) {
		n = phrase_read(r, at, &weight);
		if (n) {
			p.mixed |= p.unknown && weight >= WEIGHT_WEAK;
			p.weight = weight > p.weight ? weight : p.weight;
			at = phrase_end = at + n;
		} else if (is(r, at, MEANS_OR)) {
			at = r->end;
		} else if (is_remark(r, at)) {
			at = skip_piece(r, at);
		} else if (is_separator(r, at)) {
			break;
		} else {
			if (!is_silent(r, at))
				note_unknown(r, at, phrase_end, &p);
			at++;
		}
	}
	p.end = at;
	return p;
}

static void fault_unknown(struct reader *r, unsigned at)
{
	struct span word = token_text(r->t, at);
	int length = word.length > 40 ? 40 : (int)word.length;
	const char *weekday = word_nearest_weekday(word);

	if (r->draft.period == PERIOD_WEEKLY || r->draft.period == PERIOD_BIWEEKLY || weekday)
		reader_fault(
			r, at,
			"unknown weekday \"%.*s\": write Sunday to Saturday, as in \"Weekly (%s "
			"09:00)\"",
			length, word.data, weekday ? weekday : "Monday");
	else
		reader_fault(r, at,
			     "\"%.*s\" is not understood here: write for example \"Daily (07:00)\" "
			     "and keep other words out of the parentheses",
			     length, word.data);
}

/* Not understood, but meant: says so. */
static void check_meant(struct reader *r, const struct piece *p)
{
	struct span word = p->unknown ? token_text(r->t, p->first_unknown) : SPAN("");

	if (p->zone_like) {
		word = token_text(r->t, p->zone_at);
		reader_fault(r, p->zone_at,
			     "unknown time zone \"%.*s\": write a name such as "
			     "Europe/Berlin or Asia/Makassar",
			     (int)word.length, word.data);
	} else if (p->mixed && p->weight < WEIGHT_STRONG) {
		fault_unknown(r, p->first_unknown);
	} else if (p->unknown && !r->draft.weekdays && word_nearest_weekday(word) &&
		   (r->draft.period == PERIOD_WEEKLY || r->draft.period == PERIOD_BIWEEKLY)) {
		fault_unknown(r, p->first_unknown);
	} else if (p->unknown && !r->noun && p->end == p->begin + 1 && r->draft.period &&
		   is(r, p->begin, MEANS_NUMBER)) {
		reader_fault(r, p->begin, "\"%.*s\" is no time: write \"Daily (07:00)\"",
			     (int)word.length, word.data);
	}
}

static void fault_slip(struct reader *r, unsigned at)
{
	struct span number = token_text(r->t, at + 1), unit = token_text(r->t, at + 2);

	reader_fault(r, at, "unknown word \"%.*s\": write \"every %.*s %.*s\"",
		     (int)token_text(r->t, at).length, token_text(r->t, at).data,
		     (int)number.length, number.data, (int)unit.length, unit.data);
}

/* A piece counts by its own where no schedule is spoken of yet. `clean`: no other words before. */
static bool counts_alone(const struct reader *r, const struct piece *p, bool clean)
{
	bool period = r->draft.period || r->draft.every_n;

	if (p->weight == WEIGHT_STRONG)
		return true;
	if (p->weight != WEIGHT_WEAK || r->draft.duration)
		return p->weight == WEIGHT_MODIFIER && !p->unknown;
	return r->label || (!p->unknown && (clean || period));
}

bool group_read(struct reader *r, unsigned begin, unsigned end)
{
	unsigned outer_end = r->end;
	bool any = false, clean = true;

	r->end = end;
	for (unsigned at = begin; at < end;) {
		struct draft before = r->draft;
		bool was_broken = r->broken;
		struct piece p = piece_read(r, at);

		if (p.slip && p.weight < WEIGHT_WEAK) {
			fault_slip(r, p.slip_at);
			any = true;
		} else if (r->scheduled || (r->label && p.weight >= WEIGHT_WEAK)) {
			check_meant(r, &p);
			any |= p.weight != WEIGHT_NONE || (r->broken && !was_broken);
		} else if (counts_alone(r, &p, clean)) {
			any |= p.weight != WEIGHT_NONE;
		} else {
			r->draft = before;
			r->draft.duration |= p.weight == WEIGHT_MODIFIER;
			r->broken = was_broken;
		}
		clean &= !p.unknown;
		r->scheduled |= r->draft.weight >= WEIGHT_WEAK && !r->label;
		at = p.end > at ? p.end : at + 1;
	}
	r->end = outer_end;
	return any;
}

/* What may stand between two phrases of a heading's own words. */
static bool is_link(const struct reader *r, unsigned at)
{
	if (is(r, at, MEANS_SIGN))
		return token_at(r, at)->value && strchr(",:-/&+|;", token_at(r, at)->value);
	return is(r, at, MEANS_AND) || is(r, at, MEANS_AT) || is(r, at, MEANS_ON) ||
	       is(r, at, MEANS_ORNAMENT);
}

unsigned run_read(struct reader *r, unsigned at)
{
	unsigned end = at, next = at, n;
	enum weight weight;

	while (next < r->end && next <= end + 2) {
		n = phrase_read(r, next, &weight);
		if (n)
			end = next = next + n;
		else if (end > at && is_link(r, next))
			next++;
		else
			break;
	}
	return end;
}

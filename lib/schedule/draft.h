/* What was gathered from a heading's words before it is known which schedule they make. Private. */
#ifndef SCHEDULE_DRAFT_H
#define SCHEDULE_DRAFT_H

#include "tokens.h"

#include "schedule.h"

/* How much a phrase says that this is a schedule. */
enum weight {
	WEIGHT_NONE,
	WEIGHT_MODIFIER, /* refines a schedule, makes none: a zone, "only" */
	WEIGHT_WEAK,     /* makes one where nothing else is written: "Sunday", "9 AM", "daily" */
	WEIGHT_STRONG,   /* makes one anywhere in a parenthesis: "every 2 hours", "2x per day" */
};

struct draft {
	enum weight weight;
	unsigned last; /* token of the phrase read last: where a fault is shown */
	enum period period;
	bool hourly_minute; /* "Hourly (:15)" */
	uint8_t minute;
	uint32_t every_n; /* 0: no interval */
	int every_unit;
	bool loose;     /* a range, "~" or "+" was dropped */
	unsigned count; /* times per `count_unit`, 0: none */
	int count_unit; /* 0: that of the period */
	uint16_t times[SCHEDULE_TIMES_MAX];
	uint8_t time_count;
	bool too_many_times;
	uint8_t parts; /* bits of enum part */
	bool has_window, window_assumed;
	uint16_t window_begin, window_end;
	uint8_t weekdays;
	int8_t ordinal;
	uint16_t months;
	uint32_t month_days;
	enum schedule_event event;
	struct span path;
	bool tick;
	struct span zone;   /* IANA name in the source */
	int zone_word;      /* index, -1: none */
	char zone_text[24]; /* "Etc/GMT-8" of "UTC+8" */
	bool duration;      /* "(30 seconds)": a budget of time */
	bool whole_only;    /* held up by words that need to stand alone */
	bool conflict;      /* two periods, a list that does not fit its count */
};

struct reader {
	const struct tokens *t;
	unsigned end; /* tokens from here on are not to be read */
	struct draft draft;
	bool scheduled; /* what is read now refines a schedule */
	bool romance;   /* "9h" is a time of day in this language */
	bool label;     /* a `Schedule:` line: surely meant as one */
	bool noun;      /* the heading has words beside its schedule */
	bool broken;    /* the first fault; error has column and message */
	struct error *error;
};

/* Reads one phrase at token `at`. Returns how many tokens it takes, 0: none fits; *ret_weight says
 * what it is worth. */
unsigned phrase_read(struct reader *r, unsigned at, enum weight *ret_weight);

/* Parts of phrases. Each returns the tokens taken, 0 where nothing fits. */
unsigned clock_read(struct reader *r, unsigned at, uint16_t *ret_minute);
unsigned range_read(struct reader *r, unsigned at, bool bare, uint16_t *ret_begin,
		    uint16_t *ret_end);
unsigned times_read(struct reader *r, unsigned at, enum weight *ret_weight);
unsigned interval_read(struct reader *r, unsigned at, enum weight *ret_weight);
unsigned count_read(struct reader *r, unsigned at, enum weight *ret_weight);
unsigned event_read(struct reader *r, unsigned at, enum weight *ret_weight);
unsigned days_read(struct reader *r, unsigned at, enum weight *ret_weight);
unsigned zone_read(struct reader *r, unsigned at, enum weight *ret_weight);

/* Seconds of a unit, or enum unit; 0: token `i` is no unit. */
int unit_at(const struct reader *r, unsigned i);
unsigned skip_range_of_numbers(struct reader *r, unsigned at, uint32_t *ret_n);

/* Records the first fault at token `at`. */
void reader_fault(struct reader *r, unsigned at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline const struct token *token_at(const struct reader *r, unsigned i)
{
	return &r->t->item[i < r->end ? i : r->t->count];
}

static inline bool is(const struct reader *r, unsigned i, enum meaning meaning)
{
	return i < r->end && r->t->item[i].meaning == meaning;
}

static inline bool is_sign(const struct reader *r, unsigned i, char sign)
{
	return is(r, i, MEANS_SIGN) && r->t->item[i].value == sign;
}

/* "30 minutes" of "Every (30 minutes)". */
unsigned interval_number_read(struct reader *r, unsigned at);

/* Reads tokens [begin, end) of a parenthesis, a label's value or a heading's tail, piece by piece.
 * Where r->scheduled they refine a schedule: a word that is not understood before a time is a
 * fault. Elsewhere weak phrases count only where no other word stands beside them: "(daily)", not
 * "(the daily brief)". Returns whether anything in there was about a schedule. */
bool group_read(struct reader *r, unsigned begin, unsigned end);

/* As many phrases in a row as there are from `at` on, with commas and the like between them.
 * Returns where they end. */
unsigned run_read(struct reader *r, unsigned at);

/* Is token `at` "evry" before a number and a unit? */
bool misspelt_every(const struct reader *r, unsigned at);

/* Hints that follow from the value alone: assumed times, too often, cron days. */
void draft_hint(const struct schedule *s, unsigned line, struct diagnostics *found);

/* Turns the draft into a schedule; false where it makes none or a fault was found. Hints go to
 * `found`. */
bool draft_settle(struct reader *r, const struct schedule_options *options, unsigned line,
		  struct schedule *ret_schedule, struct diagnostics *found);

#endif

/* The words that people write schedules with: what each means, one table a language. Private.
 *
 * An entry is written folded (lower case, no accents, simplified Chinese, й as и; fold.h). A blank
 * in it stands for blanks or a hyphen, a final `*` for any ending ("ежедневн*"). The longest entry
 * that fits wins, so that 每周一次 (once a week) comes before 每周一 (every Monday). To add a
 * language: one file with one table, one line in words.c. */
#ifndef SCHEDULE_WORDS_H
#define SCHEDULE_WORDS_H

#include "fold.h"

enum meaning {
	/* not from a table */
	MEANS_NOTHING, /* a word that no table has */
	MEANS_NUMBER,
	MEANS_SIGN,      /* punctuation; the value is the character */
	MEANS_ORNAMENT,  /* emoji, markdown leftovers */
	MEANS_ZONE_NAME, /* "Asia/Taipei" */
	/* numbers */
	MEANS_DIGITS,      /* a number in letters: "two", 三 */
	MEANS_COUNT,       /* once, twice: so many times */
	MEANS_TIMES,       /* x, times, 次 */
	MEANS_ORDINAL,     /* first = 1 … fifth = 5, last = -1 */
	MEANS_ORDINAL_END, /* "st" of "1st" */
	/* recurrence */
	MEANS_EVERY,
	MEANS_PER,
	MEANS_OTHER, /* every OTHER week */
	MEANS_HALF,
	MEANS_VAGUE,  /* few, several */
	MEANS_UNIT,   /* seconds, or enum unit for what has no fixed length */
	MEANS_PERIOD, /* enum period */
	/* the calendar */
	MEANS_WEEKDAY,  /* 0 Sunday … */
	MEANS_MONTH,    /* 0 January … */
	MEANS_LAST_DAY, /* end of the month */
	MEANS_FIRST_DAY,
	/* the day */
	MEANS_PART,     /* enum part */
	MEANS_CLOCK,    /* noon, midnight: minutes */
	MEANS_HALF_DAY, /* am = 0, pm = 12 */
	MEANS_OCLOCK,   /* 点, Uhr: the number before is an hour */
	MEANS_HOURS,    /* enum part: business hours, waking hours */
	/* small words */
	MEANS_AT,
	MEANS_ON,
	MEANS_FROM,
	MEANS_TO,
	MEANS_UNTIL,
	MEANS_AND,
	MEANS_OR,
	MEANS_NOT,
	MEANS_OF,
	MEANS_DURING,
	MEANS_ABOUT,
	MEANS_FILLER, /* says nothing: "run", 执行 */
	MEANS_REMARK, /* the rest up to the next comma is for the model: via, when, if, skip */
	/* events */
	MEANS_TICK,    /* heartbeat, cycle; 1: says "every" itself, as 每次 does */
	MEANS_TIME,    /* "every time", "every check": a tick only at the end of a phrase */
	MEANS_SESSION, /* 1: says "every" itself */
	MEANS_START,
	MEANS_END,
	MEANS_STARTUP,
	MEANS_BULLETIN,
	MEANS_TASK,
	MEANS_MESSAGE,
	MEANS_FILE,
	MEANS_CHANGE,
	/* whole headings */
	MEANS_CRON,
	MEANS_GATE, /* 0 active hours, 1 quiet hours */
	MEANS_ZONE, /* index into zone_words */
};

enum unit { UNIT_MONTH = -1, UNIT_QUARTER = -2, UNIT_YEAR = -3 };
#define UNIT_MINUTE 60
#define UNIT_HOUR 3600
#define UNIT_DAY 86400
#define UNIT_WEEK 604800

enum period {
	PERIOD_NONE,
	PERIOD_HOURLY,
	PERIOD_DAILY,
	PERIOD_NIGHTLY,
	PERIOD_WEEKDAYS,
	PERIOD_WEEKENDS,
	PERIOD_WEEKLY,
	PERIOD_BIWEEKLY,
	PERIOD_MONTHLY,
	PERIOD_QUARTERLY,
	PERIOD_YEARLY,
};

enum part {
	PART_MORNING,
	PART_MIDDAY,
	PART_AFTERNOON,
	PART_EVENING,
	PART_NIGHT,
	PART_WAKING, /* of MEANS_HOURS */
	PART_BUSINESS,
	PARTS,
};

/* How far a word is to be trusted. */
enum trust {
	TRUST_LEAD,  /* also as the first word of a heading, before a noun: "Daily brief" */
	TRUST_WHOLE, /* only where nothing but a schedule is written: "Sat" */
};

enum language {
	ENGLISH,
	CHINESE,
	JAPANESE,
	RUSSIAN,
	PORTUGUESE,
	SPANISH,
	FRENCH,
	GERMAN,
	LANGUAGES
};

/* Tables leave out what is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* Text in place, no pointers: a table then needs no relocation in any process that holds it. */
struct word {
	char text[44];
	enum meaning meaning;
	int value;
	enum trust trust;
};

struct vocabulary {
	const struct word *words;
	size_t count;
};

extern const struct vocabulary english, chinese, japanese, russian, portuguese, spanish, french,
	german;

/* The longest word of any table at code point `at`. Returns its length in code points, 0: none. */
size_t word_find(const struct folded *text, size_t at, struct word *ret_word,
		 enum language *ret_language);

/* Abbreviations of time zones. */
struct zone_word {
	const char *text;      /* folded */
	const char *zone;      /* IANA name; NULL: the file's own zone, as nobody can tell */
	const char *ambiguous; /* what else it may be, with what to write; NULL: clear */
};
extern const struct zone_word zone_words[];
extern const size_t zone_word_count;

/* Is `word` (folded ASCII) one slip of the finger away from `right`? */
bool word_is_near(struct span word, const char *right);

/* The weekday that is nearest, or NULL. */
const char *word_nearest_weekday(struct span word);

#endif

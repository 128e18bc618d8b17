/* Private to lib/settings: the table of keys.
 *
 * A row says where a key stands (a scope: the map that holds it), what may be written, what holds
 * when it is absent, and which field of the scope's struct it fills. Defaults are texts and are
 * read by the same code as a person's values, so that the manual cannot differ from what happens.
 */
#ifndef SETTINGS_TABLE_H
#define SETTINGS_TABLE_H

#include "settings/settings.h"

enum scope {                     /* the struct that its rows fill */
	     SCOPE_TOP,          /* struct settings */
	     SCOPE_PROVIDER,     /* struct provider */
	     SCOPE_API_KEY,      /* struct provider */
	     SCOPE_MODEL,        /* struct model_settings */
	     SCOPE_PRICE,        /* struct model_settings */
	     SCOPE_LIMITS,       /* struct limits */
	     SCOPE_AGENT,        /* struct grant */
	     SCOPE_ALERT,        /* struct alert_target */
	     SCOPE_MONITOR,      /* struct monitor_settings */
	     SCOPE_FRONT_MATTER, /* struct front_matter */
};

enum value_type {
	TYPE_TEXT, /* char *, or an array of char */
	TYPE_NAME, /* a word of our own: [A-Za-z0-9][A-Za-z0-9._-]* */
	TYPE_ZONE, /* as TYPE_TEXT */
	TYPE_URL,
	TYPE_PATH,   /* absolute */
	TYPE_SWITCH, /* true, yes, on: 1; false, no, off: 0 */
	TYPE_CHOICE, /* one of `words`: its index plus `min` */
	TYPE_COUNT,
	TYPE_DURATION, /* in units of `unit` milliseconds */
	TYPE_SIZE,     /* bytes */
	TYPE_USD,      /* micro-USD */
	TYPE_SHARE,    /* parts per million */
	TYPE_HOUR,     /* hour of the day */
	TYPE_HOURS,    /* range of a day: two uint16_t, and a bool at `flag` */
	TYPE_WORDS,    /* list of names: char **, and a size_t at `flag` */
	TYPE_PATHS,    /* list of absolute paths, the same way */
	TYPE_MAP,      /* read by code of its own */
};

enum { FILE_AGENTD = 1, FILE_SOUL = 2, FILE_HEARTBEAT = 4 };

#define UNUSED_YET SIZE_MAX /* accepted and checked; no field takes it so far */

struct key {
	const char *path; /* "providers.NAME.kind" */
	enum scope scope;
	unsigned files;
	enum value_type type;
	int64_t min, max; /* of numbers, in the field's unit */
	unsigned unit;
	const char *words;    /* TYPE_CHOICE: "once, none" */
	const char *fallback; /* "" or NULL: none; prose in parentheses is for the manual only */
	const char *text;
	const char *alias;   /* a second spelling */
	size_t offset, size; /* of the field */
	size_t flag;         /* see the types */
};

extern const struct key keys[];
extern const size_t key_count;

const struct key *key_find(enum scope scope, const char *name);

/* The name in `scope` that `name` was probably meant to be, or NULL. */
const char *key_nearest(enum scope scope, const char *name);

/* "1 s to 60 s", "once, none", or empty where any value goes. */
#define SETTING_RANGE_SIZE 160
void key_range(const struct key *key, char out[SETTING_RANGE_SIZE]);

/* Edits that make `b` of `a`: letters put in, left out, changed or swapped. */
unsigned edit_distance(const char *a, const char *b);

#endif

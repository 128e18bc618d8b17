/* HEARTBEAT.md as parts: what each heading turned out to be, and what text belongs to it. Private
 * to lib/agent. */
#ifndef AGENT_OUTLINE_H
#define AGENT_OUTLINE_H

#include "agent/agent.h"

#define OUTLINE_ONE_BEAT "Heartbeat" /* heading and key of a file that is one beat on the tick */

enum part_role {
	PART_STANDING,      /* context for every beat; the text before the first heading, too */
	PART_CHILD,         /* belongs to the scheduled part `owner` */
	PART_BEAT,          /* has a schedule, or was meant to have one */
	PART_SESSION_START, /* goes before every checklist */
	PART_GATE,          /* active or quiet hours */
	PART_TITLE,         /* the file's title, or a comment written as a heading without text */
};

struct part {
	enum part_role role;
	const struct markdown_node *heading; /* NULL: before the first heading */
	size_t begin, body, end;             /* in the body; up to the next heading of any level */
	size_t owner;                        /* of a PART_CHILD */
	struct span title;                   /* the heading without the schedule text */
	struct schedule schedule;
	bool broken;
	bool mute;          /* the heading is a title or a comment: not told */
	struct error error; /* of a broken one */
	unsigned line;
	char *key;   /* of parts with a heading */
	char *route; /* its line `route: NAME`, which is no part of its text; or NULL */
	unsigned route_line, route_column;
	/* Key without the parentheses at its end: where those used to be a schedule, they are meant
	 * as one. */
	char *suspect;
};

struct outline {
	struct markdown_text text;
	struct markdown *document;
	struct span body;
	char *plain; /* the body without comments and lines that name a route, same offsets */
	unsigned line_offset;
	struct part *parts;
	size_t count, capacity;
	bool one_beat; /* no part has a schedule that starts anything: all is one beat */
	bool log;      /* a log of past runs: nothing is a beat */
};

/* Fails only when the file is too large; `found` (may be NULL) gets everything else. A section that
 * had a schedule in `previous` (may be NULL) and has words in their place now is broken, not
 * context. */
int outline_read(struct span raw, int daily_hour, const struct heartbeats *previous,
		 struct outline *ret_outline, struct diagnostics *found, struct error *error);
void outline_clear(struct outline *outline);

/* Appends the text of a part without comments: the body, or with `heading` the heading line, too.
 */
void outline_append(const struct outline *outline, const struct part *part, bool heading,
		    struct buffer *out);

/* Appends the checklist of the scheduled part `index`: its body and its children with headings. */
void outline_append_beat(const struct outline *outline, size_t index, struct buffer *out);

/* Appends what the one beat of the file consists of. */
void outline_append_all(const struct outline *outline, struct buffer *out);

/* Does a line, without bullet and marks, say when ("Schedule: …", "Every: …")? */
bool outline_is_label(struct span line);

/* The only H1, when it is the first heading. */
bool outline_is_file_title(const struct outline *outline, size_t index);

/* Gives each part with a heading, that has none, its key (keys.c). */
void outline_name_parts(struct outline *outline);

CLEANUP_DEFINE_VALUE(struct outline, outline_clear)

#endif

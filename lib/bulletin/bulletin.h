/* shared/BULLETIN.md: the one channel between agents.
 *
 * Entries are `## 2026-11-21 08:00Z [author]` and the lines below. Read leniently: `## DATE [TIME]
 * [author]`, `### DATE — author`, `[DATE - author] text`; newest first or last; unknown text is
 * kept. Times without a zone are read in the workspace's zone. Written by the daemon only, author
 * stamped by it: no text can fake a heading (lines of a post that would start an entry, a heading,
 * a fence or a comment are escaped). Pure. */
#ifndef BULLETIN_BULLETIN_H
#define BULLETIN_BULLETIN_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/zone.h"

#define BULLETIN_POST_MAX 4000
#define BULLETIN_FILE_MAX (1024 * 1024)
#define BULLETIN_TITLE "# Bulletin" /* what a new file begins with */

struct bulletin_entry {
	struct span author; /* empty: not known */
	int64_t at;         /* UTC seconds, or INT64_MIN */
	struct span body;   /* lines behind the heading, trimmed */
	struct span source;
	unsigned line;
};

struct bulletin {
	struct bulletin_entry *items; /* in the order of the file */
	size_t count, capacity;
	bool newest_first;
};

int bulletin_parse(struct span text, const struct zone *zone, struct bulletin *ret_bulletin,
		   struct error *error);
void bulletin_clear(struct bulletin *bulletin);

/* Adds a post to the file `raw` in the order it has (empty: a new file). The whole new file goes to
 * `out`. ERROR_INVALID: nothing but blanks; ERROR_TOO_LARGE: text over BULLETIN_POST_MAX. */
int bulletin_post(struct span raw, const char *author, int64_t at, struct span text,
		  struct buffer *out, struct error *error);

/* Is this entry's body what a post of `text` makes? */
bool bulletin_says(const struct bulletin_entry *entry, struct span text);

/* The entries newest first, at most `max_bytes`, each introduced by author and time and every line
 * quoted with "> ": data from others, never instructions. Entries of `reader` are marked as its
 * own. */
int bulletin_quote(const struct bulletin *bulletin, const char *reader, size_t max_bytes,
		   struct buffer *out);

/* Whether somebody wrote, by hashes: read once, asked for each reader. */
struct bulletin_digest {
	struct voice *voices; /* digest.c: one for each author */
	size_t count;
	uint64_t total;
};
void bulletin_digest(struct span raw, struct bulletin_digest *ret_digest);
/* A hash of what the file says beside the posts (of one line) of `author` and of `also` (may be
 * NULL): another one where somebody else wrote, or edited. */
uint64_t bulletin_digest_without(const struct bulletin_digest *digest, const char *author,
				 const char *also);
void bulletin_digest_clear(struct bulletin_digest *digest);

CLEANUP_DEFINE_VALUE(struct bulletin, bulletin_clear)
CLEANUP_DEFINE_VALUE(struct bulletin_digest, bulletin_digest_clear)

#endif

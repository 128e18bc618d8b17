/* What an agent adds to MEMORY.md and BULLETIN.md: the file's new content, and how it differs from
 * the old. Pure.
 *
 * A helper or the daemon may have died between a commit and the word of it. Whoever tries again
 * says `recover`: an entry that stands in the file already is then not added a second time. */
#ifndef AGENTD_ENTRIES_H
#define AGENTD_ENTRIES_H

#include "base/buffer.h"
#include "base/error.h"

struct entries {
	const char *agent;
	char *const *texts; /* facts, or one post */
	size_t count;
	int64_t at; /* UTC seconds */
	bool recover;
};

/* The whole new file, made of the bytes `raw` that it has now (empty: a new one), goes to `out`. */
int entries_add_facts(const struct entries *entries, struct span raw, struct buffer *out,
		      struct error *error);
int entries_add_post(const struct entries *entries, struct span raw, struct buffer *out,
		     struct error *error);

/* What was put into `from` to make `to`: both are equal before `offset`, and behind it but for
 * `removed` and `inserted` bytes. Cut at code points, so that the inserted text stays text. */
struct splice {
	size_t offset, removed;
	struct span inserted;
};

struct splice splice_between(struct span from, struct span to);

#endif

/* What a session has been told, has said and done, and the requests that are made of it.
 *
 * What comes first stays as it is from the first request to the last: system sections, tools, the
 * first user turn. Behind it stands the past as lib/compaction shows it. */
#ifndef SESSION_TRANSCRIPT_H
#define SESSION_TRANSCRIPT_H

#include "agent/agent.h"
#include "compaction/compaction.h"

struct transcript {
	const struct plan *plan;
	json_t *first; /* a request without a past */
	json_t *past;  /* {"messages":[…]}: add to it as to a request */
	struct compaction compaction;
	struct compaction_policy policy;
	char *reminder;
};

/* All that the plan knows, its past too. The plan has to stay. */
int transcript_begin(struct transcript *transcript, const struct plan *plan, struct error *error);
void transcript_clear(struct transcript *transcript);

/* The model that is asked reads requests of at most this size well; 0: not known. */
void transcript_set_most_bytes(struct transcript *transcript, int64_t most_bytes);

const json_t *transcript_past(const struct transcript *transcript);

/* The next turn's. New reference. */
json_t *transcript_request(const struct transcript *transcript);

/* What is asked for the open compression: the same system sections, the question, and as the only
 * tool `remember`, where the session has it. New reference. */
json_t *transcript_question(const struct transcript *transcript);

CLEANUP_DEFINE_VALUE(struct transcript, transcript_clear)

#endif

/* Compression: how the transcript of a long session stays small.
 *
 * Nothing of a transcript is ever changed. The *past* is the list of neutral messages
 * (model/model.h) behind a session's first user turn, as they were said and done. What a model gets
 * to read is made of it anew for each request:
 *
 *     past + compaction --compaction_view--> [summary] latest turns [reminders]
 *
 * The summary stands for the older turns. It is written by the session's own model in an *attempt*:
 * a request of its own that holds the record of those turns (compaction_digest: from the past,
 * never from an older summary), answered in one call or, where facts are to be remembered first, in
 * two. An attempt comes to nothing where a call failed, was refused or cut, where the text is empty
 * or no shorter than what it replaces, or where it gains less than a fifth; then all is as before,
 * and the next one waits: 5 turns, or until the transcript has grown by half.
 *
 *     if (compaction_is_due(&c, past, &policy, request_bytes))
 *             compaction_begin(&c, past, &policy);
 *     ask with compaction_question(…), then            compaction_hear(&c, past, reply)
 *     until it returns true: it is over, and compaction_view shows what came of it.
 *
 * The journal keeps the replies of attempts. compaction_recall takes the same way through them, so
 * that a session that goes on after a death reads the same bytes; an attempt that is not over is
 * then still open (compaction_is_open) and is asked on.
 *
 * Reminders hold a session to its course: behind every fifth turn and behind each compression the
 * objective and the ranked rules are restated. They are notes of the runtime
 * (model_request_add_note), are made and not kept, and say that they are no person's words.
 *
 * Pure: no file, no clock, no call. Boundaries lie between whole turns (an assistant's message and
 * all that follows it), so that calls and results are never parted. */
#ifndef COMPACTION_COMPACTION_H
#define COMPACTION_COMPACTION_H

#include "agent/agent.h"
#include "base/buffer.h"
#include "model/model.h"

#define COMPACTION_KEPT_TURNS 3         /* latest turns that stay verbatim, where there is room */
#define COMPACTION_DISTANCE 2           /* turns between two compressions for size alone */
#define COMPACTION_CALLS_MAX 2          /* model calls of one attempt */
#define COMPACTION_PATIENCE 5           /* turns after an attempt that failed */
#define COMPACTION_SUMMARY_MAX 65536    /* bytes */
#define COMPACTION_REMINDER_EVERY 5     /* turns */
#define COMPACTION_REMINDER_MAX 1500    /* bytes */
#define COMPACTION_DIGEST_LEAST 8192    /* bytes: a record is not made smaller than this */
#define COMPACTION_DIGEST_MAX (1 << 20) /* bytes */

/* ---- when ---- */

struct compaction_policy {
	uint32_t turns;     /* between two compressions; 0: there are none at all */
	int64_t most_bytes; /* of a request (model_request_bytes) before it is compressed; 0: not
			       known */
	int64_t kept_bytes; /* for turns that stay verbatim: one does, of more as many as fit; 0:
			       not known */
};

/* What happened to a past so far. All zero: nothing. */
struct compaction {
	char *summary;       /* NULL: nothing is compressed */
	size_t covers;       /* messages that it stands for */
	size_t replies;      /* assistant's messages that there were when it was made */
	size_t failed_at;    /* replies at the latest attempt that failed; 0: none did */
	size_t useless_at;   /* bytes of the view at the latest attempt that gained too little */
	struct buffer facts; /* lines: what attempts remembered, so that it is not said twice */

	/* the attempt under way; `asked_covers` 0: none */
	size_t asked_covers, asked_replies;
	size_t known_facts; /* bytes of `facts` when it began */
	unsigned calls;     /* replies heard of it */
	bool spoiled;       /* a call failed, or its text was cut or refused */
	struct buffer text;
};
void compaction_clear(struct compaction *c);

/* Is a compression to be tried before the next request of this size? */
bool compaction_is_due(const struct compaction *c, const json_t *past,
		       const struct compaction_policy *policy, int64_t request_bytes);
/* Could one be tried, because a server refused the request as too large? */
bool compaction_is_possible(const struct compaction *c, const json_t *past,
			    const struct compaction_policy *policy);

/* ---- an attempt ---- */

void compaction_begin(struct compaction *c, const json_t *past,
		      const struct compaction_policy *policy);
static inline bool compaction_is_open(const struct compaction *c)
{
	return c->asked_covers;
}

/* What is asked for the open attempt: the user's text of a request that has the session's own
 * system sections. `objective` as compaction_objective; `may_remember`: the tool is offered;
 * `max_bytes` bounds the record (COMPACTION_DIGEST_LEAST and _MAX hold). The caller frees it. */
char *compaction_question(const struct compaction *c, const json_t *past, const char *objective,
			  bool may_remember, int64_t max_bytes);

/* A reply to it; NULL: the call failed. Returns whether the attempt is over. */
bool compaction_hear(struct compaction *c, const json_t *past, const struct model_reply *reply);

/* Takes the way through `records`, in the order of the journal:
 *     {"replies":N,"covers":M,"again":false,"reply":{…}}       reply absent: the call failed
 * `again`: the second call of an attempt. `past` may be longer than it was then. */
void compaction_recall(struct compaction *c, const json_t *past, const json_t *records);

/* ---- texts ---- */

/* The first `covers` messages as text, turn by turn: what was said, called and answered. At most
 * `max_bytes` (COMPACTION_DIGEST_LEAST or more): outputs of tools are cut first, then arguments,
 * then other people's texts, the agent's own words last, and the oldest of them first. */
void compaction_digest(const json_t *past, size_t covers, size_t max_bytes, struct buffer *out);

/* What a session is for, in its own words: a person's message, or heading and checklist. The caller
 * frees it. */
char *compaction_objective(const struct plan *plan);

/* Objective and ranked rules in at most COMPACTION_REMINDER_MAX bytes, always the same for a plan.
 * The caller frees it. */
char *compaction_reminder(const struct plan *plan);

/* ---- the view ---- */

/* The messages behind the first user turn as a model is to read them. `reminder` NULL: none. New
 * reference; what stays verbatim is shared. */
json_t *compaction_view(const struct compaction *c, const json_t *past, const char *reminder);

CLEANUP_DEFINE_VALUE(struct compaction, compaction_clear)

#endif

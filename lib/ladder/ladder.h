/* The ladder: what follows when a model call brought no reply, and the breakers that keep calls
 * away from what is known to be sick.
 *
 *     failure, where we stand --ladder_decide--> again here | next model | mended | stop, and when
 *
 * One table holds the cure of every class of failure. With a healthy model further down the route
 * a sick one is left within a second; alone, it is tried again with exponential backoff and full
 * jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), Retry-After
 * honoured. Pure: time and chance are arguments. */
#ifndef LADDER_LADDER_H
#define LADDER_LADDER_H

#include "base/error.h"
#include "model/model.h"

/* ---- one turn's call ---- */

enum ladder_step {
	LADDER_AGAIN, /* the same model, after wait_ms */
	LADDER_NEXT,  /* the next model of the route whose breaker lets it through */
	LADDER_MEND,  /* the same model at once, with the request mended */
	LADDER_STOP,  /* the call has failed */
};

struct ladder_policy {
	uint32_t retries;                 /* further attempts of a call, all models together */
	uint32_t shortest_ms, longest_ms; /* of a wait */
};

/* Where a call stands when an attempt has failed. */
struct ladder_place {
	unsigned attempts;      /* made so far, this one included; mends are not counted */
	unsigned attempts_here; /* of this model, since it was last turned to */
	unsigned mends;         /* made so far */
	bool has_next;          /* another model of the route could take it now */
	bool can_mend;          /* OVERFLOW: something is left to cut, or a lower max_tokens told;
				   PARAMETER, HISTORY: failure->quirk is not in force yet */
	bool streamed_text;     /* a person has seen a part of the answer (told only) */
};

#define LADDER_MENDS_MAX 4 /* of one call */

struct ladder_decision {
	enum ladder_step step;
	int64_t wait_ms;    /* AGAIN */
	bool alert;         /* a person has to mend something: key, money, model */
	const char *reason; /* static, for `agentctl why`: "the key is refused" */
};

/* A mend comes first; then, with a next model, at most one quick retry here (within a second) and
 * only of what may be over at once; alone, retries with backoff while the policy has any left, not
 * sooner than Retry-After, and none where that is longer than ten minutes. Once the retries are
 * used up the next model still gets its first attempt. `chance` is 32 random bits. */
struct ladder_decision ladder_decide(const struct ladder_policy *policy,
				     const struct ladder_place *place,
				     const struct model_failure *failure, uint32_t chance);

/* ---- breakers ---- */

/* Of a provider with its key, shared by all agents; or of one model. Kept over a restart. */
struct breaker {
	unsigned failures;  /* in a row */
	int64_t open_until; /* UTC ms; 0: closed */
	int64_t wait_ms;    /* of the latest opening */
	bool probing;       /* half open: one call is out to see; not kept */
	enum failure_class why;
};

struct breaker_policy {
	uint32_t failures;             /* in a row that open it */
	uint32_t probe_ms, longest_ms; /* first wait, doubled at each probe that fails */
};

enum breaker_admission {
	BREAKER_CLOSED, /* come in */
	BREAKER_PROBE,  /* come in, you are the probe: breaker_probe() it */
	BREAKER_OPEN,   /* not before open_until, or while another probes */
};

enum breaker_admission breaker_ask(const struct breaker *breaker, int64_t now_ms);
void breaker_probe(struct breaker *breaker);
/* Returns whether it has come to be open by this. What says nothing about the provider (a refused
 * request, refused content, an overflow, a cancelled call) changes nothing but ends a probe; key,
 * money and a model that is not there open it at once; a probe that fails keeps it open, for twice
 * as long; a failure of a call that was out before it opened does not; a Retry-After longer than
 * its wait holds (at most an hour). The wait is jittered by up to a quarter, so that two daemons do
 * not probe in step. A wall clock that was set back does not keep it shut for longer than its wait.
 */
bool breaker_failed(struct breaker *breaker, const struct breaker_policy *policy,
		    const struct model_failure *failure, int64_t now_ms, uint32_t chance);
/* Returns whether it was open. */
bool breaker_succeeded(struct breaker *breaker);

/* Does a failure of this class speak against the model alone, and not its provider? (no such
 * model, content, an empty answer) Of its provider nothing was found out then: a probe that was out
 * for it is over. */
bool failure_is_models(enum failure_class class);

#endif

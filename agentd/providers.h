/* What the daemon knows of providers and models: which are sick and when they are tried again, and
 * what each one's server has refused, so that it is not sent twice. Shared by all agents, kept in
 * state.db.
 *
 * A breaker belongs to a provider with its address and key (another key is another account), one
 * more to each model; what is learned belongs to a model with its provider's address. All are found
 * by name and by a hash of these, so that an edit of agentd.yaml begins anew. */
#ifndef AGENTD_PROVIDERS_H
#define AGENTD_PROVIDERS_H

#include "daemon.h"

#include "ladder/ladder.h"

struct providers;

struct providers *providers_new(void);
void providers_free(struct providers *providers);
/* Breakers and what was learned, from state.db. */
int providers_restore(struct daemon *daemon, struct error *error);

/* May a call to this model go out now? `ret_until` (may be NULL): when to ask again, UTC ms, where
 * it may not. With PROBE the caller has to tell how it went. */
enum breaker_admission providers_ask(struct daemon *daemon, const struct model_settings *model,
				     int64_t *ret_until);
/* A call is on its way: where a breaker is half open, it is the probe, and whoever asks meanwhile
 * finds it open. providers_failed or _succeeded tells how it went; a call that was not made after
 * all has failed with FAILURE_CANCELLED. Returns whether it is the probe. */
bool providers_claim(struct daemon *daemon, const struct model_settings *model);
void providers_failed(struct daemon *daemon, const struct model_settings *model,
		      const struct model_failure *failure, bool is_probe);
void providers_succeeded(struct daemon *daemon, const struct model_settings *model);
/* Cost that was not foreseen: no call to this model for the longest wait. */
void providers_trip(struct daemon *daemon, const struct model_settings *model, const char *why);

/* A person has mended something: whatever rests is asked again at once, by one call each. */
void providers_try_now(struct daemon *daemon);
/* agentd.yaml was read again: incidents of providers and keys that it names no more are over. */
void providers_settings_changed(struct daemon *daemon);
/* The keys of all that agentd.yaml names. */
void providers_keys(const struct daemon *daemon, void (*visit)(void *context, const char *key),
		    void *context);

struct learned {
	unsigned quirks;
	int64_t context;              /* 0: as agentd.yaml says */
	int64_t millibytes_per_token; /* the fewest seen, at most 2,000 */
};
struct learned providers_learned(const struct daemon *daemon, const struct model_settings *model);
void providers_learn_quirk(struct daemon *daemon, const struct model_settings *model,
			   unsigned quirk);
void providers_learn_context(struct daemon *daemon, const struct model_settings *model,
			     int64_t context);
/* How many tokens a request of so many bytes was. Small ones teach nothing. */
void providers_learn_tokens(struct daemon *daemon, const struct model_settings *model,
			    int64_t request_bytes, int64_t tokens);

#endif

/* What a session asks to make its transcript small; what that may cost, and when it is time. */
#include "session.h"

#include "completion_order.h"
#include "log.h"
#include "providers.h"

#include "compaction/compaction.h"

#define ATTEMPTS_A_TURN 2    /* when it is time, and when a server refused the request after all */
#define BYTES_PER_TOKEN 3000 /* thousandths: a guess where no reply has told */
#define BYTES_PER_TOKEN_LEAST 1000
#define BYTES_PER_TOKEN_MOST 8000
#define TOKENS_MAX 1000000000
#define WHOLE 1000000 /* parts of a share */

static bool is_count(const json_t *attempt, const char *key)
{
	return json_integer_value(json_object_get(attempt, key)) > 0;
}

bool session_attempt(struct session *session, const json_t *params, uint64_t id)
{
	json_t *attempt = json_object_get(params, "compaction");

	json_decref(steal_pointer(&session->attempt));
	session->may_compress = json_is_true(json_object_get(params, "may_compress"));
	if (!attempt && session->is_starved)
		log_event(session->daemon->log, LEVEL_WARNING, "session_starved", session->agent,
			  session->id,
			  "it ran out of memory, and nothing of its transcript can be made "
			  "smaller: it goes on as it is");
	session->is_starved = false;
	if (!attempt) {
		session->attempt_calls = 0;
		return true;
	}
	if (!is_count(attempt, "replies") || !is_count(attempt, "covers") ||
	    session->attempt_calls >= ATTEMPTS_A_TURN * COMPACTION_CALLS_MAX) {
		session_refuse(session, id, ERROR_PROTOCOL, "no compression may be tried now");
		return false;
	}
	session->attempt_calls++;
	session->attempt = json_pack("{s:O,s:O,s:b}", "replies",
				     json_object_get(attempt, "replies"), "covers",
				     json_object_get(attempt, "covers"), "again",
				     (int)json_is_true(json_object_get(attempt, "again")));
	return true;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

int64_t session_most_bytes(const struct session *session)
{
	const struct daemon *daemon = session->daemon;
	const struct resident *resident = roster_find(daemon->roster, session->agent);
	struct learned learned = providers_learned(daemon, &session->model);
	int64_t share = daemon->workspace->settings->compaction_context_ppm;
	int64_t window = session->model.context, most, dearest;

	if (learned.context && learned.context < window)
		window = learned.context;
	most = window * share / WHOLE *
	       clamp(session->bytes_per_token ? session->bytes_per_token : BYTES_PER_TOKEN,
		     BYTES_PER_TOKEN_LEAST, BYTES_PER_TOKEN_MOST) /
	       1000;
	if (!resident || !resident->agent)
		return most;
	/* A request is reserved at the fewest bytes a token may have, and parks over its limit. */
	dearest = clamp(resident->agent->limits.per_request_tokens, 0, TOKENS_MAX) * share / WHOLE *
		  learned.millibytes_per_token / 1000;
	return dearest < most ? dearest : most;
}

uint32_t session_compaction_turns(const struct session *session)
{
	return model_is_accounted(session) ? session->daemon->workspace->settings->compaction_turns
					   : 0;
}

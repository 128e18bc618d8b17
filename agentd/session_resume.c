/* Going on after a death, and with work that was parked. */
#include "session.h"

#include "alerts.h"
#include "journal.h"
#include "ledger.h"
#include "log.h"
#include "parked.h"
#include "session_history.h"

#include "base/instant.h"
#include "base/printable.h"

#include <inttypes.h>

#define SHOWN_BYTES 200

/* What was spent before counts on, in the layers of the session and of its task. */
static void recall(struct session *session, const struct budget_hold *spent)
{
	struct budget_hold own = *spent;

	snprintf(own.session, sizeof(own.session), "%s", session->id);
	snprintf(own.task, sizeof(own.task), "%s", session->id);
	ledger_recall(session->daemon, &own);
}

/* ---- what ends it instead ---- */

/* "it died 3 times at the same step" */
static char *aside_words(const struct session *session)
{
	if (session->life.ooms < LIFE_OOMS_MAX)
		return xasprintf("it died %u times at the same step", session->life.deaths);
	return xasprintf("it ran out of memory, and again when it was tried once more%s",
			 session->was_shrunk ? " with a smaller transcript"
					     : "; nothing of its transcript was made smaller");
}

void session_set_aside(struct session *session)
{
	_free_ char *words = aside_words(session);
	_free_ char *key = xasprintf("aside %s", session->agent);
	_free_ char *post = xasprintf("session %s of %s was set aside: %s", session->id,
				      session->agent, words);

	session_fail(session, OUTCOME_FAILED, "set aside: %s%s%s; agentctl transcript %s shows it",
		     words, session->end_words ? ", lastly: " : "",
		     session->end_words ? session->end_words : "", session->id);
	alert_raise(session->daemon, key, session->agent, post, "session %s of %s was %s",
		    session->id, session->agent, session->reason);
}

/* The text of the call in doubt, on one line. */
static void show_call(const struct session *session, int64_t seq, struct buffer *text)
{
	const char *said = NULL;

	for (size_t i = 0; i < session->call_count; i++)
		if (session->calls[i].seq == seq)
			said = json_string_value(
				json_object_get(session->calls[i].arguments, "text"));
	if (said)
		printable_append(text, (struct span){ said, utf8_cut(span_of(said), SHOWN_BYTES) },
				 "");
}

void session_ask(struct session *session, const char *tool, int64_t seq, int64_t at_ms)
{
	struct parking parking = { .why = PARKED_BY_QUESTION };
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4 * SHOWN_BYTES);
	_free_ char *post = NULL;
	char at[INSTANT_SIZE];

	show_call(session, seq, &text);
	instant_print(at_ms / 1000, at);
	snprintf(parking.incident, sizeof(parking.incident), "session %s", session->id);
	post = xasprintf("session %s of %s waits for a person's answer", session->id,
			 session->agent);
	if (session_park(session, &parking,
			 "it is not known whether %s was done before the work was interrupted "
			 "(it began at %s%s%s%s): look, then say agentctl answer %s done, or "
			 "undone, or drop",
			 tool, at, text.length ? ": \"" : "", text.length ? text.data : "",
			 text.length ? "\"" : "", session->id))
		alert_raise(session->daemon, parking.incident, session->agent, post, "%s: %s",
			    session->agent, session->reason);
}

/* ---- after a death ---- */

/* Its last reply called nothing more: all that is left is to keep what came of it. */
static void note_over(struct session *session, const struct session_history *history)
{
	const char *text = json_string_value(json_object_get(history->reply, "text"));

	session->is_over = true;
	free(session->text);
	session->text = xstrdup(text ? text : "");
	session_fail(session, OUTCOME_DONE, "%s", "");
	free(steal_pointer(&session->reason));
	if (session->key)
		parked_section_done(session->daemon, session->agent, session->key);
}

static void went_on(void *context, struct session_history *history, int64_t again,
		    const struct budget_hold *spent, const struct error *error)
{
	struct session *session = context;
	struct life_rules rules = session_life_rules(session->daemon);

	if (error) {
		session_fail_error(session, error);
		session_handle(session, LIFE_UNRECORDED);
		session_release(session);
		return;
	}
	session->is_resumed = true;
	session_history_apply(session, history);
	lifecycle_restore(&session->life, session->answered, (unsigned)again, LIFE_NEVER);
	session->life.ooms = (unsigned)history->ooms;
	session->was_shrunk = history->ooms && history->compacted_seq > history->oom_seq;
	session->is_starved = history->ooms && !session->was_shrunk;
	if (!session->life.lives) /* begun by a daemon before us */
		recall(session, spent);
	if (session->outcome != OUTCOME_NONE)
		; /* it was ended while it waited: its facts are kept */
	else if (history->reply && !session->call_count)
		note_over(session, history);
	else if (history->doubt.seq)
		session_ask(session, history->doubt.tool, history->doubt.seq, history->doubt.at_ms);
	else if (lifecycle_is_poisoned(&session->life, &rules))
		session_set_aside(session);
	if (session->outcome == OUTCOME_NONE && !session->suspending)
		session_prepare(session);
	if (session->outcome == OUTCOME_NONE && !session->suspending)
		session_launch(session);
	session_handle(session, LIFE_RECORDED);
	session_release(session);
}

void session_go_on(struct session *session)
{
	session_hold(session);
	session_tell_start(session);
	journal_go_on(session->daemon, session->id, true, went_on, session);
}

/* ---- with parked work ---- */

/* What a person said of it may be what must not be done again: it waits until it can be read. */
static void not_begun_anew(struct session *session, const struct error *error)
{
	session_fail_error(session, error);
	parked_withdrawn(session->daemon, session->again);
	session_handle(session, LIFE_UNRECORDED);
	session_release(session);
}

static void read_parked(void *context, struct session_history *history, int64_t again,
			const struct budget_hold *spent, const struct error *error)
{
	struct session *session = context;

	(void)again;
	if (error && session->answer != ANSWER_NONE) {
		not_begun_anew(session, error);
		return;
	}
	if (error) /* it begins anew: what was said is lost, and nothing else */
		log_event(session->daemon->log, LEVEL_WARNING, "history", session->agent,
			  session->id, "%s", error->message);
	else
		recall(session, spent);
	session_history_next(history, session->afresh);
	if (session->answer == ANSWER_DONE)
		session_history_confirm(history);
	session->has_adopted = session_history_adopt(history);
	history->cost_micro_usd = 0;
	session_history_apply(session, history);
	session_record(session);
	session_release(session);
}

void session_go_on_parked(struct session *session)
{
	session_hold(session);
	journal_go_on(session->daemon, session->again, false, read_parked, session);
}

/* ---- what it takes over ---- */

static struct step again_step(const struct session *session, char **ret_intent, char **ret_result)
{
	json_t *intent = json_pack("{s:s}", "session", session->again);
	json_t *result = json_pack("{s:O*,s:O*}", "reply", json_object_get(session->past, "reply"),
				   "results", json_object_get(session->past, "results"));
	struct step step = session_step(session, 1);

	*ret_intent = json_dumps(intent, JSON_COMPACT);
	*ret_result = json_dumps(result, JSON_COMPACT);
	json_decref(intent);
	json_decref(result);
	step.kind = STEP_AGAIN;
	step.effect = "pure";
	step.intent = *ret_intent;
	step.result = *ret_result;
	return step;
}

size_t session_adopted_steps(const struct session *session, struct step steps[ADOPTED_MAX],
			     char *texts[2 * ADOPTED_MAX])
{
	const json_t *calls = json_object_get(json_object_get(session->past, "reply"), "calls");
	size_t count = 0;

	if (!session->has_adopted)
		return 0;
	steps[count++] = again_step(session, &texts[0], &texts[1]);
	for (size_t i = 0; i < session->call_count; i++) {
		const struct journalled_call *call = &session->calls[i];
		const json_t *said = json_array_get(calls, i);

		if (call->answered)
			continue;
		steps[count] = session_call_step(session, call,
						 json_string_value(json_object_get(said, "name")),
						 &texts[count + 1]);
		count++;
	}
	return count;
}

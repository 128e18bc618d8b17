/* The runtime tool tell_person: the workspace's owner hears of something through `alerts:`. It must
 * not be done twice, so its beginning is durable before the first command starts. What has begun
 * and has no result when the daemon dies, and what nobody confirmed and somebody may have got,
 * becomes a question to a person. One at a time, so that there is one question at most. */
#include "session.h"

#include "alerts.h"
#include "journal.h"

#include "base/clock.h"
#include "base/failpoint.h"

#define TELLS_MAX 5 /* a session */
#define TELL_BYTES 2048

/* One that is under way; holds the session. */
struct telling {
	struct session *session;
	uint64_t id; /* of the session's request */
	char call[MODEL_CALL_ID_MAX + 1];
	char *text;
	int64_t at_ms; /* UTC, when it was begun */
};

static void tell_next(struct session *session);

static void telling_end(struct telling *telling)
{
	struct session *session = telling->session;

	session_effect_over(session);
	tell_next(session);
	free(telling->text);
	free(telling);
	session_release(session);
}

/* It goes on when a person knows; the next daemon asks where this one stops. */
static void is_in_doubt(struct telling *telling, const struct journalled_call *call)
{
	struct session *session = telling->session;

	session_ask(session, call->tool->name, call->seq, telling->at_ms);
	session_handle(session, LIFE_CANCELLED);
}

static void told(void *context, const char *why, bool is_known)
{
	struct telling *telling = context;
	struct session *session = telling->session;
	struct journalled_call *call = session_find_call(session, telling->call);

	(void)FAILPOINT("tell.done");
	if (session_runs(session) && call && is_known)
		session_tool_done(session, telling->id, call, why ? why : "told", why != NULL);
	else if (session_runs(session) && call && !session->daemon->stopping)
		is_in_doubt(telling, call);
	telling_end(telling);
}

static void begun(void *context, const struct error *error)
{
	struct telling *telling = context;
	struct session *session = telling->session;
	struct journalled_call *call = session_find_call(session, telling->call);

	if (!session_runs(session) || !call) {
		telling_end(telling);
		return;
	}
	if (error) {
		session_tool_done(session, telling->id, call, error->message, true);
		telling_end(telling);
		return;
	}
	(void)FAILPOINT("tell.begun");
	alert_tell_person(session->daemon, session->agent, session->id, telling->text, told,
			  telling);
}

static void start(struct session *session, uint64_t id, struct journalled_call *call,
		  const char *text)
{
	struct telling *telling = xcalloc(1, sizeof(*telling));
	struct step step = session_step(session, call->seq);

	telling->session = session;
	telling->id = id;
	telling->text = xstrdup(text);
	snprintf(telling->call, sizeof(telling->call), "%s", call->id);
	session_hold(session);
	session->effects++;
	session->told++;
	step.begun_at = telling->at_ms = clock_wall_ms();
	(void)FAILPOINT("tell.begin");
	journal_step_begin(session->daemon, &step, begun, telling);
}

/* Why it is not told at all; NULL: it may be. */
static const char *fault(const struct session *session, const char *text)
{
	if (!session->daemon->workspace->settings->alert_count)
		return "agentd.yaml names nobody to be told (alerts:)";
	if (!span_trim(span_of(text)).length)
		return "there is nothing to tell";
	if (strlen(text) > TELL_BYTES)
		return "too long: at most 2048 bytes";
	if (session->told >= TELLS_MAX)
		return "a person was told 5 times in this session already; no more";
	return NULL;
}

static bool is_telling(const struct session *session, const struct journalled_call *but)
{
	for (size_t i = 0; i < session->call_count; i++) {
		const struct journalled_call *call = &session->calls[i];

		if (call != but && call->tool && call->tool->effect == TOOL_ONCE && call->begun &&
		    !call->answered && !call->asked)
			return true;
	}
	return false;
}

void session_tell(struct session *session, uint64_t id, struct journalled_call *call,
		  const json_t *arguments)
{
	const char *text = json_string_value(json_object_get(arguments, "text"));
	const char *why = fault(session, text ? text : "");

	if (why)
		session_tool_done(session, id, call, why, true);
	else if (session->rehearse)
		session_tool_done(session, id, call, "rehearsed, nobody was told", false);
	else if (!session->suspending && !is_telling(session, call))
		start(session, id, call, text);
	else
		call->asked = id;
	if (session->suspending) /* the next daemon tells it */
		session_suspend(session);
}

/* The first that had to wait. */
static void tell_next(struct session *session)
{
	for (size_t i = 0; session_runs(session) && i < session->call_count; i++) {
		struct journalled_call *call = &session->calls[i];
		uint64_t id = call->asked;

		if (!id)
			continue;
		call->asked = 0;
		session_tell(session, id, call, call->arguments);
		if (!call->answered) /* it is under way now */
			return;
	}
}

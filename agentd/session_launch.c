#include "session.h"

#include "chatter.h"
#include "completion_order.h"
#include "completion_parts.h"
#include "constitution.h"
#include "ledger.h"
#include "memory_kills.h"
#include "secrets.h"
#include "service.h"
#include "session_limits.h"

#include "base/clock.h"
#include "launch/launch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

/* ---- the plan ---- */

/* The texts are read anew; what was said and done so far follows. */
static void tell_interrupted(struct plan *plan)
{
	static const char note[] =
		"You were interrupted in this work and go on: what you said and did so "
		"far follows.";
	char *since = plan->since ? xasprintf("%s\n%s", plan->since, note) : xstrdup(note);

	free(plan->since);
	plan->since = since;
}

/* What the files do not say: how far it may go, and how far it has come. */
static void plan_fill(struct session *session, const struct resident *resident)
{
	const struct settings *settings = session->daemon->workspace->settings;
	const json_t *past = session->past;
	struct plan *plan = session->plan;

	plan->turns_max = settings->turns_per_session;
	plan->tool_output_bytes = settings->tool_output_bytes;
	plan->max_output_tokens = session->model.max_output_tokens;
	plan->turns_made = (uint32_t)(session->turns_before + session->turns);
	plan->history = json_incref(json_object_get(past, "history"));
	plan->reply = json_incref(json_object_get(past, "reply"));
	plan->results = json_incref(json_object_get(past, "results"));
	plan->compactions = json_incref(json_object_get(past, "compactions"));
	plan->compaction_turns = session_compaction_turns(session);
	plan->most_bytes = session_most_bytes(session);
	plan->starved = session->is_starved;
	if (past)
		tell_interrupted(plan);
	if (model_is_accounted(session))
		plan->budget = ledger_line(session->daemon, session->agent,
					   &resident->agent->limits);
}

static int plan_read(struct session *session, struct resident *resident, struct error *error)
{
	_free_ char *constitution = constitution_recall(session->daemon, session->agent);
	struct beat *beat = NULL;
	struct plan_request request = {
		.session = session->id,
		.cause = session->cause,
		.key = session->key,
		.heading = session->heading,
		.message = session->message,
		.now = clock_wall_s(),
		.sources = session->files,
		.rehearse = session->rehearse,
	};
	CLEANUP(checklist_clear) struct checklist objective = { 0 };
	_free_ char *changes = NULL;
	int result;

	if (session_objective(session, &objective))
		request.objective = &objective;
	if (session->key && roster_heartbeat(resident, session->key, &beat))
		request.last_run = beat->last_run;
	if (request.last_run)
		changes = workspace_changes(session->daemon->workspace, session->agent,
					    request.last_run);
	request.changed = changes;
	result = workspace_plan(session->daemon->workspace, resident->agent, &request, constitution,
				&session->plan, error);
	if (result)
		return result;
	plan_fill(session, resident);
	if (!session->rehearse)
		constitution_used(session->daemon, resident, &session->plan->constitution);
	return 0;
}

/* The first model of the route that may be used at all; which one is really asked is decided at
 * each turn. */
static int model_choose(struct session *session, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer why = BUFFER(ERROR_MESSAGE_MAX);
	const struct route *route = session_route(session);
	bool probed = false;

	for (size_t place = 0; route && place < route->count; place++) {
		const struct model_settings *model = route_model(session, place);

		if (model) {
			session_set_model(session, model);
			return 0;
		}
	}
	route_rests(session, &why, &probed);
	return error_set(error, ERROR_NOT_FOUND, "%s", why.data);
}

/* As it was read with the others, when it was whole. */
static int script_read(struct session *session, int dir, struct error *error)
{
	CLEANUP(source_clear) struct source now = { 0 };
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	const struct source *script = &now;
	int result = 0;

	if (strcmp(session->model.provider, "rehearsal"))
		return 0;
	if (session->files)
		script = &session->files->files[FILE_REHEARSAL];
	else
		result = workspace_read(dir, session->agent, FILE_REHEARSAL, &now, error);
	if (result || !script->data)
		return result;
	result = markdown_clean((struct span){ script->data, script->length }, AGENT_FILE_MAX,
				&text, NULL);
	if (result)
		return error_set(error, ERROR_TOO_LARGE, "agents/%s/REHEARSAL.md is too large",
				 session->agent);
	free(session->script);
	session->script = xstrndup(text.data, text.length);
	return 0;
}

/* ---- the walls ---- */

static int allow_folder(struct launch *launch, int dir, const char *name, bool write,
			struct error *error)
{
	int fd, seen, result = directory_open_beneath(dir, name, &fd, error);

	if (result == -(int)ERROR_NOT_FOUND)
		return 0;
	if (result)
		return result;
	seen = launch_rule(launch, fd, write);
	if (seen >= 0)
		launch_word(launch, "dir=%s:%d", name, seen);
	return 0;
}

static int allow_grants(struct launch *launch, const struct session *session, struct error *error)
{
	const struct grant *grant = settings_grant(session->daemon->workspace->settings,
						   session->agent);

	for (size_t i = 0; grant && i < grant->read_count; i++) {
		int fd, seen, result = directory_open(grant->read[i], &fd, error);

		if (result)
			return error_prefix(error, "agentd.yaml grants %s to %s: ", grant->read[i],
					    session->agent);
		seen = launch_rule(launch, fd, false);
		if (seen < 0)
			return error_set(error, ERROR_TOO_LARGE,
					 "agentd.yaml grants more folders to %s than can be given",
					 session->agent);
		launch_word(launch, "dir=%s:%d", grant->read[i], seen);
	}
	return 0;
}

static int allow_own(struct launch *launch, const struct session *session, int dir,
		     struct error *error)
{
	int result = session->rehearse ? 0 : directory_make(dir, "work", 0755, error);

	if (!result)
		result = allow_folder(launch, dir, "work", !session->rehearse, error);
	if (!result)
		result = allow_folder(launch, dir, "knowledge", false, error);
	if (!result)
		result = allow_folder(launch, dir, "skills", false, error);
	return result ? error_prefix(error, "agents/%s: ", session->agent) : 0;
}

static int walls_plan(struct launch *launch, const struct session *session, int dir,
		      struct error *error)
{
	int result = allow_own(launch, session, dir, error);

	launch->policy.memory_bytes = SESSION_MEMORY_BYTES;
	launch->policy.file_bytes = SESSION_FILE_BYTES;
	launch->policy.cpu_s = SESSION_CPU_S;
#ifdef __SANITIZE_ADDRESS__
	launch->policy.memory_bytes = 0; /* the shadow alone takes terabytes of addresses */
#endif
	if (!result)
		result = allow_grants(launch, session, error);
	return result;
}

/* ---- the process ---- */

static void session_lost(void *owner, const struct error *error)
{
	struct session *session = owner;

	if (error->code == ERROR_PROTOCOL) {
		session_fail(session, OUTCOME_FAILED, "the session broke the protocol: %s",
			     error->message);
		session_handle(session, LIFE_CANCELLED);
	} else if (session->finished) {
		session_left(session);
		return;
	}
	link_free(steal_pointer(&session->link));
	session_handle(session, LIFE_LAST_WORD); /* its process ends, or has ended */
}

static int process_start(struct session *session, int dir, struct error *error)
{
	CLEANUP(launch_clear) struct launch launch;
	struct daemon *daemon = session->daemon;
	struct process process;
	int socket, result;

	launch_init(&launch, "agentd-session", SANDBOX_SESSION,
		    daemon->workspace->settings->sandbox_off, secrets_child_environment(false));
	launch.complaints = chatter_open(daemon, "agentd-session", session->agent, session->id);
	result = walls_plan(&launch, session, dir, error);
	if (!result)
		result = launch_start(&launch, &process, &socket, error);
	if (result)
		return result;
	session->memory_kills = memory_kills();
	session->child = child_new(&daemon->loop, process, session_exited, session);
	session->link = link_new(&daemon->loop, socket, session_permits, session_permit_count,
				 session, session_lost, session);
	/* A process that has ended already tells so itself. */
	if (link_notify(session->link, "plan", plan_to_json(session->plan)) ==
	    -(int)ERROR_TOO_LARGE) {
		session_fail(session, OUTCOME_REFUSED,
			     "its texts are too large together to be handed to a session");
		session_handle(session, LIFE_CANCELLED); /* its end follows */
	}
	return 0;
}

/* A person's words that the constitution hands to a person are not shown to a model at all. */
static bool escalates(struct session *session)
{
	struct constitution constitution;
	const struct trigger *trigger = NULL;
	const char *text = session->plan->constitution.text;

	if (!session->message || !text)
		return false;
	constitution_parse(span_of(text), &constitution, NULL);
	trigger = constitution_match(&constitution, span_of(session->message));
	if (trigger)
		session_fail(session, OUTCOME_ESCALATED,
			     "agents/%s/CONSTITUTION.md:%u: the message mentions \"%s\"%s%s",
			     session->agent, trigger->line, trigger->words,
			     constitution.action ? "; " : "",
			     constitution.action ? constitution.action : "");
	constitution_clear(&constitution);
	return trigger != NULL;
}

static int refuse(struct session *session, int result, const struct error *error)
{
	session_fail_error(session, error);
	return result;
}

static int prepare(struct session *session)
{
	struct daemon *daemon = session->daemon;
	struct resident *resident = roster_find(daemon->roster, session->agent);
	_fd_ int dir = -1;
	struct error error;
	int result;

	if (!resident || !resident->agent) {
		session_fail(session, OUTCOME_REFUSED, "%s",
			     resident && resident->broken ? resident->broken : "the agent is gone");
		return -(int)ERROR_NOT_FOUND;
	}
	result = model_choose(session, &error);
	if (!result)
		result = workspace_agent_open(daemon->workspace, session->agent, &dir, &error);
	if (!result)
		result = plan_read(session, resident, &error);
	if (!result)
		result = script_read(session, dir, &error);
	if (result)
		return refuse(session, result, &error);
	return escalates(session) ? -(int)ERROR_DENIED : 0;
}

int session_prepare(struct session *session)
{
	int result = prepare(session);

	session_forget_files(session);
	return result;
}

int session_launch(struct session *session)
{
	struct daemon *daemon = session->daemon;
	_fd_ int dir = -1;
	struct error error;
	int result = workspace_agent_open(daemon->workspace, session->agent, &dir, &error);

	if (!result)
		result = process_start(session, dir, &error);
	if (result)
		return refuse(session, result, &error);
	service_prepare(daemon->gateway); /* loading libcurl takes longer than a session's start */
	return 0;
}

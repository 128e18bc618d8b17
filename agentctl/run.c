#include "figures.h"
#include "place.h"
#include "words.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE_MS 3000 /* before one is told that it has not begun */

/* What has been seen of a session. */
struct following {
	bool json, rehearsed, begun, told, ended, at_line_start;
	bool accepted;        /* the daemon runs it, or the next one does */
	struct error refused; /* code 0: it was not */
	struct zone *zone;    /* of the workspace */
	char session[27];
	char outcome[16];
};

static void line_start(struct following *following)
{
	if (!following->at_line_start)
		putchar('\n');
	following->at_line_start = true;
}

static void show_start(struct following *following, const json_t *event)
{
	line_start(following);
	printf("· session %s of %s: %s\n", json_text(event, "session"), json_text(event, "agent"),
	       json_text(event, "cause"));
}

static void show_text(struct following *following, const json_t *event)
{
	const char *text = json_text(event, "text");
	size_t length = strlen(text);

	fputs(text, stdout);
	if (length)
		following->at_line_start = text[length - 1] == '\n';
	fflush(stdout);
}

static void show_turn(struct following *following, const json_t *event)
{
	(void)event;
	line_start(following);
}

static void show_compaction(struct following *following, const json_t *event)
{
	(void)event;
	line_start(following);
	puts("· the transcript has grown long: its older turns become a summary");
}

static void show_tool(struct following *following, const json_t *event)
{
	line_start(following);
	printf("· %s%s\n", json_text(event, "tool"),
	       json_is_true(json_object_get(event, "error")) ? " (refused)" : "");
}

/* What came of the answer so far does not count: it begins anew. */
static void show_failed(struct following *following, const json_t *event)
{
	line_start(following);
	printf("· %s: %s: %s; %s\n", json_text(event, "model"), json_text(event, "failure"),
	       json_text(event, "message"), json_text(event, "decision"));
}

/* Nothing where it is not known: the daemon died. */
static void show_sums(const json_t *event)
{
	const json_t *turns = json_object_get(event, "turns");
	char in[FIGURE_SIZE], out[FIGURE_SIZE];

	if (!json_is_integer(turns))
		return;
	printf(" (%lld turn%s, %s + %s tokens, $%.6f)", (long long)json_integer_value(turns),
	       json_integer_value(turns) == 1 ? "" : "s",
	       figure_count(json_integer_value(json_object_get(event, "input_tokens")), in),
	       figure_count(json_integer_value(json_object_get(event, "output_tokens")), out),
	       (double)json_integer_value(json_object_get(event, "cost_micro_usd")) / 1e6);
}

static void show_waits(struct following *following, const json_t *event)
{
	_free_ char *reason = words_local(json_text(event, "reason"), following->zone);

	line_start(following);
	printf("· waits: %s\n", reason);
}

static void show_end(struct following *following, const json_t *event)
{
	_free_ char *reason = words_local(json_text(event, "reason"), following->zone);

	line_start(following);
	printf("· %s%s%s", json_text(event, "outcome"), *reason ? ": " : "", reason);
	show_sums(event);
	putchar('\n');
	if (json_is_true(json_object_get(event, "rehearsed")) &&
	    json_integer_value(json_object_get(event, "turns")))
		puts("· this was the rehearsal model: no model was called");
}

static const struct {
	const char *event;
	void (*show)(struct following *following, const json_t *event);
} shows[] = {
	{ "session_start", show_start },
	{ "turn", show_turn },
	{ "text", show_text },
	{ "tool", show_tool },
	{ "model_failed", show_failed },
	{ "model_waits", show_waits },
	{ "compaction", show_compaction },
	{ "session_end", show_end },
};

static void on_event(void *context, const json_t *event)
{
	struct following *following = context;
	const char *name = json_text(event, "event");

	if (following->json) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	}
	for (size_t i = 0; !following->json && i < ARRAY_LENGTH(shows); i++)
		if (!strcmp(shows[i].event, name))
			shows[i].show(following, event);
	if (!strcmp(name, "session_start")) {
		following->begun = true;
		snprintf(following->session, sizeof(following->session), "%s",
			 json_text(event, "session"));
	}
	if (!strcmp(name, "session_end")) {
		following->ended = true;
		snprintf(following->outcome, sizeof(following->outcome), "%s",
			 json_text(event, "outcome"));
	}
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* Ctrl-C asks; without a terminal it only stops following. Returns whether to go on. */
static bool ask_to_cancel(struct connection *connection, struct following *following)
{
	char answer[16] = "";
	json_t *result = NULL;

	interrupted = 0;
	if (!isatty(STDIN_FILENO) || !*following->session) /* nothing is accepted yet */
		return false;
	fputs("\nCancel the session? [y: cancel, n: go on watching, anything else: leave it "
	      "running] ",
	      stdout);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	if (answer[0] == 'n' || answer[0] == 'N')
		return true;
	if (answer[0] != 'y' && answer[0] != 'Y')
		return false;
	rpc_call(connection->rpc, "cancel", json_pack("{s:s}", "session", following->session), 5000,
		 &result, NULL);
	json_decref(result);
	return true;
}

static void tell_waiting(struct following *following)
{
	following->told = true;
	if (!following->json)
		fputs("· it has not begun yet; `agentctl status` tells what is in the way\n",
		      stderr);
}

static void tell_left(const struct following *following)
{
	fputs(*following->session
		      ? "\n· it goes on without you; `agentctl status` shows how it ends\n"
		      : "\n· agentd has not answered yet; `agentctl status` tells whether it runs\n",
	      stderr);
}

static json_t *run_params(const struct invocation *invocation)
{
	return json_pack("{s:s,s:s*,s:s*,s:b}", "agent", invocation->operands[0], "heartbeat",
			 invocation_option(invocation, "heartbeat"), "message",
			 invocation_option(invocation, "message"), "rehearse",
			 invocation_option(invocation, "rehearse") != NULL);
}

/* It comes when it is durable that this is to be run: while state.db cannot be written, later. */
static void on_answer(void *context, const json_t *result, const struct error *error)
{
	struct following *following = context;

	following->accepted = result != NULL;
	if (result)
		snprintf(following->session, sizeof(following->session), "%s",
			 json_text(result, "session"));
	else if (error->code != ERROR_CLOSED) /* which whoever reads on is told */
		following->refused = *error;
}

static int ask(struct connection *connection, const struct invocation *invocation,
	       struct following *following, struct error *error)
{
	int result = rpc_request(connection->rpc, "run", run_params(invocation), on_answer,
				 following);

	if (result == -(int)ERROR_TOO_LARGE)
		return error_set(error, ERROR_TOO_LARGE, "the message is too long");
	return result ? error_set(error, ERROR_CLOSED, "the daemon is gone") : 0;
}

static int follow(struct connection *connection, struct following *following, struct error *error)
{
	int64_t since = clock_monotonic_ms();
	int result = 0;

	while (!result && !following->ended && !following->refused.code) {
		if (!following->begun && !following->told &&
		    clock_monotonic_ms() - since > PATIENCE_MS)
			tell_waiting(following);
		result = rpc_wait(connection->rpc, 200, error);
		if (result == -(int)ERROR_TIMEOUT)
			result = 0;
		if (interrupted && !ask_to_cancel(connection, following)) {
			tell_left(following);
			return error_set(error, ERROR_BUSY, "stopped following session %s",
					 following->session);
		}
	}
	return result;
}

static int exit_status(const char *outcome)
{
	if (!strcmp(outcome, "done"))
		return STATUS_DONE;
	if (!strcmp(outcome, "escalated") || !strcmp(outcome, "parked"))
		return STATUS_PARKED;
	return STATUS_FAILED;
}

static const char *what_follows(const struct following *following)
{
	if (following->rehearsed)
		return "the daemon ended, and a rehearsal with it: ask for it again";
	if (!following->accepted)
		return "the daemon ended before it answered: agentctl status tells, when it has "
		       "started again, whether this is run";
	return following->begun ? "the daemon ended; it goes on when it starts again"
				: "the daemon ended; it begins when it starts again";
}

/* A daemon that dies in mid-run: the session is interrupted for whoever follows. What it has
 * cost is not known before agentd starts again. */
static void daemon_died(struct following *following, const char *agent)
{
	json_t *end = json_pack("{s:s,s:s,s:s,s:s,s:s,s:n,s:n,s:n,s:n,s:n}", "event", "session_end",
				"session", following->session, "agent", agent, "outcome",
				"interrupted", "reason", what_follows(following), "turns",
				"input_tokens", "output_tokens", "cost_micro_usd", "text");

	on_event(following, end);
	json_decref(end);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	struct following following = { .json = invocation->json, .at_line_start = true };
	CLEANUP(connection_close) struct connection *connection = NULL;
	struct sigaction action = { .sa_handler = on_interrupt };
	struct error error;
	int result;

	if (invocation_option(invocation, "heartbeat") && invocation_option(invocation, "message"))
		return wrong_use(invocation, "--heartbeat or --message, not both");
	result = connection_open(invocation, on_event, &following, &connection, &error);
	if (!result)
		following.zone = zone = place_zone(invocation);
	following.rehearsed = invocation_option(invocation, "rehearse") != NULL;
	if (!result)
		result = ask(connection, invocation, &following, &error);
	if (result)
		return fail(&error);
	sigaction(SIGINT, &action, NULL);
	result = follow(connection, &following, &error);
	if (following.refused.code)
		return fail(&following.refused);
	if (result && error.code == ERROR_BUSY)
		return STATUS_FAILED;
	if (result)
		daemon_died(&following, invocation->operands[0]);
	return exit_status(following.outcome);
}

const struct command command_run = {
	.name = "run",
	.operands = "NAME",
	.text = "run an agent now and show what happens",
	.more = "--heartbeat takes the first section whose heading begins with or contains TEXT;\n"
		"--message is a prompt from a person; neither: all sections as one checklist.\n"
		"It works on a paused agent, and on a busy one waits its turn. Ctrl-C asks whether\n"
		"to cancel. With --json: one object a line, the last is session_end.",
	.least = 1,
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.options = {
		{ "heartbeat", 'b', "TEXT", "the section of HEARTBEAT.md" },
		{ "message", 'm', "TEXT", "what a person says" },
		{ "rehearse", 'r', NULL, "with the rehearsal model; nothing is written" },
	},
	.run = run,
};

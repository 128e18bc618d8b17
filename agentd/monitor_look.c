#include "monitor_look.h"

#include "service.h"
#include "shell.h"

#include "base/clock.h"

#include <jansson.h>

struct look {
	const struct monitor_settings *settings;
	struct shell *shell; /* NULL: the gateway will answer */
	int64_t started_ms;  /* on the monotonic clock */
	look_ended ended;    /* NULL: nobody waits; the gateway's answer frees it */
	void *context;
};

const char *look_verdict_name(enum look_verdict verdict)
{
	static const char *const names[] = {
		[LOOK_WELL] = "well", [LOOK_FAILED] = "failed", [LOOK_NONE] = "unknown"
	};

	return names[verdict];
}

static void finish(struct look *look, enum look_verdict verdict, int64_t latency_ms,
		   const char *reason, const char *word)
{
	struct look_result result = { verdict, latency_ms, reason, word };

	if (look->ended)
		look->ended(look->context, &result);
	free(look);
}

/* ---- by a command ---- */

static void command_ended(void *context, const char *why, bool is_cut)
{
	struct look *look = context;

	(void)is_cut;
	finish(look, why ? LOOK_FAILED : LOOK_WELL, clock_monotonic_ms() - look->started_ms, why,
	       why);
}

static void start_command(struct daemon *daemon, struct look *look)
{
	struct shell_order order = {
		.name = "agentd-monitor",
		.command = look->settings->command,
		.limit_ms = look->settings->timeout_s * 1000,
	};
	struct error error;

	if (shell_start(daemon, &order, command_ended, look, &look->shell, &error))
		finish(look, LOOK_NONE, 0, error.message, NULL);
}

/* ---- by the gateway ---- */

/* Its clocks bound each part of a request, and we the sum. */
static void fetched(void *context, const json_t *result, const struct error *error)
{
	struct look *look = context;
	int status = (int)json_integer_value(json_object_get(result, "status"));
	int64_t ms = json_integer_value(json_object_get(result, "total_ms"));
	const char *message = json_string_value(json_object_get(result, "message"));
	char text[64];

	if (!look->ended) {
		free(look);
		return;
	}
	if (!result)
		finish(look, LOOK_NONE, 0, error->message, NULL);
	else if (!status)
		finish(look, LOOK_FAILED, ms, message ? message : "no answer", "no answer");
	else if (ms > (int64_t)look->settings->timeout_s * 1000) {
		snprintf(text, sizeof(text), "no answer within %u s", look->settings->timeout_s);
		finish(look, LOOK_FAILED, ms, text, text);
	} else if (status / 100 != 2 && status / 100 != 3) {
		snprintf(text, sizeof(text), "HTTP status %d", status);
		finish(look, LOOK_FAILED, ms, text, text);
	} else {
		finish(look, LOOK_WELL, ms, NULL, NULL);
	}
}

static void start_fetching(struct daemon *daemon, struct look *look)
{
	service_request(daemon->gateway, "get",
			json_pack("{s:s,s:I}", "url", look->settings->url, "timeout_ms",
				  (json_int_t)look->settings->timeout_s * 1000),
			fetched, look);
}

/* ---- either ---- */

void look_start(struct daemon *daemon, const struct monitor_settings *settings, look_ended ended,
		void *context, struct look **ret_look)
{
	struct look *look = xcalloc(1, sizeof(*look));

	look->settings = settings;
	look->started_ms = clock_monotonic_ms();
	look->ended = ended;
	look->context = context;
	*ret_look = look;
	if (settings->command)
		start_command(daemon, look);
	else
		start_fetching(daemon, look);
}

void look_abandon(struct look *look)
{
	if (!look)
		return;
	look->ended = NULL;
	if (!look->shell)
		return;
	shell_kill(look->shell);
	free(look);
}

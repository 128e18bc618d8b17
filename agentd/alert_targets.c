#include "alert_targets.h"

#include "child.h"
#include "log.h"
#include "secrets.h"
#include "service.h"

#include "base/file.h"

#include <signal.h>
#include <unistd.h>

#define TRIES 3
#define TRY_AGAIN_MS 60000
#define COMMAND_MS 30000
#define WEBHOOK_MS 10000

/* One alert on its way to one target. */
struct delivery {
	struct delivery *next;
	struct alert_targets *targets;
	char *command, *webhook; /* one of them */
	char *text, *json;
	struct child *child;
	uv_timer_t *timer; /* for the command's end, or for the next try */
	unsigned tries;
	bool asked;  /* the gateway will answer */
	bool orphan; /* nobody waits for it: the answer frees it */
};

struct alert_targets {
	struct daemon *daemon;
	struct delivery *first;
	size_t count;
};

struct alert_targets *alert_targets_new(struct daemon *daemon)
{
	struct alert_targets *targets = xcalloc(1, sizeof(*targets));

	targets->daemon = daemon;
	return targets;
}

static void timer_destroy(uv_handle_t *handle)
{
	free(handle);
}

static void delivery_free(struct delivery *delivery)
{
	free(delivery->command);
	free(delivery->webhook);
	free(delivery->text);
	free(delivery->json);
	free(delivery);
}

/* Off the list; freed now, or by the answer that is still to come. */
static void delivery_end(struct delivery *delivery)
{
	struct delivery **link = &delivery->targets->first;

	while (*link != delivery)
		link = &(*link)->next;
	*link = delivery->next;
	delivery->targets->count--;
	uv_close((uv_handle_t *)delivery->timer, timer_destroy);
	child_kill(steal_pointer(&delivery->child));
	delivery->orphan = true;
	if (!delivery->asked)
		delivery_free(delivery);
}

void alert_targets_free(struct alert_targets *targets)
{
	if (!targets)
		return;
	while (targets->first)
		delivery_end(targets->first);
	free(targets);
}

static void try_now(struct delivery *delivery);

static void try_again(uv_timer_t *timer)
{
	try_now(timer->data);
}

static void tried(struct delivery *delivery, const char *why)
{
	struct daemon *daemon = delivery->targets->daemon;
	const char *target = delivery->command ? delivery->command : delivery->webhook;

	if (!why) {
		delivery_end(delivery);
		return;
	}
	log_event(daemon->log, LEVEL_WARNING, "alert_failed", NULL, NULL, "%s: %s%s", target, why,
		  delivery->tries < TRIES ? "; tried again in a minute" : "; given up");
	if (delivery->tries < TRIES)
		uv_timer_start(delivery->timer, try_again, TRY_AGAIN_MS, 0);
	else
		delivery_end(delivery);
}

/* ---- commands ---- */

static void command_ended(void *context, const struct process_end *end)
{
	struct delivery *delivery = context;
	char text[64];

	delivery->child = NULL; /* it is freed behind this */
	uv_timer_stop(delivery->timer);
	tried(delivery,
	      end->signalled || end->code ? process_end_print(end, text, sizeof(text)) : NULL);
}

static void command_overdue(uv_timer_t *timer)
{
	struct delivery *delivery = timer->data;

	if (delivery->child)
		kill(-child_pid(delivery->child), SIGKILL); /* with all that it started */
}

static int command_start(struct delivery *delivery, struct error *error)
{
	struct daemon *daemon = delivery->targets->daemon;
	_free_ char *line = xasprintf("%s \"$@\"", delivery->command);
	const char *argv[] = { "sh", "-c", line, "agentd-alert", delivery->text, NULL };
	_fd_ int input = -1;
	struct process_plan plan = {
		.path = "/bin/sh",
		.argv = argv,
		.environment = secrets_child_environment(true),
		.fd_count = 1,
		.directory = daemon->workspace->dir,
		.new_group = true,
	};
	struct process process;
	int result = memory_file_sealed("alert", span_of(delivery->json), &input, error);

	plan.fds[0] = (struct process_fd){ input, STDIN_FILENO };
	if (!result)
		result = process_spawn(&plan, &process, error);
	if (result)
		return result;
	delivery->child = child_new(&daemon->loop, process, command_ended, delivery);
	uv_timer_start(delivery->timer, command_overdue, COMMAND_MS, 0);
	return 0;
}

/* ---- webhooks ---- */

static void posted(void *context, const json_t *result, const struct error *error)
{
	struct delivery *delivery = context;
	int status = (int)json_integer_value(json_object_get(result, "status"));
	char text[64];

	delivery->asked = false;
	if (delivery->orphan) {
		delivery_free(delivery);
		return;
	}
	snprintf(text, sizeof(text), "answered with HTTP status %d", status);
	tried(delivery, !result ? error->message : status / 100 == 2 ? NULL : text);
}

static void webhook_start(struct delivery *delivery)
{
	json_t *body = json_loads(delivery->json, 0, NULL);

	delivery->asked = true;
	service_request(delivery->targets->daemon->gateway, "post",
			json_pack("{s:s,s:o,s:i}", "url", delivery->webhook, "body", body,
				  "timeout_ms", WEBHOOK_MS),
			posted, delivery);
}

/* ---- deliveries ---- */

static void try_now(struct delivery *delivery)
{
	struct error error;

	delivery->tries++;
	if (delivery->webhook)
		webhook_start(delivery);
	else if (command_start(delivery, &error))
		tried(delivery, error.message);
}

static void deliver(struct alert_targets *targets, const struct alert_target *target,
		    const json_t *alert)
{
	const char *text = json_string_value(json_object_get(alert, "text"));
	struct delivery *delivery;

	if (targets->count >= ALERT_DELIVERIES_MAX) {
		log_event(targets->daemon->log, LEVEL_ERROR, "alert_failed", NULL, NULL,
			  "%d alerts are on their way already; this one is only logged: %s",
			  ALERT_DELIVERIES_MAX, text);
		return;
	}
	delivery = xcalloc(1, sizeof(*delivery));
	delivery->targets = targets;
	delivery->command = target->command ? xstrdup(target->command) : NULL;
	delivery->webhook = target->webhook ? xstrdup(target->webhook) : NULL;
	delivery->text = xstrdup(text ? text : "");
	delivery->json = json_dumps(alert, JSON_COMPACT);
	delivery->timer = xcalloc(1, sizeof(uv_timer_t));
	delivery->timer->data = delivery;
	uv_timer_init(&targets->daemon->loop, delivery->timer);
	delivery->next = targets->first;
	targets->first = delivery;
	targets->count++;
	try_now(delivery);
}

void alert_targets_tell(struct alert_targets *targets, json_t *alert)
{
	const struct settings *settings = targets->daemon->workspace->settings;

	for (size_t i = 0; i < settings->alert_count; i++)
		deliver(targets, &settings->alerts[i], alert);
}

#include "alert_targets.h"

#include "handle.h"
#include "log.h"
#include "service.h"
#include "shell.h"

#define TRIES 3
#define TRY_AGAIN_MS 60000
#define COMMAND_MS 30000
#define WEBHOOK_MS 10000
#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./~+"

/* One alert, for all targets. */
struct telling {
	alert_told told; /* NULL: nobody asks what came of it */
	void *context;
	size_t left, count, failed;
	char *why;        /* of the first that failed */
	bool is_unknown;  /* what came of one is, which may have been told */
	bool is_promised; /* each once, also while the daemon stops */
};

/* One alert for one target. */
struct delivery {
	struct delivery *next;
	struct alert_targets *targets;
	struct telling *telling;
	char *command, *webhook; /* one of them */
	char *text, *json;
	struct shell *shell;
	uv_timer_t *timer; /* for the next try */
	unsigned tries;
	bool is_due;       /* for a try */
	bool is_under_way; /* the command runs, or the gateway will answer */
	bool is_orphan;    /* nobody waits for it: the answer frees it */
};

struct alert_targets {
	struct daemon *daemon;
	struct delivery *first, **last; /* in the order of the alerts */
	size_t count, under_way;
};

struct alert_targets *alert_targets_new(struct daemon *daemon)
{
	struct alert_targets *targets = xcalloc(1, sizeof(*targets));

	targets->daemon = daemon;
	targets->last = &targets->first;
	return targets;
}

static void delivery_free(struct delivery *delivery)
{
	free(delivery->command);
	free(delivery->webhook);
	free(delivery->text);
	free(delivery->json);
	free(delivery);
}

static void telling_end(struct telling *telling)
{
	bool is_told = telling->failed <
		       telling->count; /* one way is enough, the log has the rest */

	if (telling->told)
		telling->told(telling->context, is_told ? NULL : telling->why,
			      is_told || !telling->is_unknown);
	free(telling->why);
	free(telling);
}

/* One target less; the last ends it. `why` NULL: it was told. */
static void telling_step(struct telling *telling, const char *why)
{
	telling->failed += why != NULL;
	if (why && !telling->why)
		telling->why = xstrdup(why);
	if (!--telling->left)
		telling_end(telling);
}

/* Off the list; freed now, or by the answer that is still to come. */
static void delivery_end(struct delivery *delivery)
{
	struct alert_targets *targets = delivery->targets;
	struct delivery **link = &targets->first;

	while (*link != delivery)
		link = &(*link)->next;
	*link = delivery->next;
	if (targets->last == &delivery->next)
		targets->last = link;
	targets->count--;
	uv_close((uv_handle_t *)delivery->timer, handle_free);
	shell_kill(steal_pointer(&delivery->shell));
	delivery->is_orphan = delivery->webhook && delivery->is_under_way;
	if (!delivery->is_orphan)
		delivery_free(delivery);
}

void alert_targets_free(struct alert_targets *targets)
{
	if (!targets)
		return;
	while (targets->first) {
		struct telling *telling = targets->first->telling;

		delivery_end(targets->first);
		telling->is_unknown = true;
		telling_step(telling, "the daemon stopped");
	}
	free(targets);
}

static void start_due(struct alert_targets *targets);

static void try_again(uv_timer_t *timer)
{
	struct delivery *delivery = timer->data;

	delivery->is_due = true;
	start_due(delivery->targets);
}

/* Commands and addresses hold keys: of them the first word, or scheme and host. The caller frees
 * it. */
static char *name_of(const struct delivery *delivery)
{
	const char *address = delivery->webhook, *host, *at;
	size_t length = delivery->command ? strcspn(delivery->command, " \t\n") : 0;

	if (delivery->command)
		return strspn(delivery->command, WORD) >= length
			       ? xstrndup(delivery->command, length)
			       : xstrdup("a command");
	host = strstr(address, "://");
	if (!host)
		return xstrdup("a webhook");
	host += strlen("://");
	length = strcspn(host, "/?#");
	at = memrchr(host, '@', length);
	if (at) {
		length -= (size_t)(at + 1 - host);
		return xasprintf("%.*s%.*s", (int)(host - address), address, (int)length, at + 1);
	}
	return xstrndup(address, (size_t)(host - address) + length);
}

static void tried(struct delivery *delivery, const char *why, bool is_unknown)
{
	struct alert_targets *targets = delivery->targets;
	struct daemon *daemon = targets->daemon;
	struct telling *telling = delivery->telling;
	_free_ char *name = name_of(delivery), *text = NULL;
	bool is_last = telling->is_promised || delivery->tries >= TRIES;

	delivery->is_under_way = false;
	targets->under_way--;
	if (why) {
		text = xasprintf("%s: %s", name, why);
		log_event(daemon->log, is_last ? LEVEL_ERROR : LEVEL_WARNING, "alert_failed", NULL,
			  NULL, "%s%s", text, is_last ? "; given up" : "; tried again in a minute");
	}
	telling->is_unknown = telling->is_unknown || is_unknown;
	if (why && !is_last) {
		uv_timer_start(delivery->timer, try_again, TRY_AGAIN_MS, 0);
	} else {
		delivery_end(delivery);
		telling_step(telling, text);
	}
	start_due(targets);
}

/* ---- commands ---- */

static void command_ended(void *context, const char *why, bool is_cut)
{
	struct delivery *delivery = context;

	delivery->shell = NULL; /* it is freed behind this */
	tried(delivery, why, is_cut);
}

static int command_start(struct delivery *delivery, struct error *error)
{
	struct shell_order order = {
		.name = "agentd-alert",
		.command = delivery->command,
		.argument = delivery->text,
		.input = delivery->json,
		.limit_ms = COMMAND_MS,
	};

	return shell_start(delivery->targets->daemon, &order, command_ended, delivery,
			   &delivery->shell, error);
}

/* ---- webhooks ---- */

static void posted(void *context, const json_t *result, const struct error *error)
{
	struct delivery *delivery = context;
	int status = (int)json_integer_value(json_object_get(result, "status"));
	char text[64];

	if (delivery->is_orphan) {
		delivery_free(delivery);
		return;
	}
	snprintf(text, sizeof(text), "answered with HTTP status %d", status);
	/* ERROR_CLOSED: the gateway is gone, or the server, and may have got it before. */
	tried(delivery,
	      !result             ? error->message
	      : status / 100 == 2 ? NULL
				  : text,
	      !result && error->code == ERROR_CLOSED);
}

static void webhook_start(struct delivery *delivery)
{
	json_t *body = json_loads(delivery->json, 0, NULL);

	service_request(delivery->targets->daemon->gateway, "post",
			json_pack("{s:s,s:o,s:i}", "url", delivery->webhook, "body", body,
				  "timeout_ms", WEBHOOK_MS),
			posted, delivery);
}

/* ---- deliveries ---- */

static void start(struct delivery *delivery)
{
	struct error error;

	delivery->tries++;
	delivery->is_due = false;
	delivery->is_under_way = true;
	delivery->targets->under_way++;
	if (delivery->webhook)
		webhook_start(delivery);
	else if (command_start(delivery, &error))
		tried(delivery, error.message, false);
}

/* When the daemon stops only what was promised is still begun. */
static struct delivery *first_due(const struct alert_targets *targets)
{
	struct delivery *delivery = targets->first;

	while (delivery && (!delivery->is_due ||
			    (targets->daemon->stopping && !delivery->telling->is_promised)))
		delivery = delivery->next;
	return delivery;
}

/* One that fails as it starts comes back to this: each look begins anew. */
static void start_due(struct alert_targets *targets)
{
	struct delivery *delivery;

	while (targets->under_way < ALERTS_AT_ONCE && (delivery = first_due(targets)))
		start(delivery);
}

/* Returns whether it is on its way. */
static bool deliver(struct alert_targets *targets, const struct alert_target *target,
		    const json_t *alert, struct telling *telling)
{
	const char *text = json_string_value(json_object_get(alert, "text"));
	struct delivery *delivery;

	if (targets->count >= ALERTS_WAITING_MAX) {
		log_event(targets->daemon->log, LEVEL_ERROR, "alert_failed", NULL, NULL,
			  "%d alerts are on their way already; this one is only logged: %s",
			  ALERTS_WAITING_MAX, text);
		return false;
	}
	delivery = xcalloc(1, sizeof(*delivery));
	delivery->targets = targets;
	delivery->telling = telling;
	delivery->command = xstrdup_or_null(target->command);
	delivery->webhook = xstrdup_or_null(target->webhook);
	delivery->text = xstrdup(text ? text : "");
	delivery->json = json_dumps(alert, JSON_COMPACT);
	delivery->is_due = true;
	delivery->timer = handle_timer(&targets->daemon->loop, delivery);
	*targets->last = delivery;
	targets->last = &delivery->next;
	targets->count++;
	return true;
}

/* `telling` is freed when all that is to be known of it is. */
static void tell(struct alert_targets *targets, const json_t *alert, struct telling *telling)
{
	const struct settings *settings = targets->daemon->workspace->settings;

	telling->count = settings->alert_count;
	telling->left = telling->count + 1; /* so that it does not end in here before all began */
	for (size_t i = 0; i < telling->count; i++)
		if (!deliver(targets, &settings->alerts[i], alert, telling))
			telling_step(telling, "too many alerts are on their way");
	start_due(targets);
	telling_step(telling, telling->count ? NULL : "agentd.yaml names nobody");
}

void alert_targets_tell(struct alert_targets *targets, const json_t *alert, alert_told told,
			void *context)
{
	struct telling *telling = xcalloc(1, sizeof(*telling));

	telling->told = told;
	telling->context = context;
	tell(targets, alert, telling);
}

void alert_targets_ask(struct alert_targets *targets, const json_t *alert, alert_told told,
		       void *context)
{
	struct telling *telling = xcalloc(1, sizeof(*telling));

	telling->told = told;
	telling->context = context;
	telling->is_promised = true;
	tell(targets, alert, telling);
}

bool alert_targets_have_room(const struct alert_targets *targets)
{
	return !targets->count ||
	       targets->count + targets->daemon->workspace->settings->alert_count <=
		       ALERTS_WAITING_MAX;
}

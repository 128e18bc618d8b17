#include "service.h"

#include "chatter.h"
#include "child.h"
#include "handle.h"
#include "link.h"
#include "log.h"
#include "secrets.h"
#include "upgrade.h"

#include "base/clock.h"
#include "launch/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define DEATHS_MAX 3
#define WATCH_MS 15000 /* a loop that is not stuck answers within a fraction of it */
#define DEATHS_WINDOW_MS 10000

struct service {
	struct daemon *daemon;
	const struct service_kind *kind;
	void *context; /* for the permits' handlers */
	struct child *child;
	struct link *link; /* NULL: not running, or told to go */
	uv_timer_t *idle, *watch;
	bool pinged;                /* and it has not answered so far */
	size_t open;                /* requests without an answer */
	bool stale;                 /* to be ended when there are none */
	int64_t deaths[DEATHS_MAX]; /* when, on the monotonic clock; newest last */
};

/* A request that was passed on. */
struct service_call {
	struct service *service;
	rpc_answer answer;
	void *context;
};

struct service *service_new(struct daemon *daemon, const struct service_kind *kind, void *context)
{
	struct service *service = xcalloc(1, sizeof(*service));

	service->daemon = daemon;
	service->kind = kind;
	service->context = context;
	service->idle = handle_timer(&daemon->loop, service);
	uv_unref((uv_handle_t *)service->idle);
	service->watch = handle_timer(&daemon->loop, service);
	uv_unref((uv_handle_t *)service->watch);
	return service;
}

void service_free(struct service *service)
{
	if (!service)
		return;
	link_free(steal_pointer(&service->link));
	child_kill(service->child);
	uv_close((uv_handle_t *)service->idle, handle_free);
	uv_close((uv_handle_t *)service->watch, handle_free);
	free(service);
}

pid_t service_pid(const struct service *service)
{
	return service->child ? child_pid(service->child) : 0;
}

static void service_rest(uv_timer_t *timer)
{
	struct service *service = timer->data;

	if (!service->open)
		link_free(steal_pointer(&service->link)); /* it ends when its socket does */
}

/* ---- is it alive? ---- */

static void pong(void *context, const json_t *result, const struct error *error)
{
	struct service *service = context;

	(void)result;
	(void)error;
	service->pinged = false;
}

static void look_after(uv_timer_t *timer)
{
	struct service *service = timer->data;

	if (!service->open || !service->link) {
		uv_timer_stop(timer);
		return;
	}
	if (!service->pinged) {
		service->pinged = true;
		link_request(service->link, "ping", json_object(), pong, service);
		return;
	}
	log_event(service->daemon->log, LEVEL_ERROR, "service_hangs", NULL, NULL,
		  "%s has not answered for %d seconds and is ended", service->kind->name,
		  WATCH_MS / 1000);
	if (service->child)
		child_signal(service->child, SIGKILL);
}

static void service_answered(void *context, const json_t *result, const struct error *error)
{
	struct service_call *call = context;
	struct service *service = call->service;
	struct error died;

	service->open--;
	if (!service->open)
		uv_timer_start(service->idle, service_rest, service->stale ? 0 : SERVICE_IDLE_MS,
			       0);
	if (!result && error->code == ERROR_CLOSED) {
		error_set(&died, ERROR_CLOSED, "%s ended before it answered", service->kind->name);
		error = &died;
	}
	call->answer(call->context, result, error);
	free(call);
}

static void service_lost(void *context, const struct error *error)
{
	struct service *service = context;

	if (error->code == ERROR_PROTOCOL) { /* a peer that misbehaves is ended */
		log_event(service->daemon->log, LEVEL_ERROR, "service_protocol", NULL, NULL,
			  "%s: %s", service->kind->name, error->message);
		if (service->child)
			child_signal(service->child, SIGKILL);
	}
	link_free(steal_pointer(&service->link));
}

static void service_ended(void *context, const struct process_end *end)
{
	struct service *service = context;
	char text[64];

	service->child = NULL;
	if (end->signalled || end->code) {
		memmove(service->deaths, service->deaths + 1,
			sizeof(service->deaths) - sizeof(service->deaths[0]));
		service->deaths[DEATHS_MAX - 1] = clock_monotonic_ms();
		log_event(service->daemon->log, LEVEL_WARNING, "service_died", NULL, NULL, "%s: %s",
			  service->kind->name, process_end_print(end, text, sizeof(text)));
	}
	link_free(steal_pointer(&service->link));
}

static bool service_flaps(const struct service *service)
{
	return service->deaths[0] && clock_monotonic_ms() - service->deaths[0] < DEATHS_WINDOW_MS;
}

/* The gateway reads the files that agentd.yaml names as keys, and no others of the person's. */
static void service_allow_keys(struct launch *launch, const struct settings *settings)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	for (size_t i = 0; i < settings->provider_count; i++) {
		const struct provider *provider = &settings->providers[i];
		_free_ char *path = NULL;
		int fd;

		if (provider->key_source == KEY_FILE)
			path = xstrdup(provider->key_reference);
		else if (provider->key_source == KEY_CREDENTIAL && credentials)
			path = xasprintf("%s/%s", credentials, provider->key_reference);
		fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
		if (fd >= 0)
			launch_rule(launch, fd, false);
	}
}

static int service_start(struct service *service, struct error *error)
{
	struct daemon *daemon = service->daemon;
	CLEANUP(launch_clear) struct launch launch = { 0 };
	struct process process;
	int socket, result;

	if (service_flaps(service))
		return error_set(error, ERROR_BUSY, "%s died %d times within %d seconds",
				 service->kind->name, DEATHS_MAX, DEATHS_WINDOW_MS / 1000);
	if (upgrade_waits(daemon))
		return error_set(error, ERROR_BUSY,
				 "agentd was replaced by another version: it is to be restarted");
	child_kill(steal_pointer(&service->child)); /* the one before has not quite ended */
	launch_init(&launch, service->kind->name, service->kind->role,
		    daemon->workspace->settings->sandbox_off,
		    secrets_child_environment(service->kind->gets_workspace));
	launch.complaints = chatter_open(daemon, service->kind->name, NULL, NULL);
	if (service->kind->gets_secrets) {
		launch.secrets = daemon->secrets;
		service_allow_keys(&launch, daemon->workspace->settings);
	}
	if (service->kind->gets_workspace) {
		launch_rule(&launch, fcntl(daemon->workspace->dir, F_DUPFD_CLOEXEC, 3), true);
		launch_word(&launch, "workspace=%s", daemon->workspace->path);
		launch_allow_identity(&launch);
	}
	result = launch_start(&launch, &process, &socket, error);
	if (result)
		return result;
	service->stale = service->pinged = false;
	service->child = child_new(&daemon->loop, process, service_ended, service);
	service->link = link_new(&daemon->loop, socket, service->kind->permits,
				 service->kind->permit_count, service->context, service_lost,
				 service);
	return 0;
}

void service_renew(struct service *service)
{
	service->stale = service->link != NULL;
	if (service->stale && !service->open)
		uv_timer_start(service->idle, service_rest, 0, 0);
}

void service_prepare(struct service *service)
{
	struct error ignored; /* the request that follows will tell */

	if (!service->link && !service_start(service, &ignored))
		uv_timer_start(service->idle, service_rest, SERVICE_IDLE_MS, 0);
}

void service_request(struct service *service, const char *method, json_t *params, rpc_answer answer,
		     void *context)
{
	struct service_call *call;
	struct error error;

	if (!service->link && service_start(service, &error)) {
		json_decref(params);
		answer(context, NULL, &error);
		return;
	}
	call = xmalloc(sizeof(*call));
	*call = (struct service_call){ service, answer, context };
	service->open++;
	uv_timer_stop(service->idle);
	if (service->kind->is_watched && !uv_is_active((uv_handle_t *)service->watch))
		uv_timer_start(service->watch, look_after, WATCH_MS, WATCH_MS);
	link_request(service->link, method, params, service_answered, call);
}

void service_notify(struct service *service, const char *method, json_t *params)
{
	if (service->link)
		link_notify(service->link, method, params);
	else
		json_decref(params);
}

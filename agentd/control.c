#include "control.h"

#include "descriptors.h"
#include "handle.h"
#include "log.h"
#include "renewal.h"
#include "roster.h"
#include "supervisor.h"

#include "base/failpoint.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_NAME "agentd.sock"
#define VERBS_MAX 16
#define RESERVE 3      /* descriptors kept for clients that come when there are none */
#define NO_ROOM_MS 200 /* until the next look, when those are gone, too */

struct client {
	struct daemon *daemon;
	struct control *control;
	struct link *link; /* NULL: gone; the value lives on while somebody holds it */
	unsigned waiting;  /* answers and sessions that it still wants to hear of */
	bool silent;       /* it will not ask anything more */
	unsigned held;
	struct client *next;
};

struct control {
	struct daemon *daemon;
	int fd;
	uv_poll_t *poll;
	uv_timer_t *no_room; /* clients wait in the socket's queue */
	int reserve[RESERVE];
	struct client *clients;
	size_t count;
	struct rpc_permit permits[VERBS_MAX]; /* of the verb table, for every client */
};

/* ---- verbs ---- */

static const struct verb {
	const char *name;
	void (*run)(struct client *client, const json_t *params, uint64_t id);
} verbs[] = {
	{ "ready", verb_ready },     { "status", verb_status }, { "run", verb_run },
	{ "cancel", verb_cancel },   { "pause", verb_pause },   { "resume", verb_resume },
	{ "monitor", verb_monitor }, { "answer", verb_answer },
};

_Static_assert(ARRAY_LENGTH(verbs) <= VERBS_MAX, "VERBS_MAX is too small");

static void dispatch(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	(void)rpc;
	for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
		if (!strcmp(verbs[i].name, method)) {
			client_await(context);
			verbs[i].run(context, params, id);
			return;
		}
	BUG("the permit table allows %s, which is no verb", method);
}

struct daemon *client_daemon(const struct client *client)
{
	return client->daemon;
}

void client_hold(struct client *client)
{
	client->held++;
}

void client_release(struct client *client)
{
	if (!--client->held)
		free(client);
}

void client_await(struct client *client)
{
	client->waiting++;
}

void client_notify(struct client *client, const char *method, json_t *params)
{
	if (client->link)
		link_notify(client->link, method, params);
	else
		json_decref(params);
}

void client_reply(struct client *client, uint64_t id, json_t *result)
{
	if (client->link)
		link_reply(client->link, id, result);
	else
		json_decref(result);
	client_unawait(client);
}

void client_refuse(struct client *client, uint64_t id, enum error_code code, const char *format,
		   ...)
{
	_free_ char *message = NULL;
	struct error error;
	va_list args;

	va_start(args, format);
	message = xvasprintf(format, args);
	va_end(args);
	error_set(&error, code, "%s", message);
	if (client->link)
		link_refuse(client->link, id, &error);
	client_unawait(client);
}

void client_refuse_error(struct client *client, uint64_t id, const struct error *error)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX];

	error_print(error, text, sizeof(text));
	client_refuse(client, id, error->code, "%s", text);
}

struct client_promise {
	struct client *client; /* held */
	uint64_t id;
	json_t *result;
};

struct client_promise *client_promise(struct client *client, uint64_t id, json_t *result)
{
	struct client_promise *promise = xmalloc(sizeof(*promise));

	*promise = (struct client_promise){ client, id, result };
	client_hold(client);
	return promise;
}

void client_promise_kept(void *context, const struct error *error)
{
	struct client_promise *promise = context;

	if (error) {
		client_refuse_error(promise->client, promise->id, error);
		json_decref(promise->result);
	} else {
		client_reply(promise->client, promise->id, promise->result);
	}
	client_release(promise->client);
	free(promise);
}

struct resident *client_agent(struct client *client, const json_t *params, uint64_t id)
{
	const char *name = json_string_value(json_object_get(params, "agent"));
	struct resident *resident = name ? roster_find(client->daemon->roster, name) : NULL;

	if (!name)
		client_refuse(client, id, ERROR_INVALID, "say which agent");
	else if (!resident)
		client_refuse(client, id, ERROR_NOT_FOUND,
			      "there is no agent \"%s\" here; `agentctl status` lists them", name);
	return resident;
}

/* ---- clients ---- */

static void reserve_fill(struct control *control)
{
	for (size_t i = 0; i < RESERVE; i++)
		if (control->reserve[i] < 0)
			control->reserve[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Gives one of all but the first `kept` back to the system; false: there is none left. */
static bool reserve_use(struct control *control, size_t kept)
{
	for (size_t i = kept; i < RESERVE; i++)
		if (control->reserve[i] >= 0) {
			fd_close(&control->reserve[i]);
			return true;
		}
	return false;
}

static void client_drop(struct client *client)
{
	struct client **link = &client->control->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->control->count--;
	supervisor_forget(client->daemon, client);
	link_free(steal_pointer(&client->link));
	reserve_fill(client->control);
	client_release(client);
}

/* One that only stopped sending still gets the answers that it waits for. */
static void client_closed(void *owner, const struct error *error)
{
	struct client *client = owner;

	client->silent = true;
	if (!client->waiting || error->code != ERROR_CLOSED || !link_still_hears(client->link))
		client_drop(client);
}

void client_unawait(struct client *client)
{
	if (client->waiting)
		client->waiting--;
	if (client->silent && !client->waiting && client->link)
		client_drop(client);
}

static bool may_command(struct control *control, int fd)
{
	struct ucred peer;
	bool descends;
	socklen_t size = sizeof(peer);

	if (control->count >= CONTROL_CLIENTS_MAX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.uid != geteuid())
		return false;
	reserve_use(control, 0); /* for the look into /proc */
	descends = process_is_descendant(peer.pid, getpid());
	reserve_fill(control);
	if (!descends)
		return true;
	log_event(control->daemon->log, LEVEL_WARNING, "control_refused", NULL, NULL,
		  "process %d, a child of the daemon, tried to command it", (int)peer.pid);
	return false;
}

static void client_new(struct control *control, int fd)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->daemon = control->daemon;
	client->control = control;
	client->held = 1;
	client->link = link_new(&control->daemon->loop, fd, control->permits, ARRAY_LENGTH(verbs),
				client, client_closed, client);
	client->next = control->clients;
	control->clients = client;
	control->count++;
	client_notify(client, "hello",
		      json_pack("{s:s,s:s,s:i}", "name", "agentd", "version", AGENTD_VERSION,
				"protocol", CONTROL_PROTOCOL));
}

static void control_ready(uv_poll_t *poll, int status, int events);

static void there_may_be_room(uv_timer_t *timer)
{
	struct control *control = timer->data;

	uv_poll_start(control->poll, UV_READABLE, control_ready);
}

/* Who cannot be let in for want of a descriptor would be told of by the loop without end. */
static void no_room(struct control *control)
{
	descriptors_failed(control->daemon);
	uv_poll_stop(control->poll);
	uv_timer_start(control->no_room, there_may_be_room, NO_ROOM_MS, 0);
}

/* Without a descriptor accept(2) fails whether somebody waits or not. */
static bool somebody_waits(const struct control *control)
{
	struct pollfd state = { .fd = control->fd, .events = POLLIN };

	return poll(&state, 1, 0) > 0;
}

static int accept_one(struct control *control)
{
	int fd, failed = FAILPOINT("control.accept");

	do {
		fd = failed ? -1 : accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (!failed && fd < 0)
			failed = errno;
		if (fd >= 0 || (failed != EMFILE && failed != ENFILE) || !somebody_waits(control))
			return fd;
		failed = 0;
	} while (reserve_use(control, 1));
	no_room(control);
	return -1;
}

static void control_ready(uv_poll_t *poll, int status, int events)
{
	struct control *control = poll->data;
	int fd;

	(void)status;
	(void)events;
	while ((fd = accept_one(control)) >= 0)
		if (may_command(control, fd))
			client_new(control, fd);
		else
			close(fd);
}

/* Who has come since the last start waits in the queue of that socket. */
static int listen_or_go_on(struct daemon *daemon, int *ret_fd, struct error *error)
{
	*ret_fd = daemon->listener;
	daemon->listener = -1;
	if (*ret_fd >= 0)
		return 0;
	file_unlink(daemon->state_dir, SOCKET_NAME, NULL); /* the lock is ours: nobody listens */
	return rpc_listen(daemon->state_dir, SOCKET_NAME, ret_fd, error);
}

/* Nobody is told that there is no daemon where it is back in a moment. */
static void listener_close(struct control *control)
{
	if (renewal_is_on(control->daemon)) {
		control->daemon->listener = control->fd;
		return;
	}
	file_unlink(control->daemon->state_dir, SOCKET_NAME, NULL);
	fd_close(&control->fd);
}

int control_new(struct daemon *daemon, struct control **ret_control, struct error *error)
{
	struct control *control = xcalloc(1, sizeof(*control));
	int result;

	control->daemon = daemon;
	for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
		control->permits[i] = (struct rpc_permit){ verbs[i].name, ~0u, false, dispatch };
	result = listen_or_go_on(daemon, &control->fd, error);
	if (result) {
		free(control);
		return result;
	}
	control->poll = handle_poll(&daemon->loop, control->fd, control);
	uv_poll_start(control->poll, UV_READABLE, control_ready);
	control->no_room = handle_timer(&daemon->loop, control);
	memset(control->reserve, -1, sizeof(control->reserve));
	reserve_fill(control);
	*ret_control = control;
	return 0;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	while (control->clients)
		client_drop(control->clients);
	uv_poll_stop(control->poll);
	uv_close((uv_handle_t *)control->poll, handle_free);
	uv_close((uv_handle_t *)control->no_room, handle_free);
	while (reserve_use(control, 0))
		;
	listener_close(control);
	free(control);
}

/* The control socket: .agentd/agentd.sock, JSON-RPC 2.0, one line a message.
 *
 * A client is greeted with a `hello` notification ({"name":"agentd","version":…,"protocol":1});
 * then it may call the verbs of the verb table. The socket is for the same user only; a peer that
 * descends from agentd is refused, so that nothing an agent starts can command the daemon. */
#ifndef AGENTD_CONTROL_H
#define AGENTD_CONTROL_H

#include "daemon.h"
#include "link.h"

#define CONTROL_PROTOCOL 1
#define CONTROL_CLIENTS_MAX 512

struct control;

/* A connection, as verbs see it: valid until control calls supervisor_forget(client), or as long as
 * it is held. What is sent to one that is gone is dropped. */
struct client;

int control_new(struct daemon *daemon, struct control **ret_control, struct error *error);
void control_free(struct control *control);

/* It waits for something besides its answer (a session's events), and does so no longer. One that
 * only stopped sending (`echo … | socat`) is kept as long as it waits. */
void client_await(struct client *client);
void client_unawait(struct client *client);
void client_hold(struct client *client);
void client_release(struct client *client);
struct daemon *client_daemon(const struct client *client);
void client_notify(struct client *client, const char *method, json_t *params);
void client_reply(struct client *client, uint64_t id, json_t *result);
void client_refuse(struct client *client, uint64_t id, enum error_code code, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

/* With the place of the error before its message. */
void client_refuse_error(struct client *client, uint64_t id, const struct error *error);

/* A reply that waits until something is durable. `result` is stolen. */
struct client_promise *client_promise(struct client *client, uint64_t id, json_t *result);
/* A journal_done: it is (or not, and the request is refused). Frees it. */
void client_promise_kept(void *promise, const struct error *error);

/* The agent named by params.agent; refuses the request and returns NULL when there is none. */
struct resident *client_agent(struct client *client, const json_t *params, uint64_t id);

/* One verb, one file; control.c holds the table. */
void verb_ready(struct client *client, const json_t *params, uint64_t id);
void verb_status(struct client *client, const json_t *params, uint64_t id);
void verb_monitor(struct client *client, const json_t *params, uint64_t id);
void verb_run(struct client *client, const json_t *params, uint64_t id);
void verb_cancel(struct client *client, const json_t *params, uint64_t id);
void verb_pause(struct client *client, const json_t *params, uint64_t id);
void verb_answer(struct client *client, const json_t *params, uint64_t id);
void verb_resume(struct client *client, const json_t *params, uint64_t id);

#endif

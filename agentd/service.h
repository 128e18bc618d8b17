/* A helper process that answers requests: agentd-gateway, agentd-history.
 *
 * Started on first need, ended after a minute without work, started anew when it died. Requests
 * that were under way when it died are answered ERROR_CLOSED: whoever asked decides whether asking
 * again is right. One that does not answer a `ping` while it has work is ended like one that died.
 * One that dies three times within ten seconds is not started for a while: requests
 * are refused with the reason. */
#ifndef AGENTD_SERVICE_H
#define AGENTD_SERVICE_H

#include "daemon.h"
#include "rpc/rpc.h"
#include "sandbox/sandbox.h"

#define SERVICE_IDLE_MS 60000

struct service;

struct service_kind {
	const char *name; /* "agentd-gateway" */
	enum sandbox_role role;
	const struct rpc_permit *permits; /* what it may send us */
	size_t permit_count;
	bool gets_secrets, gets_workspace;
	bool is_watched; /* it answers `ping` */
};

struct service *service_new(struct daemon *daemon, const struct service_kind *kind, void *context);
void service_free(struct service *service);

void service_request(struct service *service, const char *method, json_t *params, rpc_answer answer,
		     void *context);
/* What it was started with has changed: it ends when its open requests are answered, and the next
 * one finds another. */
void service_renew(struct service *service);
/* It will be needed in a moment: starts it if it does not run. */
void service_prepare(struct service *service);
/* Only to one that runs; else nothing. */
void service_notify(struct service *service, const char *method, json_t *params);
pid_t service_pid(const struct service *service); /* 0: not running */

#endif

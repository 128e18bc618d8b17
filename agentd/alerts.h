/* Incidents: what a person has to know, told once.
 *
 * An incident has a key ("budget agent kira day 1763654400"). Raised for the first time it is
 * logged, kept in state.db, posted to the bulletin as [system], and told to every one of `alerts:`;
 * raised again while it lasts it is only counted. As long as it lasts it is told again after each
 * `alert_again`, whether it is raised again or not; but what was only met, and only the next of its
 * kind can end (incident_is_of_the_clock), just where it is raised again then, or where nobody has
 * got it. When it is over it is told once more, as a recovery. One that comes and goes is told once
 * in `alert_again`: raised sooner again it is logged and shown, and its end is not told either. All
 * of that survives a restart.
 *
 * A telling is INTENT → effect → RESULT, too: it begins when its row says so, and the row says when
 * one of `alerts:` has got it (one way is enough). Where nobody has, because all failed or agentd
 * died in the middle of it, the next agentd tells again, half a minute after it started and five
 * after the telling began at the soonest: so each telling reaches somebody at least once, and one
 * that agentd dies of, however often, is no storm. Only while state.db cannot be written nothing
 * waits for a row, not for long what waited already, and nothing is known afterwards. What is over
 * before its telling went out is not told as a problem, nor, where that was the first, as a
 * recovery. A recovery and a post are told at most once.
 *
 * Agents are not woken by what is posted here: an alert must not be what keeps alerts coming. */
#ifndef AGENTD_ALERTS_H
#define AGENTD_ALERTS_H

#include "daemon.h"

#include <jansson.h>

#define INCIDENTS_MAX 1000 /* open at a time; further ones are logged only */
#define ALERT_TEXT_MAX 2000

struct alerts;

struct alerts *alerts_new(struct daemon *daemon);
/* No target is told from now on. What is still to come may raise, and is kept in state.db. */
void alerts_stop(struct alerts *alerts);
void alerts_free(struct alerts *alerts);
/* Open incidents, from state.db. */
int alerts_restore(struct daemon *daemon, struct error *error);

/* `agent`: whose it is, NULL or "": the whole workspace's. `post` is for the bulletin, where agents
 * read it: names and numbers of ours, no word that came from outside. `format` is for people, and
 * may quote a server. Returns whether it is news: people are told of it, and had not been this
 * time. */
bool alert_raise(struct daemon *daemon, const char *key, const char *agent, const char *post,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* It is over: all open incidents whose key is `prefix`, or begins with it and a space; none is
 * fine. `format` says what is well again, in words of ours: the bulletin gets them, too. */
void alert_over(struct daemon *daemon, const char *prefix, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, where a person has mended it: raised again it is another one, and told at once. */
void alert_mended(struct daemon *daemon, const char *prefix, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Those of which `fault` says why they cannot last any more (NULL: they can) are over. */
void alerts_review(struct daemon *daemon,
		   const char *(*fault)(struct daemon *daemon, const char *key));

/* An agent tells the owner something, in its own name: every one of `alerts:` is told, once and
 * without another try. `told`: `why` NULL: one of them at least was; else why not. `is_known`
 * false: none confirmed it, and one may have got it all the same (the daemon, the gateway or a
 * command ended in the middle of it, a webhook did not answer). */
typedef void (*alert_told)(void *context, const char *why, bool is_known);
void alert_tell_person(struct daemon *daemon, const char *agent, const char *session,
		       const char *text, alert_told told, void *context);

bool alert_is_open(const struct daemon *daemon, const char *key);
/* Has an agent an open one? */
bool alerts_has(const struct daemon *daemon, const char *agent);
/* Open incidents, oldest first, for `status`: {"key","agent","text","since","count"}. New
 * reference. `agent`: its own and the workspace's; NULL: all. */
json_t *alerts_json(const struct daemon *daemon, const char *agent);

#endif

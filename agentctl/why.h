/* Why something happened or did not: one document about a session or an agent, out of the files and
 * what is recorded; printed from there. */
#ifndef AGENTCTL_WHY_H
#define AGENTCTL_WHY_H

#include "place.h"

#define WHY_PREFIX_LEAST 4 /* characters of a session's id */

/* The session that `prefix` begins the id of (case ignored). ERROR_NOT_FOUND: none; ERROR_INVALID:
 * more than one. */
int why_session(const struct workspace *workspace, struct store *store, const char *prefix,
		json_t **ret_why, struct error *error);
void why_session_print(const json_t *why, const struct zone *zone);

/* Steps of a session, each model call with its attempts: adds `steps` and `costs`. */
int why_steps(const struct workspace *workspace, struct store *store, const char *session,
	      const char *agent, json_t *why, struct error *error);
void why_steps_print(const json_t *why, const struct zone *zone);

/* How often its process died, of what, and how long it waited then: adds `deaths`. */
int why_deaths(struct store *store, const char *session, json_t *why, struct error *error);
void why_deaths_print(const json_t *why, const struct zone *zone);
/* UTC s until which an open session waits after its latest death; 0: it does not, *ret_words is
 * what it died of (NULL: it has not) either way. */
int64_t why_waits_until(struct store *store, const char *session, int64_t now_ms, char **ret_words);

/* `store` NULL: nothing is recorded. */
int why_agent(const struct workspace *workspace, struct store *store, const char *name,
	      json_t **ret_why, struct error *error);
void why_agent_print(const json_t *why, const struct zone *zone);

/* A row of parked work as JSON. */
json_t *why_parked(const struct parked_row *row);
void why_parked_print(const json_t *parked, const struct zone *zone);

/* For printing such documents. */
int64_t why_number(const json_t *object, const char *key);
/* "Sat 2026-11-21 07:00:01" of a key that is an RFC 3339 time; "" where it is null. */
char *why_time(const json_t *object, const char *key, const struct zone *zone,
	       char out[PLACE_TIME_SIZE]);
json_t *why_instant(int64_t at);      /* UTC seconds; null for 0 */
json_t *why_string(const char *text); /* null for "" */

#endif

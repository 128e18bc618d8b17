#include "parked_incident.h"

#include "alerts.h"
#include "completion_order.h"
#include "parked_wish.h"

#include <inttypes.h>

#define KEY_BYTES 64                             /* of a section's key in that of its incident */
#define SECTION_INCIDENTS (LAYER_AGENT_HOUR + 1) /* layers without a window, and circles */

/* ---- keys ---- */

/* Keys of the SECTION_INCIDENTS that beats of a section may make, or (key NULL) how those of all
 * sections of the agent begin. */
static void section_incident(const char *agent, const char *key, unsigned place,
			     char ret_key[PARKED_INCIDENT_MAX + 1])
{
	_free_ char *section = key ? xasprintf(" \"%.*s\"", (int)utf8_cut(span_of(key), KEY_BYTES),
					       key)
				   : xstrdup("");
	bool is_budget = place < LAYER_AGENT_HOUR; /* one of the layers without a window */

	snprintf(ret_key, PARKED_INCIDENT_MAX + 1, "%s%s %s%s", is_budget ? "budget " : "",
		 is_budget ? parked_layer_text(place) : "circles", agent, section);
}

/* What a person began is no concern of the section's beats. */
static bool is_of_section(const struct session *session)
{
	return session->key && !session->by_person;
}

void parked_circles(const struct session *session, char ret_key[PARKED_INCIDENT_MAX + 1])
{
	if (is_of_section(session))
		section_incident(session->agent, session->key, LAYER_AGENT_HOUR, ret_key);
	else
		snprintf(ret_key, PARKED_INCIDENT_MAX + 1, "session %s", session->id);
}

void parked_incident(const struct session *session, const struct budget_verdict *verdict,
		     char ret_key[PARKED_INCIDENT_MAX + 1])
{
	enum budget_layer layer = verdict->layer;
	bool is_agents = layer == LAYER_AGENT_HOUR || layer == LAYER_AGENT_DAY;
	bool is_day = layer == LAYER_AGENT_DAY || layer == LAYER_SYSTEM_DAY;
	const char *who = is_agents ? session->agent : parked_is_shared(layer) ? "" : session->id;

	if (!parked_has_window(layer) && is_of_section(session)) {
		section_incident(session->agent, session->key, layer, ret_key);
		return;
	}
	snprintf(ret_key, PARKED_INCIDENT_MAX + 1, "budget %s%s%s %" PRId64 "%s",
		 parked_layer_text(layer), *who ? " " : "", who, verdict->window,
		 is_day && session_work(session) == WORK_EXPERIMENT ? " experiments" : "");
}

/* ---- over ---- */

void parked_sections_over(struct daemon *daemon, const char *agent, const char *key, alert_end over,
			  const char *what)
{
	char incident[PARKED_INCIDENT_MAX + 1];

	for (unsigned i = 0; i < SECTION_INCIDENTS; i++) {
		section_incident(agent, key, i, incident);
		over(daemon, incident, "%s", what);
	}
}

void parked_section_done(struct daemon *daemon, const char *agent, const char *key)
{
	_free_ char *what = xasprintf("%s: \"%s\" is done again", agent, key);

	parked_sections_over(daemon, agent, key, alert_over, what);
}

/* Is it an incident of a section that there is? It outlives the row, which the next beat takes
 * away. */
static bool is_of_live_section(const struct daemon *daemon, const char *incident)
{
	char own[PARKED_INCIDENT_MAX + 1];

	for (size_t i = 0; i < daemon->roster->count; i++) {
		const struct resident *resident = daemon->roster->items[i];
		size_t count = resident->agent ? resident->agent->beats.count : 0;

		for (size_t j = 0; j < count * SECTION_INCIDENTS; j++) {
			section_incident(resident->name,
					 resident->agent->beats.items[j / SECTION_INCIDENTS].key,
					 j % SECTION_INCIDENTS, own);
			if (!strcmp(own, incident))
				return true;
		}
	}
	return false;
}

static const char *fault(struct daemon *daemon, const char *key)
{
	if (strncmp(key, "budget ", 7) != 0 && strncmp(key, "session ", 8) != 0 &&
	    strncmp(key, "circles ", 8) != 0)
		return NULL;
	return parked_has_incident(daemon, key) || is_of_live_section(daemon, key)
		       ? NULL
		       : "its work is not parked";
}

void parked_review_incidents(struct daemon *daemon)
{
	alerts_review(daemon, fault);
}

/* Work that was parked, and when it goes on.
 *
 * A session is parked by a budget's cap, by a pause of its agent, or by its own breaker. Its row in
 * state.db is written with the session's end. Work that goes on is queued as a session of its own;
 * the transaction in which that begins makes its slot (event "again:SESSION") and takes the row
 * away, so that it goes on exactly once over any crash, and is parked still when the queue is lost.
 *     budget    when its window ends, or when the cap in its way was raised in agentd.yaml or in
 *               the agent's files
 *     pause     when the agent is resumed
 *     breaker   when a person resumes the agent; the section's next beat runs all the same and
 *               takes its place
 *     question  when a person has said whether an effect in doubt was done; beats run all the same
 * A budget without a window (of a call, a task, a session) has no end to wait for: its work waits
 * like the breaker's, or until the cap was raised. What such a beat runs into is an incident of its
 * section: it lasts, told once, until a session of the section is done or a person resumes.
 * Those that go on together start in the order of DESIGN's priority (people, tasks, beats,
 * experiments), then of time; `sessions_at_once` bounds how many run. What is due while its agent
 * is paused, or its files are broken, goes on when that is over. What a person has let go on goes
 * on also when it could not begin at once: its agent's files were broken, it waited for its turn,
 * and the daemon died. */
#ifndef AGENTD_PARKED_H
#define AGENTD_PARKED_H

#include "roster.h"

#include "budget/budget.h"

/* Rows; beyond it they are dropped: first what waits for a person, then the oldest. */
#define PARKED_MAX 10000
#define PARKED_INCIDENT_MAX 159

enum parked_why {
	PARKED_NOT,
	PARKED_BY_BUDGET,
	PARKED_BY_PAUSE,
	PARKED_BY_BREAKER,
	PARKED_BY_QUESTION,
};

/* Why a session is parked; kept in it from the moment of decision to its end. */
struct parking {
	enum parked_why why;
	enum budget_layer layer;                /* budget */
	int64_t limit;                          /* budget: parked_cap when it was decided */
	int64_t until;                          /* UTC s; 0: not by time */
	char incident[PARKED_INCIDENT_MAX + 1]; /* key of what a person is told; "": nothing */
};

struct parked;
struct session;

int parked_new(struct daemon *daemon, struct parked **ret_parked, struct error *error);
void parked_free(struct parked *parked);
int parked_restore(struct daemon *daemon, struct error *error);
/* Ends incidents that a crash left behind: told, but nothing was parked any more. */
void parked_review_incidents(struct daemon *daemon);

/* The row of a session that ends parked (journal_session_end writes it): strings are valid until
 * parked_row_clear. */
struct parked_row parked_row_of(const struct session *session);
void parked_row_clear(struct parked_row *row);
/* What work of this kind may spend in a layer by the settings in force. */
int64_t parked_cap(const struct daemon *daemon, const char *agent, enum budget_layer layer,
		   enum budget_work work);
/* Does waiting help? */
bool parked_has_window(enum budget_layer layer);
/* Is it money of all agents? */
bool parked_is_shared(enum budget_layer layer);
/* Key of the incident that a verdict makes: one in each window for the system, for each agent;
 * where there is no window for a beat's section, or for the one session. Experiments that have had
 * their share of a day make one of their own, which does not hide that all others have had theirs.
 */
void parked_incident(const struct session *session, const struct budget_verdict *verdict,
		     char ret_key[PARKED_INCIDENT_MAX + 1]);
/* And of a session that goes in circles: one for a beat's section, or for the one session. */
void parked_circles(const struct session *session, char ret_key[PARKED_INCIDENT_MAX + 1]);
/* The row is durable: it is waited for from now on. */
void parked_add(struct daemon *daemon, const struct parked_row *row);

/* Is work of this section parked until a window ends? Its beats are coalesced into it. */
bool parked_has(const struct daemon *daemon, const struct resident *resident, const char *key);
/* Why the agent's latest parked work is parked; NULL: none is. Valid until the loop turns. */
const char *parked_reason(const struct daemon *daemon, const struct resident *resident);

/* agentd.yaml or an agent's files were read again: limits may be others, an agent whole again. */
void parked_limits_changed(struct daemon *daemon);
/* A person resumed the agent. */
void parked_resume(struct daemon *daemon, const struct resident *resident);
/* A person answers what a parked session asked: `done` is called when that is durable, and the work
 * goes on, or, for ANSWER_NONE, does not go on at all. ERROR_NOT_FOUND: no session of that name
 * asks; ERROR_CONFLICT: it has its answer. */
enum session_answer;
int parked_answer(struct daemon *daemon, const char *session, enum session_answer answer,
		  void (*done)(void *context, const struct error *error), void *context,
		  struct error *error);
/* The session that goes on with the work of `session` has begun, or (error) could not be recorded.
 */
void parked_started(struct daemon *daemon, const char *session, const struct error *error);
/* It was withdrawn before it began: the work is parked, and is tried again after a minute. */
void parked_withdrawn(struct daemon *daemon, const char *session);
/* A beat of the section begins: what of it waits for a person is dropped. */
void parked_replace(struct daemon *daemon, const struct resident *resident, const char *key);
/* The section has another key. */
void parked_section_moved(struct daemon *daemon, const struct resident *resident, const char *from,
			  const char *to);
/* A session of the section has done its work: incidents of the section are over. */
void parked_section_done(struct daemon *daemon, const char *agent, const char *key);
void parked_agent_gone(struct daemon *daemon, const char *agent);

#endif

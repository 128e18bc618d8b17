/* The life of one monitor: what follows from each look at an outside service. Pure: time and chance
 * are arguments.
 *
 *     UNKNOWN, WELL, FAILING   looked at every `every`; failures_max failures in a row are an
 *                              incident: RESTARTING where a restart may help, else DOWN
 *     DOWN                     looked at every `every`; well: SETTLING
 *     BACKOFF                  a restart is due: looked at once more before it; well: SETTLING, and
 *                              no restart; failed: RESTARTING
 *     RESTARTING               its command runs; when it has ended: SETTLING
 *     SETTLING                 looked at once more after `settle`; well: WELL, and the incident is
 *                              over; failed: BACKOFF or DOWN
 *
 * So a command runs only right after a look that failed. A restart that did not help is told, and
 * the next one waits longer; after MONITOR_RESTARTS of them within MONITOR_FLAP_MS there is no
 * other in this incident. */
#ifndef AGENTD_MONITOR_H
#define AGENTD_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#define MONITOR_RESTARTS 3
#define MONITOR_FLAP_MS (60 * 60 * 1000)
#define MONITOR_BACKOFF_MS 1000 /* before the second restart; doubled each time, with jitter */
#define MONITOR_BACKOFF_LONGEST_MS (10 * 60 * 1000)

enum monitor_state {
	MONITOR_UNKNOWN, /* no look yet */
	MONITOR_WELL,
	MONITOR_FAILING, /* fewer failures in a row than make an incident */
	MONITOR_DOWN,
	MONITOR_BACKOFF,    /* a restart is due at due_ms, after a look */
	MONITOR_RESTARTING, /* the command is to be started, and runs */
	MONITOR_SETTLING,   /* to be looked at once more */
	MONITOR_STATES
};

enum monitor_event {
	MONITOR_LOOKED_WELL,
	MONITOR_LOOKED_FAILED,
	MONITOR_RESTARTED, /* it ended, however it did: the next look tells whether it helped */
	MONITOR_EVENTS
};

/* What a person has to hear of a step; flags. */
enum monitor_news {
	MONITOR_INCIDENT = 1,  /* it is down, still or now */
	MONITOR_UNHELPFUL = 2, /* a restart did not help */
	MONITOR_GIVEN_UP = 4,  /* no restart any more */
	MONITOR_OVER = 8,      /* it is well again */
};

struct monitor_rules {
	int64_t every_ms, settle_ms;
	unsigned failures_max;
	bool restarts; /* there is a command for it */
};

struct monitor_life {
	enum monitor_state state;
	unsigned failures; /* in a row */
	bool has_incident;
	bool given_up;
	bool unverified;                    /* SETTLING after a restart */
	int64_t restarts[MONITOR_RESTARTS]; /* when, on the monotonic clock; oldest first */
	unsigned restart_count;             /* of those, within MONITOR_FLAP_MS of the last step */
	int64_t due_ms; /* of the next look or restart; INT64_MAX: something runs that will tell */
};

/* `chance` is 32 random bits. Returns the news. An event that cannot happen in a state changes
 * nothing. */
unsigned monitor_step(struct monitor_life *life, const struct monitor_rules *rules,
		      enum monitor_event event, int64_t now_ms, uint32_t chance);

/* After a start of the daemon: is its incident open still, and were restarts given up? An incident
 * began with failures_max failures in a row: one more, and it may be restarted. Then when it was
 * restarted lately, on our clock, oldest first. */
void monitor_restore(struct monitor_life *life, const struct monitor_rules *rules,
		     bool has_incident, bool given_up);
void monitor_restore_restart(struct monitor_life *life, int64_t at_ms);

/* "well", "failing", "down", "restarting", "settling", "unknown" */
const char *monitor_state_name(enum monitor_state state);

#endif

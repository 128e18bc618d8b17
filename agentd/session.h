/* One session as the daemon sees it, for those who run it and look after it; all others know
 * supervisor.h. */
#ifndef AGENTD_SESSION_H
#define AGENTD_SESSION_H

#include "child.h"
#include "link.h"
#include "parked.h"
#include "session_breaker.h"
#include "supervisor.h"

#include "lifecycle/lifecycle.h"
#include "model/model.h"

enum session_outcome {
	OUTCOME_NONE,
	OUTCOME_DONE,
	OUTCOME_ESCALATED,
	OUTCOME_PARKED,
	OUTCOME_FAILED,
	OUTCOME_INTERRUPTED,
	OUTCOME_REFUSED,
};

/* A tool call of the latest reply, as journalled. */
struct journalled_call {
	char id[MODEL_CALL_ID_MAX + 1];
	const struct tool *tool; /* NULL: unknown */
	json_t *arguments;       /* as the model gave them; NULL: malformed */
	int64_t seq;
	bool begun, answered; /* begun: the daemon is at it, or was */
	bool in_doubt;  /* an earlier process may have done it, and died before that was known */
	uint64_t asked; /* rpc id of one that waits for another effect to end; 0: it does not */
};

struct session {
	struct daemon *daemon;
	struct session *next; /* in the supervisor's list */
	char id[27], agent[AGENT_NAME_MAX + 1];
	struct life life;
	int64_t state_ms; /* since when it is in its state; monotonic */
	enum session_outcome outcome;
	char *reason;        /* NULL: none */
	unsigned references; /* one is the list's; answers that will still come to this address */

	/* what was wished for */
	enum cause_kind cause;
	char *key, *heading, *message, *event, *schedule;
	char *again; /* the parked session whose work it goes on with; NULL: none */
	enum session_answer answer;
	json_t *objective; /* the checklist's texts as it was begun; NULL: not read yet */
	int64_t planned;
	bool manual, by_person, rehearse, afresh;
	bool kept;    /* a manual one that had to wait: its slot has its row */
	bool keeping; /* that is on its way */
	session_listener listener;
	void *listener_context;

	/* going on after a death */
	bool has_row;     /* it began once: its row is open */
	bool is_resumed;  /* its journal was read */
	bool is_over;     /* its journal says that nothing is left to do */
	bool has_adopted; /* its first steps are calls of the parked session */
	int64_t answered; /* steps of its journal that have a result */
	char *held;       /* why it waits out a pause, or NULL */
	json_t *past;     /* {"history","reply","results","compactions"} of the plan, or NULL */

	/* the run */
	struct sources *files; /* of its agent, for the plan; NULL: not read, or used up */
	struct plan *plan;
	struct model_settings model; /* asked last; a copy: agentd.yaml may change meanwhile */
	int64_t memory_kills;        /* memory_kills when its process was started */
	char *script;                /* REHEARSAL.md, for the rehearsal model */
	struct child *child;
	struct link *link;
	char *killed_for;     /* why we sent its process a signal; NULL: we did not */
	char *end_words;      /* how its latest process ended */
	unsigned deaths_late; /* of its agent's sessions, at its latest death */
	bool flaps;           /* and these were too many */
	bool ran_out;         /* its latest process died for want of memory */
	bool is_starved;      /* one did, and its transcript was not made smaller since */
	bool was_shrunk;      /* one did, and it was */
	bool overstayed;      /* it did not leave after its last word */
	unsigned effects;     /* that the daemon is at for it: nobody else begins meanwhile */
	bool over_waits;      /* its process is gone, and an effect is not */
	bool stop_at_step;    /* paused: no further model call */
	bool suspending;      /* the daemon stops: it is let go at its next step */
	bool suspended;       /* its row stays open, for the next daemon */
	bool finished;        /* it said `done` */
	bool inputs_changed;  /* somebody else changed memory or bulletin meanwhile */
	char given[17];       /* hash of its other inputs when they were read */
	char *text;           /* its last words */
	int64_t started_ms, ended_ms;

	/* journal */
	int64_t seq;                   /* of the latest step */
	int64_t model_seq;             /* of the model call under way */
	uint64_t asked;                /* rpc id of the session's `complete`, 0: none */
	struct completion *completion; /* under way for it, or NULL */
	unsigned quirks;               /* of enum model_quirk: mends that this transcript needs */
	int64_t request_most;          /* bytes: more did not fit a model's window; 0: not known */
	/* max_tokens that this model still takes, as its server told; 0: not told. */
	int64_t most_tokens;
	/* Of the model call under way, where it is one to compress the transcript:
	 * {"replies","covers","again"}; NULL: it is a turn's. */
	json_t *attempt;
	bool sums_up;            /* so was the latest reply: `remember` alone may be called */
	bool may_compress;       /* it can make a request smaller that does not fit */
	unsigned attempt_calls;  /* since its latest turn */
	int64_t bytes_per_token; /* thousandths, of its latest call; 0: not known */
	struct session_breaker breaker;
	struct parking parking; /* why it ends parked */
	bool alert_tells;       /* a new alert tells that, in the log, too */
	struct journalled_call calls[MODEL_CALLS_MAX];
	size_t call_count;
	char **facts;
	size_t fact_count, fact_capacity;
	unsigned told; /* a person was told something that often */
	json_t *posts; /* what it is known to have posted; NULL: it goes on with nothing */
	int64_t turns, input_tokens, output_tokens, cost_micro_usd;
	int64_t began_ms;     /* UTC: when its work was begun, by whichever session; 0: by itself */
	int64_t turns_before; /* of the parked sessions whose work it goes on with */
};

#define SESSION_FACTS_MAX 200

/* session_life.c: performs what lib/lifecycle says. LIFE_DIED and LIFE_PROGRESS carry more. */
void session_handle(struct session *session, enum life_event event);
void session_happen(struct session *session, const struct life_happening *happening);

/* Is its process there, or being ended, or what we do for it not over? */
static inline bool session_runs(const struct session *session)
{
	return session->life.state >= LIFE_RUNNING && session->life.state <= LIFE_FINISHING;
}

static inline bool session_waits(const struct session *session)
{
	return session->life.state == LIFE_WAITING;
}

/* Has it begun, and waits to go on? */
static inline bool session_is_between_lives(const struct session *session)
{
	return session_waits(session) && session->has_row;
}

/* watchdog.c: it died of itself, and goes on later, or is set aside. */
void session_died(struct session *session);
/* Its process cannot be killed. */
void session_complain(struct session *session);
struct life_rules session_life_rules(const struct daemon *daemon);

/* session.c: one that waits, without an id; the caller holds it. Strings of the wish are copied. */
struct session *session_new(struct daemon *daemon, const char *agent,
			    const struct session_wish *wish);
/* Rows of state.db as they stand now; strings are the session's. */
struct slot session_slot(const struct session *session);
struct session_row session_row_of(const struct session *session, const char *cause,
				  const char *plan);

const char *session_model_name(const struct session *session);
char *session_cause(const struct session *session); /* `Cause:` trailer; the caller frees it */
/* Subject, empty line, trailers; the caller frees it. */
char *session_commit_message(const struct session *session, const char *subject);

/* How it ends, and the reason, which a person reads. The first thing that went wrong stays. */
void session_fail(struct session *session, enum session_outcome outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* It ends refused; the reason begins with the place of the error. */
void session_fail_error(struct session *session, const struct error *error);
/* It ends parked: its work goes on later. Returns whether somebody has to hear of that: not of a
 * rehearsal, nor of a session that has another outcome already and keeps it. */
bool session_park(struct session *session, const struct parking *parking, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void session_stop(struct session *session); /* kills the process; its end follows */
void session_forget_facts(struct session *session);

/* Answers in flight keep the value alive. */
void session_hold(struct session *session);
void session_release(struct session *session);

/* session_wish.c: what is to be run, written down: {"cause":…,"key":…,…}; new reference. Strings
 * and the objective of the wish are borrowed from it. */
json_t *session_wish_json(const struct session *session);
struct session_wish session_wish_read(const json_t *wish);
/* The plan's checklist becomes the session's objective, unless it has one. */
void session_keep_objective(struct session *session);
/* The git blob id of what it is for, a person's message or the checklist's items; "" where that is
 * not known. It is in the session's row from the first to the last. */
const char *session_objective_id(const struct session *session, char out[41]);
/* Copies of its texts, the caller's; false: it is not known yet. */
bool session_objective(const struct session *session, struct checklist *ret_checklist);

/* session_files.c: reads its agent's files, and a hash of all else that it is begun with. False:
 * one of them is being saved, and its turn comes later. What cannot be read session_prepare finds.
 */
bool session_read_files(struct session *session, struct resident *resident);
void session_forget_files(struct session *session);

/* session_launch.c: makes the plan of them; starts the process and hands the plan down. On failure
 * outcome and reason are set. */
int session_prepare(struct session *session);
int session_launch(struct session *session);

/* session_resume.c: going on after a death, or with parked work. The first continues with
 * LIFE_RECORDED or LIFE_UNRECORDED, the second with session_record. */
void session_go_on(struct session *session);
void session_go_on_parked(struct session *session);
/* An effect that must not be repeated was begun, as that step and at that moment (UTC), and nobody
 * knows what came of it: it ends parked, and a person is asked. */
void session_ask(struct session *session, const char *tool, int64_t seq, int64_t at_ms);
/* A step at which it died again and again is not tried once more. */
void session_set_aside(struct session *session);
/* The first steps of one that has adopted calls; `texts` are to be freed. Returns how many. */
#define ADOPTED_MAX (MODEL_CALLS_MAX + 1)
size_t session_adopted_steps(const struct session *session, struct step steps[ADOPTED_MAX],
			     char *texts[2 * ADOPTED_MAX]);

/* session_life.c: writes its rows, and starts its process beside that. */
void session_record(struct session *session);
/* To the log and to who follows: it begins, or goes on. */
void session_tell_start(struct session *session);
/* Nothing is heard of its process any more, and its model call is let go. */
void session_hang_up(struct session *session);

/* session_exit.c: its process has ended. A child_ended. */
void session_exited(void *context, const struct process_end *end);
/* `done` was its last word and its socket is closed. The kernel needs some milliseconds to end a
 * process with namespaces of its own, and nothing of a session has to wait for that. */
void session_left(struct session *session);
/* That so many facts of a session did not come into MEMORY.md, why, and where they are; the caller
 * frees it. */
char *session_unkept_words(const char *id, size_t facts, const char *why);
/* It has no process (any more). */
void session_over(struct session *session);
/* An effect of the daemon's for it has ended, and its result is on the way to state.db. */
void session_effect_over(struct session *session);

/* session_stop.c: the daemon stops. Lets it go now if nothing that was paid for or begun is under
 * way, else at its next step. */
void session_suspend(struct session *session);
/* It is done, and its facts wait for a repository that cannot be committed to; lets it go. */
bool session_is_stuck(const struct session *session);
void session_suspend_stuck(struct session *session);
/* The same as session_suspend for one whose rows have just become durable. */
void session_suspend_begun(struct session *session);
/* The action of LIFE_SUSPENDED. */
void session_let_go(struct session *session);

/* session_steps.c: what a running session may ask. */
extern const struct rpc_permit session_permits[];
extern const size_t session_permit_count;
/* A row of the journal, with this session, epoch and moment; the rest is the caller's. */
struct step session_step(const struct session *session, int64_t seq);
/* The intent of a tool call; `name` as the model gave it. The caller frees *ret_intent, which the
 * row borrows. */
struct step session_call_step(const struct session *session, const struct journalled_call *call,
			      const char *name, char **ret_intent);
/* Refuses what the session asked, if it is still there to hear it. */
void session_refuse(struct session *session, uint64_t id, enum error_code code, const char *why);
/* The calls of the latest reply are over. */
void session_forget_calls(struct session *session);
/* A call of the latest reply; NULL: no such. */
struct journalled_call *session_find_call(struct session *session, const char *id);

/* The model has replied; `settled` (NULL: nothing was reserved) is journalled with the result. */
void session_replied(struct session *session, const struct model_reply *reply, json_t *json,
		     const struct call_row *settled);
/* A tool call has its result: going in circles parks the session at its next step. */
void session_note_result(struct session *session, const struct journalled_call *call,
			 const char *content, bool is_error);
/* The gateway's notification. */
void session_delta(struct rpc *rpc, void *context, const char *method, const json_t *params,
		   uint64_t id);

/* session_tools.c: the session asks for a runtime tool. */
void session_tool(struct rpc *rpc, void *context, const char *method, const json_t *params,
		  uint64_t id);
/* The result of a runtime tool becomes durable, then the session hears of it. */
void session_tool_done(struct session *session, uint64_t id, struct journalled_call *call,
		       const char *content, bool is_error);
/* session_tell.c: a person is told something, once. */
void session_tell(struct session *session, uint64_t id, struct journalled_call *call,
		  const json_t *arguments);

/* session_compaction.c: takes what the session says of a call to compress its transcript (NULL:
 * `params` are of a turn). False: refused, with an answer. */
bool session_attempt(struct session *session, const json_t *params, uint64_t id);
/* Bytes of a request from which on its transcript is to be compressed: compaction_context of the
 * window of the model that was asked last, or of what one request may cost, whichever is less. */
int64_t session_most_bytes(const struct session *session);
/* Turns between two compressions; 0: none, where no model is called. */
uint32_t session_compaction_turns(const struct session *session);

/* session_events.c: to the log and to who follows. Steals the object. */
void session_emit(struct session *session, const char *event, json_t *fields);
void session_emit_tool(struct session *session, const char *name, bool is_error);
void session_emit_end(struct session *session);
const char *outcome_name(enum session_outcome outcome);

/* supervisor.c */
struct session *supervisor_find(const struct daemon *daemon, const char *id);
void supervisor_ended(struct session *session); /* takes it off the list; may free it */
struct session *supervisor_first(const struct daemon *daemon); /* then session->next */

/* supervisor_cancel.c: the daemon stops. Rehearsals end; all else is let go, what has begun at its
 * next step, or at once where it is. */
void supervisor_withdraw(struct daemon *daemon);
void supervisor_suspend(struct daemon *daemon, bool wherever_they_are);

#endif

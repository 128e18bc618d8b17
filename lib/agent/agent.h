/* An agent: a directory's files as one validated value, and the prompt that is made of it.
 *
 *     files (texts) --agent_parse--> struct agent (small, resident)
 *     agent + texts + moment --plan--> struct plan (once per session, goes down to it as JSON)
 *     plan --plan_prompt--> prompt sections in their fixed order
 *
 * The resident value keeps what the scheduler needs and no text: a heartbeat's checklist is
 * read again when a session starts. Pure: whoever calls has read the files. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "base/diagnostic.h"
#include "base/error.h"
#include "markdown/markdown.h"
#include "schedule/schedule.h"
#include "settings/settings.h"

#include <jansson.h>

#define AGENT_NAME_MAX 63
#define AGENT_FILE_MAX (1024 * 1024)
#define AGENT_HEARTBEATS_MAX 256

/* [a-z0-9][a-z0-9-]{0,62}, and neither `shared` nor `system`, who signs the runtime's posts. */
bool agent_name_valid(struct span name);

/* ---- heartbeats ---- */

/* A section of HEARTBEAT.md. */
struct heartbeat {
	char *heading; /* the heading's text, "Daily (07:00)"; for a file that is one beat on
			  the tick: "Heartbeat" */
	char *key;     /* which section it is, across edits: heading path without the schedule
			  text, duplicates numbered ("#2"); where that is empty, the first word
			  of the heading ("@daily") */
	struct schedule schedule; /* NONE: standing context */
	unsigned line;
	uint32_t content; /* hash of heading and checklist, to notice a change */
	bool broken;      /* meant as a schedule, not understood: `schedule` is the last good
			     one, NONE when there never was one */
	bool empty;       /* nothing to do: empty, commented out, or says so */
	char *route; /* of a line `route: NAME`, which is no part of its checklist: the first below
			the heading but for the schedule; NULL: the agent's */
};

struct heartbeats {
	struct heartbeat *items;
	size_t count;
	uint32_t tick_s; /* 0: the workspace's */
	char zone[65];   /* empty: the agent's, then the workspace's */
	bool has_active_hours;
	uint16_t active_begin, active_end;
	enum when_policy when;
	enum catch_up catch_up; /* DEFAULT: the workspace's */
};

/* Reads a HEARTBEAT.md (raw bytes). `previous` (may be NULL) lends its last good schedules to
 * sections that are not understood now; it is not changed. `settings` gives the daily hour. Never
 * fails: what is wrong goes to `found`. */
void heartbeats_parse(struct span raw, const struct heartbeats *previous,
		      const struct settings *settings, struct heartbeats *ret_beats,
		      struct diagnostics *found);
void heartbeats_clear(struct heartbeats *beats);

/* First section whose heading begins with TEXT, else contains it (ASCII case ignored); NULL: none.
 */
const struct heartbeat *heartbeats_find(const struct heartbeats *beats, struct span text);

/* What goes to a session for one beat, out of the file's bytes: standing context, the checklists of
 * `on every session start` sections, then the checklist of `key` (NULL: of all sections), each as
 * the person wrote it. */
struct checklist {
	char *standing, *session_start, *items; /* "" where there is none */
	bool nothing_to_do;
};
int heartbeats_checklist(struct span raw, const char *key, const struct settings *settings,
			 struct checklist *ret_checklist, struct error *error);
/* Does a text, or any text of a checklist, name the bulletin, in whatever language? */
bool text_names_bulletin(struct span text);
bool checklist_names_bulletin(const struct checklist *checklist);
void checklist_clear(struct checklist *checklist);

/* ---- constitution ---- */

struct trigger {
	char *words;      /* one quoted word or phrase, folded to lower case; NULL: `repeats` */
	unsigned repeats; /* "same question 3+ times": 3 */
	unsigned line;
};

struct constitution {
	char **rules; /* ranked: [0] beats all others */
	size_t rule_count;
	struct trigger *triggers;
	size_t trigger_count;
	char *action; /* of the `→ Action:` line, or NULL */
};

/* Never fails; `found` says which triggers stay with the model. */
void constitution_parse(struct span raw, struct constitution *ret_constitution,
			struct diagnostics *found);
void constitution_clear(struct constitution *constitution);

/* The trigger that a person's message sets off: whole words in any inflection, or NULL. */
const struct trigger *constitution_match(const struct constitution *constitution,
					 struct span message);

/* Does the file say nothing? Empty, white space, zeros as a power cut leaves them, or front matter
 * alone. No agent runs by such a text. */
bool constitution_is_blank(struct span raw);

/* In force where CONSTITUTION.md is missing. */
extern const char constitution_default[];

/* ---- the agent ---- */

/* The bytes of its files; data == NULL: absent. Not owned. */
struct agent_files {
	struct span soul, constitution, heartbeat, memory, rehearsal;
};

struct agent {
	char name[AGENT_NAME_MAX + 1];
	char *role, *expertise; /* NULL: absent */
	char *route; /* HEARTBEAT's, else SOUL's; NULL: the default one. A beat may have its own */
	char zone[65]; /* in force: HEARTBEAT's, SOUL's, the workspace's */
	bool bulletin_always, experiment;
	struct limits limits; /* SOUL's and the grant's and the workspace's, lowest each */
	char **tools;         /* allowed names; NULL: all */
	size_t tool_count;
	struct heartbeats beats;
};

/* Validates all files into one value. `previous` (may be NULL) as in heartbeats_parse. Diagnostics
 * carry the path "agents/NAME/FILE". Fails only for a bad name (ERROR_INVALID). */
int agent_parse(const char *name, const struct agent_files *files, const struct settings *settings,
		const struct agent *previous, struct agent **ret_agent, struct diagnostics *found,
		struct error *error);
void agent_free(struct agent *agent);

/* ---- rehearsal script check: see model/model.h ---- */

/* ---- plan and prompt ---- */

enum cause_kind { CAUSE_HEARTBEAT, CAUSE_MESSAGE, CAUSE_MANUAL, CAUSE_TASK };

struct plan_text {
	char *text;  /* cleaned; NULL: the file is absent */
	char id[41]; /* git blob id of the file's bytes, empty when absent */
};

/* Everything a session is told, one consistent snapshot. Owned strings; NULL where not applicable.
 */
struct plan {
	char session[27], agent[AGENT_NAME_MAX + 1];
	enum cause_kind cause;
	char *heading; /* heartbeat's heading; NULL for a message */
	char *message; /* a person's words */
	struct plan_text constitution, soul, memory;
	struct plan_text
		bulletin; /* as bulletin_quote shows it to this agent; NULL: not asked for */
	char *standing, *session_start, *checklist;
	char *knowledge, *skills; /* index: one line a file, "" when there is none */
	char *moment;             /* "Saturday 2026-11-21 08:00 Asia/Taipei (UTC+08:00)" */
	char *since;              /* last beat and what changed since, or NULL */
	char *budget;             /* a line on the own budget, or NULL */
	/* Of a session that goes on, else NULL: the neutral messages (model/model.h) behind its
	 * first user turn, the latest reply behind them, and what results of its calls are known,
	 * as [{"id","content","error"}…]. */
	json_t *history, *reply, *results;
	/* And the replies of its compressions, as compaction_recall takes them; or NULL. */
	json_t *compactions;
	bool rehearse; /* nothing is written */
	char **tools;  /* allowed names; NULL: all */
	size_t tool_count;
	bool can_tell; /* somebody is there to be told: the tool tell_person is offered */
	uint32_t turns_max, turns_made; /* made: before it went on */
	int64_t max_output_tokens, tool_output_bytes;
	uint32_t compaction_turns; /* between two compressions; 0: none */
	int64_t most_bytes;        /* of a request before it is compressed; 0: not known */
	bool starved; /* it ran out of memory: its transcript is to be made small first */
};

json_t *plan_to_json(const struct plan *plan); /* new reference */
int plan_from_json(const json_t *json, struct plan **ret_plan, struct error *error);
void plan_free(struct plan *plan);

/* May its session call the tool of that name? */
bool plan_allows_tool(const struct plan *plan, const char *name);

/* One section of the prompt. Those with `stable` come first and stay byte-equal between beats. */
struct prompt_section {
	const char *name; /* "constitution", "soul", "principles", …, "beat" */
	char *text;
	bool stable;
	bool user;      /* goes into the user turn (a person's message, the beat); else system */
	bool untrusted; /* quoted data of others */
};

struct prompt {
	struct prompt_section *sections;
	size_t count;
};

/* Order: constitution, soul, (tools: sent as schemas), principles, patterns, other memory,
 * knowledge and skills index | recent facts, bulletin, beat. Items of the checklist that the
 * runtime does itself are marked done with their result. CONSTITUTION and SOUL are verbatim,
 * contiguous. */
int plan_prompt(const struct plan *plan, struct prompt *ret_prompt, struct error *error);
void prompt_clear(struct prompt *prompt);

/* Rough number of tokens of a text: bytes / 4, rounded up; never used for money. */
int64_t prompt_tokens(struct span text);

CLEANUP_DEFINE(struct agent *, agent_free)
CLEANUP_DEFINE(struct plan *, plan_free)
CLEANUP_DEFINE_VALUE(struct heartbeats, heartbeats_clear)
CLEANUP_DEFINE_VALUE(struct constitution, constitution_clear)
CLEANUP_DEFINE_VALUE(struct checklist, checklist_clear)
CLEANUP_DEFINE_VALUE(struct prompt, prompt_clear)

#endif

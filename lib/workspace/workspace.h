/* The folder on disk: finding it, listing its agents, reading their files, gathering a plan.
 *
 * What agentd does when a session starts and what `agentctl check`, `schedule` and `prompt` do
 * without a daemon is the same reading; this module is where it is written once. All reading is
 * beneath the workspace's descriptor by base/file.h: links, FIFOs and foreign owners are errors
 * that name the file, and concern that agent only. */
#ifndef WORKSPACE_WORKSPACE_H
#define WORKSPACE_WORKSPACE_H

#include "agent/agent.h"
#include "base/file.h"
#include "base/zone.h"

#define WORKSPACE_AGENTS_MAX 10000
#define WORKSPACE_INDEX_MAX 16384 /* bytes of a knowledge or skills index */

struct workspace {
	int dir;                   /* the folder */
	char *path;                /* absolute, as found */
	struct settings *settings; /* in force */
	struct zone *zone;         /* of the settings */
	char settings_id[41];      /* git id of the agentd.yaml that was read last; "": none */
	struct board *board;       /* the bulletin as it was last looked at */
};

/* Looks for agentd.yaml in `start` and upward, like git; `exact` (-w): in `start` only.
 * ERROR_NOT_FOUND says how to make one. Diagnostics of agentd.yaml go to `found`; unusable YAML is
 * an error. */
int workspace_open(const char *start, bool exact, struct workspace **ret_workspace,
		   struct diagnostics *found, struct error *error);
void workspace_free(struct workspace *workspace);

/* The same, but ERROR_BUSY where agentd.yaml is half of a save, as workspace_half_saved says. */
int workspace_open_whole(const char *start, bool exact, struct workspace **ret_workspace,
			 struct diagnostics *found, struct error *error);

/* Reads agentd.yaml again; on failure the settings in force stay. */
int workspace_reload(struct workspace *workspace, struct diagnostics *found, struct error *error);

/* The same, where it is another text than was read last (*ret_is_another), and whole: ERROR_BUSY
 * where it is half of a save, which is as if it was not read. A text that cannot be used is
 * complained of once. */
int workspace_reload_whole(struct workspace *workspace, bool *ret_is_another,
			   struct diagnostics *found, struct error *error);

/* tzdata may have been replaced: reads the workspace's zone again. Returns whether it is another.
 */
bool workspace_reload_zone(struct workspace *workspace);

/* Names of the folders in agents/ that have a SOUL.md, sorted. `visit` non-zero ends the walk. */
int workspace_agents(const struct workspace *workspace,
		     int (*visit)(void *context, const char *name), void *context,
		     struct error *error);

/* Where the bytes that were read come from. */
struct source {
	char *data; /* NULL: absent */
	size_t length;
	char id[41]; /* git blob id of the bytes; empty when absent */
	struct file_stamp stamp;
};

enum agent_file { FILE_SOUL, FILE_CONSTITUTION, FILE_HEARTBEAT, FILE_MEMORY, FILE_REHEARSAL };
#define AGENT_FILES (FILE_REHEARSAL + 1)
extern const char *const agent_file_names[AGENT_FILES]; /* "SOUL.md", … */

struct sources {
	struct source files[AGENT_FILES];
};

/* Reads one file of an agent. Absent is no error. `dir` is the agent's folder. */
int workspace_read(int dir, const char *agent, enum agent_file file, struct source *ret_source,
		   struct error *error);
int workspace_read_all(int dir, const char *agent, struct sources *ret_sources,
		       struct error *error);
void source_clear(struct source *source);
void sources_clear(struct sources *sources);

/* Which of an agent's texts, that were just read, are half of a save: a set of 1 << file. Who saves
 * in place empties the file first, and its text comes in parts, for as long as it takes. A text is
 * such a half where it is another than the one `in_force` (git ids; "": none was) and
 *     somebody has the file open for writing, or wrote to it while it was read; where none was in
 *     force, only if it changed within the last minute; or
 *     it is empty, was not, and changed less than a second before `now_ms` (UTC).
 * Where the kernel cannot say who has it open (see file_has_writer), only the second is seen. */
unsigned workspace_half_saved(const struct workspace *workspace, const char *agent,
			      const struct sources *sources, const char in_force[AGENT_FILES][41],
			      int64_t now_ms);

/* Opens an agent's folder and checks that it is ours: ERROR_DENIED names the owner and the mend. */
int workspace_agent_open(const struct workspace *workspace, const char *name, int *ret_dir,
			 struct error *error);

/* Reads and validates one agent. The texts stay behind only in `ret_sources` (may be NULL). */
int workspace_load(const struct workspace *workspace, const char *name,
		   const struct agent *previous, struct agent **ret_agent,
		   struct sources *ret_sources, struct diagnostics *found, struct error *error);

/* What the plan is for. */
struct plan_request {
	const char *session; /* ULID, or "" for a look at the prompt */
	enum cause_kind cause;
	const char *key; /* section of HEARTBEAT.md, NULL: all of them */
	const char *heading;
	const char *message;
	int64_t now;         /* UTC seconds */
	int64_t last_run;    /* of this section, 0: never */
	const char *changed; /* what changed since, or NULL */
	/* What a session that goes on was begun for, instead of what the file says by now; NULL: as
	 * the file says. */
	const struct checklist *objective;
	const struct sources *sources; /* the agent's files as they were read; NULL: as they are */
	bool rehearse;
};

/* Reads all texts of the moment and puts them into one plan. Where CONSTITUTION.md is missing or
 * says nothing, `constitution` (the last good text) stands in, and where that is NULL or says
 * nothing either, the built-in default: its id in the plan is then "". */
int workspace_plan(const struct workspace *workspace, const struct agent *agent,
		   const struct plan_request *request, const char *constitution,
		   struct plan **ret_plan, struct error *error);

#define WORKSPACE_BULLETIN "shared/BULLETIN.md"
/* The author of what the runtime itself posts. It wakes nobody: an alert must not be what keeps
 * alerts coming. */
#define WORKSPACE_SYSTEM "system"

/* A hash of what people and agents wrote into the bulletin. The file is read only when its stamp is
 * another one than at the last look, by this or by workspace_heard_bulletin. */
uint64_t workspace_bulletin(const struct workspace *workspace);

/* A hash over stamps and names of everything a beat depends on: the agent's files (not work/, not
 * .git), its grants, agentd.yaml; and workspace_bulletin. 16 hex digits. */
int workspace_inputs(const struct workspace *workspace, const char *agent, char out[17],
		     struct error *error);

/* The same without what a session changes itself (memory, bulletin): where this is another at its
 * end than at its start, something changed that it may not have seen. */
int workspace_inputs_given(const struct workspace *workspace, const char *agent, char out[17],
			   struct error *error);

/* Hashes of what a section that waits for something could have heard of, 16 hex digits: another one
 * after a restart tells that something happened while nobody looked. "" where it cannot be told.
 *
 * The bulletin, without what the agent itself and the runtime have posted. */
void workspace_heard_bulletin(const struct workspace *workspace, const char *agent, char out[17]);
/* Names, sizes and times of the agent's files whose path begins with `prefix`; without work/, and
 * without what the daemon writes there (MEMORY.md, memory/). A copy of a workspace that keeps times
 * is the same. */
void workspace_heard_files(const struct workspace *workspace, const char *agent, const char *prefix,
			   char out[17]);

/* Names of the inputs that changed after `since` (UTC seconds), "HEARTBEAT.md,
 * knowledge/prices.md", printable and not many; NULL: none. The caller frees it. */
char *workspace_changes(const struct workspace *workspace, const char *agent, int64_t since);

/* Git's id of a file's bytes: SHA-1 over "blob N\0" and the bytes, 40 hex digits. */
void blob_id(struct span bytes, char out[41]);

CLEANUP_DEFINE(struct workspace *, workspace_free)
CLEANUP_DEFINE_VALUE(struct sources, sources_clear)
CLEANUP_DEFINE_VALUE(struct source, source_clear)

#endif

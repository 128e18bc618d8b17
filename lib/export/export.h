/* Finished sessions as files that anyone can read.
 *
 * What state.db knows of a session, as lines of JSON: first the session, then a line for each step,
 * for each time that its process died, and for each row of the ledger, all in their order:
 *
 *     {"record":"session","session":ID,"agent","cause","heartbeat","section","model","outcome",
 *      "reason","text","started","ended","duration_ms","turns","input_tokens","output_tokens",
 *      "cost_micro_usd","plan":{ids of the texts in force}}
 *     {"record":"step","step":1,"kind","effect","at","duration_ms","intent","result",
 *      "cost_micro_usd"}                       result null: it has none, and is in doubt
 *     {"record":"death","step":1,"at","own","oom","until","words"}
 *                  at the step that was the latest; own: it died of itself; oom: for want of
 *                  memory; until: it waited so long
 *     {"record":"call","step":1,"attempt":1,…}                     as of `stats --calls --json`
 *
 * They stand in .agentd/log/sessions/<UTC day of its start>/<session>.jsonl, a file of mode 0600
 * that is there as a whole or not at all. Whoever reads them need not care where a session is:
 *
 *     export_lines(store, session, visit, …)           from state.db
 *     export_find(state_dir, prefix, found, …)         else: which files begin so?
 *     export_read(state_dir, path, visit, …)           from one of them
 *
 * `state_dir` is .agentd, and paths are relative to it. Files are written without a sync, as
 * state.db has the session still; before one leaves it, export_is_whole looks at what is there. */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "store/store.h"

#include <jansson.h>

#define EXPORT_FOLDER "log/sessions"
#define EXPORT_LINE_MAX (512 * 1024 * 1024) /* bytes */

/* A visit that returns non-zero ends the walk with that value. The reference is borrowed. */
typedef int (*export_visit)(void *context, const json_t *line);

/* The lines of a session, whose id is whole. ERROR_NOT_FOUND: state.db does not have it. */
int export_lines(struct store *store, const char *session, export_visit visit, void *context,
		 struct error *error);

/* Makes the file, in place of one that is there. Syncs it and its folder if `sync`.
 * ERROR_NOT_FOUND: there is no such session, or it has not ended. */
int export_write(int state_dir, struct store *store, const char *session, bool sync,
		 struct error *error);

/* Is there a file that is not empty? One system call or three. */
bool export_is_there(int state_dir, const struct session_row *row);

/* Has the file a line for all that state.db knows of the session, and was nothing settled since?
 * Reads it. A machine that lost its power may have left a part. */
bool export_is_whole(int state_dir, struct store *store, const struct session_row *row);

/* Files of sessions whose id begins with `prefix`, which is upper case. */
typedef int (*export_found)(void *context, const char *path, const char *session);
int export_find(int state_dir, const char *prefix, export_found found, void *context,
		struct error *error);

/* The lines of a file. ERROR_INVALID: it holds something else, at error->line. */
int export_read(int state_dir, const char *path, export_visit visit, void *context,
		struct error *error);

/* Removes files of days that were over before `before` (UTC s), oldest first and at most `max`, and
 * the folders that are empty then. *ret_count: how many files; fewer than `max`: there are no more.
 */
int export_remove_old(int state_dir, int64_t before, size_t max, size_t *ret_count,
		      struct error *error);

/* The newest day (UTC s of its beginning) before `day` that has a folder, and the size of its
 * files; -1 and 0: there is none. */
int export_day_before(int state_dir, int64_t day, int64_t *ret_day, int64_t *ret_bytes,
		      struct error *error);

/* A row of the ledger as JSON; input tokens include the cached ones. New reference. */
json_t *export_call(const struct call_row *row);
/* Likewise a death. */
json_t *export_death(const struct death_row *row);

#endif

#include "state_file.h"

#include "alerts.h"
#include "aside.h"
#include "log.h"
#include "remedy.h"
#include "renewal.h"
#include "salvage.h"
#include "supervisor.h"

#include "base/failpoint.h"

#define NAME "state.db"
#define MARK "state.db.is-damaged" /* met while the daemon ran, or by a start that failed */
#define TRIED "state.db.try"       /* whether a file can be written at all */
#define EVENTS "log/events.jsonl"
#define CHECK_MS 150 /* of a start, at most, to look through the file */
#define TROUBLE_KEY "state"
#define DAMAGED_KEY "state-damaged"

struct state_file {
	char *trouble; /* NULL: none */
	char *begun;   /* what was set aside at the start, to be told */
};

static struct state_file *file_of(struct daemon *daemon)
{
	if (!daemon->state_file)
		daemon->state_file = xcalloc(1, sizeof(*daemon->state_file));
	return daemon->state_file;
}

void state_file_free(struct state_file *file)
{
	if (!file)
		return;
	free(file->trouble);
	free(file->begun);
	free(file);
}

/* ---- at a start ---- */

static size_t strlen_until(const char *text, const char *end)
{
	const char *found = strstr(text, end);

	return found ? (size_t)(found - text) : strlen(text);
}

/* In words: what came along. */
static char *print_kept(const struct salvage *salvage, bool is_carried)
{
	if (salvage->is_whole || is_carried)
		return xstrdup("all of what is known to be spent and paused is kept");
	return xasprintf("%zu pauses and %zu model calls of today are kept, %zu more from the "
			 "exports of sessions: what sessions spent that were open is not known, "
			 "pause agents again where that is needed",
			 salvage->pauses, salvage->calls, salvage->exported_calls);
}

static char *print_lost(const struct salvage *salvage)
{
	if (!salvage->open && !salvage->parked)
		return xstrdup("");
	return xasprintf(
		"; of what was under way nothing goes on: %zu open (closed as interrupted, "
		"facts are kept), %zu parked",
		salvage->open, salvage->parked);
}

/* What a person is told. */
static void tell_new(struct daemon *daemon, const struct error *why, const char *aside,
		     const struct salvage *salvage, bool is_carried)
{
	_free_ char *where = aside ? xasprintf(", it was set aside as .agentd/%s,", aside)
				   : xstrdup("");
	_free_ char *kept = print_kept(salvage, is_carried);
	_free_ char *lost = print_lost(salvage);

	file_of(daemon)->begun = xasprintf(".agentd/" NAME " %.*s%s and a new one was begun: %s%s",
					   (int)strlen_until(why->message, "; agentd"),
					   why->message, where, kept, lost);
	log_event(daemon->log, LEVEL_WARNING, "state_damaged", NULL, NULL,
		  "a new .agentd/" NAME " was begun");
}

/* A file that cannot be read is kept for whoever wants to look at it. */
static int begin_anew(struct daemon *daemon, const struct error *why, struct error *error)
{
	_free_ char *aside = NULL;
	struct salvage salvage;
	bool is_carried;
	int result;

	store_close(steal_pointer(&daemon->store)); /* its log is set aside with it */
	result = aside_put(daemon, &aside, error);
	if (!result)
		result = store_open(daemon->state_dir, false, &daemon->store, error);
	if (result)
		return result;
	(void)FAILPOINT("state.begun");
	result = salvage_state(daemon, aside, &salvage, error);
	if (result)
		return result;
	is_carried = renewal_carry(daemon);
	(void)FAILPOINT("state.salvaged");
	result = file_remove(daemon->state_dir, MARK, error);
	if (!result)
		result = aside_done(daemon, error);
	if (result)
		return result;
	tell_new(daemon, why, aside, &salvage, is_carried);
	aside_prune(daemon);
	return 0;
}

/* The message that an earlier daemon has left. */
static bool is_marked(struct daemon *daemon, struct error *ret_why)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(ERROR_MESSAGE_MAX);

	if (file_read(daemon->state_dir, MARK, &text, NULL, NULL))
		return false;
	error_set(ret_why, ERROR_INVALID, "%.*s", (int)text.length, text.length ? text.data : "");
	return true;
}

/* Where a daemon has run before, no file or one without a byte is a loss. */
static bool is_lost(struct daemon *daemon, struct error *ret_why)
{
	struct stat st, events;
	int result = file_stat(daemon->state_dir, NAME, &st, NULL);

	if ((result && result != -(int)ERROR_NOT_FOUND) || (!result && st.st_size) ||
	    file_stat(daemon->state_dir, EVENTS, &events, NULL) || !events.st_size)
		return false;
	error_set(ret_why, ERROR_INVALID, result ? "was gone" : "was empty");
	return true;
}

/* A start that was to begin it anew died over that. */
static bool is_unfinished(struct daemon *daemon, struct error *ret_why)
{
	if (!aside_is_begun(daemon))
		return false;
	error_set(ret_why, ERROR_INVALID, "was damaged");
	return true;
}

/* 0: it is open. ERROR_INVALID: it is not to be used any more. */
static int open_and_check(struct daemon *daemon, struct error *why)
{
	int result;

	if (is_marked(daemon, why) || is_unfinished(daemon, why) || is_lost(daemon, why))
		return -(int)ERROR_INVALID;
	result = store_open(daemon->state_dir, false, &daemon->store, why);
	return result ? result : store_check(daemon->store, CHECK_MS, why);
}

int state_file_open(struct daemon *daemon, struct error *error)
{
	struct error why;
	int result = open_and_check(daemon, &why);

	if (result == -(int)ERROR_INVALID)
		return begin_anew(daemon, &why, error);
	if (result)
		*error = why;
	return result;
}

void state_file_tell(struct daemon *daemon)
{
	struct state_file *file = file_of(daemon);

	if (file->begun)
		alert_raise(daemon, DAMAGED_KEY, NULL, "state.db was lost and begun anew", "%s",
			    file->begun);
	else
		alert_over(daemon, DAMAGED_KEY, "state.db is well");
}

/* ---- while the daemon runs ---- */

/* SQLite says "disk I/O error" of whatever fails beneath it. NULL: a file can be written. */
static const char *try_writing(const struct daemon *daemon)
{
	struct error error = { 0 };

	file_replace(daemon->state_dir, TRIED, SPAN(""), 0600, &error);
	file_unlink(daemon->state_dir, TRIED, NULL);
	return remedy_of(error.system);
}

static const char *remedy(const struct daemon *daemon, const struct error *error)
{
	const char *system = remedy_of(error->system);

	if (!system && error->code == ERROR_SYSTEM)
		system = try_writing(daemon);
	if (system)
		return system;
	switch (error->code) {
	case ERROR_DENIED: return "make .agentd and what is in it writable for agentd's user";
	case ERROR_BUSY: return "end the program that holds it";
	case ERROR_CONFLICT: return "it is written again from what agentd holds";
	case ERROR_INVALID: return "status, pause and resume still answer";
	default: return "look at the disk of the workspace";
	}
}

bool state_file_is_damage(const struct error *error)
{
	return error->code == ERROR_INVALID && !strcmp(error->file, ".agentd/" NAME);
}

bool state_file_is_told(const struct daemon *daemon, const struct error *error)
{
	return state_file_is_damage(error) && state_file_trouble(daemon);
}

void state_file_failed(struct daemon *daemon, const struct error *error)
{
	if (!state_file_is_damage(error) || daemon->state_dir < 0)
		return;
	file_replace(daemon->state_dir, MARK, span_of(error->message), 0600, NULL);
}

static void begin(struct daemon *daemon, const struct error *error)
{
	struct state_file *file = file_of(daemon);

	file->trouble = xasprintf(".agentd/" NAME " %s", error->message);
	state_file_failed(daemon, error);
	if (state_file_is_damage(error) && renewal_ask(daemon, error))
		return; /* a person is told when that is done */
	alert_raise(daemon, TROUBLE_KEY, NULL,
		    "state.db cannot be written: nothing begins until it can",
		    "%s: %s; until it can be written nothing begins and no model is called, and "
		    "what happens is kept in memory",
		    file->trouble, remedy(daemon, error));
}

static void end(struct daemon *daemon)
{
	struct error error;

	free(steal_pointer(&file_of(daemon)->trouble));
	if (file_remove(daemon->state_dir, MARK, &error))
		log_event(daemon->log, LEVEL_ERROR, "state_mark", NULL, NULL,
			  "%s: the next start sets .agentd/" NAME " aside", error.message);
	renewal_forget(daemon);
	alert_over(daemon, TROUBLE_KEY, "state.db is written again");
	supervisor_admit(daemon);
}

void state_file_look(struct daemon *daemon)
{
	struct error error;
	bool fails = daemon->writer && store_trouble(daemon->writer, &error);

	if (renewal_is_on(daemon))
		return; /* whatever can still be written is written in vain */
	if (fails && !state_file_trouble(daemon))
		begin(daemon, &error);
	else if (!fails && state_file_trouble(daemon))
		end(daemon);
}

const char *state_file_trouble(const struct daemon *daemon)
{
	return daemon->state_file ? daemon->state_file->trouble : NULL;
}

/* The daemon: one loop, and the parts that hang on it.
 *
 * Every part is made with a pointer to this value and reaches the others through it; none keeps
 * state outside its own struct. The loop never syncs and never blocks: the store's thread writes
 * state.db, agentd-history writes repositories, agentd-gateway talks to providers, and a session is
 * a process. Start and stop order is start.c's one list. */
#ifndef AGENTD_DAEMON_H
#define AGENTD_DAEMON_H

#include "store/store.h"
#include "workspace/workspace.h"

#include <uv.h>

struct daemon {
	uv_loop_t loop;
	struct workspace *workspace; /* it and the lock outlive a renewal */
	int state_dir;               /* .agentd/ */
	int lock;
	/* The control socket, from one start to the next within this process; -1: none. */
	int listener;
	int secrets; /* sealed memory file with our first environment; -1: none */
	struct log *log;
	struct store *store;  /* the writer thread's alone, once that runs */
	struct store *reader; /* read by the loop at the start; NULL afterwards */
	struct store_writer *writer;
	uv_async_t store_wake;
	int64_t epoch; /* of this start; every journal row carries it */
	struct zones *zones;
	struct watcher *watcher;
	struct roster *roster;
	struct scheduler *scheduler;
	struct supervisor *supervisor;
	struct watchdog *watchdog;
	struct sweep *sweep;
	struct committer *committer;
	struct service *gateway, *history;
	struct ledger *ledger;
	struct providers *providers;
	struct alerts *alerts;
	struct monitors *monitors;
	struct parked *parked;
	struct retention *retention;
	struct control *control;
	struct pulse *pulse; /* NULL: systemd asks for none */
	int64_t started;     /* UTC seconds */
	bool ready, stopping;
	struct exports *exports;
	struct state_file *state_file;
	struct descriptors *descriptors;
	struct savings *savings;
	struct renewal *renewal; /* outlives all parts */
};

#define DAEMON_EMPTY ((struct daemon){ .state_dir = -1, .lock = -1, .listener = -1, .secrets = -1 })

/* Names of our own folder and files below the workspace. */
#define STATE_FOLDER ".agentd"

#endif

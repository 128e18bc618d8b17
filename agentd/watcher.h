/* People's edits: inotify on folders, a short wait until a save has settled, one look per agent.
 *
 * An editor's save is a dance of scratch files and renames. Whatever it does, what counts is the
 * content once nothing has moved for `debounce`: each agent is looked at as a whole, compared by
 * the ids of its texts, reloaded at most once, and its repository is asked to commit what differs.
 * When events were lost, everything is looked at. */
#ifndef AGENTD_WATCHER_H
#define AGENTD_WATCHER_H

#include "roster.h"

struct watcher;

int watcher_new(struct daemon *daemon, struct watcher **ret_watcher, struct error *error);
void watcher_free(struct watcher *watcher);

/* Watches the workspace and every folder of it that has a meaning. Before the roster is read, so
 * that no edit falls between. */
void watcher_start(struct daemon *daemon);

/* Watches an agent's folder and those in it, as they are now. */
void watcher_cover(struct daemon *daemon, const char *agent);

/* An agent's files are looked at again, as after an event. */
void watcher_look_at(struct daemon *daemon, const char *agent);

/* Everything is read again (SIGHUP, lost events). */
void watcher_rescan(struct daemon *daemon);

#endif

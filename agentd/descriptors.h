/* File descriptors are running out: what waits for them, and how it goes on.
 *
 * No session is begun while a start could not have all that it opens: it would fail half-way, and
 * its beat with it. What was missed meanwhile (files that could not be read) is looked at when
 * there are enough again, which is looked for every half second. The control socket keeps some in
 * reserve, so that `status`, `pause` and `resume` answer; see control.c. */
#ifndef AGENTD_DESCRIPTORS_H
#define AGENTD_DESCRIPTORS_H

#include "daemon.h"

struct descriptors;

struct descriptors *descriptors_new(struct daemon *daemon);
void descriptors_free(struct descriptors *descriptors);

/* Are there too few to begin a session? Tries it: some microseconds. */
bool descriptors_short(struct daemon *daemon);

/* Somebody could not get one. */
void descriptors_failed(struct daemon *daemon);

#endif

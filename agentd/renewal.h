/* Beginning anew, in the same process, where state.db was found to be damaged.
 *
 * What a person would do by hand: sessions are ended as interrupted and their facts saved, all
 * parts stop, and main() starts them again, which sets the file aside (state_file.h). The journals
 * of the sessions that were open are in the damaged file, so that none of them goes on: an effect
 * that must not be repeated might be. Pauses and money are carried over (carried.h), the control
 * socket stays open and its clients wait for that moment. The workspace and its lock are kept, too:
 * where agentd.yaml cannot be used just then, what was in force stays.
 *
 * A disk that damages each new file is not fed with more of them: RENEWALS_MAX in
 * RENEWALS_WITHIN_MS at most. After that agentd stays as it is when state.db cannot be written, and
 * begins anew when that time has passed. */
#ifndef AGENTD_RENEWAL_H
#define AGENTD_RENEWAL_H

#include "daemon.h"

#define RENEWALS_MAX 3
#define RENEWALS_WITHIN_MS (60 * 60 * 1000)

struct renewal;

struct renewal *renewal_new(void);
void renewal_free(struct renewal *renewal);

/* state.db is damaged, as `why` says. Begins now (true), or by itself when it may. */
bool renewal_ask(struct daemon *daemon, const struct error *why);
/* It is not damaged any more: a renewal that has not begun is not needed. */
void renewal_forget(struct daemon *daemon);
/* Has it begun? */
bool renewal_is_on(const struct daemon *daemon);
/* A person stops agentd: it ends instead, and the next start sets the file aside. */
void renewal_give_up(struct daemon *daemon);

/* Before any part stops: what they know is kept. */
void renewal_stop(struct daemon *daemon);
/* main: all has stopped, or a start has failed with `error`. True: *daemon is as before a start,
 * start again. */
bool renewal_goes_on(struct daemon *daemon, int status, const struct error *error);
/* What is carried over is written into the new file; false: there is nothing. */
bool renewal_carry(struct daemon *daemon);

#endif

/* What systemd is told (sd_notify(3)): a datagram to $NOTIFY_SOCKET, nothing where it is not set.
 */
#ifndef AGENTD_NOTIFY_H
#define AGENTD_NOTIFY_H

#include <stdint.h>

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_alive(void);
/* How often notify_alive is due: half of WATCHDOG_USEC. 0: nobody waits for it. */
int64_t notify_interval_ms(void);

#endif

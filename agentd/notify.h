/* What systemd is told (sd_notify(3)): a datagram to $NOTIFY_SOCKET, nothing where it is not set.
 */
#ifndef AGENTD_NOTIFY_H
#define AGENTD_NOTIFY_H

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);

#endif

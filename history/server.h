/* The connection to whoever started us: requests become jobs, jobs become answers. */
#ifndef HISTORY_SERVER_H
#define HISTORY_SERVER_H

#include "workers.h"

/* Serves until the other side is gone (then 0) or breaks the protocol. Takes the descriptor over.
 */
int server_run(int fd, struct workers *workers, struct error *error);

#endif

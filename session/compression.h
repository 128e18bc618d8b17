/* One attempt to make a long transcript small: the model that does the session's work is asked for
 * a summary of the older turns, by way of agentd as for any turn. What counts as one, and what a
 * model reads then, is lib/compaction's. */
#ifndef SESSION_COMPRESSION_H
#define SESSION_COMPRESSION_H

#include "conversation.h"

/* An attempt from its beginning, or the open one from where it stood. Whether it came to something
 * or to nothing, the session goes on; fails when agentd is gone or ends the session. */
int compression_try(struct conversation *c, struct error *error);
int compression_go_on(struct conversation *c, struct error *error);

#endif

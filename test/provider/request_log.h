/* What came in, one JSON object a line:
 *     {"event":"request","request":1,"connection":1,"method":…,"path":…,"headers":{…},"body":…,
 *      "wall_us":…,"monotonic_us":…}
 *     {"event":"answered","request":1,…}   the whole answer was written
 *     {"event":"closed","request":1,…}     the client went away before that
 * Keys are logged as they came: this is a server for tests. */
#ifndef PROVIDER_REQUEST_LOG_H
#define PROVIDER_REQUEST_LOG_H

#include "http.h"

/* `fd` < 0: nothing is logged. */
void request_log_request(int fd, unsigned number, unsigned connection,
			 const struct http_request *request);
void request_log_event(int fd, const char *event, unsigned number);

#endif

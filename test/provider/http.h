/* As much of HTTP/1.1 as a client of model APIs needs from a server. */
#ifndef PROVIDER_HTTP_H
#define PROVIDER_HTTP_H

#include "base/buffer.h"

#include <jansson.h>

#define HTTP_HEAD_MAX (256 * 1024)
#define HTTP_REQUEST_MAX (128 * 1024 * 1024)

struct http_request {
	char *method, *path;
	json_t *headers;  /* names in lower case */
	struct span body; /* within the input */
	size_t size;      /* of the whole request */
	bool expects_continue;
};

/* 0: *ret_request is whole; 1: more bytes are needed (`expects_continue` may be set); < 0: no HTTP.
 */
int http_read(struct span input, struct http_request *ret_request);
void http_request_clear(struct http_request *request);

CLEANUP_DEFINE_VALUE(struct http_request, http_request_clear)

#endif

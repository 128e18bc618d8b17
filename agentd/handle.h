/* A handle of the loop that was allocated by itself goes when the loop has closed it:
 *
 *     uv_close((uv_handle_t *)timer, handle_free); */
#ifndef AGENTD_HANDLE_H
#define AGENTD_HANDLE_H

#include <stdlib.h>
#include <uv.h>

static inline void handle_free(uv_handle_t *handle)
{
	free(handle);
}

#endif

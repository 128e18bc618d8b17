/* What waits to be written to the other side. */
#ifndef RPC_QUEUE_H
#define RPC_QUEUE_H

#include "base/buffer.h"
#include "base/error.h"

#include <jansson.h>

struct queue {
	struct buffer bytes;
	size_t begin; /* where what was not written yet starts */
	size_t frame_max;
};

void queue_init(struct queue *queue, size_t frame_max);
void queue_clear(struct queue *queue);
bool queue_is_empty(const struct queue *queue);

/* Adds a message as one line. Borrowed. -ERROR_TOO_LARGE: longer than a frame may be, nothing was
 * added; -ERROR_BUSY: too much is waiting already. */
int queue_add(struct queue *queue, const json_t *message);

/* Writes as much as the socket takes. 0, or the errno. */
int queue_write(struct queue *queue, int fd);

#endif

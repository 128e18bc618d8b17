#include "queue.h"

#include "rpc.h"

#include <errno.h>
#include <sys/socket.h>

void queue_init(struct queue *queue, size_t frame_max)
{
	*queue = (struct queue){
		/* waiting bytes, as many written ones before them, and one message more */
		.bytes = BUFFER(2 * (size_t)RPC_QUEUE_MAX + frame_max + 1),
		.frame_max = frame_max,
	};
}

void queue_clear(struct queue *queue)
{
	buffer_clear(&queue->bytes);
	queue->begin = 0;
}

bool queue_is_empty(const struct queue *queue)
{
	return queue->begin == queue->bytes.length;
}

/* Moves the waiting bytes to the front once they are the smaller part: linear over all. */
static void queue_compact(struct queue *queue)
{
	size_t waiting = queue->bytes.length - queue->begin;

	if (!waiting)
		queue_clear(queue);
	if (queue->begin <= waiting)
		return;
	buffer_consume(&queue->bytes, queue->begin);
	queue->begin = 0;
}

struct line {
	struct buffer *bytes;
	size_t left; /* bytes that the frame may still take */
};

static int line_append(const char *text, size_t size, void *data)
{
	struct line *line = data;

	if (size > line->left)
		return -1;
	line->left -= size;
	return buffer_append(line->bytes, (struct span){ text, size });
}

static void queue_truncate(struct queue *queue, size_t length)
{
	queue->bytes.length = length;
	if (queue->bytes.data)
		queue->bytes.data[length] = '\0';
}

int queue_add(struct queue *queue, const json_t *message)
{
	struct line line = { &queue->bytes, queue->frame_max };
	size_t before = queue->bytes.length;

	if (json_dump_callback(message, line_append, &line, JSON_COMPACT)) {
		queue_truncate(queue, before);
		return -(int)ERROR_TOO_LARGE;
	}
	buffer_append(&queue->bytes, SPAN("\n"));
	if (queue->bytes.length - queue->begin > RPC_QUEUE_MAX) {
		queue_truncate(queue, before);
		return -(int)ERROR_BUSY;
	}
	return 0;
}

int queue_write(struct queue *queue, int fd)
{
	ssize_t n;

	while (!queue_is_empty(queue)) {
		n = send(fd, queue->bytes.data + queue->begin, queue->bytes.length - queue->begin,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		queue->begin += (size_t)n;
	}
	n = queue_is_empty(queue) || errno == EAGAIN ? 0 : errno;
	queue_compact(queue);
	return (int)n;
}

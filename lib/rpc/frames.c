#include "frames.h"

void frames_init(struct frames *frames, size_t frame_max)
{
	*frames = (struct frames){
		/* a line of the greatest length, and what came behind it in the same read */
		.bytes = BUFFER(frame_max + FRAMES_READ_MAX + 1),
		.frame_max = frame_max,
	};
}

void frames_clear(struct frames *frames)
{
	buffer_clear(&frames->bytes);
	frames->begin = frames->scanned = 0;
}

char *frames_reserve(struct frames *frames, size_t size)
{
	buffer_consume(&frames->bytes, frames->begin);
	frames->scanned -= frames->begin;
	frames->begin = 0;
	return buffer_reserve(&frames->bytes, size);
}

void frames_advance(struct frames *frames, size_t size)
{
	buffer_advance(&frames->bytes, size);
}

/* An idle connection holds no buffer. */
static int nothing_left(struct frames *frames)
{
	if (frames->begin == frames->bytes.length)
		frames_clear(frames);
	return 0;
}

int frames_next(struct frames *frames, struct span *ret_frame)
{
	struct buffer *b = &frames->bytes;
	size_t unread = b->length - frames->scanned;
	const char *end = unread ? memchr(b->data + frames->scanned, '\n', unread) : NULL;
	size_t length;

	frames->scanned = end ? (size_t)(end - b->data) : b->length;
	length = frames->scanned - frames->begin;
	if (length > frames->frame_max)
		return -(int)ERROR_TOO_LARGE;
	if (!end)
		return nothing_left(frames);
	*ret_frame = (struct span){ b->data + frames->begin, length };
	frames->begin = frames->scanned = frames->scanned + 1;
	return 1;
}

bool frames_partial(const struct frames *frames)
{
	return frames->begin < frames->bytes.length;
}

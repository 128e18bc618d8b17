/* What came in and is not handled yet, cut into lines. Each byte is looked at for its line end once
 * and moved at most once, however small the pieces are in which it came. */
#ifndef RPC_FRAMES_H
#define RPC_FRAMES_H

#include "base/buffer.h"
#include "base/error.h"

struct frames {
	struct buffer bytes;
	size_t begin;     /* where the first line that was not given out starts */
	size_t scanned;   /* no line end between begin and here */
	size_t frame_max; /* longest line, without its end */
};

void frames_init(struct frames *frames, size_t frame_max);
void frames_clear(struct frames *frames);

/* Room for `size` more bytes, at most FRAMES_READ_MAX; frames_advance tells how many came. */
#define FRAMES_READ_MAX (64 * 1024)
char *frames_reserve(struct frames *frames, size_t size);
void frames_advance(struct frames *frames, size_t size);

/* The next whole line, without its end; valid until the next call. Returns 1, 0 when there is none
 * yet, or -ERROR_TOO_LARGE when the line is longer than allowed. */
int frames_next(struct frames *frames, struct span *ret_frame);

/* Is there the beginning of a line? */
bool frames_partial(const struct frames *frames);

#endif

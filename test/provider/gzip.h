/* gzip (RFC 1952) that compresses nothing: stored blocks, so that each piece of a stream can be
 * unpacked as soon as it is there. */
#ifndef PROVIDER_GZIP_H
#define PROVIDER_GZIP_H

#include "base/buffer.h"

struct gzip {
	uint32_t crc, size;
};

void gzip_begin(struct gzip *gzip, struct buffer *out);
void gzip_add(struct gzip *gzip, struct span bytes, struct buffer *out);
void gzip_end(struct gzip *gzip, struct buffer *out);

#endif

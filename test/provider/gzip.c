#include "gzip.h"

#define STORED_MAX 65535u

static void put_16(struct buffer *out, uint32_t value)
{
	char bytes[] = { (char)(value & 0xFF), (char)(value >> 8 & 0xFF) };

	buffer_append(out, (struct span){ bytes, sizeof(bytes) });
}

static void put_32(struct buffer *out, uint32_t value)
{
	put_16(out, value & 0xFFFF);
	put_16(out, value >> 16);
}

static void put_block(struct buffer *out, struct span bytes, bool last)
{
	char head = last ? 1 : 0;

	buffer_append(out, (struct span){ &head, 1 });
	put_16(out, (uint32_t)bytes.length);
	put_16(out, ~(uint32_t)bytes.length & 0xFFFF);
	buffer_append(out, bytes);
}

static uint32_t crc_add(uint32_t crc, struct span bytes)
{
	for (size_t i = 0; i < bytes.length; i++) {
		crc ^= (unsigned char)bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	return crc;
}

void gzip_begin(struct gzip *gzip, struct buffer *out)
{
	static const char head[] = { 0x1F, (char)0x8B, 8, 0, 0, 0, 0, 0, 0, (char)0xFF };

	*gzip = (struct gzip){ .crc = UINT32_MAX };
	buffer_append(out, (struct span){ head, sizeof(head) });
}

void gzip_add(struct gzip *gzip, struct span bytes, struct buffer *out)
{
	gzip->crc = crc_add(gzip->crc, bytes);
	gzip->size += (uint32_t)bytes.length;
	while (bytes.length) {
		size_t size = bytes.length < STORED_MAX ? bytes.length : STORED_MAX;

		put_block(out, span_slice(bytes, 0, size), false);
		bytes = span_slice(bytes, size, bytes.length);
	}
}

void gzip_end(struct gzip *gzip, struct buffer *out)
{
	put_block(out, SPAN(""), true);
	put_32(out, ~gzip->crc);
	put_32(out, gzip->size);
}

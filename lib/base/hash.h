/* FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): tells that something is another,
 * where nobody gains by a collision. Begin with HASH_BEGIN and add. Values stand in state.db: the
 * numbers never change. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "span.h"

#include <stdint.h>

#define HASH_BEGIN UINT64_C(14695981039346656037)

static inline uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * UINT64_C(1099511628211);
}

static inline uint64_t hash_span(uint64_t hash, struct span bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		hash = hash_byte(hash, (unsigned char)bytes.data[i]);
	return hash;
}

/* A text that is one part of several: `end`, a byte that is in none of them, keeps "ab" "c" and "a"
 * "bc" apart. NULL is the empty one. */
static inline uint64_t hash_part(uint64_t hash, const char *text, unsigned char end)
{
	for (; text && *text; text++)
		hash = hash_byte(hash, (unsigned char)*text);
	return hash_byte(hash, end);
}

#endif

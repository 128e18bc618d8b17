/* The one place where the clock and the kernel's randomness are read.
 *
 * Wall-clock instants are UTC seconds or milliseconds since 1970-01-01T00:00Z; durations and
 * time-outs are measured on the monotonic clock only. In test builds AGENTD_CLOCK_OFFSET=SECONDS
 * shifts the wall clock, so that a scenario can start on the date it needs; with @FILE the file
 * holds the seconds and is read each time, so that the clock can be set under a running program. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_s(void);
int64_t clock_wall_ms(void);
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
int64_t clock_boot_ms(void);     /* monotonic, and goes on while the machine is suspended */
bool clock_may_be_stepped(void); /* by the test that runs us: timers cannot notice */

void random_bytes(void *out, size_t size);

/* A new ULID (26 characters of Crockford's base 32, https://github.com/ulid/spec): sorts by the
 * millisecond it was made in; 80 random bits. `out` has room for ULID_SIZE bytes. */
#define ULID_SIZE 27
void ulid_new(char out[ULID_SIZE]);

#endif

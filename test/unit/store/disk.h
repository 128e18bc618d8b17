/* A device beneath SQLite that reports errors and forgets.
 *
 * Of what is written, a sync makes durable what was written before it. A sync that fails makes only
 * some of it durable, and the kernel takes the rest for written: the next sync says that all is
 * well and does not bring it, unless it was written again (as Linux does). A power cut leaves what
 * is durable and any of the 4 KiB pages that are not.
 *
 *     disk_begin();                 before the files are opened, for which it stands from now on
 *     disk_fail_sync(3);            the third sync from now on fails
 *     …                             disk_now() tells how many calls there were so far
 *     disk_end();                   the files stay as they are
 *     disk_cut(dir, at, seed);      what a power cut before call `at` leaves, as files in `dir`
 *     disk_clear();
 *
 * While it stands, no file is synced in earnest. */
#ifndef TEST_STORE_DISK_H
#define TEST_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>

void disk_begin(void);
void disk_fail_sync(unsigned nth);
bool disk_has_failed(void);
void disk_end(void);

size_t disk_now(void);
bool disk_is_sync(size_t at);

/* Seed 0: nothing of what was not synced; 1: all of it, which is what the death of the process
 * leaves; any other one draws. */
void disk_cut(int dir, size_t at, unsigned seed);
void disk_clear(void);

#endif

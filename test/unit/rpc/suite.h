/* The parts of the rpc tests, and the little that they share. */
#ifndef TEST_RPC_SUITE_H
#define TEST_RPC_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rpc/rpc.h"

#include "base/file.h"

int wire_tests(void);
int talk_tests(void);
int limits_tests(void);
int socket_tests(void);

/* A connected pair; both ends ours. */
void pair_open(int ret_fds[2]);

#endif

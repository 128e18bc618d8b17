/* Private to sandbox: the system calls that a role may make, as tables. What is not in them is
 * refused with EPERM by the kernel. */
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include "sandbox.h"

#include <seccomp.h>

/* A call and what its arguments must be. Rows of the same call add up: any of them allows it.
 * Comparisons mask the upper half of an `int` away, as the kernel does: comparing 64 bits would let
 * 0x100000002 pass for a descriptor that is not 2. */
struct call {
	int number;
	unsigned arg_count;
	struct scmp_arg_cmp args[3];
};

struct call_list {
	const struct call *calls;
	size_t count;
};

/* The lists of a role, ended by one with calls == NULL. */
const struct call_list *calls_of_role(enum sandbox_role role);

/* Calls that libc tries first and does without: refused with ENOSYS unless allowed. */
const struct call_list *calls_not_there(enum sandbox_role role);

#endif

/* Private to sandbox: the file, port and signal walls (landlock(7)), by our own table of rights. */
#ifndef SANDBOX_LANDLOCK_H
#define SANDBOX_LANDLOCK_H

#include "sandbox.h"

/* The ABI that the kernel offers, 0 and errno where there is none. Test builds mask it with
 * AGENTD_LANDLOCK_ABI=N. */
int landlock_abi(void);

/* Denies all that ABI `abi` can deny, but what the policy's rules and its role give. Needs
 * no_new_privs. There is no way back. */
int landlock_restrict(const struct sandbox_policy *policy, int abi, struct error *error);

#endif

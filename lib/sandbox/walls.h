/* Private to sandbox: the walls that are neither Landlock nor seccomp. */
#ifndef SANDBOX_WALLS_H
#define SANDBOX_WALLS_H

#include "sandbox.h"

#if defined(__has_feature) /* clang's name for what gcc says with __SANITIZE_ADDRESS__ */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* Closes all descriptors but 0-2, the rules' and those in `keep`. */
int descriptors_close(const struct sandbox_policy *policy, const int *keep, size_t keep_count,
		      struct error *error);

/* Resource limits of the policy and its role; none is ever raised. */
int limits_set(const struct sandbox_policy *policy, struct error *error);

/* New user, mount and ipc namespaces. Returns whether the kernel gave them; not having them is no
 * failure. */
bool namespaces_enter(void);

/* Gives up every capability, the bounding and the ambient set too, for root as for anybody. */
int capabilities_drop(struct error *error);

/* We die when agentd does. */
int parent_follow(struct error *error);

#endif

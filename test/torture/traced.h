/* A program of which the kernel stops each thread at chosen system calls, and only there, so that
 * it runs at nearly its own speed: a seccomp filter that asks the tracer. */
#ifndef TORTURE_TRACED_H
#define TORTURE_TRACED_H

#include <stddef.h>
#include <sys/types.h>

#define TRACED_CALLS_MAX 128
#define TRACED_STATUS_BROKEN 99 /* of a child that could not become the program */

/* Starts arguments[0]; it and all that descends from it stop with PTRACE_EVENT_SECCOMP before each
 * of these calls, and die with the tracer. `options`: of ptrace, beside those that this takes.
 * Returns its id, -1: errno says why. */
pid_t traced_start(char **arguments, const long *calls, size_t count, long options);

#endif

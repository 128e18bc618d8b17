/* Errors: a negative code, and one sentence that a person can act on.
 *
 * A function that can fail returns 0, or the negative of one of the codes below, and takes a
 * `struct error *` as its last argument. The error is filled once, where the cause is known, and
 * passed up untouched; callers add a place or a file name with error_prefix(), never a second
 * story. NULL is allowed for a caller that needs the code alone. Results (`ret_x`) are untouched on
 * failure.
 *
 * Three kinds of failure have three answers: a user's mistake is returned and shown, the world's
 * failure is returned and retried by whoever owns the retry, our own bug or exhausted memory aborts
 * with the place (BUG(), alloc.h). Input from outside never aborts. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum error_code {
	ERROR_SYSTEM = 1,  /* a system call failed; `system` holds errno */
	ERROR_INVALID,     /* the input is not what it has to be; the user can mend it */
	ERROR_NOT_FOUND,   /* the thing named is not there, or nothing is left to find */
	ERROR_EXISTS,      /* it is there already */
	ERROR_TOO_LARGE,   /* over the maximum that was given at creation */
	ERROR_DENIED,      /* not allowed: owner, mode, permit table, wall */
	ERROR_BUSY,        /* held by somebody else at the moment; trying again may help */
	ERROR_CONFLICT,    /* what it was based on has changed meanwhile */
	ERROR_CLOSED,      /* the other side is gone */
	ERROR_PROTOCOL,    /* the other side broke the protocol */
	ERROR_UNSUPPORTED, /* this kernel, file system or format cannot do it */
	ERROR_TIMEOUT,     /* it took longer than the limit that was given */
	ERROR_REMOTE,      /* the other side answered with an error of its own */
};

#define ERROR_FILE_MAX 256
#define ERROR_MESSAGE_MAX 768

struct error {
	enum error_code code;
	int system;                      /* errno, or 0 */
	char file[ERROR_FILE_MAX];       /* path relative to the workspace, or empty */
	unsigned line, column;           /* from 1; 0: no place */
	char message[ERROR_MESSAGE_MAX]; /* one sentence, no final newline */
};

/* Fills *error and returns -code, so that `return error_set(...)` is the usual way to fail. */
int error_set(struct error *error, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a failed system call: appends ": " and the text of `system`, code ERROR_SYSTEM.
 * ENOENT becomes ERROR_NOT_FOUND, EEXIST ERROR_EXISTS, EACCES, EPERM and ELOOP ERROR_DENIED. */
int error_set_system(struct error *error, int system, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the place in a user's file. Returns -error->code. */
int error_at(struct error *error, const char *file, unsigned line, unsigned column);

/* Puts text before the message ("reading agents/kira/SOUL.md: …"). Returns -error->code. */
int error_prefix(struct error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "file:line:column: message" as a compiler prints it; parts that are not known are left out. */
void error_print(const struct error *error, char *out, unsigned long size);

/* A static word for a code: "invalid", "not found", … */
const char *error_code_name(enum error_code code);

/* Our own bug: says where and aborts. */
#define BUG(...) error_bug(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void error_bug(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

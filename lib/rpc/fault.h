/* struct error as the "error" member of a response, and back, equal in every field. */
#ifndef RPC_FAULT_H
#define RPC_FAULT_H

#include "base/error.h"

#include <jansson.h>

/* The codes that JSON-RPC 2.0 reserves, section 5.1 of its specification. */
#define FAULT_PARSE (-32700)
#define FAULT_INVALID_REQUEST (-32600)
#define FAULT_METHOD (-32601)
#define FAULT_PARAMS (-32602)
#define FAULT_SERVER (-32000) /* ours are FAULT_SERVER - enum error_code */

/* A new value. `code` 0: the one that belongs to error->code. Text that is no UTF-8, as names of
 * files may be, gets replacement characters. */
json_t *fault_to_json(const struct error *error, int code);

/* Never fails: what is missing or out of range is left out, and an error that does not say which of
 * ours it is becomes ERROR_REMOTE. */
void fault_from_json(const json_t *fault, struct error *ret_error);

#endif

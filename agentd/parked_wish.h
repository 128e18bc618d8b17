/* Private to parked*.c: how parked work is written down, and read again. */
#ifndef AGENTD_PARKED_WISH_H
#define AGENTD_PARKED_WISH_H

#include "parked.h"
#include "session.h"

/* Words of rows; PARKED_NOT and LAYERS: none of them. */
enum parked_why parked_why_find(const char *name);
const char *parked_why_name(enum parked_why why);
enum budget_layer parked_layer_find(const char *text);
const char *parked_layer_text(enum budget_layer layer);

/* What a row's `wish` asks for; strings are borrowed from it. */
struct session_wish parked_wish(const json_t *wish, const char *session, const char *event);

#endif

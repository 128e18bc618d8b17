/* What the formats that descend from Chat Completions say alike. */
#ifndef MODEL_CHAT_H
#define MODEL_CHAT_H

#include "transcript.h"

/* {"role":ROLE} at the end of `messages`; borrowed. */
json_t *chat_add_message(json_t *messages, const char *role);

/* A text of the user or the assistant. Behind one of the same role that has nothing but a text it
 * is a paragraph of that, because some templates want the roles to alternate. */
void chat_add_text(json_t *messages, const char *role, const char *text);

/* All system sections as one text, maybe empty (always for QUIRK_NO_SYSTEM: the visitor tells it).
 * The caller frees it. */
char *chat_system_text(const json_t *request, const struct model_target *target);

/* A result's text, with "error: " before it where a failure does not say so itself: these formats
 * have no other mark. The caller frees it. */
char *chat_result_text(const struct transcript_call *call);

/* {"name":…,"description":…,"parameters":…} (new reference). */
json_t *chat_function(const json_t *tool);

/* The key as bearer, if there is one. */
int chat_add_key(struct model_http *http, const struct model_target *target, struct error *error);

#endif

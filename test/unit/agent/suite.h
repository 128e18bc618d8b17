/* The suites of test-agent. */
#ifndef AGENT_SUITE_H
#define AGENT_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/agent.h"

int run_heartbeats(void);
int run_sections(void);
int run_checklist(void);
int run_constitution(void);
int run_identity(void);
int run_plan(void);
int run_prompt(void);
int run_article(void);
int run_routes(void);

/* The beats of a file, one "line key: schedule [flags]" each, joined by "; ". Static. */
const char *beats_text(const struct heartbeats *beats);

/* Diagnostics, one "line:column severity code" each, joined by "; ". Infos are left out. Static. */
const char *found_text(const struct diagnostics *found);

#endif

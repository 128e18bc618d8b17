/* Where our own files are, found from the running binary: BUILD/bin/agentd and PREFIX/bin/agentd
 * have ../libexec/agentd and ../share/agentd beside them, so that nothing needs to be installed to
 * run. */
#ifndef BASE_INSTALLATION_H
#define BASE_INSTALLATION_H

/* Absolute path of "libexec/agentd/agentd-session", "share/agentd/agents", … The caller frees it.
 */
char *installation_path(const char *relative);

#endif

#include "session.h"

void session_forget_files(struct session *session)
{
	if (session->files)
		sources_clear(session->files);
	free(steal_pointer(&session->files));
}

/* The hash comes first: what changes while the files are read is a change that it has not seen. */
bool session_read_files(struct session *session, struct resident *resident)
{
	const struct workspace *workspace = session->daemon->workspace;
	struct sources sources = { 0 };
	_fd_ int dir = -1;

	session_forget_files(session);
	if (session->outcome != OUTCOME_NONE || !resident->agent)
		return true;
	if (session->key)
		workspace_inputs_given(workspace, session->agent, session->given, NULL);
	if (workspace_agent_open(workspace, session->agent, &dir, NULL) ||
	    workspace_read_all(dir, session->agent, &sources, NULL))
		return true;
	if (saving_holds_session(session->daemon, resident, session->id, &sources)) {
		sources_clear(&sources);
		return false;
	}
	session->files = xcalloc(1, sizeof(*session->files));
	*session->files = sources;
	return true;
}

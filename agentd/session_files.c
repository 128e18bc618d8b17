#include "session.h"

void session_forget_files(struct session *session)
{
	if (session->files)
		sources_clear(session->files);
	free(steal_pointer(&session->files));
}

static bool read_whole(struct session *session, struct resident *resident)
{
	const struct workspace *workspace = session->daemon->workspace;
	struct sources sources = { 0 };
	_fd_ int dir = -1;

	session_forget_files(session);
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

/* The hash comes first: what changes while the files are read is a change that it has not seen. It
 * takes a look at all that the agent has, too long for each of the looks at files that it waits
 * for.
 */
bool session_read_files(struct session *session, struct resident *resident)
{
	if (session->outcome != OUTCOME_NONE || !resident->agent) {
		session_forget_files(session);
		return true;
	}
	if (saving_waits(resident) && !read_whole(session, resident))
		return false;
	if (session->key)
		workspace_inputs_given(session->daemon->workspace, session->agent, session->given,
				       NULL);
	return read_whole(session, resident);
}

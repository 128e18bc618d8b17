#include "upgrade.h"

#include "alerts.h"

#include "base/installation.h"

#define VERSION_MAX 64
#define INCIDENT "upgrade"

/* Not to be read: it is being installed, or was put together by hand. Then a start tells. */
static bool version_read(char out[VERSION_MAX])
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(VERSION_MAX);
	_free_ char *folder = installation_path("libexec/agentd");
	struct span version;
	_fd_ int dir = -1;

	if (directory_open(folder, &dir, NULL) || file_read(dir, "version", &text, NULL, NULL))
		return false;
	version = span_trim(buffer_span(&text));
	if (!version.length || version.length >= VERSION_MAX)
		return false;
	memcpy(out, version.data, version.length);
	out[version.length] = '\0';
	return true;
}

bool upgrade_waits(struct daemon *daemon)
{
	char version[VERSION_MAX];

	if (!version_read(version))
		return false;
	if (strcmp(version, AGENTD_VERSION)) {
		alert_raise(daemon, INCIDENT, NULL,
			    "agentd was replaced by another version while it runs: it is to be "
			    "restarted",
			    "agentd %s runs, and its programs on disk are of version %s: restart "
			    "agentd; until then no session is started, and all goes on afterwards",
			    AGENTD_VERSION, version);
		return true;
	}
	if (alert_is_open(daemon, INCIDENT))
		alert_over(daemon, INCIDENT, "agentd and its programs are of one version again");
	return false;
}

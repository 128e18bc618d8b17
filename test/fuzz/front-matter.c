/* The same bytes as agentd.yaml and as front matter. */
#include "settings/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a buffer of its own (2 KiB) when it reports some errors, though parser and
 * diagnostics are destroyed. What we allocate does not pass through it and is looked for. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { (const char *)data, size };
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "SOUL.md" };
	CLEANUP(settings_free) struct settings *settings = NULL;
	struct error error;

	for (int file = FRONT_MATTER_SOUL; file <= FRONT_MATTER_HEARTBEAT; file++) {
		CLEANUP(front_matter_clear) struct front_matter matter;

		front_matter_parse(bytes, 2, (enum front_matter_file)file, &matter, &found);
	}
	if (!settings_parse(bytes, &settings, &found, &error) && !settings_route(settings, NULL))
		abort();
	return 0;
}

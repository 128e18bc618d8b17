#include "historian.h"
#include "place.h"
#include "tree.h"

#include "base/clock.h"
#include "base/installation.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ignored[] = "# Each agent has a repository of its own; .agentd is the daemon's.\n"
			      "/agents/*/\n"
			      "/.agentd/\n";

static const char readme[] =
	"# A workspace of agentd\n"
	"\n"
	"This repository holds agentd.yaml, shared/ and tasks/. **A clone of it has no agent in it**: each\n"
	"folder under agents/ is a repository of its own. `agentctl backup FILE` bundles all of them.\n";

/* ---- what is found on this machine ---- */

/* Is an Ollama listening on its usual port of this machine? */
static bool ollama_is_there(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(11434),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !connect(fd, (const struct sockaddr *)&to, sizeof(to));
}

static const struct {
	const char *variable, *name, *kind, *model, *price;
} hosted[] = {
	{ "ANTHROPIC_API_KEY", "claude", "anthropic", "claude-sonnet-4-5",
	  "{input: 3, output: 15, cache_read: 0.3, cache_write: 3.75}" },
	{ "OPENAI_API_KEY", "openai", "openai", "gpt-5-mini",
	  "{input: 0.25, output: 2, cache_read: 0.025}" },
};

/* Returns how many were found. */
static int write_providers(struct buffer *out)
{
	CLEANUP(buffer_clear) struct buffer models = BUFFER(4096), route = BUFFER(256);
	int found = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(hosted); i++) {
		if (!getenv(hosted[i].variable))
			continue;
		buffer_printf(out, "%s  %s: {kind: %s, api_key: {env: %s}}\n",
			      found ? "" : "providers:\n", hosted[i].name, hosted[i].kind,
			      hosted[i].variable);
		buffer_printf(&models,
			      "  # check the price: it is what limits are counted in\n"
			      "  %s: {provider: %s, name: %s, usd_per_mtok: %s}\n",
			      hosted[i].name, hosted[i].name, hosted[i].model, hosted[i].price);
		buffer_printf(&route, "%s%s", found++ ? ", " : "", hosted[i].name);
	}
	if (ollama_is_there()) {
		buffer_printf(out, "%s  local: {kind: ollama}\n", found ? "" : "providers:\n");
		buffer_append_text(&models,
				   "  # a model that you have pulled\n"
				   "  local: {provider: local, name: \"qwen3:4b\", free: true}\n");
		buffer_printf(&route, "%slocal", found++ ? ", " : "");
	}
	if (found)
		buffer_printf(out, "models:\n%sroutes:\n  default: [%s]\n", models.data,
			      route.data);
	return found;
}

static int write_settings(int dir, int *ret_providers, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer yaml = BUFFER(16384);
	char zone[65];

	zone_host_name(zone);
	buffer_printf(
		&yaml,
		"# What this workspace may use and spend. Only people write this file; a save is in\n"
		"# force at once. All keys: agentd.yaml(5).\n"
		"timezone: %s\n",
		zone);
	*ret_providers = write_providers(&yaml);
	if (!*ret_providers)
		buffer_append_text(
			&yaml,
			"# No model is configured: agents act out their REHEARSAL.md, and nothing is\n"
			"# called or spent. To connect one, for instance:\n"
			"# providers:\n"
			"#   claude: {kind: anthropic, api_key: {env: ANTHROPIC_API_KEY}}\n"
			"# models:\n"
			"#   strong: {provider: claude, name: claude-sonnet-4-5,\n"
			"#            usd_per_mtok: {input: 3, output: 15, cache_read: 0.3, "
			"cache_write: 3.75}}\n"
			"# routes:\n"
			"#   default: [strong]\n");
	return file_replace(dir, "agentd.yaml", buffer_span(&yaml), 0644, error);
}

/* An example's agentd.yaml gets the host's zone. */
static int set_zone(int dir, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer old = BUFFER(65536), new = BUFFER(65536);
	struct span rest, line;
	char zone[65];
	int result = file_read(dir, "agentd.yaml", &old, NULL, error);

	if (result)
		return result;
	zone_host_name(zone);
	rest = buffer_span(&old);
	while (span_next_line(&rest, &line))
		if (span_starts_with(line, SPAN("timezone:")))
			buffer_printf(&new, "timezone: %s\n", zone);
		else
			buffer_printf(&new, "%.*s\n", (int)line.length, line.data);
	return file_replace(dir, "agentd.yaml", buffer_span(&new), 0644, error);
}

/* ---- the folder ---- */

/* A workspace in somebody's repository would be committed by both. */
static int refuse_nested(const char *path, struct error *error)
{
	_free_ char *at = realpath(path, NULL);
	char *slash;

	if (!at)
		return error_set_system(error, errno, "%s", path);
	do {
		_free_ char *git = xasprintf("%s/.git", at);

		if (!access(git, F_OK))
			return error_set(error, ERROR_EXISTS,
					 "%s is in the git repository %s already; --adopt makes a "
					 "workspace there all the same",
					 path, *at ? at : "/");
		slash = strrchr(at, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
	return 0;
}

static int count_entry(void *context, const char *name, unsigned char type)
{
	(void)type;
	if (strcmp(name, ".git"))
		++*(unsigned *)context;
	return 0;
}

/* May a workspace be made in this folder? */
static int refuse_used(const char *path, int dir, bool adopt, struct error *error)
{
	unsigned entries = 0;
	int result;

	if (!faccessat(dir, "agentd.yaml", F_OK, 0))
		return error_set(error, ERROR_EXISTS, "%s is a workspace already", path);
	if (adopt)
		return 0;
	result = refuse_nested(path, error);
	if (result)
		return result;
	directory_walk(dir, 100000, count_entry, &entries, NULL);
	if (entries)
		return error_set(
			error, ERROR_EXISTS,
			"%s is not empty; choose a new or empty folder, or --adopt this one", path);
	return 0;
}

static int open_empty(const char *path, bool adopt, int *ret_dir, struct error *error)
{
	bool made = !mkdir(path, 0755);
	int result;

	if (!made && errno != EEXIST)
		return error_set_system(error, errno, "making the folder %s", path);
	result = directory_open(path, ret_dir, error);
	if (!result)
		result = refuse_used(path, *ret_dir, adopt, error);
	if (result && made)
		rmdir(path);
	return result;
}

static int fill(int dir, const char *example, int *ret_providers, struct error *error)
{
	static const char *const folders[] = { "agents",       "shared",        "tasks/inbox",
					       "tasks/queued", "tasks/running", "tasks/review",
					       "tasks/done",   "tasks/dead" };
	_free_ char *from = example ? xasprintf("share/agentd/examples/%s", example) : NULL;
	_free_ char *path = example ? installation_path(from) : NULL;
	_free_ char *shared = installation_path("share/agentd/shared");
	int result = 0;

	for (size_t i = 0; !result && i < ARRAY_LENGTH(folders); i++)
		result = directory_make(dir, folders[i], 0755, error);
	if (!result && example)
		result = tree_copy(path, dir, ".", error);
	if (!result && example)
		result = set_zone(dir, error);
	if (!result && faccessat(dir, WORKSPACE_BULLETIN, F_OK, 0))
		result = tree_copy(shared, dir, "shared", error);
	if (!result && faccessat(dir, "agentd.yaml", F_OK, 0))
		result = write_settings(dir, ret_providers, error);
	if (!result && faccessat(dir, ".gitignore", F_OK, 0))
		result = file_replace(dir, ".gitignore", span_of(ignored), 0644, error);
	if (!result && faccessat(dir, "README.md", F_OK, 0))
		result = file_replace(dir, "README.md", span_of(readme), 0644, error);
	return result;
}

/* The workspace's first commit; agents' repositories are made by the daemon. */
static int commit_all(int dir, const char *path, struct error *error)
{
	CLEANUP(historian_stop) struct historian historian = { 0 };
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	json_t *answer;
	int result = workspace_open(path, true, &workspace, NULL, error);

	if (!result)
		result = historian_start(dir, workspace->path, -1, workspace->settings->sandbox_off,
					 &historian, error);
	if (!result)
		result = historian_ask(&historian, "edits",
				       json_pack("{s:s,s:b,s:I}", "repository", ".", "create", 1,
						 "at", (json_int_t)clock_wall_s()),
				       &answer, error);
	if (!result)
		json_decref(answer);
	return result;
}

static int example_known(const char *name, struct error *error)
{
	_free_ char *inside = xasprintf("share/agentd/examples/%s/agentd.yaml", name ? name : "");
	_free_ char *path = installation_path(inside);

	if (!name || (agent_name_valid(span_of(name)) && !access(path, F_OK)))
		return 0;
	return error_set(error, ERROR_NOT_FOUND,
			 "there is no example \"%s\"; there are: support-desk, solo, openclaw",
			 name);
}

static int run(const struct invocation *invocation)
{
	const char *path = invocation->operands[0];
	const char *example = invocation_option(invocation, "example");
	bool adopt = invocation_option(invocation, "adopt") != NULL;
	int providers = -1, result;
	struct error error;
	_fd_ int dir = -1;

	result = example_known(example, &error);
	if (!result)
		result = open_empty(path, adopt, &dir, &error);
	if (!result)
		result = fill(dir, example, &providers, &error);
	if (!result)
		result = commit_all(dir, path, &error);
	if (result)
		return fail(&error);
	printf("%s is a workspace now.\n", path);
	if (providers == 0)
		puts("No model is configured yet: see agentd.yaml there. Until then agents rehearse.");
	printf("Next: ");
	if (!example)
		printf("agentctl -w %s new NAME, then ", path);
	printf("agentd -w %s\n", path);
	return STATUS_DONE;
}

const struct command command_init = {
	.name = "init",
	.operands = "DIR",
	.text = "make a workspace and its repository",
	.more = "In a new or empty folder. Providers are detected (API keys in the environment, a local\n"
		"Ollama) and the host's time zone is set. Never asks anything.",
	.least = 1,
	.most = 1,
	.options = {
		{ "example", 0, "NAME", "begin with support-desk, solo or openclaw" },
		{ "adopt", 0, NULL, "also in a folder that has files or is in a repository" },
	},
	.words = { "support-desk solo openclaw" },
	.run = run,
};

/* Texts that were read in the middle of a save. */
#include "suite.h"

#include "base/clock.h"

#include <fcntl.h>
#include <unistd.h>

#define SOUL "agents/kira/SOUL.md"
#define SOUL_BIT (1U << FILE_SOUL)

struct scene {
	struct site site;
	struct sources sources;
	char in_force[AGENT_FILES][41];
	int64_t now_ms;
};

static void scene_clear(struct scene *scene)
{
	sources_clear(&scene->sources);
	site_clear(&scene->site);
}
CLEANUP_DEFINE_VALUE(struct scene, scene_clear)

static void read_again(struct scene *scene)
{
	_fd_ int dir = -1;

	sources_clear(&scene->sources);
	assert_int_equal(workspace_agent_open(scene->site.workspace, "kira", &dir, NULL), 0);
	assert_int_equal(workspace_read_all(dir, "kira", &scene->sources, NULL), 0);
	scene->now_ms = clock_wall_ms();
}

static unsigned half_saved(const struct scene *scene)
{
	return workspace_half_saved(scene->site.workspace, "kira", &scene->sources, scene->in_force,
				    scene->now_ms);
}

static void scene_make(struct scene *scene)
{
	*scene = (struct scene){ 0 };
	site_make(&scene->site);
	site_open(&scene->site);
	site_add_kira(&scene->site);
	read_again(scene);
	for (size_t i = 0; i < AGENT_FILES; i++)
		memcpy(scene->in_force[i], scene->sources.files[i].id, 41);
	assert_int_equal(half_saved(scene), 0);
}

static int open_soul(const struct scene *scene, int flags)
{
	int fd = openat(scene->site.dir, SOUL, flags | O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void test_open(void **state)
{
	CLEANUP(scene_clear) struct scene scene;
	_fd_ int fd = -1;

	(void)state;
	scene_make(&scene);
	fd = open_soul(&scene, O_APPEND);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), 0); /* nothing was written yet */
	assert_int_equal(fd_write_all(fd, span_of("half of a"), NULL), 0);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), SOUL_BIT);
	fd_close(&fd);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), 0);
}

/* It was open while it was read, and is not when the kernel is asked. */
static void test_read_meanwhile(void **state)
{
	CLEANUP(scene_clear) struct scene scene;

	(void)state;
	scene_make(&scene);
	site_write(&scene.site, SOUL, "half of a");
	read_again(&scene);
	site_write(&scene.site, SOUL, "half of a sentence");
	assert_int_equal(half_saved(&scene), SOUL_BIT);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), 0);
	assert_int_equal(unlinkat(scene.site.dir, SOUL, 0), 0);
	assert_int_equal(half_saved(&scene), SOUL_BIT);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), 0); /* gone is gone */
}

static void test_emptied(void **state)
{
	CLEANUP(scene_clear) struct scene scene;

	(void)state;
	scene_make(&scene);
	site_write(&scene.site, SOUL, "");
	read_again(&scene);
	assert_int_equal(half_saved(&scene), SOUL_BIT);
	scene.now_ms += 1000;
	assert_int_equal(half_saved(&scene), 0);
	scene.now_ms -= 3600 * 1000; /* a clock that was set back holds nobody */
	assert_int_equal(half_saved(&scene), 0);
}

static void test_new(void **state)
{
	CLEANUP(scene_clear) struct scene scene;
	_fd_ int fd = -1;

	(void)state;
	scene_make(&scene);
	scene.in_force[FILE_SOUL][0] = '\0';
	assert_int_equal(half_saved(&scene), 0);
	fd = open_soul(&scene, O_TRUNC);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), SOUL_BIT);
	scene.now_ms += 61 * 1000; /* left open */
	assert_int_equal(half_saved(&scene), 0);
	fd_close(&fd);
	read_again(&scene);
	assert_int_equal(half_saved(&scene), 0); /* it never said anything else */
}

static int reload_whole(const struct site *site, bool *ret_is_another)
{
	struct error error = { 0 };

	return workspace_reload_whole(site->workspace, ret_is_another, NULL, &error);
}

/* agentd.yaml: by the same rule, of the text that is used. */
static void test_settings(void **state)
{
	CLEANUP(site_clear) struct site site;
	_fd_ int fd = -1;
	bool is_another = true;

	(void)state;
	site_make(&site);
	site_open(&site);
	assert_int_equal(reload_whole(&site, &is_another), 0);
	assert_false(is_another);
	fd = openat(site.dir, "agentd.yaml", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(reload_whole(&site, &is_another), -(int)ERROR_BUSY);
	assert_int_equal(fd_write_all(fd, span_of("timezone: Europe/Ber"), NULL), 0);
	assert_int_equal(reload_whole(&site, &is_another), -(int)ERROR_BUSY);
	assert_string_equal(zone_name(site.workspace->zone), "Asia/Taipei");
	assert_int_equal(fd_write_all(fd, span_of("lin\n"), NULL), 0);
	fd_close(&fd);
	assert_int_equal(reload_whole(&site, &is_another), 0);
	assert_true(is_another);
	assert_string_equal(zone_name(site.workspace->zone), "Europe/Berlin");
	assert_int_equal(reload_whole(&site, &is_another), 0);
	assert_false(is_another);
	site_write(&site, "agentd.yaml", "timezone: [\n");
	assert_true(reload_whole(&site, &is_another) < 0);
	assert_true(is_another);
	assert_int_equal(reload_whole(&site, &is_another), 0); /* complained of once */
	assert_false(is_another);
	assert_int_equal(unlinkat(site.dir, "agentd.yaml", 0), 0);
	assert_int_equal(reload_whole(&site, &is_another), -(int)ERROR_NOT_FOUND);
	assert_int_equal(reload_whole(&site, &is_another), 0);
	assert_string_equal(zone_name(site.workspace->zone), "Europe/Berlin");
}

/* Nothing was in force: only what somebody has open, and who reads it whole hears of its errors. */
static void test_settings_first(void **state)
{
	CLEANUP(site_clear) struct site site;
	struct workspace *workspace = NULL;
	struct error error = { 0 };
	_fd_ int fd = -1;

	(void)state;
	site_make(&site);
	fd = openat(site.dir, "agentd.yaml", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(workspace_open_whole(site.path, true, &workspace, NULL, &error),
			 -(int)ERROR_BUSY);
	assert_int_equal(fd_write_all(fd, span_of("timezone: ["), NULL), 0);
	assert_int_equal(workspace_open_whole(site.path, true, &workspace, NULL, &error),
			 -(int)ERROR_BUSY);
	fd_close(&fd);
	assert_true(workspace_open_whole(site.path, true, &workspace, NULL, &error) < 0);
	assert_true(error.line > 0);
	assert_int_equal(unlinkat(site.dir, "agentd.yaml", 0), 0);
	assert_int_equal(symlinkat("real.yaml", site.dir, "agentd.yaml"), 0);
	assert_int_equal(workspace_open_whole(site.path, true, &workspace, NULL, &error),
			 -(int)ERROR_DENIED);
	assert_int_equal(unlinkat(site.dir, "agentd.yaml", 0), 0);
	site_write(&site, "agentd.yaml", "timezone: Europe/Berlin\n");
	assert_int_equal(workspace_open_whole(site.path, true, &site.workspace, NULL, &error), 0);
}

int run_saving(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),     cmocka_unit_test(test_read_meanwhile),
		cmocka_unit_test(test_emptied),  cmocka_unit_test(test_new),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_settings_first),
	};

	return cmocka_run_group_tests_name("workspace saving", tests, NULL, NULL);
}

#include "hook_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "desync.h"
#include "output.h"

/* ---- Where we are ------------------------------------------------------- */

/* "DIR/NAME", if that is an absolute path of something that runs. */
static char *join(const char *dir, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	char *path = malloc(len + name_len + 2);
	if (!path)
		return NULL;
	memcpy(path, dir, len);
	path[len] = '/';
	memcpy(path + len + 1, name, name_len + 1);
	if (*path == '/' && access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *find_in_path(const char *name)
{
	char *found = NULL;

	for (const char *at = getenv("PATH"); at && *at && !found;) {
		size_t len = strcspn(at, ":");
		found = join(at, len, name);
		at += len + (at[len] == ':');
	}
	return found;
}

/* A name with a slash is a path, from where we were started. Its folder is told without
 * dots, which may be read elsewhere; its last part may well be a link. */
static char *find_from_here(const char *called)
{
	const char *slash = strrchr(called, '/');
	char *dir = strndup(called, (size_t)(slash - called) + 1);
	char *real = dir ? realpath(dir, NULL) : NULL;
	char *found =
		real ? join(real, strcmp(real, "/") == 0 ? 0 : strlen(real), slash + 1) : NULL;

	free(real);
	free(dir);
	return found;
}

char *cli_own_path(const char *called)
{
	return strchr(called, '/') ? find_from_here(called) : find_in_path(called);
}

const char *cli_from_here(const char *line)
{
	char here[4096];

	if (!getcwd(here, sizeof here))
		return line;
	size_t len = strlen(here);
	return strncmp(line, here, len) == 0 && line[len] == '/' ? line + len + 1 : line;
}

/* ---- What the gate would say ------------------------------------------------ */

static size_t count_errors(const ds_result *result)
{
	size_t count = 0;
	const ds_finding *finding;

	for (size_t i = 0; (finding = ds_result_finding(result, i)); i++)
		count += finding->severity == DS_ERROR;
	return count;
}

static void say_ways_out(const struct cli_options *options, size_t count)
{
	printf("%zu %s staged already and would block every commit", count,
	       count == 1 ? "desync is" : "desyncs are");
	if (options->directory) {
		fputs(" in ", stdout);
		cli_put(stdout, options->directory);
	}
	puts(":");
	puts("  repair what is there:  desync-scan --staged -v has the commands\n"
	     "  or let it pass:        desync-scan --staged --write-baseline, and commit that");
}

/* A gate that checks nothing works, and has to say so all the same. */
static void say_idle(const struct cli_program *program, const ds_summary *summary)
{
	if (summary->idle)
		cli_say_notes(program, summary->notes);
}

void cli_say_present(const struct cli_program *program, const struct cli_options *options,
		     bool installed)
{
	ds_open_options from = {.size = sizeof from, .origin = DS_INDEX, .may_be_none = true};
	ds_repo *repo = NULL;
	ds_result *result = NULL;
	ds_error err;

	int status = ds_open(&repo, options->directory, &from, &err);
	if (!status && repo)
		status = ds_scan(&result, repo, NULL, &err);
	if (status)
		cli_complain(program->name, "what is staged: %s", err.message);
	size_t count = result && installed ? count_errors(result) : 0;
	if (count)
		say_ways_out(options, count);
	if (result)
		say_idle(program, ds_result_summary(result));
	ds_result_free(result);
	ds_close(repo);
}

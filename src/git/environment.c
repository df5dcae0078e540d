#define _GNU_SOURCE /* environ */
#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The program -------------------------------------------------------- */

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

int ds_git_find(struct ds_buf *path, ds_error *err)
{
	const char *at = getenv("PATH");

	while (at && *at) {
		size_t len = strcspn(at, ":");
		ds_buf_cut(path, 0);
		ds_buf_append(path, at, len);
		ds_buf_puts(path, "/git");
		if (path->failed)
			return ds_fail_memory(err);
		if (*at == '/' && is_program(path->bytes))
			return 0;
		at += len + (at[len] == ':');
	}
	return ds_fail(err, DS_TROUBLE, "git is not installed: no folder of PATH has it");
}

/* ---- Its environment ---------------------------------------------------- */

/* What `git rev-parse --local-env-vars` lists, without what configures; and where a push
 * is received. */
static const char *const of_repository[] = {
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_COMMON_DIR",
	"GIT_CONFIG",
	"GIT_DIR",
	"GIT_GRAFT_FILE",
	"GIT_IMPLICIT_WORK_TREE",
	"GIT_INDEX_FILE",
	"GIT_INTERNAL_SUPER_PREFIX",
	"GIT_NO_REPLACE_OBJECTS",
	"GIT_OBJECT_DIRECTORY",
	"GIT_PREFIX",
	"GIT_QUARANTINE_PATH",
	"GIT_REPLACE_REF_BASE",
	"GIT_SHALLOW_FILE",
	"GIT_WORK_TREE",
	NULL,
};

/* How paths are to be understood is ours to say. */
static const char *const of_paths[] = {
	"GIT_GLOB_PATHSPECS",
	"GIT_ICASE_PATHSPECS",
	"GIT_LITERAL_PATHSPECS",
	"GIT_NOGLOB_PATHSPECS",
	NULL,
};

/* Contents are judged as they are, whatever refs/replace puts in their place, and so are
 * parents, whatever info/grafts says. */
static const char *const of_reading[] = {
	"GIT_ALLOW_PROTOCOL=none",  "GIT_GRAFT_FILE=/dev/null",
	"GIT_LITERAL_PATHSPECS=1",  "GIT_NO_LAZY_FETCH=1",
	"GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0",
	"GIT_TERMINAL_PROMPT=0",    NULL,
};

static const char *const of_writing[] = {"GIT_TERMINAL_PROMPT=0", NULL};

static const struct {
	bool here;
	const char *const *set;
} kinds[] = {
	[DS_GIT_HERE] = {true, of_reading},
	[DS_GIT_READS] = {false, of_reading},
	[DS_GIT_WRITES] = {false, of_writing},
};

static bool is_among(const char *const *names, const char *variable)
{
	size_t len = strcspn(variable, "=");
	for (; *names; names++)
		if (strcspn(*names, "=") == len && memcmp(*names, variable, len) == 0)
			return true;
	return false;
}

static bool is_kept(enum ds_git_kind kind, const char *variable)
{
	return !is_among(of_paths, variable) && !is_among(kinds[kind].set, variable) &&
	       (kinds[kind].here || !is_among(of_repository, variable));
}

bool ds_git_environment_names_one(void)
{
	for (char **each = environ; each && *each; each++)
		if (is_among(of_repository, *each))
			return true;
	return false;
}

char **ds_git_environment(enum ds_git_kind kind)
{
	const char *const *set = kinds[kind].set;
	size_t room = 1;
	size_t count = 0;

	for (char **each = environ; each && *each; each++)
		room++;
	for (size_t i = 0; set[i]; i++)
		room++;
	char **made = calloc(room, sizeof *made);
	if (!made)
		return NULL;
	for (char **each = environ; each && *each; each++)
		if (is_kept(kind, *each))
			made[count++] = *each;
	for (; *set; set++)
		made[count++] = (char *)*set;
	return made;
}

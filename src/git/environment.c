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

/* What `git rev-parse --local-env-vars` lists, without what configures; where a push
 * is received; and how paths are to be understood, which is ours to say. */
static const char *const cleared[] = {
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_COMMON_DIR",
	"GIT_CONFIG",
	"GIT_DIR",
	"GIT_GLOB_PATHSPECS",
	"GIT_GRAFT_FILE",
	"GIT_ICASE_PATHSPECS",
	"GIT_IMPLICIT_WORK_TREE",
	"GIT_INDEX_FILE",
	"GIT_INTERNAL_SUPER_PREFIX",
	"GIT_LITERAL_PATHSPECS",
	"GIT_NOGLOB_PATHSPECS",
	"GIT_NO_REPLACE_OBJECTS",
	"GIT_OBJECT_DIRECTORY",
	"GIT_PREFIX",
	"GIT_QUARANTINE_PATH",
	"GIT_REPLACE_REF_BASE",
	"GIT_SHALLOW_FILE",
	"GIT_WORK_TREE",
};

static const char *const of_reading[] = {
	"GIT_ALLOW_PROTOCOL=none", "GIT_LITERAL_PATHSPECS=1", "GIT_NO_LAZY_FETCH=1",
	"GIT_OPTIONAL_LOCKS=0",    "GIT_TERMINAL_PROMPT=0",
};

static const char *const of_writing[] = {"GIT_TERMINAL_PROMPT=0"};

static const struct {
	const char *const *set;
	size_t count;
} kinds[] = {
	[DS_GIT_READS] = {of_reading, sizeof of_reading / sizeof *of_reading},
	[DS_GIT_WRITES] = {of_writing, sizeof of_writing / sizeof *of_writing},
};

static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

static bool is_cleared(const char *variable)
{
	size_t len = name_length(variable);
	for (size_t i = 0; i < sizeof cleared / sizeof *cleared; i++)
		if (strlen(cleared[i]) == len && memcmp(cleared[i], variable, len) == 0)
			return true;
	return false;
}

static bool is_set(enum ds_git_kind kind, const char *variable)
{
	size_t len = name_length(variable);
	for (size_t i = 0; i < kinds[kind].count; i++)
		if (name_length(kinds[kind].set[i]) == len &&
		    memcmp(kinds[kind].set[i], variable, len) == 0)
			return true;
	return false;
}

char **ds_git_environment(enum ds_git_kind kind)
{
	size_t room = kinds[kind].count + 1;
	size_t count = 0;

	for (char **each = environ; each && *each; each++)
		room++;
	char **made = calloc(room, sizeof *made);
	if (!made)
		return NULL;
	for (char **each = environ; each && *each; each++)
		if (!is_cleared(*each) && !is_set(kind, *each))
			made[count++] = *each;
	for (size_t i = 0; i < kinds[kind].count; i++)
		made[count++] = (char *)kinds[kind].set[i];
	return made;
}

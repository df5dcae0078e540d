/* Where the state of a file's transactions lives: found by where files really are,
 * not by what the environment says. Only looks; what cannot be looked at fails. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "txn.h"

enum { POINTER_LIMIT = PATH_MAX + 16 };

/* The path of `name` in `dir`; freed by the caller. */
static char *joined(const char *dir, const char *name)
{
	size_t len = strlen(dir) + strlen(name) + 2;
	char *path = malloc(len);
	if (path)
		snprintf(path, len, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
	return path;
}

/* -1 with errno where it cannot be known. */
static int has(const char *dir, const char *name)
{
	struct stat st;
	char *path = joined(dir, name);
	int there = path ? lstat(path, &st) == 0 : -1;
	int why = path ? errno : ENOMEM;

	if (path && !there && why != ENOENT && why != ENOTDIR)
		there = -1;
	free(path);
	errno = why;
	return there;
}

/* As git itself recognises one; -1 with errno where it cannot be known. */
static int is_git_directory(const char *dir)
{
	static const char *const either[] = {"commondir", "objects"};
	int is = has(dir, "HEAD");

	for (int i = 0, found = 0; i < 2 && is > 0; i++) {
		found = has(dir, either[i]);
		if (found && i == 1)
			found = found < 0 ? found : has(dir, "refs");
		if (found)
			return found;
	}
	return is < 0 ? is : 0;
}

/* ---- A ".git" that is a file ------------------------------------------- */

/* What follows "gitdir: " in it, in a buffer of POINTER_LIMIT. */
static bool read_pointer(const char *path, char *line)
{
	static const char key[] = "gitdir: ";
	size_t key_len = sizeof key - 1;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t got = read(fd, line, POINTER_LIMIT - 1);
	close(fd); /* only read from: nothing to lose */
	if (got < (ssize_t)key_len || memcmp(line, key, key_len) != 0)
		return false;
	line[got] = '\0';
	memmove(line, line + key_len, (size_t)got - key_len + 1);
	line[strcspn(line, "\r\n")] = '\0';
	return *line != '\0';
}

/* Where that leads, absolute, if it is a git directory; freed by the caller. */
static char *follow_pointer(const char *dir, const char *path)
{
	char line[POINTER_LIMIT];
	char *found = NULL;

	if (!read_pointer(path, line))
		return NULL;
	char *named = *line == '/' ? strdup(line) : joined(dir, line);
	if (named)
		found = realpath(named, NULL);
	free(named);
	if (found && is_git_directory(found) > 0)
		return found;
	free(found);
	return NULL;
}

/* ---- Walking up --------------------------------------------------------- */

enum step { GO_ON, FOUND, STOP, FAILED };

static int fail_pointer(const char *path, ds_error *err)
{
	return ds_fail_path(err, DS_TROUBLE, path,
			    "does not lead to a git directory: mend it, or remove it");
}

/* Looks for a ".git" in the directory. */
static enum step look_for_git(char **git_dir, const char *dir, ds_error *err)
{
	struct stat st;
	char *path = joined(dir, ".git");
	enum step step = GO_ON;

	*git_dir = NULL;
	if (!path) {
		ds_fail_memory(err);
		return FAILED;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		/* An empty one still ends the walk: other programs take it for the top. */
		int is = is_git_directory(path);
		*git_dir = is > 0 ? realpath(path, NULL) : NULL;
		step = *git_dir ? FOUND : is == 0 ? STOP : FAILED;
		if (step == FAILED)
			ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	} else if (lstat(path, &st) == 0) {
		*git_dir = S_ISREG(st.st_mode) ? follow_pointer(dir, path) : NULL;
		step = *git_dir ? FOUND : FAILED;
		if (!*git_dir)
			fail_pointer(path, err);
	} else if (errno != ENOENT && errno != ENOTDIR) {
		ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
		step = FAILED;
	} else if (is_git_directory(dir) > 0) {
		ds_fail_path(err, DS_TROUBLE, dir,
			     "the inside of a git directory, or a bare repository: nothing in it "
			     "is changed");
		step = FAILED;
	}
	free(path);
	return step;
}

/* The parent directory in place; false at the end of the file system. */
static bool go_up(char *dir)
{
	struct stat here;
	struct stat above;
	char *slash = strrchr(dir, '/');

	if (strcmp(dir, "/") == 0 || stat(dir, &here) != 0)
		return false;
	slash[slash == dir ? 1 : 0] = '\0';
	return stat(dir, &above) == 0 && above.st_dev == here.st_dev;
}

static int fill(struct ds_place *place, const char *top, const char *state_parent,
		const char *state_name, bool in_git, ds_error *err)
{
	struct stat st;

	place->top = strdup(top);
	place->state = joined(state_parent, state_name);
	place->in_git = in_git;
	if (!place->top || !place->state)
		return ds_fail_memory(err);
	if (stat(top, &st) != 0)
		return ds_fail_path(err, DS_TROUBLE, top, strerror(errno));
	place->owner = st.st_uid;
	place->group = st.st_gid;
	return 0;
}

static int walk(struct ds_place *place, char *at, const char *without_git, ds_error *err)
{
	char *git_dir;
	enum step step;

	do
		step = look_for_git(&git_dir, at, err);
	while (step == GO_ON && go_up(at));
	if (step == FAILED)
		return DS_TROUBLE;
	int status = step == FOUND ? fill(place, at, git_dir, "desync", true, err)
				   : fill(place, without_git, without_git, ".desync", false, err);
	free(git_dir);
	return status;
}

int ds_place_find(struct ds_place *out, const char *directory, const char *fallback, ds_error *err)
{
	char *at = realpath(directory, NULL);
	char *without_git = at ? realpath(fallback ? fallback : at, NULL) : NULL;
	int status;

	if (!without_git)
		status = ds_fail_path(err, DS_TROUBLE, at ? fallback : directory, strerror(errno));
	else
		status = walk(out, at, without_git, err);
	free(at);
	free(without_git);
	return status;
}

void ds_place_free(struct ds_place *place)
{
	free(place->top);
	free(place->state);
	*place = (struct ds_place){0};
}

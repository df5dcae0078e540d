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

/* 1 there, 0 not there, -1 with errno: what cannot be looked at is not taken for absent,
 * or two writers could go by two locks. */
static int has(const char *dir, const char *name)
{
	struct stat st;
	char *path = joined(dir, name);
	int there = !path                                 ? -1
		    : lstat(path, &st) == 0               ? 1
		    : errno == ENOENT || errno == ENOTDIR ? 0
							  : -1;
	int why = errno;
	free(path);
	errno = why;
	return there;
}

/* As git itself recognises one: 1, 0 or -1. */
static int is_git_directory(const char *dir)
{
	int head = has(dir, "HEAD");
	int common = head == 1 ? has(dir, "commondir") : 0;
	int objects = head == 1 && common == 0 ? has(dir, "objects") : 0;
	int refs = objects == 1 ? has(dir, "refs") : 0;

	if (head < 0 || common < 0 || objects < 0 || refs < 0)
		return -1;
	return common || refs;
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
	if (!found || is_git_directory(found) == 1)
		return found;
	free(found);
	return NULL;
}

/* ---- Walking up --------------------------------------------------------- */

enum step { GO_ON, FOUND, STOP, FAILED };

static enum step fail(const char *path, const char *why, ds_error *err)
{
	ds_fail_path(err, DS_TROUBLE, path, why);
	return FAILED;
}

/* A ".git" that is a directory. An empty one still ends the walk: other programs take it
 * for the top. */
static enum step enter(char **git_dir, const char *path, ds_error *err)
{
	int is_one = is_git_directory(path);

	if (is_one == 0)
		return STOP;
	if (is_one == 1)
		*git_dir = realpath(path, NULL);
	return *git_dir ? FOUND : fail(path, strerror(errno), err);
}

static enum step follow(char **git_dir, const char *dir, const char *path, bool is_file,
			ds_error *err)
{
	*git_dir = is_file ? follow_pointer(dir, path) : NULL;
	return *git_dir
		       ? FOUND
		       : fail(path, "does not lead to a git directory: mend it, or remove it", err);
}

static enum step look_around(const char *dir, ds_error *err)
{
	int inside = is_git_directory(dir);

	if (inside == 0)
		return GO_ON;
	return fail(dir,
		    inside < 0 ? strerror(errno)
			       : "the inside of a git directory, or a bare repository: nothing in "
				 "it is changed",
		    err);
}

/* Looks for a ".git" in the directory. */
static enum step look_for_git(char **git_dir, const char *dir, ds_error *err)
{
	struct stat st;
	char *path = joined(dir, ".git");
	enum step step;

	*git_dir = NULL;
	if (!path) {
		ds_fail_memory(err);
		return FAILED;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		step = enter(git_dir, path, err);
	else if (lstat(path, &st) == 0)
		step = follow(git_dir, dir, path, S_ISREG(st.st_mode), err);
	else if (errno != ENOENT && errno != ENOTDIR)
		step = fail(path, strerror(errno), err);
	else
		step = look_around(dir, err);
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

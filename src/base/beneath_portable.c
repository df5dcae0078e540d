#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { NAME_LIMIT = 255 };

/* Opens one component and drops the directory it was in. */
static int step(int dir, bool owned, const char *name, size_t len, int flags)
{
	char component[NAME_LIMIT + 1];
	int fd = -1;
	int why = ENAMETOOLONG;

	if (len <= NAME_LIMIT) {
		memcpy(component, name, len);
		component[len] = '\0';
		why = EXDEV;
		if (strcmp(component, "..") != 0) {
			fd = openat(dir, component, flags | O_NOFOLLOW | O_CLOEXEC);
			why = errno;
		}
	}
	if (owned)
		close(dir); /* only read from: nothing to lose */
	errno = why;
	return fd;
}

/* Goes to the directory that the last component is in; *path moves to that. Never
 * the root itself, so that the caller may always close it. */
static int walk(int root, const char **path)
{
	int dir = root;

	if (**path == '/') {
		errno = EXDEV;
		return -1;
	}
	for (const char *slash; (slash = strchr(*path, '/')); *path = slash + 1) {
		if (slash == *path)
			continue;
		dir = step(dir, dir != root, *path, (size_t)(slash - *path), O_DIRECTORY);
		if (dir < 0)
			return -1;
	}
	if (!**path)
		*path = ".";
	return dir == root ? fcntl(root, F_DUPFD_CLOEXEC, 0) : dir;
}

int ds_open_beneath_portable(int root, const char *path, int extra)
{
	int dir = walk(root, &path);
	if (dir < 0)
		return -1;
	return step(dir, true, path, strlen(path), O_RDONLY | O_NONBLOCK | O_NOCTTY | extra);
}

int ds_look_beneath_portable(int root, const char *path, struct stat *st)
{
	int dir = walk(root, &path);
	if (dir < 0)
		return -1;
	int status = -1;
	int why = EXDEV;
	if (strcmp(path, "..") != 0) {
		status = fstatat(dir, path, st, AT_SYMLINK_NOFOLLOW);
		why = errno;
	}
	close(dir); /* only read from: nothing to lose */
	errno = why;
	return status;
}

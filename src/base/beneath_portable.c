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

int ds_open_beneath_portable(int root, const char *path, int extra)
{
	int dir = root;

	if (*path == '/') {
		errno = EXDEV;
		return -1;
	}
	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		if (slash == path)
			continue;
		int next = step(dir, dir != root, path, (size_t)(slash - path), O_DIRECTORY);
		if (next < 0)
			return -1;
		dir = next;
	}
	return step(dir, dir != root, *path ? path : ".", *path ? strlen(path) : 1,
		    O_RDONLY | O_NONBLOCK | O_NOCTTY | extra);
}

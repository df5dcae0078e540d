#define _GNU_SOURCE
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel asks to be called again when a rename anywhere crossed the walk, and
 * while a writer's lease on the file is being given back: the first is over at
 * once, the second within moments. */
enum { TRIES = 64, TRIES_AT_ONCE = 16 };

static void wait_a_moment(void)
{
	struct timespec millisecond = {.tv_nsec = 1000 * 1000};
	nanosleep(&millisecond, NULL);
}

static int open_resolved(int root, const char *path, int flags, unsigned long long resolve)
{
	struct open_how how;

	memset(&how, 0, sizeof how);
	how.flags = (unsigned long long)(flags | O_CLOEXEC);
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
	for (int i = 0; i < TRIES; i++) {
		int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			return fd;
		if (i >= TRIES_AT_ONCE)
			wait_a_moment();
	}
	errno = EAGAIN;
	return -1;
}

/* ENOSYS: before Linux 5.6. EPERM: a sandbox that does not know the call. */
static bool is_unknown_call(void)
{
	return errno == ENOSYS || errno == EPERM;
}

int ds_open_beneath(int root, const char *path, int extra)
{
	int fd = open_resolved(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | extra, 0);
	if (fd < 0 && is_unknown_call())
		return ds_open_beneath_portable(root, path, extra);
	return fd;
}

int ds_open_without_links(int root, const char *path, int extra)
{
	int fd = open_resolved(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | extra,
			       RESOLVE_NO_SYMLINKS);
	if (fd < 0 && is_unknown_call())
		return ds_open_beneath_portable(root, path, extra);
	return fd;
}

int ds_look_beneath(int root, const char *path, struct stat *st)
{
	int fd = open_resolved(root, path, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0 && is_unknown_call())
		return ds_look_beneath_portable(root, path, st);
	if (fd < 0)
		return -1;
	int status = fstat(fd, st);
	int why = errno;
	close(fd); /* it was never opened for reading: nothing to lose */
	errno = why;
	return status;
}

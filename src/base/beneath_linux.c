#define _GNU_SOURCE
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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

int ds_open_beneath(int root, const char *path, int extra)
{
	struct open_how how;

	memset(&how, 0, sizeof how);
	how.flags = (unsigned long long)(O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | extra);
	how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
	for (int i = 0; i < TRIES; i++) {
		int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
		if (fd >= 0)
			return fd;
		/* ENOSYS: before Linux 5.6. EPERM: a sandbox that does not know the call. */
		if (errno == ENOSYS || errno == EPERM)
			return ds_open_beneath_portable(root, path, extra);
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (i >= TRIES_AT_ONCE)
			wait_a_moment();
	}
	errno = EAGAIN;
	return -1;
}

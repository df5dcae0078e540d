/* The table of calls, filled with the system's own. */
#define _GNU_SOURCE /* flock, d_name as it is */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "beneath.h"
#include "os.h"
#include "special.h"

static int sys_open(int dir, const char *name, int flags, mode_t mode)
{
	/* Never waits for the other end of a FIFO. */
	return openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode);
}

static ssize_t sys_read(int fd, void *to, size_t len, off_t at)
{
	return pread(fd, to, len, at);
}

static int sys_look(int dir, const char *name, struct stat *st)
{
	return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
}

static int sys_access(int dir, const char *name, int mode)
{
	return faccessat(dir, name, mode, AT_EACCESS);
}

static int sys_unlink(int dir, const char *name)
{
	return unlinkat(dir, name, 0);
}

static int sys_remove_dir(int dir, const char *name)
{
	return unlinkat(dir, name, AT_REMOVEDIR);
}

static int sys_list(int dir, int (*each)(void *, const char *), void *context)
{
	const struct dirent *entry;
	int result = 0;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd < 0 ? NULL : fdopendir(fd);

	if (!names) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		errno = why;
		return -1;
	}
	while (!result) {
		errno = 0;
		entry = readdir(names);
		if (!entry) {
			result = errno ? -1 : 0;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = each(context, entry->d_name);
	}
	int why = errno;
	closedir(names); /* only read from: nothing to lose */
	errno = why;
	return result;
}

static int sys_lock(int fd, int operation)
{
	return flock(fd, operation | LOCK_NB);
}

static long long milliseconds(clockid_t clock)
{
	struct timespec now = {0};
	clock_gettime(clock, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long long sys_now_ms(void)
{
	return milliseconds(CLOCK_MONOTONIC);
}

static long long sys_wall_ms(void)
{
	return milliseconds(CLOCK_REALTIME);
}

static void sys_sleep_ms(long ms)
{
	struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	nanosleep(&span, NULL);
}

const struct ds_os ds_os_system = {
	.open = sys_open,
	.open_beneath = ds_open_without_links,
	.close = close,
	.read = sys_read,
	.write = write,
	.truncate = ftruncate,
	.fsync = fsync,
	.syncfs = ds_sync_file_system,
	.stat = fstat,
	.chmod = fchmod,
	.chown = fchown,
	.list_xattr = ds_list_xattr,
	.get_xattr = ds_get_xattr,
	.set_xattr = ds_set_xattr,
	.remove_xattr = ds_remove_xattr,
	.look = sys_look,
	.access = sys_access,
	.make_dir = mkdirat,
	.unlink = sys_unlink,
	.remove_dir = sys_remove_dir,
	.rename = renameat,
	.swap = ds_swap_names,
	.list = sys_list,
	.lock = sys_lock,
	.take_lease = ds_take_lease,
	.holds_lease = ds_holds_lease,
	.drop_lease = ds_drop_lease,
	.now_ms = sys_now_ms,
	.wall_ms = sys_wall_ms,
	.sleep_ms = sys_sleep_ms,
	.random = ds_random_bytes,
};

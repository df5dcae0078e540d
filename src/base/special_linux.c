#define _GNU_SOURCE
#include "special.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int ds_swap_names(int dir_a, const char *a, int dir_b, const char *b)
{
	return renameat2(dir_a, a, dir_b, b, RENAME_EXCHANGE);
}

int ds_sync_file_system(int fd)
{
	return syncfs(fd);
}

/* ---- Leases ------------------------------------------------------------- */

int ds_take_lease(int fd, bool exclusive)
{
	/* SIGIO, which is what comes without this, would end the process. */
	if (fcntl(fd, F_SETSIG, SIGURG) != 0)
		return -1;
	return fcntl(fd, F_SETLEASE, exclusive ? F_WRLCK : F_RDLCK);
}

bool ds_holds_lease(int fd)
{
	/* While somebody waits, this names what the lease is about to become. */
	int kind = fcntl(fd, F_GETLEASE);
	return kind == F_RDLCK || kind == F_WRLCK;
}

int ds_drop_lease(int fd)
{
	return fcntl(fd, F_SETLEASE, F_UNLCK);
}

/* ---- Who holds a lock --------------------------------------------------- */

static void name_process(struct ds_holder *holder)
{
	char path[64];
	char line[256];
	char state = 0;

	snprintf(path, sizeof path, "/proc/%ld/stat", holder->pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	/* "PID (name) state ...", where the name may hold anything. */
	if (fgets(line, sizeof line, file)) {
		char *open = strchr(line, '(');
		char *close = strrchr(line, ')');
		if (open && close && close > open) {
			snprintf(holder->name, sizeof holder->name, "%.*s", (int)(close - open - 1),
				 open + 1);
			sscanf(close + 1, " %c", &state);
		}
	}
	fclose(file); /* only read from: nothing to lose */
	holder->stopped = state == 'T' || state == 't';
}

bool ds_lock_holder(int fd, struct ds_holder *holder)
{
	struct stat st;
	char line[256];
	char wanted[64];
	bool found = false;

	if (fstat(fd, &st) != 0)
		return false;
	FILE *file = fopen("/proc/locks", "re");
	if (!file)
		return false;
	snprintf(wanted, sizeof wanted, "%02x:%02x:%llu", major(st.st_dev), minor(st.st_dev),
		 (unsigned long long)st.st_ino);
	while (!found && fgets(line, sizeof line, file)) {
		char where[64];
		char pid[24];
		/* "1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF" */
		if (sscanf(line, "%*s FLOCK %*s %*s %23s %63s", pid, where) != 2)
			continue;
		/* It is 0 for a process that is not to be seen from here. */
		*holder = (struct ds_holder){.pid = strtol(pid, NULL, 10)};
		found = holder->pid > 0 && strcmp(where, wanted) == 0;
	}
	fclose(file); /* only read from: nothing to lose */
	/* It may have gone, and left the lock to a process that it started. */
	if (!found || (kill((pid_t)holder->pid, 0) != 0 && errno == ESRCH))
		return false;
	name_process(holder);
	return true;
}

/* ---- Extended attributes ------------------------------------------------ */

static bool has_no_xattrs(void)
{
	return errno == ENOTSUP || errno == ENOSYS;
}

ssize_t ds_list_xattr(int fd, char *names, size_t room)
{
	ssize_t len = flistxattr(fd, names, room);
	return len < 0 && has_no_xattrs() ? 0 : len;
}

ssize_t ds_get_xattr(int fd, const char *name, void *value, size_t room)
{
	return fgetxattr(fd, name, value, room);
}

int ds_set_xattr(int fd, const char *name, const void *value, size_t len)
{
	return fsetxattr(fd, name, value, len, 0);
}

int ds_remove_xattr(int fd, const char *name)
{
	return fremovexattr(fd, name);
}

int ds_random_bytes(void *to, size_t len)
{
	return getentropy(to, len);
}

/* For systems that have a file of their own yet to be written: nothing is to be had,
 * and whoever asks is told so. */
#include "special.h"

#ifndef __linux__
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int not_here(void)
{
	errno = ENOSYS;
	return -1;
}

int ds_swap_names(int dir_a, const char *a, int dir_b, const char *b)
{
	(void)dir_a, (void)a, (void)dir_b, (void)b;
	return not_here();
}

/* So a commit of very many files is refused here, and one of fewer is not. */
int ds_sync_file_system(int fd)
{
	(void)fd;
	return not_here();
}

int ds_take_lease(int fd, bool exclusive)
{
	(void)fd, (void)exclusive;
	return not_here();
}

bool ds_holds_lease(int fd)
{
	(void)fd;
	return false;
}

int ds_drop_lease(int fd)
{
	(void)fd;
	return not_here();
}

bool ds_lock_holder(int fd, struct ds_holder *holder)
{
	(void)fd, (void)holder;
	return false;
}

ssize_t ds_list_xattr(int fd, char *names, size_t room)
{
	(void)fd, (void)names, (void)room;
	return 0;
}

ssize_t ds_get_xattr(int fd, const char *name, void *value, size_t room)
{
	(void)fd, (void)name, (void)value, (void)room;
	return not_here();
}

int ds_set_xattr(int fd, const char *name, const void *value, size_t len)
{
	(void)fd, (void)name, (void)value, (void)len;
	return not_here();
}

int ds_remove_xattr(int fd, const char *name)
{
	(void)fd, (void)name;
	return not_here();
}

int ds_random_bytes(void *to, size_t len)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t got = read(fd, to, len);
	close(fd); /* only read from: nothing to lose */
	return got == (ssize_t)len ? 0 : -1;
}
#endif

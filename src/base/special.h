/*
 * special.h - what POSIX does not have and a transaction needs
 *
 * One file a system: special_linux.c, and special_portable.c, whose functions fail
 * with ENOSYS and so say what cannot be promised there.
 */
#ifndef DS_SPECIAL_H
#define DS_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Exchanges what two names of one file system stand for, in one step. ENOSYS or
 * EINVAL: not here. */
int ds_swap_names(int dir_a, const char *a, int dir_b, const char *b);

/* Writes all of the file system that fd lies on to the disk, and says if that failed. */
int ds_sync_file_system(int fd);

/*
 * A lease on an open file: while it is held, whoever wants to open the file for
 * writing (exclusive: to open it at all) waits until it is dropped, and a shared one
 * can only be had while nobody has it open for writing (exclusive: nobody but us has
 * it open). EAGAIN: somebody has. The signal that somebody waits is SIGURG, which is
 * ignored by default. ENOSYS, EINVAL, ENOLCK, EACCES: none to be had for this file.
 */
int ds_take_lease(int fd, bool exclusive);
bool ds_holds_lease(int fd); /* and nobody waits for it */
int ds_drop_lease(int fd);

/* Who holds a flock on the open file, as far as the system says. */
struct ds_holder {
	long pid;
	char name[32]; /* of its program, or empty */
	bool stopped;
};

bool ds_lock_holder(int fd, struct ds_holder *holder);

/* Extended attributes, an ACL among them; where there are none, the list is empty. */
ssize_t ds_list_xattr(int fd, char *names, size_t room);
ssize_t ds_get_xattr(int fd, const char *name, void *value, size_t room);
int ds_set_xattr(int fd, const char *name, const void *value, size_t len);
int ds_remove_xattr(int fd, const char *name);

/* Bytes that nobody can guess. 0, or -1 with errno. */
int ds_random_bytes(void *to, size_t len);

#endif

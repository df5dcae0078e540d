/*
 * os.h - every call that txn makes to the system, in one table
 *
 * So that a test can fail the N-th call, stop at it, or write down what would be
 * on disk after it, without ptrace and everywhere. Each entry has the meaning and
 * the errno of the function it is named after; what is not POSIX is in
 * base/special.h. Nothing in src/txn calls the system past this table, but for
 * what cannot fail.
 */
#ifndef DS_OS_H
#define DS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct ds_os {
	/* Opening, always with O_CLOEXEC | O_NOFOLLOW added. `open_beneath` follows no
	 * link anywhere on the way and does not leave `dir`. */
	int (*open)(int dir, const char *name, int flags, mode_t mode);
	int (*open_beneath)(int dir, const char *path, int flags);
	int (*close)(int fd);

	/* Files. */
	ssize_t (*read)(int fd, void *to, size_t len, off_t at);
	ssize_t (*write)(int fd, const void *from, size_t len);
	int (*truncate)(int fd, off_t len);
	int (*fsync)(int fd);
	int (*syncfs)(int fd);
	int (*stat)(int fd, struct stat *st);
	int (*chmod)(int fd, mode_t mode);
	int (*chown)(int fd, uid_t uid, gid_t gid);
	ssize_t (*list_xattr)(int fd, char *names, size_t room);
	ssize_t (*get_xattr)(int fd, const char *name, void *value, size_t room);
	int (*set_xattr)(int fd, const char *name, const void *value, size_t len);
	int (*remove_xattr)(int fd, const char *name);

	/* Names. `look` is fstatat that follows no link; `access` asks for the effective
	 * user. */
	int (*look)(int dir, const char *name, struct stat *st);
	int (*access)(int dir, const char *name, int mode);
	int (*make_dir)(int dir, const char *name, mode_t mode);
	int (*unlink)(int dir, const char *name);
	int (*remove_dir)(int dir, const char *name);
	int (*rename)(int from_dir, const char *from, int to_dir, const char *to);
	int (*swap)(int dir_a, const char *a, int dir_b, const char *b);

	/* Names in a directory, one after the other, without "." and ".."; `each`
	 * returns 0 to go on. 0 when all were seen, what `each` returned, or -1. */
	int (*list)(int dir, int (*each)(void *context, const char *name), void *context);

	/* Locks and leases; see base/special.h. `lock`: LOCK_EX, LOCK_SH or LOCK_UN,
	 * never waits. */
	int (*lock)(int fd, int operation);
	int (*take_lease)(int fd, bool exclusive);
	bool (*holds_lease)(int fd);
	int (*drop_lease)(int fd);

	/* Time and chance. */
	long long (*now_ms)(void); /* monotonic */
	long long (*wall_ms)(void);
	void (*sleep_ms)(long ms);
	int (*random)(void *to, size_t len);
};

/* The system itself. */
extern const struct ds_os ds_os_system;

#endif

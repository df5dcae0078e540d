#define _GNU_SOURCE /* pipe2 */
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

/* How long an edit is waited for: a lease makes it wait for us. */
enum { PATIENCE_MS = 15, HANGS = 20, HELD_MS = 2 };

const char *const foreign_names[FOREIGN_KINDS] = {
	[FOREIGN_RENAME] = "rename-replace",
	[FOREIGN_TRUNCATE] = "truncate and write",
	[FOREIGN_APPEND] = "append",
	[FOREIGN_ASIDE] = "move aside, create",
	[FOREIGN_UNLINK] = "unlink and create",
	[FOREIGN_HELD] = "held open, then written",
};

static bool put(const char *path, int flags, const char *token)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
	size_t len = strlen(token);

	if (fd < 0)
		return false;
	bool written = write(fd, token, len) == (ssize_t)len;
	return close(fd) == 0 && written;
}

static bool edit_rename(const char *path, const char *spare, const char *token)
{
	return put(spare, O_CREAT | O_TRUNC, token) && rename(spare, path) == 0;
}

static bool edit_truncate(const char *path, const char *spare, const char *token)
{
	(void)spare;
	return put(path, O_TRUNC, token);
}

static bool edit_append(const char *path, const char *spare, const char *token)
{
	(void)spare;
	return put(path, O_APPEND, token);
}

static bool edit_aside(const char *path, const char *spare, const char *token)
{
	return rename(path, spare) == 0 && put(path, O_CREAT | O_EXCL, token) && unlink(spare) == 0;
}

static bool edit_unlink(const char *path, const char *spare, const char *token)
{
	(void)spare;
	return unlink(path) == 0 && put(path, O_CREAT | O_EXCL, token);
}

/* Whoever opened the file before an exchange writes to what was replaced. */
static bool edit_held(const char *path, const char *spare, const char *token)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	size_t len = strlen(token);

	(void)spare;
	if (fd < 0)
		return false;
	nanosleep(&(struct timespec){.tv_nsec = HELD_MS * 1000000L}, NULL);
	bool written = write(fd, token, len) == (ssize_t)len;
	return close(fd) == 0 && written;
}

static bool (*const edits[FOREIGN_KINDS])(const char *, const char *, const char *) = {
	[FOREIGN_RENAME] = edit_rename, [FOREIGN_TRUNCATE] = edit_truncate,
	[FOREIGN_APPEND] = edit_append, [FOREIGN_ASIDE] = edit_aside,
	[FOREIGN_UNLINK] = edit_unlink, [FOREIGN_HELD] = edit_held,
};

bool foreign_edit(enum foreign_kind kind, const char *path, const char *spare, const char *token)
{
	return edits[kind](path, spare, token);
}

static _Noreturn void wait_and_edit(struct foreign *foreign)
{
	char byte;

	alarm(HANGS);
	close(foreign->go[1]);
	if (read(foreign->go[0], &byte, 1) == 1)
		*foreign->acted =
			foreign_edit(foreign->kind, foreign->path, foreign->spare, foreign->token);
	_exit(0); /* closes `done`, which is the answer */
}

void foreign_begin(struct foreign *foreign)
{
	if (!foreign->acted)
		foreign->acted = world_shared(sizeof *foreign->acted);
	if (pipe2(foreign->go, O_CLOEXEC) != 0 || pipe2(foreign->done, O_CLOEXEC) != 0)
		world_die("foreign");
	*foreign->acted = false;
	foreign->child = fork();
	if (foreign->child < 0)
		world_die("fork");
	if (foreign->child == 0)
		wait_and_edit(foreign);
	close(foreign->done[1]);
}

void foreign_act(void *context)
{
	const struct foreign *foreign = context;
	struct pollfd answer = {.fd = foreign->done[0], .events = POLLIN};
	int saved = errno;

	if (write(foreign->go[1], "", 1) == 1)
		poll(&answer, 1, PATIENCE_MS);
	errno = saved;
}

void foreign_end(struct foreign *foreign)
{
	close(foreign->go[0]);
	close(foreign->go[1]);
	close(foreign->done[0]);
	while (waitpid(foreign->child, NULL, 0) < 0)
		if (errno != EINTR)
			world_die("waitpid");
}

/* What lies where a hook would: the scripts that we write, and those of others. */
#define _GNU_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hooks.h"
#include "hooks_template.h"
#include "sha256.h"

enum {
	READ_LIMIT = 64 << 10, /* no manager's hook, nor ours, is longer */
	LOCK_WAIT_S = 5,       /* who installs is done in milliseconds */
	LOCK_NAP_NS = 10 * 1000 * 1000,
	HASH_LINE = DS_SHA256_HEX + 2, /* "# ", the hash, and the end of the line */
};

static const char marker[] = "#!/bin/sh\n# desync hook ";

/* ---- The text ----------------------------------------------------------- */

/* Appends the template up to the line that sets `name`, and sets that; what follows. */
static const char *fill_in(struct ds_buf *out, const char *template, const char *name,
			   const char *value)
{
	const char *line = strstr(template, name);

	ds_buf_append(out, template, (size_t)(line - template));
	ds_buf_puts(out, name);
	ds_shell_quote(out, ds_text_of(value));
	return strchr(line + 1, '\n');
}

static void hash_line(char line[HASH_LINE + 1], struct ds_text text)
{
	unsigned char digest[DS_SHA256_SIZE];
	char hex[DS_SHA256_HEX];

	ds_sha256_of(text.at, text.len, digest);
	ds_sha256_hex(digest, hex);
	snprintf(line, HASH_LINE + 1, "# %s\n", hex);
}

bool ds_hook_text(struct ds_buf *out, enum ds_hook hook, const char *program)
{
	char line[HASH_LINE + 1];

	const char *rest = fill_in(out, ds_hook_template, "\nhook=", ds_hook_name(hook));
	rest = fill_in(out, rest, "\nprogram=", program);
	ds_buf_puts(out, rest);
	if (out->failed)
		return false;
	hash_line(line, (struct ds_text){out->bytes, out->len});
	return ds_buf_puts(out, line);
}

static bool begins(struct ds_text text, const char *with)
{
	size_t len = strlen(with);
	return text.len >= len && memcmp(text.at, with, len) == 0;
}

/* Of any version: its last line says what the others were. */
static bool is_untouched(struct ds_text text)
{
	char line[HASH_LINE + 1];

	if (ds_text_is(text, ds_hook_template))
		return true;
	if (text.len < HASH_LINE)
		return false;
	struct ds_text above = {text.at, text.len - HASH_LINE};
	hash_line(line, above);
	return memcmp(text.at + above.len, line, HASH_LINE) == 0;
}

/* ---- The file ----------------------------------------------------------- */

void ds_hook_former(char name[64], enum ds_hook hook)
{
	snprintf(name, 64, "%s.desync-former", ds_hook_name(hook));
}

/* Whether something has that name, be it a link that leads nowhere. */
static bool is_there(int dir, const char *name)
{
	struct stat st;
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The beginning of a regular file, through links too: a manager's hook may be one. */
static void read_some(struct ds_buf *out, int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return; /* nothing of ours, then */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ds_buf_reserve(out, READ_LIMIT)) {
		ssize_t got = 1;
		while (got > 0 && out->len < READ_LIMIT) {
			got = read(fd, out->bytes + out->len, READ_LIMIT - out->len);
			out->len += got > 0 ? (size_t)got : 0;
		}
	}
	close(fd);
}

static enum ds_hook_kind kind_of(struct ds_hook_file *file, mode_t mode, struct ds_text text)
{
	if (S_ISDIR(mode))
		return DS_HOOK_FOLDER;
	if (S_ISREG(mode) && begins(text, marker))
		return is_untouched(text) ? DS_HOOK_OURS : DS_HOOK_EDITED;
	file->manager = ds_hook_manager_of_text(text);
	return file->manager ? DS_HOOK_MANAGED : DS_HOOK_FOREIGN;
}

int ds_hook_look(struct ds_hook_file *out, int dir, enum ds_hook hook, const struct ds_buf *text,
		 ds_error *err)
{
	struct stat st;
	struct ds_buf found = {0};
	char former[64];
	const char *name = ds_hook_name(hook);

	*out = (struct ds_hook_file){0};
	ds_hook_former(former, hook);
	out->former = is_there(dir, former);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : ds_fail_path(err, DS_TROUBLE, name, strerror(errno));
	read_some(&found, dir, name);
	if (found.failed)
		return ds_fail_memory(err);
	struct ds_text is = {found.bytes ? found.bytes : "", found.len};
	out->kind = kind_of(out, st.st_mode, is);
	out->runs = faccessat(dir, name, X_OK, 0) == 0;
	out->same = text && ds_text_equal(is, (struct ds_text){text->bytes, text->len});
	ds_buf_free(&found);
	return 0;
}

/* ---- The folder --------------------------------------------------------- */

/* A lock that ends with its holder. Where the file system has none, one goes without:
 * who writes beneath us is found out by the names that must not be there. */
static bool lock(int dir)
{
	struct timespec nap = {.tv_nsec = LOCK_NAP_NS};
	struct timespec since;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &since);
	while (flock(dir, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - since.tv_sec > LOCK_WAIT_S)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

int ds_hook_open(int *out, const char *path, ds_error *err)
{
	struct stat st;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*out = dir;
	if (dir < 0 && errno == ENOENT)
		return lstat(path, &st) != 0 ? 0
					     : ds_fail_path(err, DS_TROUBLE, path,
							    "a link that leads nowhere: git finds "
							    "no hooks there");
	if (dir < 0)
		return ds_fail_path(err, DS_TROUBLE, path,
				    errno == ENOTDIR ? "not a folder: git finds no hooks there"
						     : strerror(errno));
	if (lock(dir))
		return 0;
	close(dir);
	*out = -1;
	return ds_fail_path(err, DS_CONFLICT, path, "somebody else installs hooks there");
}

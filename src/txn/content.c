/* Whole contents through descriptors, and what clings to a file beside them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum { PIECE = 64 * 1024 };

/* pread that is interrupted is tried again, but not forever. */
static ssize_t read_piece(const struct ds_os *os, int fd, void *to, size_t len, off_t at)
{
	ssize_t got = -1;
	for (int i = 0; i < DS_TRIES; i++) {
		got = os->read(fd, to, len, at);
		if (got >= 0 || errno != EINTR)
			break;
	}
	return got;
}

ssize_t ds_content_piece(const struct ds_os *os, int fd, void *to, size_t len, off_t at)
{
	size_t done = 0;
	while (done < len) {
		ssize_t got = read_piece(os, fd, (char *)to + done, len - done, at + (off_t)done);
		if (got <= 0)
			return got < 0 ? -1 : (ssize_t)done;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* ---- Comparing ---------------------------------------------------------- */

enum ds_content ds_content_is(const struct ds_os *os, int fd, struct ds_text bytes)
{
	char piece[PIECE];
	size_t at = 0;

	for (;;) {
		ssize_t got = read_piece(os, fd, piece, sizeof piece, (off_t)at);
		if (got < 0)
			return DS_CONTENT_FAILED;
		if (got == 0)
			return at == bytes.len ? DS_CONTENT_SAME : DS_CONTENT_OTHER;
		if ((size_t)got > bytes.len - at || memcmp(piece, bytes.at + at, (size_t)got) != 0)
			return DS_CONTENT_OTHER;
		at += (size_t)got;
	}
}

int ds_content_hash(const struct ds_os *os, int fd, unsigned char digest[DS_SHA256_SIZE],
		    uint64_t *size)
{
	char piece[PIECE];
	struct ds_sha256 hash;

	*size = 0;
	ds_sha256_begin(&hash);
	for (;;) {
		ssize_t got = read_piece(os, fd, piece, sizeof piece, (off_t)*size);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		ds_sha256_add(&hash, piece, (size_t)got);
		*size += (uint64_t)got;
	}
	ds_sha256_end(&hash, digest);
	return 0;
}

enum ds_content ds_content_hashes(const struct ds_os *os, int fd, uint64_t size,
				  const unsigned char digest[DS_SHA256_SIZE])
{
	unsigned char found[DS_SHA256_SIZE];
	uint64_t found_size;

	if (ds_content_hash(os, fd, found, &found_size) != 0)
		return DS_CONTENT_FAILED;
	return found_size == size && memcmp(found, digest, sizeof found) == 0 ? DS_CONTENT_SAME
									      : DS_CONTENT_OTHER;
}

/* ---- Reading and writing ------------------------------------------------ */

int ds_content_read(const struct ds_os *os, int fd, size_t limit, struct ds_buf *out)
{
	size_t begun = out->len;

	for (;;) {
		if (!ds_buf_reserve(out, PIECE)) {
			errno = ENOMEM;
			return -1;
		}
		ssize_t got =
			read_piece(os, fd, out->bytes + out->len, PIECE, (off_t)(out->len - begun));
		if (got < 0)
			return -1;
		ds_buf_cut(out, out->len + (size_t)got);
		if (got == 0)
			return 0;
		if (out->len - begun > limit) {
			errno = EFBIG;
			return -1;
		}
	}
}

int ds_content_write(const struct ds_os *os, int fd, struct ds_text bytes)
{
	int idle = 0;

	while (bytes.len) {
		ssize_t put = os->write(fd, bytes.at, bytes.len);
		if (put > 0) {
			bytes.at += put;
			bytes.len -= (size_t)put;
			idle = 0;
		} else if (put < 0 && errno != EINTR) {
			return -1;
		} else if (++idle == DS_TRIES) {
			errno = put ? EINTR : EIO;
			return -1;
		}
	}
	return 0;
}

/* ---- Owner, mode, attributes -------------------------------------------- */

/* The value of one attribute, allocated; NULL with errno. */
static char *get_xattr(const struct ds_os *os, int fd, const char *name, size_t *len)
{
	ssize_t size = os->get_xattr(fd, name, NULL, 0);
	char *value = size < 0 ? NULL : malloc((size_t)size + 1);
	if (!value)
		return NULL;
	size = os->get_xattr(fd, name, value, (size_t)size);
	if (size < 0) {
		int why = errno;
		free(value);
		errno = why;
		return NULL;
	}
	*len = (size_t)size;
	return value;
}

/* All names, one behind the other with their NULs, allocated; NULL with errno. */
static char *list_xattrs(const struct ds_os *os, int fd, size_t *len)
{
	ssize_t size = os->list_xattr(fd, NULL, 0);
	char *names = size < 0 ? NULL : malloc((size_t)size + 1);
	if (!names)
		return NULL;
	size = os->list_xattr(fd, names, (size_t)size);
	if (size < 0) {
		int why = errno;
		free(names);
		errno = why;
		return NULL;
	}
	*len = (size_t)size;
	names[*len] = '\0';
	return names;
}

/* Sets it unless it is so already: a label that the system gives to every file may
 * not be ours to set. */
static int copy_xattr(const struct ds_os *os, int to, int from, const char *name)
{
	size_t wanted_len;
	size_t have_len;
	char *wanted = get_xattr(os, from, name, &wanted_len);
	if (!wanted)
		return -1;
	char *have = get_xattr(os, to, name, &have_len);
	int status = 0;
	if (!have || have_len != wanted_len || memcmp(have, wanted, have_len) != 0)
		status = os->set_xattr(to, name, wanted, wanted_len);
	int why = errno;
	free(have);
	free(wanted);
	errno = why;
	return status;
}

static bool has_name(const char *names, size_t len, const char *name)
{
	for (const char *at = names; at < names + len; at += strlen(at) + 1)
		if (strcmp(at, name) == 0)
			return true;
	return false;
}

/* What a new file inherited from the directory it was made in. */
static int drop_strangers(const struct ds_os *os, int to, const char *wanted, size_t len)
{
	size_t have_len;
	char *have = list_xattrs(os, to, &have_len);
	int status = have ? 0 : -1;

	for (const char *at = have; have && at < have + have_len && !status; at += strlen(at) + 1)
		if (!has_name(wanted, len, at) && strncmp(at, "security.", 9) != 0)
			status = os->remove_xattr(to, at);
	int why = errno;
	free(have);
	errno = why;
	return status;
}

static int copy_xattrs(const struct ds_os *os, int to, int from)
{
	size_t len;
	char *names = list_xattrs(os, from, &len);
	if (!names)
		return -1;
	int status = drop_strangers(os, to, names, len);
	for (const char *at = names; at < names + len && !status; at += strlen(at) + 1)
		status = copy_xattr(os, to, from, at);
	int why = errno;
	free(names);
	errno = why;
	return status;
}

int ds_content_dress(const struct ds_os *os, int to, int from, const char **what)
{
	struct stat wanted;
	struct stat have;

	*what = "its owner and mode";
	if (os->stat(from, &wanted) != 0 || os->stat(to, &have) != 0)
		return -1;
	*what = "its owner";
	if ((have.st_uid != wanted.st_uid || have.st_gid != wanted.st_gid) &&
	    os->chown(to, wanted.st_uid, wanted.st_gid) != 0)
		return -1;
	*what = "its extended attributes";
	if (copy_xattrs(os, to, from) != 0)
		return -1;
	/* Last: a change of owner takes bits away, and an ACL writes those of the group. */
	*what = "its mode";
	return os->chmod(to, wanted.st_mode & 07777);
}

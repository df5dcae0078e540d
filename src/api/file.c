#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "sha256.h"
#include "where.h"

enum { PIECE = 64 * 1024 };

void ds_name_content(ds_token *token, const char *bytes, size_t len)
{
	unsigned char digest[DS_SHA256_SIZE];
	ds_sha256_of(bytes, len, digest);
	ds_sha256_hex(digest, token->hex);
}

/* NULL: it may be opened. What is no regular file is not even opened: with a device or
 * a FIFO that alone can do something. */
static const char *why_not(const char *file)
{
	struct stat st;
	if (lstat(file, &st) != 0)
		return strerror(errno);
	if (S_ISLNK(st.st_mode))
		return "a link: name the file that it leads to";
	if (S_ISDIR(st.st_mode))
		return "a directory, not a file";
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	return NULL;
}

static int read_all(struct ds_buf *out, int fd)
{
	for (;;) {
		if (!ds_buf_reserve(out, PIECE))
			return ENOMEM;
		ssize_t got = read(fd, out->bytes + out->len, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			return 0;
		out->len += (size_t)got;
		out->bytes[out->len] = '\0';
		if (out->len > DS_WHOLE_LIMIT)
			return EFBIG;
	}
}

int ds_read_whole(struct ds_buf *out, const char *file, const char *shown, ds_error *err)
{
	struct stat st;
	const char *why = why_not(file);

	ds_buf_cut(out, 0);
	if (why)
		return ds_fail_path(err, DS_TROUBLE, shown, why);
	int fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return ds_fail_path(err, DS_TROUBLE, shown, strerror(errno));
	int failed = fstat(fd, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
	if (!failed)
		failed = read_all(out, fd);
	close(fd); /* only read from: nothing to lose */
	if (failed == ENOMEM)
		return ds_fail_memory(err);
	if (failed == EFBIG)
		return ds_fail_path(err, DS_TROUBLE, shown, "larger than 16 MiB");
	return failed ? ds_fail_path(err, DS_TROUBLE, shown, strerror(failed)) : 0;
}

int ds_read_file(char **bytes, size_t *len, ds_token *token, const char *path, ds_error *err)
{
	struct ds_where where = {0};
	struct ds_buf content = {0};

	*bytes = NULL;
	*len = 0;
	int status = ds_where_find(&where, path, err);
	if (!status)
		status = ds_read_whole(&content, where.file, path, err);
	if (!status && token)
		ds_name_content(token, content.bytes, content.len);
	if (!status) {
		*bytes = content.bytes;
		*len = content.len;
	} else {
		ds_buf_free(&content);
	}
	ds_where_free(&where);
	return status;
}

/* Writing what was found into a baseline. */
#include "baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "desync/git.h"
#include "result.h"

static const char empty[] = "{\n  \"schema_version\": 1,\n  \"findings\": []\n}\n";

/* Freed by the caller; NULL: memory ran out. */
static char *path_of(const ds_repo *repo, const char *file)
{
	struct ds_buf path = {0};

	if (file)
		return strdup(file);
	ds_buf_printf(&path, "%s/%s", repo->root, DS_BASELINE_NAME);
	return path.bytes;
}

/* What is there is replaced by a transaction, which needs something to replace: after a
 * crash in between there is a baseline that lets nothing pass. */
static int make_if_missing(const char *path, ds_error *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 || errno != ENOENT)
		return 0; /* whatever is wrong with it, reading it says */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return ds_fail_path(err, DS_TROUBLE, path, strerror(errno));
	bool well = write(fd, empty, sizeof empty - 1) == sizeof empty - 1;
	if (close(fd) == 0 && well)
		return 0;
	int why = errno;
	unlink(path);
	return ds_fail_path(err, DS_TROUBLE, path, strerror(why));
}

static int compose(struct ds_buf *out, size_t *count, const ds_result *result, const char *path,
		   struct ds_text before, bool warnings, ds_error *err)
{
	struct ds_baseline *old;
	int status = ds_baseline_read(&old, before, path, time(NULL), err);

	if (status)
		return status;
	if (!ds_baseline_write(out, result->findings, result->finding_count,
			       warnings ? DS_WARNING : DS_ERROR, old, count))
		status = ds_fail_memory(err);
	ds_baseline_free(old);
	return status;
}

static int replace(const char *path, size_t *count, const ds_result *result,
		   const ds_baseline_options *options, ds_error *err)
{
	struct ds_buf bytes = {0};
	ds_token token;
	char *before;
	size_t len;

	int status = ds_read_file(&before, &len, &token, path, err);
	if (status)
		return status;
	status = compose(&bytes, count, result, path, (struct ds_text){before, len},
			 options->warnings, err);
	if (!status && !(bytes.len == len && memcmp(bytes.bytes, before, len) == 0))
		status = ds_write_file(path, &token, bytes.bytes, bytes.len,
				       options->apply.size ? &options->apply : NULL, err);
	ds_buf_free(&bytes);
	free(before);
	return status;
}

int ds_write_baseline(char **path, size_t *count, const ds_repo *repo, const ds_result *result,
		      const ds_baseline_options *options, ds_error *err)
{
	ds_baseline_options given;

	ds_take_options(&given, sizeof given, options);
	*count = 0;
	*path = path_of(repo, given.file);
	if (!*path)
		return ds_fail_memory(err);
	int status = make_if_missing(*path, err);
	if (!status)
		status = replace(*path, count, result, &given, err);
	if (status) {
		free(*path);
		*path = NULL;
	}
	return status;
}

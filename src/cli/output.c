#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "desync/change.h"

void cli_complain(const char *program, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "%s: ", program);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void cli_escape(char *out, size_t room, const char *bytes)
{
	size_t len = 0;
	for (; *bytes && len + 5 < room; bytes++) {
		unsigned char c = (unsigned char)*bytes;
		if (c < 0x20 || c >= 0x7f)
			len += (size_t)snprintf(out + len, room - len, "\\x%02x", c);
		else
			out[len++] = *bytes;
	}
	out[len] = '\0';
}

void cli_put_bytes(FILE *stream, const char *bytes, size_t len)
{
	char small[512];
	size_t needed = ds_printable(small, sizeof small, bytes, len);
	char *large = needed < sizeof small ? NULL : malloc(needed + 1);

	if (large)
		ds_printable(large, needed + 1, bytes, len);
	/* Without memory it is cut. */
	fputs(large ? large : small, stream);
	free(large);
}

void cli_put(FILE *stream, const char *string)
{
	cli_put_bytes(stream, string, strlen(string));
}

int cli_finish_stdout(const char *program)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	cli_complain(program, "standard output: %s", strerror(errno));
	return DS_TROUBLE;
}

/* ---- Reports ------------------------------------------------------------ */

int cli_write(void *stream, const char *bytes, size_t len)
{
	errno = 0;
	if (fwrite(bytes, 1, len, stream) == len)
		return 0;
	return errno ? errno : EIO;
}

bool cli_wants_color(const struct cli_options *options, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (options->color != CLI_COLOR_AUTO)
		return options->color == CLI_COLOR_ALWAYS;
	if (options->output || (no_color && *no_color))
		return false;
	return isatty(fd) && (!term || strcmp(term, "dumb") != 0);
}

static int report(const struct cli_options *options, const ds_result *result, const char *format,
		  FILE *stream, ds_error *err)
{
	ds_report_options wanted = {
		.size = sizeof wanted,
		.format = format,
		.color = cli_wants_color(options, STDOUT_FILENO),
		.verbose = options->verbose,
		.strict = options->strict,
	};
	return ds_report(result, &wanted, cli_write, stream, err);
}

static int fail_file(const char *program, const char *path)
{
	char shown[1024];
	int why = errno;
	cli_escape(shown, sizeof shown, path);
	cli_complain(program, "%s: the report could not be written: %s", shown, strerror(why));
	return DS_TROUBLE;
}

/* A file of its own beside the wanted one, with the mode that this has or a new one
 * would have. NULL with errno; *temp is then nothing to remove. */
static FILE *open_beside(const char *path, const struct stat *old, char **temp)
{
	size_t len = strlen(path) + sizeof ".XXXXXX";
	char *name = malloc(len);
	if (!name)
		return NULL;
	snprintf(name, len, "%s.XXXXXX", path);
	int fd = mkstemp(name);
	if (fd < 0) {
		free(name);
		return NULL;
	}
	mode_t mask = umask(0);
	umask(mask);
	mode_t mode = old ? old->st_mode & 0777 : 0666 & ~mask;
	FILE *stream = fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
	if (!stream) {
		int why = errno;
		close(fd);
		unlink(name);
		free(name);
		errno = why;
		return NULL;
	}
	*temp = name;
	return stream;
}

/* A regular file is replaced, so that a reader sees the old report or the new one;
 * through a link, to a device or a FIFO the report is written as it is. */
static FILE *open_output(const char *path, char **temp)
{
	struct stat st;
	bool there = lstat(path, &st) == 0;

	*temp = NULL;
	if (there && !S_ISREG(st.st_mode))
		return fopen(path, "w");
	return open_beside(path, there ? &st : NULL, temp);
}

static int report_to_file(const char *program, const struct cli_options *options,
			  const ds_result *result, const char *format)
{
	ds_error err;
	char *temp;
	FILE *stream = open_output(options->output, &temp);
	int status = 0;

	if (!stream)
		return fail_file(program, options->output);
	status = report(options, result, format, stream, &err);
	if (status)
		cli_complain(program, "%s", err.message);
	if (fclose(stream) != 0 && !status)
		status = fail_file(program, options->output);
	if (!status && temp && rename(temp, options->output) != 0)
		status = fail_file(program, options->output);
	if (status && temp)
		unlink(temp);
	free(temp);
	return status;
}

static int report_to_stdout(const char *program, const struct cli_options *options,
			    const ds_result *result, const char *format)
{
	ds_error err;
	int status = report(options, result, format, stdout, &err);
	if (status)
		cli_complain(program, "%s", err.message);
	else
		status = cli_finish_stdout(program);
	return status;
}

/* Such as /dev/stdout: opened once more it would be written from its beginning. */
static bool is_stdout(const char *path)
{
	struct stat named;
	struct stat own;
	return stat(path, &named) == 0 && fstat(STDOUT_FILENO, &own) == 0 &&
	       named.st_dev == own.st_dev && named.st_ino == own.st_ino;
}

int cli_print_result(const char *program, const struct cli_options *options,
		     const ds_result *result, const char *format)
{
	const char *trouble;

	for (size_t i = 0; (trouble = ds_result_trouble(result, i)); i++)
		cli_complain(program, "%s", trouble);
	if (options->quiet && !options->output)
		return 0;
	return options->output && !is_stdout(options->output)
		       ? report_to_file(program, options, result, format)
		       : report_to_stdout(program, options, result, format);
}

/* ---- Progress ----------------------------------------------------------- */

enum { FIRST_AFTER_MS = 500, AGAIN_AFTER_MS = 100 };

static long long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void cli_progress_begin(struct cli_progress *progress, const struct cli_options *options)
{
	*progress = (struct cli_progress){
		.wanted = isatty(STDERR_FILENO) && !options->quiet,
		.next = now_ms() + FIRST_AFTER_MS,
	};
}

void cli_progress_show(void *context, size_t done, size_t total)
{
	struct cli_progress *progress = context;
	if (!progress->wanted || now_ms() < progress->next)
		return;
	progress->next = now_ms() + AGAIN_AFTER_MS;
	progress->shown = true;
	fprintf(stderr, "\r%zu of %zu items", done, total);
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->shown)
		fputs("\r\x1b[K", stderr);
}

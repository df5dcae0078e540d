#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "program.h"

/* ---- One line: a flat JSON object that the library wrote ----------------- */

struct piece {
	const char *at;
	size_t len;
};

/* The string that begins at `at`, without its quotes; `at` then stands behind it. */
static struct piece take_string(const char **at, const char *end)
{
	const char *from = *at + 1;
	const char *to = from;
	while (to < end && *to != '"')
		to += *to == '\\' && to + 1 < end ? 2 : 1;
	*at = to < end ? to + 1 : end;
	return (struct piece){from, (size_t)(to - from)};
}

static struct piece take_value(const char **at, const char *end)
{
	const char *from = *at;
	if (from < end && *from == '"')
		return take_string(at, end);
	while (*at < end && !strchr(",}", **at))
		++*at;
	return (struct piece){from, (size_t)(*at - from)};
}

static void skip(const char **at, const char *end)
{
	while (*at < end && strchr(" ,:{", **at))
		++*at;
}

/* The value of a member, as it is written there; NULL where it is not there. */
static struct piece member(struct piece line, const char *name)
{
	const char *at = line.at;
	const char *end = line.at + line.len;

	for (;;) {
		skip(&at, end);
		if (at >= end || *at != '"')
			return (struct piece){NULL, 0};
		struct piece key = take_string(&at, end);
		skip(&at, end);
		struct piece value = take_value(&at, end);
		if (key.len == strlen(name) && memcmp(key.at, name, key.len) == 0)
			return value;
	}
}

/* ---- For a person -------------------------------------------------------- */

/* Of the escapes only those of a quote and of a backslash are read: the others stand
 * for what a terminal must not see. */
static void put_piece(struct piece piece)
{
	while (piece.len) {
		const char *slash = memchr(piece.at, '\\', piece.len - 1);
		size_t len = slash ? (size_t)(slash - piece.at) : piece.len;
		cli_put_bytes(stdout, piece.at, len);
		if (slash && strchr("\"\\/", slash[1]))
			fputc(slash[1], stdout);
		else if (slash)
			fwrite(slash, 1, 2, stdout);
		len += slash ? 2 : 0;
		piece.at += len;
		piece.len -= len;
	}
}

/* What stands before each member, in this order. */
static const struct column {
	const char *before;
	const char *name;
} columns[] = {
	{"", "time"},           {" ", "event"},
	{" ", "item"},          {" ", "path"},
	{" ", "field"},         {": ", "from"},
	{" -> ", "to"},         {" expected ", "expected"},
	{" found ", "found"},   {" of ", "interrupted"},
	{", files: ", "files"}, {" by ", "who"},
	{" why: ", "why"},      {" [", "txid"},
};

/* `context` is told that there was one. */
static int print_event(void *context, const char *bytes, size_t len)
{
	struct piece line = {bytes, len};
	bool any = false;

	*(bool *)context = true;
	errno = 0;
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		struct piece value = member(line, columns[i].name);
		if (!value.at)
			continue;
		fputs(columns[i].before, stdout);
		put_piece(value);
		any = true;
	}
	puts(any && member(line, "txid").at ? "]" : "");
	return ferror(stdout) ? (errno ? errno : EIO) : 0;
}

static int print_line(void *context, const char *bytes, size_t len)
{
	*(bool *)context = true;
	errno = 0;
	if (fwrite(bytes, 1, len, stdout) == len && putchar('\n') != EOF)
		return 0;
	return errno ? errno : EIO;
}

/* ---- Which --------------------------------------------------------------- */

/* The log has full ids. What is no item any more is looked for as it was given. */
static char *full_id(ds_repo *repo, const char *id, bool *is_item)
{
	ds_result *result;
	char *full = NULL;
	ds_scan_options wanted = {.size = sizeof wanted, .ids = &id, .id_count = 1, .all = true};

	if (ds_scan(&result, repo, &wanted, NULL) == 0) {
		const ds_item_view *item = ds_result_item(result, 0);
		if (item)
			full = strdup(item->id);
	}
	*is_item = full != NULL;
	ds_result_free(result);
	return full ? full : strdup(id);
}

int cli_print_log(const struct cli_program *program, const struct cli_options *options,
		  ds_repo *repo, ds_error *err)
{
	const char *id = *options->log ? options->log : NULL;
	char *full = NULL;
	bool known = true;
	bool any = false;

	if (!id && options->id_count)
		id = options->ids[0];
	if (id && !(full = full_id(repo, id, &known))) {
		cli_complain(program->name, "out of memory");
		return DS_TROUBLE;
	}
	int status = ds_log(repo, full, options->verbose ? print_line : print_event, &any, err);
	free(full);
	if (!status && !known && !any) {
		fprintf(stderr, "%s: ", program->name);
		cli_put(stderr, id);
		fputs(": no such item, and none in the log\n", stderr);
		status = DS_TROUBLE;
		err->message[0] = '\0';
	}
	return cli_graver(status, cli_finish_stdout(program->name));
}

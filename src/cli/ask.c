#include "ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "output.h"

bool cli_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* ---- Diffs --------------------------------------------------------------- */

/* A diff comes in pieces; what is shown is decided line by line. */
struct view {
	FILE *stream;
	bool escaped;
	bool small;   /* only what goes and what comes, below the name of the file */
	bool in_hunk; /* behind a line that begins with @@ */
	char *line;
	size_t len;
	size_t room;
};

/* Tabs are harmless, and a diff without them is hard to read. */
static void put_escaped(FILE *stream, const char *line, size_t len)
{
	while (len) {
		const char *tab = memchr(line, '\t', len);
		size_t piece = tab ? (size_t)(tab - line) : len;
		cli_put_bytes(stream, line, piece);
		if (tab)
			fputc('\t', stream);
		line += piece + (tab != NULL);
		len -= piece + (tab != NULL);
	}
}

static bool begins(const struct view *view, const char *with)
{
	size_t len = strlen(with);
	return view->len >= len && memcmp(view->line, with, len) == 0;
}

static void show_line(struct view *view)
{
	bool header = !view->in_hunk && begins(view, "+++ ");
	bool change = view->in_hunk && (begins(view, "-") || begins(view, "+"));

	if (begins(view, "diff "))
		view->in_hunk = false;
	else if (begins(view, "@@"))
		view->in_hunk = true;
	if (view->small && !header && !change)
		return;
	size_t skip = view->small && header ? strlen("+++ ") : 0;
	if (skip && view->len > skip + 2 && memcmp(view->line + skip, "b/", 2) == 0)
		skip += 2;
	put_escaped(view->stream, view->line + skip, view->len - skip);
	fputc('\n', view->stream);
}

static int keep(struct view *view, const char *bytes, size_t len)
{
	if (view->len + len > view->room) {
		size_t room = 2 * (view->len + len);
		char *line = realloc(view->line, room);
		if (!line)
			return ENOMEM;
		view->line = line;
		view->room = room;
	}
	memcpy(view->line + view->len, bytes, len);
	view->len += len;
	return 0;
}

static int show_lines(void *context, const char *bytes, size_t len)
{
	struct view *view = context;

	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t piece = end ? (size_t)(end - bytes) : len;
		int why = keep(view, bytes, piece);
		if (why)
			return why;
		if (end) {
			show_line(view);
			view->len = 0;
			piece++;
		}
		bytes += piece;
		len -= piece;
	}
	return ferror(view->stream) ? EIO : 0;
}

static int show_exactly(void *context, const char *bytes, size_t len)
{
	struct view *view = context;
	errno = 0;
	if (fwrite(bytes, 1, len, view->stream) == len)
		return 0;
	return errno ? errno : EIO;
}

static int show(struct view *view, ds_plan *plan, size_t index, ds_error *err)
{
	int status =
		ds_plan_diff(plan, index, view->escaped ? show_lines : show_exactly, view, err);
	if (view->len)
		show_line(view);
	free(view->line);
	return status;
}

int cli_print_diff(FILE *stream, ds_plan *plan, size_t index, ds_error *err)
{
	struct view view = {.stream = stream, .escaped = isatty(fileno(stream))};
	return show(&view, plan, index, err);
}

static int print_small_diff(ds_plan *plan, size_t index, ds_error *err)
{
	struct view view = {.stream = stderr, .escaped = true, .small = true};
	return show(&view, plan, index, err);
}

/* ---- Questions ----------------------------------------------------------- */

static void print_question(const ds_step *step)
{
	fputs("Repair ", stderr);
	cli_put(stderr, step->item);
	if (cli_mark(step->kind))
		fprintf(stderr, " (%s)", cli_mark(step->kind));
	fputs(step->kind == DS_STEP_ADDITION ? ": give " : ": set ", stderr);
	cli_put(stderr, step->copies);
	fputs(step->kind == DS_STEP_ADDITION ? " the status " : " to ", stderr);
	cli_put(stderr, step->to);
	fputs("? [y,n,a,q,d,?] ", stderr);
	fflush(stderr);
}

static void print_help(void)
{
	fputs("y - repair this one\n"
	      "n - leave this one as it is\n"
	      "a - repair this one and all of its kind that follow\n"
	      "q - leave this one and all that follow; what was answered with y is done\n"
	      "d - show the whole diff\n"
	      "? - print this\n",
	      stderr);
}

/* The first letter of an answer; 'q' at the end of the input, 0 for an empty line. */
static int read_answer(char **line, size_t *room)
{
	ssize_t len = getline(line, room, stdin);
	if (len < 0) {
		fputc('\n', stderr);
		return 'q';
	}
	const char *word = *line + strspn(*line, " \t");
	return *word == '\n' ? 0 : (unsigned char)*word;
}

struct asking {
	ds_plan *plan;
	char *line; /* the answer */
	size_t room;
	int always; /* the kind of step that needs no more asking, or -1 */
	bool stopped;
};

static int ask_one(struct asking *asking, size_t index, ds_error *err)
{
	const ds_step *step = ds_plan_step(asking->plan, index);
	int status = print_small_diff(asking->plan, index, err);

	while (!status) {
		print_question(step);
		switch (read_answer(&asking->line, &asking->room)) {
		case 'a':
			asking->always = (int)step->kind;
			return 0;
		case 'y':
			return 0;
		case 'q':
			asking->stopped = true;
			ds_plan_want(asking->plan, index, false);
			return 0;
		case 'n':
			ds_plan_want(asking->plan, index, false);
			return 0;
		case 'd':
			status = cli_print_diff(stderr, asking->plan, index, err);
			break;
		case 0:
			break;
		default:
			print_help();
		}
	}
	return status;
}

int cli_ask(ds_plan *plan, ds_error *err)
{
	struct asking asking = {.plan = plan, .always = -1};
	const ds_step *step;
	int status = 0;

	for (size_t i = 0; !status && (step = ds_plan_step(plan, i)); i++) {
		if (!step->wanted)
			continue;
		if (asking.stopped)
			ds_plan_want(plan, i, false);
		else if (asking.always != (int)step->kind)
			status = ask_one(&asking, i, err);
	}
	free(asking.line);
	return status;
}

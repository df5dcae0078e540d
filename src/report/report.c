#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "finding.h"

/* Behind the NULL stand those that are not for everybody. */
static const struct ds_format *const formats[] = {
	&ds_text_format,    &ds_json_format,   &ds_sarif_format,
	&ds_junit_format,   &ds_github_format, NULL,
	&ds_oneline_format, &ds_gate_format,   &ds_findings_format,
	&ds_hook_format,
};

enum { FORMATS = sizeof formats / sizeof *formats, PIECE = 16 * 1024 };

const struct ds_format *ds_format_find(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (formats[i] && strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const char *ds_report_format(size_t index)
{
	for (size_t i = 0; i <= index; i++)
		if (!formats[i])
			return NULL;
	return formats[index]->name;
}

/* ---- The writer --------------------------------------------------------- */

int ds_flush(struct ds_writer *w)
{
	if (w->pending.failed && !w->error)
		w->error = ENOMEM;
	if (!w->error && w->pending.len)
		w->error = w->write(w->context, w->pending.bytes, w->pending.len);
	ds_buf_cut(&w->pending, 0);
	return w->error;
}

void ds_pass_on(struct ds_writer *w)
{
	if (w->write && w->pending.len >= PIECE)
		ds_flush(w);
}

void ds_put(struct ds_writer *w, const char *string)
{
	ds_buf_puts(&w->pending, string);
	ds_pass_on(w);
}

void ds_putf(struct ds_writer *w, const char *format, ...)
{
	char piece[256];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(piece, sizeof piece, format, args);
	va_end(args);
	/* Only numbers and words of ours are formatted: they fit. */
	if (len < 0 || (size_t)len >= sizeof piece)
		w->error = EOVERFLOW;
	else
		ds_put(w, piece);
}

void ds_put_escaped(struct ds_writer *w, const char *string)
{
	ds_escape(&w->pending, ds_text_of(string));
	ds_pass_on(w);
}

void ds_put_coded(struct ds_writer *w, const char *string, const struct ds_coding *coding)
{
	for (;;) {
		size_t plain = strcspn(string, coding->special);
		ds_escape(&w->pending, (struct ds_text){string, plain});
		string += plain;
		if (!*string)
			break;
		ds_buf_printf(&w->pending, "%s%02X%s", coding->before, (unsigned char)*string++,
			      coding->after);
	}
	ds_pass_on(w);
}

const char *ds_gathered(struct ds_writer *w, struct ds_writer *from)
{
	struct ds_buf *text = &from->pending;

	if (text->failed && !w->error)
		w->error = ENOMEM;
	if (text->len && text->bytes[text->len - 1] == '\n')
		ds_buf_cut(text, text->len - 1);
	return text->bytes ? text->bytes : "";
}

void ds_paint(struct ds_writer *w, enum ds_paint paint)
{
	static const char *const codes[] = {
		[DS_PLAIN] = "\x1b[0m",   [DS_BOLD] = "\x1b[1m",   [DS_RED] = "\x1b[1;31m",
		[DS_YELLOW] = "\x1b[33m", [DS_GREEN] = "\x1b[32m", [DS_DIM] = "\x1b[2m",
	};
	if (w->color)
		ds_put(w, codes[paint]);
}

/* ---- What several formats say ------------------------------------------- */

const char *ds_severity_name(ds_severity severity)
{
	static const char *const names[] = {
		[DS_INFO] = "info", [DS_WARNING] = "warning", [DS_ERROR] = "error"};
	return names[severity];
}

bool ds_is_trouble(const ds_finding *finding)
{
	return finding->severity == DS_ERROR && ds_code_info(finding->code)->status != DS_DESYNC;
}

bool ds_next_note(const char **rest, struct ds_text *note)
{
	if (!*rest || !**rest)
		return false;
	*note = (struct ds_text){*rest, strcspn(*rest, "\n")};
	*rest += note->len + ((*rest)[note->len] == '\n');
	return true;
}

void ds_put_place(struct ds_writer *w, const ds_copy *copy)
{
	if (copy->revision)
		ds_putf(w, "%s:", copy->revision);
	ds_put_escaped(w, copy->path);
	if (copy->line)
		ds_putf(w, ":%zu:%zu", copy->line, copy->column);
}

void ds_put_copies(struct ds_writer *w, const ds_finding *finding, bool with_focus)
{
	for (size_t i = 0; i < finding->copy_count; i++) {
		if (i == finding->focus && !with_focus)
			continue;
		ds_put(w, "    ");
		ds_put_place(w, &finding->copies[i]);
		if (finding->copies[i].status) {
			ds_put(w, ": ");
			ds_put_escaped(w, finding->copies[i].status);
		}
		ds_put(w, "\n");
	}
}

static void put_command(struct ds_writer *w, const char *when, const char *command)
{
	ds_put(w, "    ");
	ds_put(w, when);
	ds_put(w, ": ");
	ds_paint(w, DS_BOLD);
	ds_put_escaped(w, command);
	ds_paint(w, DS_PLAIN);
	ds_put(w, "\n");
}

/* Nothing stands behind a command: a line is pasted as it is. */
void ds_put_repair(struct ds_writer *w, const ds_finding *finding)
{
	if (finding->fix) {
		put_command(w, "repair", finding->fix);
		if (finding->outcome) {
			ds_put(w, "        ");
			ds_put_escaped(w, finding->outcome);
			ds_put(w, "\n");
		}
		if (finding->other)
			put_command(w, finding->choice, finding->other);
	} else if (finding->advice) {
		if (finding->other)
			put_command(w, finding->choice, finding->other);
		ds_put(w, finding->other ? "    " : "    repair: ");
		ds_put_escaped(w, finding->advice);
		ds_put(w, "\n");
	}
}

void ds_put_whole(struct ds_writer *w, const ds_finding *finding)
{
	ds_put_escaped(w, finding->message);
	ds_put(w, "\n");
	ds_put_copies(w, finding, true);
	ds_put_repair(w, finding);
}

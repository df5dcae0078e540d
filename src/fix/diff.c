/*
 * From edits to hunks: edits become regions in both contents, regions are widened to
 * whole lines, and lines that stand close together share a hunk.
 */
#include "diff.h"

#include <string.h>

enum { CONTEXT = 3 };

/* What differs: these bytes of the old content, those of the new. */
struct region {
	size_t old_from;
	size_t old_to;
	size_t new_from;
	size_t new_to;
};

struct diff {
	struct ds_buf *out;
	struct ds_text before;
	struct ds_text after;
	struct region at[DS_DIFF_EDITS];
	size_t count;
};

/* ---- Regions ------------------------------------------------------------ */

/* Where a byte of the new content that no region covers was in the old one. */
static size_t old_offset(const struct diff *d, size_t regions, size_t offset)
{
	if (!regions)
		return offset;
	return offset - d->at[regions - 1].new_to + d->at[regions - 1].old_to;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The regions from `first` up to `last` touch the edit: all become one. */
static struct region merge(const struct diff *d, size_t first, size_t last,
			   const struct ds_diff_edit *edit)
{
	size_t end = edit->at + edit->old_len;
	struct region region = {old_offset(d, first, edit->at), old_offset(d, first, end), edit->at,
				end};

	if (first < last) {
		region.new_from = least(edit->at, d->at[first].new_from);
		region.old_from = old_offset(d, first, region.new_from);
		region.new_to = most(end, d->at[last - 1].new_to);
		region.old_to = old_offset(d, last, region.new_to);
	}
	region.new_to = region.new_to - edit->old_len + edit->new_len;
	return region;
}

static void add_edit(struct diff *d, const struct ds_diff_edit *edit)
{
	size_t first = 0;
	size_t last;

	while (first < d->count && d->at[first].new_to < edit->at)
		first++;
	for (last = first; last < d->count; last++)
		if (d->at[last].new_from > edit->at + edit->old_len)
			break;
	struct region region = merge(d, first, last, edit);
	memmove(d->at + first + 1, d->at + last, (d->count - last) * sizeof *d->at);
	d->at[first] = region;
	d->count = d->count - (last - first) + 1;
	for (size_t i = first + 1; i < d->count; i++) {
		d->at[i].new_from += edit->new_len - edit->old_len;
		d->at[i].new_to += edit->new_len - edit->old_len;
	}
}

/* ---- Lines -------------------------------------------------------------- */

static bool begins_line(struct ds_text text, size_t at)
{
	return at == 0 || text.at[at - 1] == '\n';
}

static size_t line_start(struct ds_text text, size_t at)
{
	while (!begins_line(text, at))
		at--;
	return at;
}

static size_t line_end(struct ds_text text, size_t at)
{
	const char *end = at < text.len ? memchr(text.at + at, '\n', text.len - at) : NULL;
	return end ? (size_t)(end - text.at) + 1 : text.len;
}

static size_t count_lines(struct ds_text text, size_t from, size_t to)
{
	size_t lines = 0;
	while (from < to) {
		from = line_end(text, from);
		lines++;
	}
	return lines;
}

/* Before and behind a region both contents are the same: it grows equally in both. */
static void widen(const struct diff *d, struct region *r)
{
	size_t back = r->old_from - line_start(d->before, r->old_from);
	r->old_from -= back;
	r->new_from -= back;
	if (!begins_line(d->before, r->old_to) || !begins_line(d->after, r->new_to)) {
		size_t on = line_end(d->before, r->old_to) - r->old_to;
		r->old_to += on;
		r->new_to += on;
	}
}

static void widen_all(struct diff *d)
{
	size_t kept = 0;
	for (size_t i = 0; i < d->count; i++) {
		struct region r = d->at[i];
		widen(d, &r);
		if (kept && r.old_from < d->at[kept - 1].old_to) {
			/* On one line: the latter knows where it ends in both. */
			d->at[kept - 1].old_to = r.old_to;
			d->at[kept - 1].new_to = r.new_to;
		} else {
			d->at[kept++] = r;
		}
	}
	d->count = kept;
}

/* ---- Hunks -------------------------------------------------------------- */

static void put_lines(struct ds_buf *out, char sign, struct ds_text text, size_t from, size_t to)
{
	while (from < to) {
		size_t end = line_end(text, from);
		ds_buf_append(out, &sign, 1);
		ds_buf_append(out, text.at + from, end - from);
		if (text.at[end - 1] != '\n')
			ds_buf_puts(out, "\n\\ No newline at end of file\n");
		from = end;
	}
}

/* Up to three lines before an offset, or behind it. */
static size_t context_from(struct ds_text text, size_t at)
{
	for (int i = 0; i < CONTEXT && at; i++)
		at = line_start(text, at - 1);
	return at;
}

static size_t context_to(struct ds_text text, size_t at)
{
	for (int i = 0; i < CONTEXT; i++)
		at = line_end(text, at);
	return at;
}

/* "12,7"; no lines stand behind the line that is named. */
static void put_range(struct ds_buf *out, struct ds_text text, size_t from, size_t to)
{
	size_t before = count_lines(text, 0, from);
	size_t lines = count_lines(text, from, to);
	ds_buf_printf(out, "%zu", lines ? before + 1 : before);
	if (lines != 1)
		ds_buf_printf(out, ",%zu", lines);
}

/* The regions from `first` up to `last` are one hunk. */
static void put_hunk(const struct diff *d, size_t first, size_t last)
{
	const struct region *end = &d->at[last - 1];
	size_t from = context_from(d->before, d->at[first].old_from);
	size_t to = context_to(d->before, end->old_to);

	ds_buf_puts(d->out, "@@ -");
	put_range(d->out, d->before, from, to);
	ds_buf_puts(d->out, " +");
	put_range(d->out, d->after, d->at[first].new_from - (d->at[first].old_from - from),
		  end->new_to + (to - end->old_to));
	ds_buf_puts(d->out, " @@\n");
	for (size_t i = first; i < last; i++) {
		put_lines(d->out, ' ', d->before, from, d->at[i].old_from);
		put_lines(d->out, '-', d->before, d->at[i].old_from, d->at[i].old_to);
		put_lines(d->out, '+', d->after, d->at[i].new_from, d->at[i].new_to);
		from = d->at[i].old_to;
	}
	put_lines(d->out, ' ', d->before, from, to);
}

/* ---- Names -------------------------------------------------------------- */

static bool is_plain(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path < 0x20 || (unsigned char)*path >= 0x7f || *path == '"' ||
		    *path == '\\')
			return false;
	return true;
}

/* As git quotes names: escapes of C, and octal ones for what has none. */
static void put_name(struct ds_buf *out, const char *prefix, const char *path)
{
	static const char escaped[] = "\a\b\t\n\v\f\r\"\\";
	static const char letters[] = "abtnvfr\"\\";

	if (is_plain(path)) {
		ds_buf_printf(out, "%s%s", prefix, path);
		return;
	}
	ds_buf_printf(out, "\"%s", prefix);
	for (; *path; path++) {
		const char *escape = strchr(escaped, *path);
		if (escape)
			ds_buf_printf(out, "\\%c", letters[escape - escaped]);
		else if ((unsigned char)*path < 0x20 || (unsigned char)*path >= 0x7f)
			ds_buf_printf(out, "\\%03o", (unsigned)(unsigned char)*path);
		else
			ds_buf_append(out, path, 1);
	}
	ds_buf_puts(out, "\"");
}

/* A tab ends a name with a space in it, which else would end there. */
static void put_file_line(struct ds_buf *out, const char *sign, const char *prefix,
			  const char *path)
{
	ds_buf_puts(out, sign);
	put_name(out, prefix, path);
	ds_buf_puts(out, strchr(path, ' ') ? "\t\n" : "\n");
}

static void put_header(struct ds_buf *out, const char *path)
{
	ds_buf_puts(out, "diff --git ");
	put_name(out, "a/", path);
	ds_buf_puts(out, " ");
	put_name(out, "b/", path);
	ds_buf_puts(out, "\n");
	put_file_line(out, "--- ", "a/", path);
	put_file_line(out, "+++ ", "b/", path);
}

bool ds_diff(struct ds_buf *out, const char *path, struct ds_text before, struct ds_text after,
	     const struct ds_diff_edit *edits, size_t count)
{
	struct diff d = {.out = out, .before = before, .after = after};
	size_t last;

	if (count > DS_DIFF_EDITS)
		return false;
	if (ds_text_equal(before, after))
		return true;
	for (size_t i = 0; i < count; i++)
		add_edit(&d, &edits[i]);
	widen_all(&d);
	put_header(out, path);
	for (size_t first = 0; first < d.count; first = last) {
		for (last = first + 1; last < d.count; last++)
			if (count_lines(before, d.at[last - 1].old_to, d.at[last].old_from) >
			    2 * CONTEXT)
				break;
		put_hunk(&d, first, last);
	}
	return !out->failed;
}

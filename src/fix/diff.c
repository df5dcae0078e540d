/*
 * From edits to hunks: edits become regions in both contents, regions are widened to
 * whole lines, and lines that stand close together share a hunk.
 */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3 };

/* What differs: these bytes of the old content, those of the new. */
struct region {
	size_t old_from;
	size_t old_to;
	size_t new_from;
	size_t new_to;
};

/* How many lines end before an offset that only grows: they are counted once. */
struct counter {
	struct ds_text text;
	size_t at;
	size_t lines;
};

struct diff {
	struct ds_buf *out;
	struct ds_text before;
	struct ds_text after;
	struct region *at; /* in their order; no two touch */
	size_t count;
	struct counter old;
	struct counter new;
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

/* The first region that does not end before the offset. */
static size_t find_region(const struct diff *d, size_t offset)
{
	size_t low = 0;
	size_t high = d->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (d->at[middle].new_to < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_edit(struct diff *d, const struct ds_diff_edit *edit)
{
	size_t first = find_region(d, edit->at);
	size_t last;

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
static void widen_back(const struct diff *d, struct region *r)
{
	size_t back = r->old_from - line_start(d->before, r->old_from);
	r->old_from -= back;
	r->new_from -= back;
}

static void widen_on(const struct diff *d, struct region *r)
{
	if (!begins_line(d->before, r->old_to) || !begins_line(d->after, r->new_to)) {
		size_t on = line_end(d->before, r->old_to) - r->old_to;
		r->old_to += on;
		r->new_to += on;
	}
}

/* Takes a region over into the one before it, whose last line it begins on: a line of
 * many edits is not gone through for each of them. */
static void join(const struct diff *d, struct region *into, struct region *r)
{
	if (r->old_to < into->old_to)
		r->new_to += into->old_to - r->old_to;
	else
		widen_on(d, r);
	into->old_to = most(into->old_to, r->old_to);
	into->new_to = r->new_to;
}

static void widen_all(struct diff *d)
{
	size_t kept = 0;
	for (size_t i = 0; i < d->count; i++) {
		struct region r = d->at[i];
		if (kept && r.old_from < d->at[kept - 1].old_to) {
			join(d, &d->at[kept - 1], &r);
			continue;
		}
		widen_back(d, &r);
		widen_on(d, &r);
		d->at[kept++] = r;
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
static void put_range(struct ds_buf *out, struct counter *counter, size_t from, size_t to)
{
	counter->lines += count_lines(counter->text, counter->at, from);
	counter->at = from;
	size_t before = counter->lines;
	size_t lines = count_lines(counter->text, from, to);
	ds_buf_printf(out, "%zu", lines ? before + 1 : before);
	if (lines != 1)
		ds_buf_printf(out, ",%zu", lines);
}

/* The regions from `first` up to `last` are one hunk. */
static void put_hunk(struct diff *d, size_t first, size_t last)
{
	const struct region *end = &d->at[last - 1];
	size_t from = context_from(d->before, d->at[first].old_from);
	size_t to = context_to(d->before, end->old_to);

	ds_buf_puts(d->out, "@@ -");
	put_range(d->out, &d->old, from, to);
	ds_buf_puts(d->out, " +");
	put_range(d->out, &d->new, d->at[first].new_from - (d->at[first].old_from - from),
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

static void put_hunks(struct diff *d)
{
	size_t last;

	for (size_t first = 0; first < d->count; first = last) {
		for (last = first + 1; last < d->count; last++)
			if (count_lines(d->before, d->at[last - 1].old_to, d->at[last].old_from) >
			    2 * CONTEXT)
				break;
		put_hunk(d, first, last);
	}
}

bool ds_diff(struct ds_buf *out, const char *path, struct ds_text before, struct ds_text after,
	     const struct ds_diff_edit *edits, size_t count)
{
	struct diff d = {.out = out,
			 .before = before,
			 .after = after,
			 .at = malloc((count + 1) * sizeof *d.at),
			 .old = {before, 0, 0},
			 .new = {after, 0, 0}};

	if (!d.at)
		return false;
	if (!ds_text_equal(before, after)) {
		for (size_t i = 0; i < count; i++)
			add_edit(&d, &edits[i]);
		widen_all(&d);
		put_header(out, path);
		put_hunks(&d);
	}
	free(d.at);
	return !out->failed;
}

/* What git writes to the standard input of a hook that guards a push. */
#include "desync/git.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "text.h"

struct numbered {
	ds_tip tip;
	size_t line; /* from 1 */
};

struct ds_tips {
	struct ds_arena arena;
	struct ds_buf all; /* struct numbered */
};

static struct numbered *all_of(const ds_tips *tips)
{
	return (struct numbered *)(void *)tips->all.bytes;
}

static size_t count_of(const ds_tips *tips)
{
	return tips->all.len / sizeof(struct numbered);
}

/* ---- One line ----------------------------------------------------------- */

static bool is_id(struct ds_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789abcdef", text.at[i], 16))
			return false;
	return text.len == 40 || text.len == 64;
}

static bool is_zero(struct ds_text id)
{
	for (size_t i = 0; i < id.len; i++)
		if (id.at[i] != '0')
			return false;
	return true;
}

static struct ds_text first_word(struct ds_text *rest)
{
	const char *blank = memchr(rest->at, ' ', rest->len);
	struct ds_text word = {rest->at, blank ? (size_t)(blank - rest->at) : rest->len};

	rest->at += word.len + (blank != NULL);
	rest->len -= word.len + (blank != NULL);
	return word;
}

static struct ds_text last_word(struct ds_text *rest)
{
	size_t at = rest->len;
	while (at && rest->at[at - 1] != ' ')
		at--;
	struct ds_text word = {rest->at + at, rest->len - at};
	rest->len = at ? at - 1 : 0;
	return word;
}

struct line {
	struct ds_text name;
	struct ds_text id;
	struct ds_text old;
};

/* What is pushed may be an expression with blanks in it, so a push is read from its end. */
static bool parse(struct line *out, ds_push_kind kind, struct ds_text line)
{
	if (memchr(line.at, '\0', line.len) || memchr(line.at, '\r', line.len))
		return false;
	if (kind == DS_PRE_PUSH) {
		out->old = last_word(&line);
		out->name = last_word(&line);
		out->id = last_word(&line);
	} else {
		out->old = first_word(&line);
		out->id = first_word(&line);
		out->name = line;
		line = out->old;
	}
	return line.len && out->name.len && is_id(out->id) && is_id(out->old) &&
	       out->id.len == out->old.len;
}

static int add(ds_tips *tips, const struct line *line, size_t number, ds_error *err)
{
	struct numbered *added;
	size_t len = tips->all.len;

	if (is_zero(line->id) || ds_text_equal(line->id, line->old))
		return 0;
	if (!ds_buf_reserve(&tips->all, sizeof *added))
		return ds_fail_memory(err);
	added = all_of(tips) + count_of(tips);
	*added = (struct numbered){.line = number};
	added->tip.name = ds_arena_copy(&tips->arena, line->name.at, line->name.len);
	added->tip.id = ds_arena_copy(&tips->arena, line->id.at, line->id.len);
	added->tip.old = ds_arena_copy(&tips->arena, line->old.at, line->old.len);
	if (!added->tip.name || !added->tip.id || !added->tip.old)
		return ds_fail_memory(err);
	if (is_zero(line->old))
		added->tip.old = NULL;
	ds_buf_cut(&tips->all, len + sizeof *added);
	return 0;
}

/* ---- All of them -------------------------------------------------------- */

static int read_all(ds_tips *tips, ds_push_kind kind, struct ds_text rest, ds_error *err)
{
	struct line parsed;
	int status = 0;

	for (size_t number = 1; rest.len && status == 0; number++) {
		const char *end = memchr(rest.at, '\n', rest.len);
		struct ds_text line = {rest.at, end ? (size_t)(end - rest.at) : rest.len};
		rest.at += line.len + (end != NULL);
		rest.len -= line.len + (end != NULL);
		status =
			parse(&parsed, kind, line)
				? add(tips, &parsed, number, err)
				: ds_fail(err, DS_TROUBLE,
					  "standard input, line %zu: not what git tells a %s hook",
					  number, kind == DS_PRE_PUSH ? "pre-push" : "pre-receive");
	}
	return status;
}

static int by_line(const void *left, const void *right)
{
	const struct numbered *a = left;
	const struct numbered *b = right;
	return (a->line > b->line) - (a->line < b->line);
}

static int by_id(const void *left, const void *right)
{
	int order = strcmp(((const struct numbered *)left)->tip.id,
			   ((const struct numbered *)right)->tip.id);
	return order ? order : by_line(left, right);
}

/* Of those with the same id the first stays. */
static void drop_repeated(ds_tips *tips)
{
	struct numbered *all = all_of(tips);
	size_t count = count_of(tips);
	size_t kept = 0;

	if (count == 0)
		return;
	qsort(all, count, sizeof *all, by_id);
	for (size_t i = 1; i < count; i++)
		if (strcmp(all[kept].tip.id, all[i].tip.id) != 0)
			all[++kept] = all[i];
	ds_buf_cut(&tips->all, (kept + 1) * sizeof *all);
	qsort(all, kept + 1, sizeof *all, by_line);
}

int ds_tips_read(ds_tips **out, ds_push_kind kind, const char *bytes, size_t len, ds_error *err)
{
	ds_tips *tips = calloc(1, sizeof *tips);

	*out = NULL;
	if (!tips)
		return ds_fail_memory(err);
	int status = read_all(tips, kind, (struct ds_text){bytes, len}, err);
	if (status) {
		ds_tips_free(tips);
		return status;
	}
	drop_repeated(tips);
	*out = tips;
	return 0;
}

const ds_tip *ds_tips_at(const ds_tips *tips, size_t index)
{
	return index < count_of(tips) ? &all_of(tips)[index].tip : NULL;
}

void ds_tips_free(ds_tips *tips)
{
	if (!tips)
		return;
	ds_arena_free(&tips->arena);
	ds_buf_free(&tips->all);
	free(tips);
}

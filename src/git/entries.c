#include "entries.h"

#include <string.h>

/* ---- One record --------------------------------------------------------- */

/* ":100644 100644 <id> <id> M" or "100644 <id> 0": of the former what is behind is used. */
struct parts {
	const char *mode;
	const char *id;
	char last; /* U: not merged, as is what stands on a stage beyond 0 */
};

enum { MODE_LEN = 6 };

static bool take_apart(struct parts *parts, struct ds_text meta, size_t hex)
{
	bool diff = meta.len && *meta.at == ':';
	size_t mode = diff ? strlen(":100644 ") : 0;
	size_t id = mode + MODE_LEN + 1 + (diff ? hex + 1 : 0);

	if (meta.len != id + hex + 2)
		return false;
	parts->mode = meta.at + mode;
	parts->id = meta.at + id;
	parts->last = meta.at[meta.len - 1];
	return parts->mode[MODE_LEN] == ' ' && parts->id[-1] == ' ' && parts->id[hex] == ' ';
}

/* A table and no comparing: what comes next in an id cannot be guessed, and a processor that
 * guesses wrong loses more time than all the rest of a record takes. */
static int digit(char c)
{
	static const unsigned char beyond[256] = {
		['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	};
	return beyond[(unsigned char)c] - 1;
}

static bool parse_id(unsigned char *id, const char *hex, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int high = digit(hex[2 * i]);
		int low = high < 0 ? -1 : digit(hex[2 * i + 1]);
		if (low < 0)
			return false;
		id[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static int mark_of(const struct parts *parts)
{
	static const struct {
		const char *mode;
		enum ds_git_mark mark;
	} modes[] = {
		{"100644", DS_GIT_FILE}, {"100755", DS_GIT_FILE},
		{"100664", DS_GIT_FILE}, /* of the early days of git */
		{"120000", DS_GIT_LINK}, {"160000", DS_GIT_SUBMODULE},
	};
	if (parts->last == 'U' || (parts->last >= '1' && parts->last <= '3'))
		return DS_GIT_UNMERGED;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (memcmp(parts->mode, modes[i].mode, MODE_LEN) == 0)
			return (int)modes[i].mark;
	return -1;
}

static bool append(struct ds_git_entries *entries, int mark, const char *hex, struct ds_text path)
{
	unsigned char kept[1 + DS_CONTENT_ID_LIMIT] = {(unsigned char)mark};
	uint32_t offset = (uint32_t)entries->paths.len;

	if (!parse_id(kept + 1, hex, entries->id_size))
		return false;
	ds_buf_append(&entries->offsets, (char *)&offset, sizeof offset);
	ds_buf_append(&entries->marks, (char *)kept, 1 + entries->id_size);
	ds_buf_append(&entries->paths, path.at, path.len + 1);
	entries->count++;
	return true;
}

static int not_understood(ds_error *err)
{
	return ds_fail(err, DS_TROUBLE, "git lists the files in a form that is not understood");
}

int ds_git_entries_add(struct ds_git_entries *entries, struct ds_text meta, struct ds_text path,
		       ds_error *err)
{
	struct parts parts;

	int mark = take_apart(&parts, meta, 2 * entries->id_size) ? mark_of(&parts) : -1;
	if (mark < 0 || path.len == 0)
		return not_understood(err);
	int order = entries->count
			    ? strcmp(ds_git_entries_path(entries, entries->count - 1), path.at)
			    : -1;
	if (order == 0 && mark == DS_GIT_UNMERGED)
		return 0; /* once for each side of the merge */
	if (order >= 0)
		return ds_fail_path(err, DS_TROUBLE, path.at,
				    "git lists it twice, or out of order: the tree is damaged");
	if (path.len > UINT32_MAX - entries->paths.len - 1)
		return ds_fail(err, DS_TROUBLE, "the paths take more than 4 GiB");
	if (!append(entries, mark, parts.id, path))
		return not_understood(err);
	return entries->paths.failed || entries->offsets.failed || entries->marks.failed
		       ? ds_fail_memory(err)
		       : 0;
}

void ds_git_entries_free(struct ds_git_entries *entries)
{
	ds_buf_free(&entries->paths);
	ds_buf_free(&entries->offsets);
	ds_buf_free(&entries->marks);
	entries->count = entries->last = 0;
}

/* ---- Looking ------------------------------------------------------------ */

const char *ds_git_entries_path(const struct ds_git_entries *entries, size_t index)
{
	return entries->paths.bytes + ((const uint32_t *)(void *)entries->offsets.bytes)[index];
}

static unsigned char *mark_at(const struct ds_git_entries *entries, size_t index)
{
	return (unsigned char *)entries->marks.bytes + index * (1 + entries->id_size);
}

enum ds_git_mark ds_git_entries_mark(const struct ds_git_entries *entries, size_t index)
{
	return (enum ds_git_mark) * mark_at(entries, index);
}

unsigned char *ds_git_entries_id(const struct ds_git_entries *entries, size_t index)
{
	return mark_at(entries, index) + 1;
}

static void cut_out(struct ds_buf *buf, size_t index, size_t size)
{
	char *at = buf->bytes + index * size;

	memmove(at, at + size, buf->len - (index + 1) * size);
	ds_buf_cut(buf, buf->len - size);
}

/* Its path stays where it lies: nothing points there any more. */
void ds_git_entries_drop(struct ds_git_entries *entries, size_t index)
{
	cut_out(&entries->offsets, index, sizeof(uint32_t));
	cut_out(&entries->marks, index, 1 + entries->id_size);
	entries->count--;
	entries->last = 0;
}

/* Whether an entry comes before the text with `next` behind it. */
static bool is_before(const struct ds_git_entries *entries, size_t index, struct ds_text text,
		      char next)
{
	const char *path = ds_git_entries_path(entries, index);
	int order = strncmp(path, text.at, text.len);
	return order ? order < 0 : (unsigned char)path[text.len] < (unsigned char)next;
}

/* The first entry that does not come before it. */
static size_t lower_bound(struct ds_git_entries *entries, struct ds_text text, char next)
{
	size_t from = 0;
	size_t to = entries->count;

	if (entries->last < to && !is_before(entries, entries->last, text, next))
		to = entries->last;
	else if (entries->last < to)
		from = entries->last + 1;
	for (size_t step = 1; from && step < to - from; step *= 2) {
		if (!is_before(entries, from + step - 1, text, next)) {
			to = from + step - 1;
			break;
		}
		from += step;
	}
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (is_before(entries, middle, text, next))
			from = middle + 1;
		else
			to = middle;
	}
	entries->last = to;
	return to;
}

static bool begins(const struct ds_git_entries *entries, size_t index, struct ds_text with,
		   char next)
{
	const char *path = index < entries->count ? ds_git_entries_path(entries, index) : NULL;
	return path && strncmp(path, with.at, with.len) == 0 && path[with.len] == next;
}

long ds_git_entries_find(struct ds_git_entries *entries, struct ds_text path)
{
	size_t at = lower_bound(entries, path, '\0');
	return begins(entries, at, path, '\0') ? (long)at : DS_GIT_NOWHERE;
}

bool ds_git_entries_beneath(struct ds_git_entries *entries, struct ds_text directory, size_t *first)
{
	*first = directory.len ? lower_bound(entries, directory, '/') : 0;
	return directory.len ? begins(entries, *first, directory, '/') : entries->count != 0;
}

/* Most directories hold two or three files: begins with small steps. */
size_t ds_git_entries_after(const struct ds_git_entries *entries, size_t index, size_t len)
{
	const char *path = ds_git_entries_path(entries, index);
	size_t step = 1;

	while (step < entries->count - index &&
	       strncmp(ds_git_entries_path(entries, index + step), path, len) == 0)
		step *= 2;
	size_t from = index + step / 2; /* begins with it */
	size_t to = step < entries->count - index ? index + step : entries->count;
	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;
		if (strncmp(ds_git_entries_path(entries, middle), path, len) == 0)
			from = middle;
		else
			to = middle;
	}
	return to;
}

/* What git lists, and what it tells a hook: of a file that somebody damaged, of a name that
 * somebody chose. What is taken is sorted and found again; nothing else is there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "desync/git.h"
#include "entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
	if (!held)
		abort();
}

static void check_entries(struct ds_git_entries *entries)
{
	size_t first;

	for (size_t i = 0; i < entries->count; i++) {
		const char *path = ds_git_entries_path(entries, i);
		const char *slash = strrchr(path, '/');
		demand(i == 0 || strcmp(ds_git_entries_path(entries, i - 1), path) < 0);
		demand(ds_git_entries_find(entries, ds_text_of(path)) == (long)i);
		if (slash && slash > path)
			demand(ds_git_entries_beneath(
				       entries, (struct ds_text){path, (size_t)(slash - path)},
				       &first) &&
			       first <= i);
	}
	demand(ds_git_entries_find(entries, ds_text_of("\xff\xff\xff")) == DS_GIT_NOWHERE ||
	       entries->count);
}

/* Records as "meta TAB path NUL". */
static void take_records(const char *at, const char *end, size_t id_size)
{
	struct ds_git_entries entries = {.id_size = id_size};
	ds_error err;

	while (at < end) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));
		const char *tab = stop ? memchr(at, '\t', (size_t)(stop - at)) : NULL;
		if (!tab)
			break;
		struct ds_text meta = {at, (size_t)(tab - at)};
		struct ds_text path = {tab + 1, (size_t)(stop - tab - 1)};
		if (ds_git_entries_add(&entries, meta, path, &err) != 0)
			break;
		at = stop + 1;
	}
	check_entries(&entries);
	while (entries.count) {
		ds_git_entries_drop(&entries, entries.count / 2);
		check_entries(&entries);
	}
	ds_git_entries_free(&entries);
}

static void take_tips(const char *bytes, size_t len, ds_push_kind kind)
{
	ds_tips *tips;
	const ds_tip *tip;
	ds_error err;

	if (ds_tips_read(&tips, kind, bytes, len, &err) != 0) {
		demand(tips == NULL);
		return;
	}
	for (size_t i = 0; (tip = ds_tips_at(tips, i)); i++) {
		size_t id = strlen(tip->id);
		demand(*tip->name && (id == 40 || id == 64));
		demand(strspn(tip->id, "0123456789abcdefABCDEF") == id);
		demand(strspn(tip->id, "0") < id && (!tip->old || strcmp(tip->old, tip->id) != 0));
	}
	ds_tips_free(tips);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;

	take_records(bytes, bytes + size, 20);
	take_records(bytes, bytes + size, 32);
	take_tips(bytes, size, DS_PRE_PUSH);
	take_tips(bytes, size, DS_PRE_RECEIVE);
	return 0;
}

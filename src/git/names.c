#include "names.h"

#include <stdlib.h>
#include <string.h>

size_t ds_git_batch(const char *const *paths, size_t count)
{
	size_t bytes = 0;
	size_t at = 0;
	while (at < count && at < DS_GIT_BATCH && bytes < 64 << 10)
		bytes += strlen(paths[at++]) + 1;
	return at;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char **ds_git_names_of(const struct ds_buf *list, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < list->len; i++)
		*count += list->bytes[i] == '\0';
	const char **names = calloc(*count + 1, sizeof *names);
	const char *at = list->bytes;
	for (size_t i = 0; names && i < *count; i++) {
		names[i] = at;
		at += strlen(at) + 1;
	}
	if (names)
		qsort(names, *count, sizeof *names, compare);
	return names;
}

bool ds_git_names_have(const char *const *names, size_t count, const char *name)
{
	return bsearch(&name, names, count, sizeof *names, compare) != NULL;
}

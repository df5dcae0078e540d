#include "item.h"

#include <stdlib.h>
#include <string.h>

bool ds_items_add(struct ds_items *items, const struct ds_item *item)
{
	if (items->len == items->room) {
		size_t room = items->room ? items->room * 2 : 64;
		struct ds_item *at = realloc(items->at, room * sizeof *at);
		if (!at)
			return false;
		items->at = at;
		items->room = room;
	}
	items->at[items->len++] = *item;
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct ds_item *a = left;
	const struct ds_item *b = right;
	int order = strcmp(a->id, b->id);
	return order ? order : strcmp(a->path, b->path);
}

/* As they are where git lists them. */
static bool are_sorted(const struct ds_items *items)
{
	for (size_t i = 1; i < items->len; i++)
		if (compare(&items->at[i - 1], &items->at[i]) > 0)
			return false;
	return true;
}

void ds_items_sort(struct ds_items *items)
{
	if (!are_sorted(items))
		qsort(items->at, items->len, sizeof *items->at, compare);
}

void ds_items_free(struct ds_items *items)
{
	free(items->at);
	*items = (struct ds_items){0};
}

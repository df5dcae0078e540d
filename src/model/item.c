#include "item.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

bool ds_items_add(struct ds_items *items, const struct ds_item *item)
{
	if (!ds_grow(&items->at, &items->room, items->len, sizeof *items->at))
		return false;
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

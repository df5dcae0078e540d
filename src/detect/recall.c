/* What is known of an item before its copies are read, by the names of their contents. */
#include "scan.h"

#include "rules.h"

struct contents {
	struct ds_content_id ids[DS_COPY_LIMIT];
	int count;
};

/* False where a copy is not there, or has no name. */
static bool find_contents(const struct ds_scan *scan, const struct ds_item *item,
			  struct ds_buf *path, struct contents *found)
{
	const struct ds_rule *rule = scan->rule;

	for (found->count = 0; rule->copies[found->count].name; found->count++) {
		ds_buf_cut(path, 0);
		if (ds_copy_path(path, rule, found->count, item->path, item->id) != DS_PATH_MADE ||
		    !scan->source->ops->content_id(scan->source, path->bytes,
						   &found->ids[found->count]))
			return false;
	}
	return true;
}

static bool has_memory(const struct ds_scan *scan)
{
	return scan->memory && scan->source->ops->content_id;
}

static bool announce(const struct ds_scan *scan, const struct ds_item *item, struct ds_buf *path)
{
	for (int i = 0; scan->rule->copies[i].name; i++) {
		ds_buf_cut(path, 0);
		if (ds_copy_path(path, scan->rule, i, item->path, item->id) == DS_PATH_MEMORY)
			return false;
		scan->source->ops->want(scan->source, path->bytes);
	}
	return true;
}

bool ds_recall_items(const struct ds_scan *scan, struct ds_items *items)
{
	const struct ds_memory *memory = scan->memory;
	void (*want)(struct ds_source *, const char *) = scan->source->ops->want;
	struct ds_buf path = {0};
	struct contents found;
	bool well = true;
	int status;

	for (size_t i = 0; i < items->len && well; i++) {
		struct ds_item *item = &items->at[i];
		if (has_memory(scan) && find_contents(scan, item, &path, &found) &&
		    memory->recall(memory->context, found.ids, found.count, &status) &&
		    ds_vocabulary_has(scan->rule->vocabulary, status)) {
			item->recalled = item->seen = true;
			item->state = DS_ITEM_AGREES;
			item->status = (int8_t)status;
		} else if (want) {
			well = announce(scan, item, &path);
		}
	}
	if (want)
		want(scan->source, NULL);
	ds_buf_free(&path);
	return well;
}

void ds_remember_item(const struct ds_scan *scan, const struct ds_item *item)
{
	struct ds_buf path = {0};
	struct contents found;

	if (has_memory(scan) && item->state == DS_ITEM_AGREES &&
	    find_contents(scan, item, &path, &found))
		scan->memory->remember(scan->memory->context, found.ids, found.count, item->status);
	ds_buf_free(&path);
}

/* What is known of an item before its copies are read, by the names of their contents. */
#include "scan.h"

#include <string.h>

#include "demands.h"
#include "readers.h"
#include "rules.h"

struct contents {
	struct ds_content_id ids[DS_COPY_LIMIT + DS_ROLLUP_LIMIT];
	int count;
};

/* Where the item's paths are made. */
struct paths {
	const struct ds_scan *scan;
	const struct ds_item *item;
	struct ds_buf *path;
};

static enum ds_path_made make_path(const struct paths *p, const char *pattern)
{
	ds_buf_cut(p->path, 0);
	return ds_item_path(p->path, p->scan->rule, pattern, p->item->path, p->item->id);
}

static bool name_copy(const struct paths *p, const char *pattern, struct contents *found)
{
	struct ds_source *source = p->scan->source;

	return make_path(p, pattern) == DS_PATH_MADE &&
	       source->ops->content_id(source, p->path->bytes, &found->ids[found->count++]);
}

/* A file of parts that is not there is a content too, and has the empty name. */
static bool name_parts(const struct paths *p, const char *pattern, struct contents *found)
{
	struct ds_source *source = p->scan->source;
	struct ds_content_id *id = &found->ids[found->count++];
	struct ds_blob blob = {0};

	if (make_path(p, pattern) != DS_PATH_MADE)
		return false;
	if (source->ops->content_id(source, p->path->bytes, id))
		return true;
	*id = (struct ds_content_id){0};
	source->ops->read(source, p->path->bytes, NULL, &blob);
	bool missing = blob.kind == DS_MISSING;
	ds_blob_free(&blob);
	return missing;
}

/* False where a copy is not there, or has no name. */
static bool find_contents(const struct paths *p, struct contents *found)
{
	const struct ds_rule *rule = p->scan->rule;

	found->count = 0;
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		if (!name_copy(p, copy->path, found))
			return false;
	for (size_t i = 0; i < ds_rollup_count(rule); i++)
		if (!name_parts(p, rule->rollups[i].path, found))
			return false;
	return true;
}

/* Only of rules whose verdict depends on nothing but files that are an item's own. */
static bool has_memory(const struct ds_scan *scan)
{
	const struct ds_rule *rule = scan->rule;

	if (!scan->memory || !scan->source->ops->content_id)
		return false;
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++) {
		const struct ds_reader *reader = ds_reader_find(copy->read);
		if (copy->many || copy->from == DS_FROM_HEAD || !reader || reader->in_path)
			return false;
	}
	for (size_t i = 0; i < ds_rollup_count(rule); i++)
		if (!rule->rollups[i].path)
			return false;
	return ds_rollup_count(rule) <= DS_ROLLUP_LIMIT;
}

static bool want(const struct paths *p, struct ds_source *source, const char *pattern)
{
	enum ds_path_made made = make_path(p, pattern);

	if (made == DS_PATH_MADE && source->ops->want)
		source->ops->want(source, p->path->bytes);
	return made != DS_PATH_MEMORY;
}

/* In the order in which ds_collect reads them. */
static bool announce(const struct paths *p)
{
	const struct ds_scan *scan = p->scan;
	bool well = true;

	for (const struct ds_copy_rule *copy = scan->rule->copies; copy->name && well; copy++) {
		struct ds_source *source = copy->from == DS_FROM_HEAD ? scan->head : scan->source;
		if (source && !copy->many)
			well = want(p, source, copy->path);
	}
	for (size_t i = 0; i < ds_rollup_count(scan->rule) && well; i++)
		if (scan->rule->rollups[i].path && scan->source)
			well = want(p, scan->source, scan->rule->rollups[i].path);
	return well;
}

static void end_announcing(struct ds_source *source)
{
	if (source && source->ops->want)
		source->ops->want(source, NULL);
}

bool ds_recall_items(const struct ds_scan *scan, struct ds_items *items)
{
	const struct ds_memory *memory = scan->memory;
	bool remembers = has_memory(scan);
	struct ds_buf path = {0};
	struct contents found;
	bool well = true;
	int status;

	for (size_t i = 0; i < items->len && well; i++) {
		struct ds_item *item = &items->at[i];
		const struct paths paths = {scan, item, &path};
		if (remembers && find_contents(&paths, &found) &&
		    memory->recall(memory->context, found.ids, found.count, &status) &&
		    ds_vocabulary_has(scan->rule->vocabulary, status)) {
			item->recalled = item->seen = true;
			item->state = DS_ITEM_AGREES;
			item->status = (int8_t)status;
		} else {
			well = announce(&paths);
		}
	}
	end_announcing(scan->source);
	end_announcing(scan->head);
	ds_buf_free(&path);
	return well;
}

void ds_remember_item(const struct ds_scan *scan, const struct ds_item *item)
{
	struct ds_buf path = {0};
	const struct paths paths = {scan, item, &path};
	struct contents found;

	if (item->state == DS_ITEM_AGREES && has_memory(scan) && find_contents(&paths, &found))
		scan->memory->remember(scan->memory->context, found.ids, found.count, item->status);
	ds_buf_free(&path);
}

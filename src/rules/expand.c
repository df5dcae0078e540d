#include <string.h>

#include "pattern.h"
#include "rules.h"

static void add_capture(struct ds_captures *captures, const char *name, const char *value)
{
	if (captures->len == DS_CAPTURE_LIMIT)
		return;
	captures->name[captures->len] = ds_text_of(name);
	captures->value[captures->len++] = ds_text_of(value);
}

static struct ds_text without_slash(struct ds_text path)
{
	if (path.len && path.at[path.len - 1] == '/')
		path.len--;
	return path;
}

/* As the patterns have it: a directory's path ends in "/". Kept in `whole`. A list that lies
 * among the items is taken away from them. */
static bool match_item(const struct ds_rule *rule, const char *path, struct ds_buf *whole,
		       struct ds_captures *captures)
{
	const char *const *shelf = rule->archived;

	if (!rule->items || !ds_buf_puts(whole, path))
		return false;
	if (rule->items[strlen(rule->items) - 1] == '/')
		ds_buf_puts(whole, "/");
	struct ds_text text = {whole->bytes, whole->len};
	bool found = ds_pattern_match(rule->items, text, captures);
	for (; !found && shelf && *shelf; shelf++)
		found = ds_pattern_match(*shelf, text, captures);
	for (const char *const *no = rule->exclude; found && no && *no; no++)
		found = !ds_pattern_match(*no, text, NULL);
	return found && !whole->failed;
}

/* An id comes out of a file too: it must not lead anywhere. */
static bool may_be_in_path(const char *id)
{
	return *id != '.' && !strchr(id, '/');
}

/* The captures of an item that a file lists: its path is that file's, and tells nothing. Where
 * its own path can be told from the id, that is kept in `whole`. */
static void capture_listed(const struct ds_rule *rule, const char *id, struct ds_buf *whole,
			   struct ds_captures *captures)
{
	captures->len = 0;
	if (!may_be_in_path(id))
		return;
	add_capture(captures, "id", id);
	ds_buf_cut(whole, 0);
	if (!rule->items || rule->by_number || !ds_pattern_fill(whole, rule->items, captures))
		return;
	captures->name[captures->len] = ds_text_of("item");
	captures->value[captures->len++] =
		without_slash((struct ds_text){whole->bytes, whole->len});
}

static bool lists_items(const struct ds_rule *rule)
{
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		if (copy->lists)
			return true;
	return false;
}

/* With all that is known of the item. */
static bool fill_path(struct ds_buf *out, const struct ds_rule *rule, const char *pattern,
		      const char *item_path, const char *id)
{
	struct ds_captures captures = {0};
	struct ds_buf whole = {0};

	if (!match_item(rule, item_path, &whole, &captures))
		capture_listed(rule, id, &whole, &captures);
	else
		add_capture(&captures, "item", item_path);
	out->failed |= whole.failed;
	bool filled = !out->failed && ds_pattern_fill(out, pattern, &captures);
	ds_buf_free(&whole);
	return filled;
}

/* The pattern, with that of the items in it: what a person can look for. */
static bool say_open(struct ds_buf *out, const struct ds_rule *rule, const char *pattern)
{
	static const char item[] = "{item}";
	size_t len = sizeof item - 1;

	if (!rule->items || strncmp(pattern, item, len) != 0)
		return ds_buf_puts(out, pattern);
	struct ds_text items = without_slash(ds_text_of(rule->items));
	return ds_buf_append(out, items.at, items.len) && ds_buf_puts(out, pattern + len);
}

enum ds_path_made ds_item_path(struct ds_buf *out, const struct ds_rule *rule, const char *pattern,
			       const char *item_path, const char *id)
{
	struct ds_captures captures = {0};
	size_t begin = out->len;

	/* Mostly it takes these two, and no matching. A number is not how the id is written. */
	add_capture(&captures, "item", item_path);
	if (may_be_in_path(id))
		add_capture(&captures, "id", id);
	if (!rule->by_number && !lists_items(rule) && ds_pattern_fill(out, pattern, &captures))
		return DS_PATH_MADE;
	ds_buf_cut(out, begin);
	if (!out->failed && fill_path(out, rule, pattern, item_path, id))
		return DS_PATH_MADE;
	if (out->failed)
		return DS_PATH_MEMORY;
	ds_buf_cut(out, begin);
	return say_open(out, rule, pattern) ? DS_PATH_OPEN : DS_PATH_MEMORY;
}

enum ds_path_made ds_copy_path(struct ds_buf *out, const struct ds_rule *rule, int copy,
			       const char *item_path, const char *id)
{
	return ds_item_path(out, rule, rule->copies[copy].path, item_path, id);
}

struct ds_text ds_item_capture(const struct ds_rule *rule, const char *item_path, const char *name)
{
	struct ds_captures captures = {0};
	struct ds_buf whole = {0};
	struct ds_text value = {0};

	if (match_item(rule, item_path, &whole, &captures))
		value = ds_capture(&captures, name);
	/* The same bytes, where they stay. */
	if (value.at)
		value.at = item_path + (value.at - whole.bytes);
	ds_buf_free(&whole);
	return value;
}

/* ---- From patterns ------------------------------------------------------ */

struct expansion {
	const struct ds_expansion *public;
	struct ds_walk walk; /* the pattern of the rule's items, if it has one; then its shelves */
	int first_shelf;
	struct ds_buf path; /* as the pattern has it, with its "/" at the end */
};

static bool is_excluded(const struct ds_rule *rule, struct ds_text path)
{
	for (const char *const *exclude = rule->exclude; exclude && *exclude; exclude++)
		if (ds_pattern_match(*exclude, path, NULL))
			return true;
	return false;
}

static int add_item(const struct ds_expansion *expansion, bool archived, struct ds_text path,
		    struct ds_text id, ds_error *err)
{
	if (ds_id_is_ignored(expansion->rule, id))
		return 0;
	id = ds_id_key(expansion->rule, id);
	struct ds_item item = {.archived = archived, .status = DS_NO_STATUS};
	char *copy = ds_arena_copy(expansion->strings, path.at, path.len);
	if (!copy)
		return ds_fail_memory(err);
	item.path = copy;
	/* Mostly the id is the end of the path: it need not be kept twice. */
	size_t at = (size_t)(id.at - path.at);
	item.id = at + id.len == path.len ? copy + at
					  : ds_arena_copy(expansion->strings, id.at, id.len);
	struct ds_items *items = archived ? expansion->archived : expansion->items;
	if (!item.id || !ds_items_add(items, &item))
		return ds_fail_memory(err);
	return 0;
}

static int on_match(void *context, const char *path, int which, ds_error *err)
{
	struct expansion *e = context;
	const char *pattern = e->walk.patterns[which];
	struct ds_captures captures;

	ds_buf_cut(&e->path, 0);
	ds_buf_puts(&e->path, path);
	if (pattern[strlen(pattern) - 1] == '/')
		ds_buf_puts(&e->path, "/");
	if (e->path.failed)
		return ds_fail_memory(err);
	struct ds_text whole = {e->path.bytes, e->path.len};
	if (!ds_pattern_match(pattern, whole, &captures))
		return 0;
	bool shelf = which >= e->first_shelf;
	if (!shelf && is_excluded(e->public->rule, whole))
		return 0;
	return add_item(e->public, shelf, without_slash(whole), ds_capture(&captures, "id"), err);
}

static int on_problem(void *context, const char *path, unsigned patterns, const char *why,
		      ds_error *err)
{
	const struct expansion *e = context;
	bool shelf = !(patterns & ((1u << e->first_shelf) - 1));
	return e->public->problem(e->public->context, path, shelf, why, err);
}

int ds_expand(const struct ds_expansion *expansion, ds_error *err)
{
	const char *const *shelf = expansion->archived ? expansion->rule->archived : NULL;
	struct expansion e = {.public = expansion};

	e.walk = (struct ds_walk){.source = expansion->source,
				  .match = on_match,
				  .problem = on_problem,
				  .context = &e};
	if (expansion->rule->items)
		e.walk.patterns[e.walk.pattern_count++] = expansion->rule->items;
	e.first_shelf = e.walk.pattern_count;
	for (; shelf && *shelf && e.walk.pattern_count < DS_WALK_LIMIT; shelf++)
		e.walk.patterns[e.walk.pattern_count++] = *shelf;
	int status = e.walk.pattern_count ? ds_pattern_walk(&e.walk, err) : 0;
	ds_buf_free(&e.path);
	return status;
}

/* ---- From an id --------------------------------------------------------- */

int ds_item_exists(const struct ds_rule *rule, struct ds_source *source, const struct ds_item *item,
		   bool *exists, ds_error *err)
{
	struct ds_buf path = {0};
	struct ds_blob blob = {0};
	int status = 0;

	*exists = false;
	for (int i = 0; rule->copies[i].name && !*exists; i++) {
		if (rule->copies[i].many || rule->copies[i].from != DS_FROM_SOURCE)
			continue;
		ds_buf_cut(&path, 0);
		if (ds_copy_path(&path, rule, i, item->path, item->id) == DS_PATH_MEMORY) {
			status = ds_fail_memory(err);
			break;
		}
		source->ops->read(source, path.bytes, NULL, &blob);
		*exists = blob.kind != DS_MISSING;
	}
	ds_blob_free(&blob);
	ds_buf_free(&path);
	return status;
}

/* Whether the item's path follows from its id alone, and its being there from its path. */
static bool is_plain(const struct ds_rule *rule)
{
	return rule->items && !rule->by_number && !ds_rule_has_many(rule);
}

static int add_if_exists(const struct ds_expansion *expansion, struct ds_text path,
			 struct ds_text id, ds_error *err)
{
	struct ds_items *items = expansion->items;
	size_t before = items->len;
	bool exists = true;

	int status = add_item(expansion, false, path, id, err);
	if (!status && items->len > before)
		status = ds_item_exists(expansion->rule, expansion->source, &items->at[before],
					&exists, err);
	if (status || !exists)
		items->len = before;
	return status;
}

int ds_expand_one(const struct ds_expansion *expansion, const char *id, bool *known, ds_error *err)
{
	const char *pattern = expansion->rule->items;
	struct ds_captures captures = {
		.name = {ds_text_of("id")}, .value = {ds_text_of(id)}, .len = 1};
	struct ds_buf path = {0};
	int status = 0;

	*known = is_plain(expansion->rule) && ds_pattern_fill(&path, pattern, &captures);
	struct ds_text whole = {path.bytes, path.len};
	if (*known && ds_pattern_match(pattern, whole, &captures) &&
	    !is_excluded(expansion->rule, whole)) {
		struct ds_text found = ds_capture(&captures, "id");
		if (ds_text_is(found, id))
			status = add_if_exists(expansion, without_slash(whole), found, err);
	}
	if (path.failed)
		status = ds_fail_memory(err);
	ds_buf_free(&path);
	return status;
}

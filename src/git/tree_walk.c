#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tree.h"

enum { HOPS = 40 }; /* from link to link, as Linux has it */

enum ds_git_there ds_git_refuse(struct ds_git_walk *walk, enum ds_kind kind, const char *format,
				...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(walk->blob->why, sizeof walk->blob->why, format, args);
	va_end(args);
	walk->blob->kind = kind;
	return DS_GIT_REFUSED;
}

static enum ds_git_there look(struct ds_git_walk *walk)
{
	struct ds_git_entries *entries = &walk->tree->entries;
	struct ds_text way = ds_buf_text(&walk->way);

	walk->entry = way.len ? ds_git_entries_find(entries, way) : DS_GIT_NOWHERE;
	if (walk->entry != DS_GIT_NOWHERE)
		return DS_GIT_ENTRY;
	if (ds_git_entries_beneath(entries, way, &walk->first) || way.len == 0)
		return DS_GIT_DIRECTORY;
	return DS_GIT_NOTHING;
}

/* What is in a submodule is there, and not to be seen from here; beneath a file is nothing. */
static enum ds_git_there beneath_entry(struct ds_git_walk *walk)
{
	return ds_git_entries_mark(&walk->tree->entries, (size_t)walk->entry) == DS_GIT_SUBMODULE
		       ? ds_git_refuse(walk, DS_INDETERMINATE,
				       "in a submodule, which is judged by a gate of its own")
		       : DS_GIT_NOTHING;
}

static struct ds_git_target target_of(const struct ds_git_tree *tree, size_t index)
{
	struct ds_git_target target;
	memcpy(&target, ds_git_entries_id(&tree->entries, index), sizeof target);
	return target;
}

/* The last component of the way gives way to the link's target. */
static enum ds_git_there turn(struct ds_git_walk *walk)
{
	struct ds_git_target target = target_of(walk->tree, (size_t)walk->entry);
	const char *to = walk->tree->targets.bytes + target.offset;
	const char *slash = strrchr(walk->way.bytes, '/');
	struct ds_buf rest = {0};

	if (target.kind != DS_REGULAR)
		return ds_git_refuse(walk, (enum ds_kind)target.kind, "a link: %s", to);
	if (++walk->hops > HOPS)
		return ds_git_refuse(walk, DS_UNUSABLE, "links that lead in a circle");
	if (!*to)
		return DS_GIT_NOTHING;
	if (*to == '/')
		return ds_git_refuse(walk, DS_UNUSABLE,
				     "a link that is absolute or leads outside the repository");
	ds_buf_cut(&walk->way, slash ? (size_t)(slash - walk->way.bytes) : 0);
	ds_buf_printf(&rest, "%s/%s", to, ds_buf_text(&walk->rest).at);
	ds_buf_free(&walk->rest);
	walk->rest = rest;
	return DS_GIT_DIRECTORY;
}

/* Takes the first component of the rest; the caller's until the next. */
static void take_component(struct ds_git_walk *walk, struct ds_buf *component)
{
	char *rest = walk->rest.bytes;
	size_t len = strcspn(rest, "/");
	size_t used = len + (rest[len] == '/');

	ds_buf_cut(component, 0);
	ds_buf_append(component, rest, len);
	memmove(rest, rest + used, walk->rest.len - used);
	ds_buf_cut(&walk->rest, walk->rest.len - used);
}

static enum ds_git_there go_up(struct ds_git_walk *walk)
{
	if (walk->way.len == 0)
		return ds_git_refuse(walk, DS_UNUSABLE,
				     "a link that is absolute or leads outside the repository");
	const char *slash = strrchr(walk->way.bytes, '/');
	ds_buf_cut(&walk->way, slash ? (size_t)(slash - walk->way.bytes) : 0);
	return DS_GIT_DIRECTORY;
}

static enum ds_git_there go_down(struct ds_git_walk *walk, const char *component)
{
	ds_buf_printf(&walk->way, "%s%s", walk->way.len ? "/" : "", component);
	if (walk->way.failed)
		return ds_git_refuse(walk, DS_INDETERMINATE, "out of memory");
	enum ds_git_there there = look(walk);
	return there == DS_GIT_ENTRY && ds_git_is_link(walk->tree, (size_t)walk->entry) ? turn(walk)
											: there;
}

/* Goes down component by component, as a system does: only a directory can be gone on
 * from, and only a link can change the way. */
static enum ds_git_there follow(struct ds_git_walk *walk)
{
	struct ds_buf component = {0};
	enum ds_git_there there = look(walk);

	while (there == DS_GIT_DIRECTORY && walk->rest.len) {
		take_component(walk, &component);
		if (component.failed || walk->rest.failed)
			there = ds_git_refuse(walk, DS_INDETERMINATE, "out of memory");
		else if (strcmp(component.bytes, "..") == 0)
			there = go_up(walk);
		else if (*component.bytes && strcmp(component.bytes, ".") != 0)
			there = go_down(walk, component.bytes);
	}
	if (there == DS_GIT_DIRECTORY)
		there = look(walk);
	if (there == DS_GIT_ENTRY && walk->rest.len)
		there = beneath_entry(walk);
	ds_buf_free(&component);
	return there;
}

/* Most paths are the name of an entry, and no link is on the way to one: that is looked for
 * first, where nothing has to be put before it without copying it. */
enum ds_git_there ds_git_walk_to(struct ds_git_walk *walk, const char *path)
{
	const struct ds_buf *prefix = &walk->tree->prefix;

	walk->entry = prefix->len ? DS_GIT_NOWHERE
				  : ds_git_entries_find(&walk->tree->entries, ds_text_of(path));
	if (walk->entry != DS_GIT_NOWHERE && !ds_git_is_link(walk->tree, (size_t)walk->entry))
		return DS_GIT_ENTRY;
	ds_buf_append(&walk->way, prefix->bytes, prefix->len);
	ds_buf_puts(&walk->way, path);
	if (walk->way.failed)
		return ds_git_refuse(walk, DS_INDETERMINATE, "out of memory");
	if (walk->way.len && walk->way.bytes[walk->way.len - 1] == '/')
		ds_buf_cut(&walk->way, walk->way.len - 1);
	enum ds_git_there there = look(walk);
	if (there == DS_GIT_DIRECTORY ||
	    (there == DS_GIT_ENTRY && !ds_git_is_link(walk->tree, (size_t)walk->entry)))
		return there;
	walk->rest = walk->way;
	walk->way = (struct ds_buf){0};
	ds_buf_puts(&walk->way, "");
	there = walk->way.failed ? ds_git_refuse(walk, DS_INDETERMINATE, "out of memory")
				 : follow(walk);
	if (there == DS_GIT_NOTHING && walk->hops)
		return ds_git_refuse(walk, DS_UNUSABLE,
				     "a link that leads nowhere, as far as is seen here");
	return there;
}

void ds_git_walk_free(struct ds_git_walk *walk)
{
	ds_buf_free(&walk->way);
	ds_buf_free(&walk->rest);
}

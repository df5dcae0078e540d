#include "tree_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

/* ---- Reading ------------------------------------------------------------- */

static void read_entry(const struct ds_git_tree *tree, struct ds_git_walk *walk,
		       const struct ds_extent *extent)
{
	size_t index = (size_t)walk->entry;

	switch (ds_git_entries_mark(&tree->entries, index)) {
	case DS_GIT_UNMERGED:
		ds_git_refuse(walk, DS_INDETERMINATE,
			      "not merged yet: its conflict is to be resolved");
		break;
	case DS_GIT_SUBMODULE:
		ds_git_refuse(walk, DS_UNUSABLE, "not a regular file but a submodule");
		break;
	default:
		walk->blob->kind = DS_REGULAR;
		if (extent)
			ds_git_objects_read(tree->objects, ds_git_entries_id(&tree->entries, index),
					    extent, walk->blob);
	}
}

static void tree_read(struct ds_source *source, const char *path, const struct ds_extent *extent,
		      struct ds_blob *blob)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;
	struct ds_git_walk walk = {.tree = tree, .blob = blob};

	ds_buf_cut(&blob->bytes, 0);
	blob->why[0] = '\0';
	blob->whole = false;
	switch (ds_git_walk_to(&walk, path)) {
	case DS_GIT_NOTHING:
		blob->kind = DS_MISSING;
		break;
	case DS_GIT_DIRECTORY:
		if (extent)
			ds_git_refuse(&walk, DS_UNUSABLE, "not a regular file but a directory");
		else
			blob->kind = DS_DIRECTORY;
		break;
	case DS_GIT_ENTRY:
		read_entry(tree, &walk, extent);
		break;
	case DS_GIT_REFUSED:
		break;
	}
	blob->linked = walk.hops > 0;
	ds_git_walk_free(&walk);
}

/* The id of the file that a path leads to, or NULL. */
static const unsigned char *id_of(struct ds_git_tree *tree, const char *path)
{
	struct ds_blob blob = {0};
	struct ds_git_walk walk = {.tree = tree, .blob = &blob};

	bool file = ds_git_walk_to(&walk, path) == DS_GIT_ENTRY &&
		    ds_git_entries_mark(&tree->entries, (size_t)walk.entry) == DS_GIT_FILE;
	ds_git_walk_free(&walk);
	return file ? ds_git_entries_id(&tree->entries, (size_t)walk.entry) : NULL;
}

static void tree_want(struct ds_source *source, const char *path)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;
	const unsigned char *id = path ? id_of(tree, path) : NULL;

	if (id)
		ds_git_objects_want(tree->objects, id);
}

static bool tree_content_id(struct ds_source *source, const char *path, struct ds_content_id *out)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;
	const unsigned char *id = id_of(tree, path);

	if (id) {
		out->len = (unsigned char)tree->entries.id_size;
		memcpy(out->bytes, id, out->len);
	}
	return id != NULL;
}

/* ---- Listing ------------------------------------------------------------- */

static enum ds_entry_kind kind_of(const struct ds_git_tree *tree, size_t index)
{
	static const enum ds_entry_kind kinds[] = {
		[DS_GIT_FILE] = DS_ENTRY_FILE,
		[DS_GIT_LINK] = DS_ENTRY_LINK,
		[DS_GIT_SUBMODULE] = DS_ENTRY_DIRECTORY,
		[DS_GIT_UNMERGED] = DS_ENTRY_FILE,
	};
	return kinds[ds_git_entries_mark(&tree->entries, index)];
}

/* The entries that begin with the first `len` bytes of the one at `index`. */
static int list_from(const struct ds_git_tree *tree, size_t index, size_t len, ds_entry_fn entry,
		     void *context, ds_error *err)
{
	struct ds_buf name = {0};
	size_t end = tree->entries.count;
	int status = 0;

	if (len)
		end = ds_git_entries_after(&tree->entries, index, len);
	while (index < end && status == 0) {
		const char *path = ds_git_entries_path(&tree->entries, index) + len;
		size_t own = strcspn(path, "/");
		if (!path[own]) {
			status = entry(context, path, kind_of(tree, index++));
			continue;
		}
		index = ds_git_entries_after(&tree->entries, index, len + own + 1);
		ds_buf_cut(&name, 0);
		status = ds_buf_append(&name, path, own)
				 ? entry(context, name.bytes, DS_ENTRY_DIRECTORY)
				 : ds_fail_memory(err);
	}
	ds_buf_free(&name);
	return status;
}

static int list_entry(const struct ds_git_tree *tree, size_t index, ds_error *err)
{
	enum ds_git_mark mark = ds_git_entries_mark(&tree->entries, index);

	return mark == DS_GIT_SUBMODULE
		       ? ds_fail(err, DS_TROUBLE,
				 "a submodule, which is judged by a gate of its own")
	       : mark == DS_GIT_UNMERGED
		       ? ds_fail(err, DS_TROUBLE, "not merged yet: its conflict is to be resolved")
		       : ds_fail(err, DS_TROUBLE, "not a directory");
}

static int tree_list(struct ds_source *source, const char *directory, ds_entry_fn entry,
		     void *context, ds_error *err)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;
	struct ds_blob blob = {0};
	struct ds_git_walk walk = {.tree = tree, .blob = &blob};
	int status = 0;

	switch (ds_git_walk_to(&walk, directory)) {
	case DS_GIT_NOTHING:
		break;
	case DS_GIT_DIRECTORY:
		status = list_from(tree, walk.first, walk.way.len + (walk.way.len != 0), entry,
				   context, err);
		break;
	case DS_GIT_ENTRY:
		status = list_entry(tree, (size_t)walk.entry, err);
		break;
	case DS_GIT_REFUSED:
		status = ds_fail(err, DS_TROUBLE, "%s", blob.why);
		break;
	}
	ds_git_walk_free(&walk);
	return status;
}

/* ---- Opening ------------------------------------------------------------- */

static void tree_free(struct ds_source *source)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;

	ds_git_objects_free(tree->objects);
	ds_git_entries_free(&tree->entries);
	ds_git_compared_free(&tree->compared);
	ds_buf_free(&tree->prefix);
	ds_buf_free(&tree->targets);
	ds_buf_free(&tree->unsure);
	free(tree->name);
	free(tree->roots);
	free(tree);
}

static const struct ds_source_ops tree_ops = {
	.list = tree_list,
	.read = tree_read,
	.want = tree_want,
	.content_id = tree_content_id,
	.free = tree_free,
};

/* One piece of memory: the array, and the paths behind it. */
static const char **copy_roots(const char *const *roots)
{
	size_t count = 0;
	size_t bytes = 0;

	for (; roots[count]; count++)
		bytes += strlen(roots[count]) + 1;
	const char **copy = malloc((count + 1) * sizeof *copy + bytes);
	if (!copy)
		return NULL;
	char *at = (char *)(copy + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(roots[i]) + 1;
		copy[i] = memcpy(at, roots[i], size);
		at += size;
	}
	copy[count] = NULL;
	return copy;
}

static struct ds_git_tree *make(const struct ds_git_repository *repository, const char *name,
				const char *const *roots)
{
	struct ds_git_tree *tree = calloc(1, sizeof *tree);
	if (!tree)
		return NULL;
	tree->repository = tree->compared.repository = repository;
	tree->entries.id_size = repository->id_size;
	tree->objects = ds_git_objects_open(repository);
	tree->name = strdup(name);
	tree->roots = copy_roots(roots);
	tree->ops = tree_ops;
	tree->ops.name = tree->name;
	tree->source.ops = &tree->ops;
	if (tree->objects && tree->name && tree->roots)
		return tree;
	tree_free(&tree->source);
	return NULL;
}

/* Gives the tree away, or frees it. */
static int hand_over(struct ds_source **out, struct ds_git_tree *tree, int status)
{
	if (status == 0)
		*out = &tree->source;
	else
		tree_free(&tree->source);
	return status;
}

int ds_git_index_open(struct ds_source **out, const struct ds_git_repository *repository,
		      const char *const *roots, ds_error *err)
{
	struct ds_git_tree *tree = make(repository, "index", roots);

	*out = NULL;
	return tree ? hand_over(out, tree, ds_git_tree_fill(tree, err)) : ds_fail_memory(err);
}

/* A ref may point to a file on its own, or a tag may. */
static bool is_file(const struct ds_git_tree *tree, const char *id)
{
	char name[DS_GIT_HEX_ROOM + sizeof "^{}"];
	char peeled[DS_GIT_HEX_ROOM];
	char type;

	snprintf(name, sizeof name, "%s^{}", id);
	return ds_git_resolve(peeled, &type, tree->repository, name, NULL) == 0 && *peeled &&
	       type == 'b';
}

/* Its tree, and what it is compared with: a tree of its own has nothing before it. */
static int resolve_revision(struct ds_git_tree *tree, const char *revision, ds_error *err)
{
	char id[DS_GIT_HEX_ROOM];
	char type;
	char names[2][DS_GIT_HEX_ROOM + sizeof "^{tree}"];
	const char *const asked[] = {names[0], names[1]};
	struct ds_buf *ids = &tree->compared.before;

	int status = ds_git_resolve(id, &type, tree->repository, revision, err);
	if (status)
		return status;
	if (!*id)
		return ds_fail_path(err, DS_TROUBLE, revision,
				    "no revision of this repository, or not all of it is here");
	snprintf(names[0], sizeof names[0], "%s^{tree}", id);
	snprintf(names[1], sizeof names[1], "%s^@", id);
	status = ds_git_ids_of(ids, tree->repository, asked, err);
	if (status == 0 && ids->len == 0 && !is_file(tree, id))
		status = ds_fail_path(err, DS_TROUBLE, revision,
				      "neither a commit nor a tree that is here");
	if (status || ids->len == 0)
		return status;
	size_t used = strlen(ids->bytes) + 1;
	memcpy(tree->id, ids->bytes, used);
	memmove(ids->bytes, ids->bytes + used, ids->len - used);
	ds_buf_cut(ids, ids->len - used);
	tree->compared.tree = tree->id;
	return 0;
}

int ds_git_revision_open(struct ds_source **out, const struct ds_git_repository *repository,
			 const char *revision, const char *const *roots, ds_error *err)
{
	struct ds_git_tree *tree = make(repository, revision, roots);

	*out = NULL;
	if (!tree)
		return ds_fail_memory(err);
	int status = resolve_revision(tree, revision, err);
	if (status == 0 && *tree->id)
		status = ds_git_tree_fill(tree, err);
	return hand_over(out, tree, status);
}

int ds_git_source_enter(struct ds_source *source, const char *prefix, ds_error *err)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;

	ds_buf_cut(&tree->prefix, 0);
	return ds_buf_puts(&tree->prefix, prefix) ? 0 : ds_fail_memory(err);
}

/* ---- Compared with what was before --------------------------------------- */

int ds_git_source_compare_with(struct ds_source *source, const char *revision, ds_error *err)
{
	return ds_git_compared_add(&((struct ds_git_tree *)source)->compared, revision, err);
}

int ds_git_source_compare_with_known(struct ds_source *source, const char *id, const char *known,
				     bool *news, ds_error *err)
{
	return ds_git_compared_add_known(&((struct ds_git_tree *)source)->compared, id, known, news,
					 err);
}

int ds_git_source_before(struct ds_source **out, struct ds_source *source, size_t nth,
			 const char *const *roots, ds_error *err)
{
	struct ds_git_tree *now = (struct ds_git_tree *)source;
	const char *id;
	int status = ds_git_compared_before(&id, &now->compared, nth, err);

	*out = NULL;
	if (status || !id)
		return status;
	struct ds_git_tree *tree = make(now->repository, id, roots ? roots : now->roots);
	if (!tree)
		return ds_fail_memory(err);
	snprintf(tree->id, sizeof tree->id, "%s", id);
	tree->compared.tree = tree->id;
	status = ds_git_tree_fill(tree, err);
	if (!status)
		status = ds_git_source_enter(&tree->source, ds_buf_text(&now->prefix).at, err);
	return hand_over(out, tree, status);
}

struct changes {
	struct ds_text prefix;
	ds_git_change_fn each;
	void *context;
};

static int pass_on(void *context, const char *path, unsigned from, unsigned all)
{
	const struct changes *changes = context;

	if (strncmp(path, changes->prefix.at, changes->prefix.len) != 0)
		return 0;
	return changes->each(changes->context, path + changes->prefix.len, from, all);
}

int ds_git_source_changes(struct ds_source *source, ds_git_change_fn each, void *context,
			  ds_error *err)
{
	struct ds_git_tree *tree = (struct ds_git_tree *)source;
	struct changes changes = {ds_buf_text(&tree->prefix), each, context};

	return ds_git_compared_changes(&tree->compared, tree->roots, pass_on, &changes, err);
}

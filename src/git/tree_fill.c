#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "tree.h"

enum { TARGET_LIMIT = 4096 }; /* no system follows a link that is longer */

/* ---- Targets of links ---------------------------------------------------- */

bool ds_git_is_link(const struct ds_git_tree *tree, size_t index)
{
	return ds_git_entries_mark(&tree->entries, index) == DS_GIT_LINK;
}

static void read_target(struct ds_git_tree *tree, struct ds_git_objects *objects, size_t index,
			struct ds_blob *blob)
{
	static const struct ds_extent extent = {.limit = TARGET_LIMIT};
	struct ds_git_target target = {.offset = tree->targets.len};
	unsigned char *id = ds_git_entries_id(&tree->entries, index);

	ds_git_objects_read(objects, id, &extent, blob);
	target.kind = (int)blob->kind;
	if (blob->kind == DS_REGULAR)
		ds_buf_append(&tree->targets, blob->bytes.bytes, blob->bytes.len);
	else
		ds_buf_puts(&tree->targets, blob->why);
	ds_buf_append(&tree->targets, "", 1);
	memcpy(id, &target, sizeof target);
}

static int read_targets(struct ds_git_tree *tree, ds_error *err)
{
	struct ds_git_objects *objects = ds_git_objects_open(tree->repository);
	struct ds_blob blob = {0};

	for (size_t i = 0; objects && i < tree->entries.count; i++)
		if (ds_git_is_link(tree, i))
			ds_git_objects_want(objects, ds_git_entries_id(&tree->entries, i));
	for (size_t i = 0; objects && i < tree->entries.count; i++)
		if (ds_git_is_link(tree, i))
			read_target(tree, objects, i, &blob);
	bool read = objects && !tree->targets.failed;
	ds_git_objects_free(objects);
	ds_blob_free(&blob);
	return read ? 0 : ds_fail_memory(err);
}

/* ---- Entries ------------------------------------------------------------- */

static int add(void *context, struct ds_text meta, struct ds_text path, ds_error *err)
{
	struct ds_git_tree *tree = context;
	const char *id = meta.at + strlen("100644 ");

	/* In the index alone, for a diff has more before its ids; of what is merged. */
	bool unsure =
		meta.len > strlen("100644 ") && meta.at[meta.len - 1] == '0' &&
		strncmp(id, ds_git_empty_blob(tree->repository), 2 * tree->entries.id_size) == 0;
	uint32_t index = (uint32_t)tree->entries.count;
	if (unsure && !ds_buf_append(&tree->unsure, (const char *)&index, sizeof index))
		return ds_fail_memory(err);
	return ds_git_entries_add(&tree->entries, meta, path, err);
}

/* Against a tree of nothing, each file is one that was added. */
static int list_tree(struct ds_git_tree *tree, ds_error *err)
{
	return ds_git_records(tree->repository, ds_git_empty_tree(tree->repository),
			      tree->compared.tree, tree->roots, add, tree, err);
}

/* ---- Files that are only intended ---------------------------------------- */

enum { UNSURE_MOST = 256 }; /* so many paths a command line surely holds */

struct unsure {
	struct ds_git_tree *tree;
	const uint32_t *indices;
	size_t count;
	bool really[UNSURE_MOST];
	const char *paths[UNSURE_MOST + 1];
};

static int note_real(void *context, struct ds_text meta, struct ds_text path, ds_error *err)
{
	struct unsure *unsure = context;

	(void)meta;
	(void)err;
	for (size_t i = 0; i < unsure->count; i++)
		unsure->really[i] |= ds_text_is(path, unsure->paths[i]);
	return 0;
}

/* Asks of those paths alone, which is next to nothing, and takes away what is not there. */
static int drop_intended(struct ds_git_tree *tree, ds_error *err)
{
	struct unsure unsure = {.tree = tree,
				.indices = (const uint32_t *)(void *)tree->unsure.bytes,
				.count = tree->unsure.len / sizeof(uint32_t)};

	for (size_t i = 0; i < unsure.count; i++)
		unsure.paths[i] = ds_git_entries_path(&tree->entries, unsure.indices[i]);
	int status = ds_git_records(tree->repository, ds_git_empty_tree(tree->repository), NULL,
				    unsure.paths, note_real, &unsure, err);
	/* From the end, so that the others stay where they are. */
	for (size_t i = unsure.count; i-- > 0 && status == 0;)
		if (!unsure.really[i])
			ds_git_entries_drop(&tree->entries, unsure.indices[i]);
	return status;
}

/* ---- The whole ----------------------------------------------------------- */

/* A diff tells an empty file from one that is only intended, and takes twice as long: it is
 * asked about such files alone, or, where they are many, about everything. */
static int list_index(struct ds_git_tree *tree, ds_error *err)
{
	int status = ds_git_stages(tree->repository, tree->roots, add, tree, err);
	if (status || !tree->unsure.len)
		return status;
	if (tree->unsure.len <= UNSURE_MOST * sizeof(uint32_t))
		return drop_intended(tree, err);
	ds_git_entries_free(&tree->entries);
	ds_buf_cut(&tree->unsure, 0);
	return list_tree(tree, err);
}

static int list_all(struct ds_git_tree *tree, ds_error *err)
{
	ds_git_entries_free(&tree->entries);
	ds_buf_cut(&tree->unsure, 0);
	return tree->compared.tree ? list_tree(tree, err) : list_index(tree, err);
}

static bool has_links(const struct ds_git_tree *tree)
{
	for (size_t i = 0; i < tree->entries.count; i++)
		if (ds_git_is_link(tree, i))
			return true;
	return false;
}

/* A link may lead to anywhere: where there is one the roots are no bounds any more. */
int ds_git_tree_fill(struct ds_git_tree *tree, ds_error *err)
{
	int status = list_all(tree, err);

	if (status || !has_links(tree))
		return status;
	if (*tree->roots) {
		*tree->roots = NULL;
		status = list_all(tree, err);
	}
	return status ? status : read_targets(tree, err);
}

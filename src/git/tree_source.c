#include "tree_source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "entries.h"
#include "objects.h"
#include "records.h"

enum {
	HOPS = 40,           /* from link to link, as Linux has it */
	TARGET_LIMIT = 4096, /* no system follows a link that is longer */
};

struct tree {
	struct ds_source source;
	struct ds_source_ops ops; /* with the name of this one */
	const struct ds_git_repository *repository;
	struct ds_git_entries entries;
	struct ds_buf unsure; /* entries that may be only intended, a uint32_t each */
	struct ds_git_objects *objects;
	struct ds_git_compared compared;
	char id[DS_GIT_HEX_ROOM]; /* of the tree, in hex; empty: the index */
	char *name;
	const char **roots;    /* and the paths behind it */
	struct ds_buf prefix;  /* of the paths that we are asked for */
	struct ds_buf targets; /* of the links, each with a NUL */
};

static struct ds_text text_of(const struct ds_buf *buf)
{
	return (struct ds_text){buf->bytes ? buf->bytes : "", buf->len};
}

/* ---- Targets of links --------------------------------------------------- */

/* They are all read when the source is opened. Then an entry has, in place of its id,
 * where its target stands, or the reason why there is none. */
struct target {
	size_t offset;
	int kind; /* as of its blob */
};

static struct target target_of(const struct tree *tree, size_t index)
{
	struct target target;
	memcpy(&target, ds_git_entries_id(&tree->entries, index), sizeof target);
	return target;
}

static void read_target(struct tree *tree, struct ds_git_objects *objects, size_t index,
			struct ds_blob *blob)
{
	static const struct ds_extent extent = {.limit = TARGET_LIMIT};
	struct target target = {.offset = tree->targets.len};
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

static bool is_link(const struct tree *tree, size_t index)
{
	return ds_git_entries_mark(&tree->entries, index) == DS_GIT_LINK;
}

static int read_targets(struct tree *tree, ds_error *err)
{
	struct ds_git_objects *objects = ds_git_objects_open(tree->repository);
	struct ds_blob blob = {0};

	for (size_t i = 0; objects && i < tree->entries.count; i++)
		if (is_link(tree, i))
			ds_git_objects_want(objects, ds_git_entries_id(&tree->entries, i));
	for (size_t i = 0; objects && i < tree->entries.count; i++)
		if (is_link(tree, i))
			read_target(tree, objects, i, &blob);
	bool read = objects && !tree->targets.failed;
	ds_git_objects_free(objects);
	ds_blob_free(&blob);
	return read ? 0 : ds_fail_memory(err);
}

/* ---- From a path to what is there --------------------------------------- */

enum there { NOTHING, DIRECTORY, ENTRY, REFUSED };

/* One walk down the tree. */
struct walk {
	struct tree *tree;
	struct ds_buf way;  /* behind us, without links */
	struct ds_buf rest; /* before us */
	int hops;
	long entry;           /* where it ended, if that is one */
	size_t first;         /* or what begins with that directory */
	struct ds_blob *blob; /* of which kind and why may be said */
};

__attribute__((format(printf, 3, 4))) static enum there refuse(struct walk *walk, enum ds_kind kind,
							       const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(walk->blob->why, sizeof walk->blob->why, format, args);
	va_end(args);
	walk->blob->kind = kind;
	return REFUSED;
}

static enum there look(struct walk *walk)
{
	struct ds_git_entries *entries = &walk->tree->entries;
	struct ds_text way = text_of(&walk->way);

	walk->entry = way.len ? ds_git_entries_find(entries, way) : DS_GIT_NOWHERE;
	if (walk->entry != DS_GIT_NOWHERE)
		return ENTRY;
	if (ds_git_entries_beneath(entries, way, &walk->first) || way.len == 0)
		return DIRECTORY;
	return NOTHING;
}

/* What is in a submodule is there, and not to be seen from here; beneath a file is nothing. */
static enum there beneath_entry(struct walk *walk)
{
	return ds_git_entries_mark(&walk->tree->entries, (size_t)walk->entry) == DS_GIT_SUBMODULE
		       ? refuse(walk, DS_INDETERMINATE,
				"in a submodule, which is judged by a gate of its own")
		       : NOTHING;
}

/* The last component of the way gives way to the link's target. */
static enum there turn(struct walk *walk)
{
	struct target target = target_of(walk->tree, (size_t)walk->entry);
	const char *to = walk->tree->targets.bytes + target.offset;
	const char *slash = strrchr(walk->way.bytes, '/');
	struct ds_buf rest = {0};

	if (target.kind != DS_REGULAR)
		return refuse(walk, (enum ds_kind)target.kind, "a link: %s", to);
	if (++walk->hops > HOPS)
		return refuse(walk, DS_UNUSABLE, "links that lead in a circle");
	if (!*to)
		return NOTHING;
	if (*to == '/')
		return refuse(walk, DS_UNUSABLE,
			      "a link that is absolute or leads outside the repository");
	ds_buf_cut(&walk->way, slash ? (size_t)(slash - walk->way.bytes) : 0);
	ds_buf_printf(&rest, "%s/%s", to, text_of(&walk->rest).at);
	ds_buf_free(&walk->rest);
	walk->rest = rest;
	return DIRECTORY;
}

/* Takes the first component of the rest; the caller's until the next. */
static void take_component(struct walk *walk, struct ds_buf *component)
{
	char *rest = walk->rest.bytes;
	size_t len = strcspn(rest, "/");
	size_t used = len + (rest[len] == '/');

	ds_buf_cut(component, 0);
	ds_buf_append(component, rest, len);
	memmove(rest, rest + used, walk->rest.len - used);
	ds_buf_cut(&walk->rest, walk->rest.len - used);
}

static enum there go_up(struct walk *walk)
{
	if (walk->way.len == 0)
		return refuse(walk, DS_UNUSABLE,
			      "a link that is absolute or leads outside the repository");
	const char *slash = strrchr(walk->way.bytes, '/');
	ds_buf_cut(&walk->way, slash ? (size_t)(slash - walk->way.bytes) : 0);
	return DIRECTORY;
}

static enum there go_down(struct walk *walk, const char *component)
{
	ds_buf_printf(&walk->way, "%s%s", walk->way.len ? "/" : "", component);
	if (walk->way.failed)
		return refuse(walk, DS_INDETERMINATE, "out of memory");
	enum there there = look(walk);
	return there == ENTRY && is_link(walk->tree, (size_t)walk->entry) ? turn(walk) : there;
}

/* Goes down component by component, as a system does: only a directory can be gone on
 * from, and only a link can change the way. */
static enum there follow(struct walk *walk)
{
	struct ds_buf component = {0};
	enum there there = look(walk);

	while (there == DIRECTORY && walk->rest.len) {
		take_component(walk, &component);
		if (component.failed || walk->rest.failed)
			there = refuse(walk, DS_INDETERMINATE, "out of memory");
		else if (strcmp(component.bytes, "..") == 0)
			there = go_up(walk);
		else if (*component.bytes && strcmp(component.bytes, ".") != 0)
			there = go_down(walk, component.bytes);
	}
	if (there == DIRECTORY)
		there = look(walk);
	if (there == ENTRY && walk->rest.len)
		there = beneath_entry(walk);
	ds_buf_free(&component);
	return there;
}

/* Most paths are the name of an entry, and no link is on the way to one: that is looked for
 * first, where nothing has to be put before it without copying it. */
static enum there resolve(struct walk *walk, const char *path)
{
	const struct ds_buf *prefix = &walk->tree->prefix;

	walk->entry = prefix->len ? DS_GIT_NOWHERE
				  : ds_git_entries_find(&walk->tree->entries, ds_text_of(path));
	if (walk->entry != DS_GIT_NOWHERE && !is_link(walk->tree, (size_t)walk->entry))
		return ENTRY;
	ds_buf_append(&walk->way, prefix->bytes, prefix->len);
	ds_buf_puts(&walk->way, path);
	if (walk->way.failed)
		return refuse(walk, DS_INDETERMINATE, "out of memory");
	if (walk->way.len && walk->way.bytes[walk->way.len - 1] == '/')
		ds_buf_cut(&walk->way, walk->way.len - 1);
	enum there there = look(walk);
	if (there == DIRECTORY || (there == ENTRY && !is_link(walk->tree, (size_t)walk->entry)))
		return there;
	walk->rest = walk->way;
	walk->way = (struct ds_buf){0};
	ds_buf_puts(&walk->way, "");
	there = walk->way.failed ? refuse(walk, DS_INDETERMINATE, "out of memory") : follow(walk);
	if (there == NOTHING && walk->hops)
		return refuse(walk, DS_UNUSABLE,
			      "a link that leads nowhere, as far as is seen here");
	return there;
}

static void walk_free(struct walk *walk)
{
	ds_buf_free(&walk->way);
	ds_buf_free(&walk->rest);
}

/* ---- Reading ------------------------------------------------------------ */

static void read_entry(const struct tree *tree, struct walk *walk, const struct ds_extent *extent)
{
	size_t index = (size_t)walk->entry;

	switch (ds_git_entries_mark(&tree->entries, index)) {
	case DS_GIT_UNMERGED:
		refuse(walk, DS_INDETERMINATE, "not merged yet: its conflict is to be resolved");
		break;
	case DS_GIT_SUBMODULE:
		refuse(walk, DS_UNUSABLE, "not a regular file but a submodule");
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
	struct tree *tree = (struct tree *)source;
	struct walk walk = {.tree = tree, .blob = blob};

	ds_buf_cut(&blob->bytes, 0);
	blob->why[0] = '\0';
	blob->whole = false;
	switch (resolve(&walk, path)) {
	case NOTHING:
		blob->kind = DS_MISSING;
		break;
	case DIRECTORY:
		if (extent)
			refuse(&walk, DS_UNUSABLE, "not a regular file but a directory");
		else
			blob->kind = DS_DIRECTORY;
		break;
	case ENTRY:
		read_entry(tree, &walk, extent);
		break;
	case REFUSED:
		break;
	}
	walk_free(&walk);
}

/* The id of the file that a path leads to, or NULL. */
static const unsigned char *id_of(struct tree *tree, const char *path)
{
	struct ds_blob blob = {0};
	struct walk walk = {.tree = tree, .blob = &blob};

	bool file = resolve(&walk, path) == ENTRY &&
		    ds_git_entries_mark(&tree->entries, (size_t)walk.entry) == DS_GIT_FILE;
	walk_free(&walk);
	return file ? ds_git_entries_id(&tree->entries, (size_t)walk.entry) : NULL;
}

static void tree_want(struct ds_source *source, const char *path)
{
	struct tree *tree = (struct tree *)source;
	const unsigned char *id = path ? id_of(tree, path) : NULL;

	if (id)
		ds_git_objects_want(tree->objects, id);
}

static bool tree_content_id(struct ds_source *source, const char *path, struct ds_content_id *out)
{
	struct tree *tree = (struct tree *)source;
	const unsigned char *id = id_of(tree, path);

	if (id) {
		out->len = (unsigned char)tree->entries.id_size;
		memcpy(out->bytes, id, out->len);
	}
	return id != NULL;
}

/* ---- Listing ------------------------------------------------------------ */

static enum ds_entry_kind kind_of(const struct tree *tree, size_t index)
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
static int list_from(const struct tree *tree, size_t index, size_t len, ds_entry_fn entry,
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

static int list_entry(const struct tree *tree, size_t index, ds_error *err)
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
	struct tree *tree = (struct tree *)source;
	struct ds_blob blob = {0};
	struct walk walk = {.tree = tree, .blob = &blob};
	int status = 0;

	switch (resolve(&walk, directory)) {
	case NOTHING:
		break;
	case DIRECTORY:
		status = list_from(tree, walk.first, walk.way.len + (walk.way.len != 0), entry,
				   context, err);
		break;
	case ENTRY:
		status = list_entry(tree, (size_t)walk.entry, err);
		break;
	case REFUSED:
		status = ds_fail(err, DS_TROUBLE, "%s", blob.why);
		break;
	}
	walk_free(&walk);
	return status;
}

/* ---- Opening ------------------------------------------------------------ */

static void tree_free(struct ds_source *source)
{
	struct tree *tree = (struct tree *)source;

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

static struct tree *make(const struct ds_git_repository *repository, const char *name,
			 const char *const *roots)
{
	struct tree *tree = calloc(1, sizeof *tree);
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

static int add(void *context, struct ds_text meta, struct ds_text path, ds_error *err)
{
	struct tree *tree = context;
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
static int list_tree(struct tree *tree, ds_error *err)
{
	return ds_git_records(tree->repository, ds_git_empty_tree(tree->repository),
			      tree->compared.tree, tree->roots, add, tree, err);
}

/* ---- Files that are only intended ---------------------------------------- */

enum { UNSURE_MOST = 256 }; /* so many paths a command line surely holds */

struct unsure {
	struct tree *tree;
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
static int drop_intended(struct tree *tree, ds_error *err)
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

/* A diff tells an empty file from one that is only intended, and takes twice as long: it is
 * asked about such files alone, or, where they are many, about everything. */
static int list_index(struct tree *tree, ds_error *err)
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

static int list_all(struct tree *tree, ds_error *err)
{
	ds_git_entries_free(&tree->entries);
	ds_buf_cut(&tree->unsure, 0);
	return tree->compared.tree ? list_tree(tree, err) : list_index(tree, err);
}

static bool has_links(const struct tree *tree)
{
	for (size_t i = 0; i < tree->entries.count; i++)
		if (is_link(tree, i))
			return true;
	return false;
}

/* A link may lead to anywhere: where there is one the roots are no bounds any more. */
static int fill(struct tree *tree, ds_error *err)
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

/* Gives the tree away, or frees it. */
static int hand_over(struct ds_source **out, struct tree *tree, int status)
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
	struct tree *tree = make(repository, "index", roots);

	*out = NULL;
	return tree ? hand_over(out, tree, fill(tree, err)) : ds_fail_memory(err);
}

/* A ref may point to a file on its own, or a tag may. */
static bool is_file(const struct tree *tree, const char *id)
{
	char name[DS_GIT_HEX_ROOM + sizeof "^{}"];
	char peeled[DS_GIT_HEX_ROOM];
	char type;

	snprintf(name, sizeof name, "%s^{}", id);
	return ds_git_resolve(peeled, &type, tree->repository, name, NULL) == 0 && *peeled &&
	       type == 'b';
}

/* Its tree, and what it is compared with: a tree of its own has nothing before it. */
static int resolve_revision(struct tree *tree, const char *revision, ds_error *err)
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
	struct tree *tree = make(repository, revision, roots);

	*out = NULL;
	if (!tree)
		return ds_fail_memory(err);
	int status = resolve_revision(tree, revision, err);
	if (status == 0 && *tree->id)
		status = fill(tree, err);
	return hand_over(out, tree, status);
}

int ds_git_source_enter(struct ds_source *source, const char *prefix, ds_error *err)
{
	struct tree *tree = (struct tree *)source;

	ds_buf_cut(&tree->prefix, 0);
	return ds_buf_puts(&tree->prefix, prefix) ? 0 : ds_fail_memory(err);
}

/* ---- Compared with what was before -------------------------------------- */

int ds_git_source_compare_with(struct ds_source *source, const char *revision, ds_error *err)
{
	return ds_git_compared_add(&((struct tree *)source)->compared, revision, err);
}

int ds_git_source_compare_with_known(struct ds_source *source, const char *id, const char *known,
				     bool *news, ds_error *err)
{
	return ds_git_compared_add_known(&((struct tree *)source)->compared, id, known, news, err);
}

int ds_git_source_before(struct ds_source **out, struct ds_source *source, size_t nth,
			 const char *const *roots, ds_error *err)
{
	struct tree *now = (struct tree *)source;
	const char *id;
	int status = ds_git_compared_before(&id, &now->compared, nth, err);

	*out = NULL;
	if (status || !id)
		return status;
	struct tree *tree = make(now->repository, id, roots ? roots : now->roots);
	if (!tree)
		return ds_fail_memory(err);
	strcpy(tree->id, id);
	tree->compared.tree = tree->id;
	status = fill(tree, err);
	if (!status)
		status = ds_git_source_enter(&tree->source, text_of(&now->prefix).at, err);
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
	struct tree *tree = (struct tree *)source;
	struct changes changes = {text_of(&tree->prefix), each, context};

	return ds_git_compared_changes(&tree->compared, tree->roots, pass_on, &changes, err);
}

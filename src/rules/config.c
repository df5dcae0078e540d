#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "config_keys.h"

/* A folder with a configuration of its own: the top, or one of the roots. */
struct root {
	const char *path;           /* "" or "sub/" */
	const char *file;           /* that names it */
	const struct ds_node *node; /* where; NULL: the top */
};

struct load {
	const struct ds_load *how;
	struct ds_ruleset *set;
	struct ds_arena nodes; /* roots are said to be wrong later than they are read */
	struct root roots[DS_ROOT_LIMIT + 1];
	size_t count;
	size_t files;                 /* of the root at hand */
	bool idle[DS_FILES_MOST + 1]; /* one a file of the set: it adds nothing */
	ds_error *err;
};

/* ---- Roots ----------------------------------------------------------------- */

/* A repository within is a boundary: what is behind it is judged there. */
static int refuse_boundary(const struct load *load, const struct ds_loader *l,
			   const struct ds_node *node, const char *path)
{
	struct ds_buf git = {0};
	int status = 0;

	for (const char *end = strchr(path + strlen(l->root), '/'); end && !status;
	     end = strchr(end + 1, '/')) {
		ds_buf_cut(&git, 0);
		ds_buf_append(&git, path, (size_t)(end - path) + 1);
		if (!ds_buf_puts(&git, ".git"))
			status = ds_fail_memory(load->err);
		else if (ds_is_there(load->how->source, git.bytes))
			status = ds_node_fail(l, node, "%s: is in a repository of its own (%s)",
					      node->text, git.bytes);
	}
	ds_buf_free(&git);
	return status;
}

/* Where there is nothing, no configuration is found either. By way of a link the same items
 * would be found under other names, and no path of git's begins with one. */
static int check_root(const struct load *load, const struct ds_loader *l,
		      const struct ds_node *node, const char *path)
{
	struct ds_source *source = load->how->source;
	struct ds_blob blob = {0};
	struct ds_buf bare = {0};
	int status = 0;

	if (!ds_buf_append(&bare, path, strlen(path) - 1))
		return ds_fail_memory(load->err);
	source->ops->read(source, bare.bytes, NULL, &blob);
	if (blob.kind != DS_MISSING && blob.kind != DS_DIRECTORY)
		status = ds_node_fail(l, node, "%s: a folder was expected%s%s", node->text,
				      *blob.why ? ": " : "", blob.why);
	else if (blob.linked)
		status = ds_node_fail(l, node,
				      "%s: a link, or behind one: name the folder that it leads to",
				      node->text);
	ds_blob_free(&blob);
	ds_buf_free(&bare);
	return status ? status : refuse_boundary(load, l, node, path);
}

static int add_root(struct load *load, const struct ds_loader *l, const struct ds_node *node)
{
	int status = ds_check_folder(l, node);
	if (status)
		return status;
	const char *within = ds_folder(l, node->text);
	const char *path = within ? ds_join(l, l->root, within) : NULL;
	if (!path)
		return DS_TROUBLE;
	for (size_t i = 1; i < load->count; i++)
		if (strcmp(load->roots[i].path, path) == 0)
			return ds_node_fail(l, node, "%s: there already, in %s:%zu", node->text,
					    load->roots[i].file, load->roots[i].node->line);
	if (load->count > DS_ROOT_LIMIT)
		return ds_node_fail(l, node, "more than %d roots", DS_ROOT_LIMIT);
	load->roots[load->count++] = (struct root){.path = path, .file = l->file, .node = node};
	return check_root(load, l, node, path);
}

static bool is_in_folder(const char *file)
{
	return strncmp(file, DS_CONFIG_FOLDER "/", sizeof DS_CONFIG_FOLDER) == 0;
}

static int add_roots(struct load *load, const struct ds_loader *l, const struct ds_node *list)
{
	int status = 0;

	/* One that links to what is above it would go on without end. */
	if (list && list->count && (*l->root || is_in_folder(l->file)))
		return ds_node_fail(l, list,
				    "roots: only the " DS_CONFIG_NAME " at the top has them");
	for (const struct ds_node *node = list ? list->first : NULL; node && !status;
	     node = node->next)
		status = add_root(load, l, node);
	return status;
}

/* ---- Files ----------------------------------------------------------------- */

static struct ds_loader loader(const struct load *load, const struct root *root, const char *file)
{
	return (struct ds_loader){
		.set = load->set, .file = file, .root = root->path, .err = load->err};
}

/* A line for the summary: what is not wrong, but may not be what was meant. */
static int note(const struct load *load, const char *path, const char *what)
{
	struct ds_loader l = loader(load, &load->roots[0], path);
	ds_error line = {0};

	ds_fail_path(&line, DS_TROUBLE, path, what);
	return ds_keep_string(&l, &load->set->notes, &load->set->note_count, line.message);
}

static int take_bytes(struct load *load, const struct root *root, const char *file,
		      struct ds_text bytes)
{
	struct ds_loader l = loader(load, root, file);
	const struct ds_node *roots = NULL;
	size_t before = load->set->count + load->count + load->set->note_count;
	int status = ds_keep_string(&l, &load->set->files, &load->set->file_count, file);

	l.file = load->set->files ? load->set->files[load->set->file_count - 1] : file;
	load->set->configured = true;
	load->files++;
	if (!status)
		status = ds_take_file(&l, load->how->source, bytes, &load->nodes, &roots);
	if (!status)
		status = add_roots(load, &l, roots);
	if (!status)
		load->idle[load->set->file_count - 1] =
			before == load->set->count + load->count + load->set->note_count;
	return status;
}

/* What a configuration may hold no option raises. */
static int fail_blob(const struct load *load, const char *path, struct ds_blob *blob)
{
	if (strncmp(blob->why, "larger", strlen("larger")) == 0)
		blob->why[strcspn(blob->why, ":")] = '\0';
	return ds_fail_path(load->err, DS_TROUBLE, path, blob->why);
}

static int take_path(struct load *load, const struct root *root, const char *path)
{
	static const struct ds_extent extent = {.first = 4096, .limit = DS_CONFIG_LIMIT};
	const struct ds_load *how = load->how;
	struct ds_blob blob = {0};
	int status = 0;

	if (load->set->file_count == DS_FILES_MOST)
		return ds_fail_path(load->err, DS_TROUBLE, path, "one file too many: 256 are read");
	how->source->ops->read(how->source, path, &extent, &blob);
	if (blob.kind == DS_REGULAR && how->trust)
		status = how->trust(how->context, path, load->err);
	if (!status && blob.kind == DS_REGULAR)
		status = take_bytes(load, root, path,
				    (struct ds_text){blob.bytes.bytes, blob.bytes.len});
	else if (!status && blob.kind != DS_MISSING)
		status = fail_blob(load, path, &blob);
	ds_blob_free(&blob);
	return status;
}

/* ---- The folder of files ----------------------------------------------------- */

struct names {
	struct ds_arena *arena;
	const char *at[DS_FILES_MOST + 1];
	size_t count;
	const char *other; /* one that is called as if it were meant to be read */
};

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name);
	size_t tail = strlen(end);
	return len > tail && strcmp(name + len - tail, end) == 0;
}

static int add_name(void *context, const char *name, enum ds_entry_kind kind)
{
	struct names *names = context;

	(void)kind;
	if (*name == '.' || names->count > DS_FILES_MOST)
		return 0;
	if (ends_in(name, ".yaml")) {
		names->other = ds_arena_string(names->arena, name);
		return names->other ? 0 : DS_TROUBLE;
	}
	if (!ends_in(name, ".yml"))
		return 0;
	names->at[names->count] = ds_arena_string(names->arena, name);
	return names->at[names->count++] ? 0 : DS_TROUBLE;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int take_names(struct load *load, const struct root *root, struct ds_buf *path,
		      const struct names *names)
{
	size_t base = path->len;
	int status = 0;

	for (size_t i = 0; i < names->count && !status; i++) {
		ds_buf_cut(path, base);
		ds_buf_printf(path, "/%s", names->at[i]);
		status = path->failed ? ds_fail_memory(load->err)
				      : take_path(load, root, path->bytes);
	}
	if (!status && names->other) {
		ds_buf_cut(path, base);
		ds_buf_printf(path, "/%s", names->other);
		status = path->failed ? ds_fail_memory(load->err)
				      : note(load, path->bytes,
					     "is not read: its name does not end in .yml");
	}
	return status;
}

static int take_folder(struct load *load, const struct root *root)
{
	struct ds_source *source = load->how->source;
	struct names names = {.arena = &load->nodes};
	struct ds_buf path = {0};
	ds_error why = {0};
	int status = 0;

	ds_buf_printf(&path, "%s" DS_CONFIG_FOLDER, root->path);
	if (path.failed)
		status = ds_fail_memory(load->err);
	else if (source->ops->list(source, path.bytes, add_name, &names, &why))
		status = why.status ? ds_fail_path(load->err, DS_TROUBLE, path.bytes, why.message)
				    : ds_fail_memory(load->err);
	if (names.count)
		qsort(names.at, names.count, sizeof *names.at, compare_names);
	if (!status)
		status = take_names(load, root, &path, &names);
	ds_buf_free(&path);
	return status;
}

/* ---- A root ------------------------------------------------------------------ */

/* Where nobody configured anything, what is known to be safe to assume. */
static int take_automatic(struct load *load, const struct root *root)
{
	struct ds_loader l = loader(load, root, "built-in");
	struct ds_buf missing = {0};
	size_t times = 0;
	int status = 0;

	for (const struct ds_builtin *builtin = ds_builtins(); builtin->name && !status; builtin++)
		if (builtin->automatic)
			status = ds_take_builtin(&l, load->how->source, builtin, NULL, &times,
						 &missing);
	ds_buf_free(&missing);
	if (status || times || !root->node)
		return status;
	l.file = root->file;
	return ds_node_fail(&l, root->node,
			    "%s: has no " DS_CONFIG_NAME
			    ", and no rule that is used by itself fits there",
			    root->node->text);
}

static int take_root(struct load *load, const struct root *root)
{
	const struct ds_load *how = load->how;
	struct ds_buf path = {0};
	int status;

	load->files = 0;
	if (!root->node && how->config.at) {
		status = take_bytes(load, root, how->config_name, how->config);
	} else {
		ds_buf_printf(&path, "%s" DS_CONFIG_NAME, root->path);
		status =
			path.failed ? ds_fail_memory(load->err) : take_path(load, root, path.bytes);
		if (!status)
			status = take_folder(load, root);
	}
	ds_buf_free(&path);
	return status || load->files ? status : take_automatic(load, root);
}

int ds_rules_load(struct ds_ruleset *out, const struct ds_load *how, ds_error *err)
{
	struct load load = {.how = how, .set = out, .count = 1, .err = err};
	int status = 0;

	load.roots[0] = (struct root){.path = ""};
	for (size_t i = 0; i < load.count && !status; i++)
		status = take_root(&load, &load.roots[i]);
	ds_arena_free(&load.nodes);
	for (size_t i = 0; i < out->file_count && out->count && !status; i++)
		if (load.idle[i])
			status = note(&load, out->files[i],
				      "has neither rules nor roots, so it adds nothing");
	if (!status && out->configured && !out->count && !out->note_count)
		status = note(&load, out->files[0], "has no rules, so nothing is checked");
	return status ? status : ds_check_together(out, err);
}

void ds_ruleset_free(struct ds_ruleset *rules)
{
	ds_arena_free(&rules->strings);
	*rules = (struct ds_ruleset){0};
}

/* ---- What others ask ----------------------------------------------------------- */

bool ds_rule_say_origin(struct ds_buf *out, const struct ds_rule *rule, size_t line)
{
	ds_escape(out, ds_text_of(rule->file ? rule->file : "the built-in rule"));
	if (rule->file && line)
		ds_buf_printf(out, ":%zu", line);
	return !out->failed;
}

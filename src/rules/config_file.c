#include <stdio.h>
#include <string.h>

#include "config_keys.h"

/* One file, or one built-in configuration, on its way into the rules. */
struct loading {
	struct ds_loader l;
	struct ds_source *source; /* NULL: nothing is looked for */
	const struct ds_node *values[DS_KEYS_MOST];
};

/* ---- What there is -------------------------------------------------------- */

bool ds_is_there(struct ds_source *source, const char *path)
{
	struct ds_blob blob = {0};

	source->ops->read(source, path, NULL, &blob);
	bool there = blob.kind != DS_MISSING;
	ds_blob_free(&blob);
	return there;
}

int ds_keep_string(const struct ds_loader *l, const char ***table, size_t *count,
		   const char *string)
{
	const char *copy = ds_join(l, "", string);

	if (!copy || (!*table && !(*table = ds_table(l, DS_FILES_MOST, sizeof **table))))
		return DS_TROUBLE;
	if (*count < DS_FILES_MOST)
		(*table)[(*count)++] = copy;
	return 0;
}

/* A line for the summary: what is not wrong, but may not be what was meant. */
static int note(const struct ds_loader *l, const struct ds_node *node, const char *what,
		const struct ds_buf *missing)
{
	ds_error line = {0};
	struct ds_loader aside = *l;

	aside.err = &line;
	ds_node_fail(&aside, node, "%s nothing here (looked for %s)", what,
		     missing->len ? missing->bytes : "nothing");
	return ds_keep_string(l, &l->set->notes, &l->set->note_count, line.message);
}

/* ---- Where a configuration fits -------------------------------------------- */

int ds_check_folder(const struct ds_loader *l, const struct ds_node *node)
{
	int status = ds_check_path(l, node, false);

	if (!status && strpbrk(node->text, "*{"))
		status = ds_node_fail(l, node, "%s: a folder was expected, not a pattern",
				      node->text);
	return status;
}

const char *ds_folder(const struct ds_loader *l, const char *text)
{
	size_t len = strlen(text);
	return ds_join(l, text, len && text[len - 1] != '/' ? "/" : "");
}

/* The rules, with paths that start from `in`; `again`: not for the first time, so that `in`
 * becomes part of their names. */
static int take_rules(const struct loading *loading, const char *in, const char *marker, bool again)
{
	struct ds_loader l = loading->l;
	const struct ds_node *rules = loading->values[FILE_RULES];
	int status = 0;

	l.start = ds_join(&l, l.root, in);
	l.name = again ? l.start : l.root;
	l.marker = marker && l.start ? ds_join(&l, l.start, marker) : NULL;
	if (!l.start || (marker && !l.marker))
		return DS_TROUBLE;
	for (const struct ds_node *node = rules ? rules->first : NULL; node && !status;
	     node = node->next)
		status = ds_take_rule(&l, node);
	return status;
}

struct fit {
	const char *in;
	const char *marker;
};

static int take_fit(const struct ds_loader *l, const struct ds_node *node, struct fit *fit)
{
	const struct ds_node *values[DS_KEYS_MOST];
	int status = ds_take_keys(l, node, DS_SHAPE_FIT, values);

	if (!status && values[FIT_IN])
		status = ds_check_folder(l, values[FIT_IN]);
	if (!status)
		status = ds_check_folder(l, values[FIT_MARKER]);
	if (status)
		return status;
	fit->in = ds_folder(l, values[FIT_IN] ? values[FIT_IN]->text : "");
	fit->marker = values[FIT_MARKER]->text;
	return fit->in ? 0 : DS_TROUBLE;
}

static bool does_fit(const struct loading *loading, const struct fit *fit, int *status)
{
	struct ds_buf path = {0};
	bool fits = true;

	if (loading->source) {
		ds_buf_printf(&path, "%s%s%s", loading->l.root, fit->in, fit->marker);
		if (path.failed)
			*status = ds_fail_memory(loading->l.err);
		else
			fits = ds_is_there(loading->source, path.bytes);
	}
	ds_buf_free(&path);
	return fits && !*status;
}

/* The rules as often as they fit; *missing is what was looked for, if they never do. Without a
 * source: once, where they fit first. */
static int take_where_fit(const struct loading *loading, struct ds_buf *missing, size_t *times)
{
	const struct ds_node *fits = loading->values[FILE_FITS];
	const char *before = NULL;
	int status = 0;

	for (const struct ds_node *node = fits ? fits->first : NULL; node && !status;
	     node = node->next) {
		struct fit fit = {0};
		status = take_fit(&loading->l, node, &fit);
		if (status)
			break;
		ds_buf_printf(missing, "%s%s%s", missing->len ? ", " : "", fit.in, fit.marker);
		/* Once a folder, and without a source once. */
		if (before && (!loading->source || strcmp(fit.in, before) == 0))
			continue;
		if (does_fit(loading, &fit, &status)) {
			status = take_rules(loading, fit.in, fit.marker, before != NULL);
			before = fit.in;
			++*times;
		}
	}
	return status;
}

/* ---- Built-in rules --------------------------------------------------------- */

static const struct ds_builtin *find_builtin(const char *name)
{
	const struct ds_builtin *builtin = ds_builtins();

	while (builtin->name && strcmp(builtin->name, name) != 0)
		builtin++;
	return builtin->name ? builtin : NULL;
}

static const char *builtin_name(const void *unused, size_t i)
{
	(void)unused;
	return ds_builtins()[i].name;
}

static int begin(struct loading *loading, struct ds_text bytes, struct ds_arena *nodes)
{
	const struct ds_node *root;
	int status = ds_config_tree(&root, bytes, loading->l.file, nodes, loading->l.err);

	loading->l.bytes = bytes;
	return status ? status : ds_take_keys(&loading->l, root, DS_SHAPE_FILE, loading->values);
}

static bool has_builtin(const struct ds_loader *l, const char *name)
{
	size_t root = strlen(l->root);

	for (size_t i = 0; i < l->set->count; i++) {
		const struct ds_rule *rule = l->set->at[i];
		if (!rule->file && strncmp(rule->name, l->root, root) == 0 &&
		    strcmp(rule->name + root, name) == 0)
			return true;
	}
	return false;
}

/* In a folder that somebody names: by the marker that is there, else the first. */
static int take_in(const struct loading *loading, const struct ds_builtin *builtin, const char *in)
{
	const struct ds_fit *found = builtin->fits;
	int status = 0;

	for (const struct ds_fit *fit = builtin->fits; fit->in && !status; fit++) {
		struct fit there = {in, fit->marker};
		if (!does_fit(loading, &there, &status))
			continue;
		found = fit;
		break;
	}
	return status ? status
		      : take_rules(loading, in, found->marker,
				   has_builtin(&loading->l, builtin->name));
}

int ds_take_builtin(const struct ds_loader *from, struct ds_source *source,
		    const struct ds_builtin *builtin, const char *in, size_t *times,
		    struct ds_buf *missing)
{
	struct ds_buf name = {0};
	struct ds_arena nodes = {0};
	struct loading loading = {.l = *from, .source = source};

	ds_buf_printf(&name, "built-in/%s.yml", builtin->name);
	loading.l.file = name.bytes;
	loading.l.builtin = true;
	int status = name.failed ? ds_fail_memory(from->err)
				 : begin(&loading, ds_text_of(builtin->text), &nodes);
	if (!status && in)
		status = take_in(&loading, builtin, in);
	else if (!status)
		status = take_where_fit(&loading, missing, times);
	ds_arena_free(&nodes);
	ds_buf_free(&name);
	return status;
}

/* ---- What a file uses -------------------------------------------------------- */

/* The rules remember by which entry they came. */
static int take_used(const struct loading *loading, const struct ds_node *name,
		     const struct ds_builtin *builtin, const char *in, size_t *times,
		     struct ds_buf *missing)
{
	struct ds_loader l = loading->l;
	struct ds_buf used = {0};

	ds_buf_printf(&used, "%s:%zu", l.file, name->line);
	l.used = used.bytes;
	int status = used.failed
			     ? ds_fail_memory(l.err)
			     : ds_take_builtin(&l, loading->source, builtin, in, times, missing);
	ds_buf_free(&used);
	return status;
}

static int take_use(const struct loading *loading, const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST] = {node};
	const struct ds_loader *l = &loading->l;
	struct ds_buf missing = {0};
	const char *in = NULL;
	size_t times = 0;
	int status = node->kind == DS_NODE_MAPPING ? ds_take_keys(l, node, DS_SHAPE_USE, values)
						   : ds_check_text(l, node);

	if (!status && values[USE_IN])
		status = ds_check_folder(l, values[USE_IN]);
	if (status)
		return status;
	const struct ds_node *name = values[USE_RULE];
	const struct ds_builtin *builtin = find_builtin(name->text);
	if (!builtin)
		return ds_word_fail(l, name, "built-in rule", builtin_name, NULL);
	if (!values[USE_IN] && has_builtin(l, name->text))
		return ds_node_fail(l, name, "%s: there already", name->text);
	if (values[USE_IN] && !(in = ds_folder(l, values[USE_IN]->text)))
		return DS_TROUBLE;
	status = take_used(loading, name, builtin, in, &times, &missing);
	if (!status && !in && !times) {
		char what[sizeof l->err->message];
		snprintf(what, sizeof what, "the rule %s fits", name->text);
		status = note(l, name, what, &missing);
	}
	ds_buf_free(&missing);
	return status;
}

static int take_own(const struct loading *loading)
{
	struct ds_buf missing = {0};
	size_t times = 0;

	if (!loading->values[FILE_FITS])
		return take_rules(loading, "", NULL, false);
	int status = take_where_fit(loading, &missing, &times);
	if (!status && !times)
		status = note(&loading->l, loading->values[FILE_FITS], "these rules fit", &missing);
	ds_buf_free(&missing);
	return status;
}

int ds_take_file(const struct ds_loader *l, struct ds_source *source, struct ds_text bytes,
		 struct ds_arena *nodes, const struct ds_node **roots)
{
	struct loading loading = {.l = *l, .source = source};
	int status = begin(&loading, bytes, nodes);

	if (status)
		return status;
	*roots = loading.values[FILE_ROOTS];
	const struct ds_node *use = loading.values[FILE_USE];
	for (const struct ds_node *node = use ? use->first : NULL; node && !status;
	     node = node->next)
		status = take_use(&loading, node);
	return status ? status : take_own(&loading);
}

int ds_rules_parse(struct ds_ruleset *into, struct ds_text bytes, const char *name,
		   const char *root, ds_error *err)
{
	struct ds_loader l = {.set = into, .file = name, .err = err};
	struct ds_arena nodes = {0};
	const struct ds_node *roots;

	into->configured = true;
	l.root = ds_join(&l, "", root);
	int status = l.root ? ds_take_file(&l, NULL, bytes, &nodes, &roots) : DS_TROUBLE;
	ds_arena_free(&nodes);
	return status;
}

int ds_builtin_use(struct ds_ruleset *into, const char *name, const char *in, ds_error *err)
{
	const struct ds_builtin *builtin = find_builtin(name);
	struct ds_loader l = {.set = into, .root = "", .err = err};
	struct ds_node node = {.text = name};
	struct ds_buf missing = {0};
	size_t times = 0;

	l.file = "built-in";
	if (!builtin)
		return ds_word_fail(&l, &node, "built-in rule", builtin_name, NULL);
	if (in && *in && !(in = ds_folder(&l, in)))
		return DS_TROUBLE;
	int status = ds_take_builtin(&l, NULL, builtin, in, &times, &missing);
	ds_buf_free(&missing);
	return status;
}

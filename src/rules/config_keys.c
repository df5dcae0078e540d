#include "config_keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct ds_key file_keys[] = {
	[FILE_VERSION] = {"version", DS_KEY_WORD, true, WORDS("1")},
	[FILE_USE] = {"use", DS_KEY_LIST, false, NULL},
	[FILE_RULES] = {"rules", DS_KEY_LIST, false, NULL},
	[FILE_ROOTS] = {"roots", DS_KEY_TEXTS, false, NULL},
	[FILE_FITS] = {"fits", DS_KEY_LIST, false, NULL},
	[FILE_AUTOMATIC] = {"automatic", DS_KEY_WORD, false, WORDS("true", "false")},
	[FILE_ABOUT] = {"about", DS_KEY_TEXT, false, NULL},
	{0},
};

static const struct ds_key use_keys[] = {
	[USE_RULE] = {"rule", DS_KEY_TEXT, true, NULL},
	[USE_IN] = {"in", DS_KEY_TEXT, false, NULL},
	{0},
};

static const struct ds_key fit_keys[] = {
	[FIT_IN] = {"in", DS_KEY_TEXT, false, NULL},
	[FIT_MARKER] = {"marker", DS_KEY_TEXT, true, NULL},
	{0},
};

static const struct ds_key rule_keys[] = {
	[RULE_NAME] = {"name", DS_KEY_TEXT, true, NULL},
	[RULE_ITEMS] = {"items", DS_KEY_ANY, true, NULL},
	[RULE_COPIES] = {"copies", DS_KEY_LIST, true, NULL},
	[RULE_STATUS] = {"status", DS_KEY_MAPPING, true, NULL},
	[RULE_AUTHORITY] = {"authority", DS_KEY_TEXT, false, NULL},
	[RULE_IDS] = {"ids", DS_KEY_WORD, false, WORDS("text", "number")},
	[RULE_EXCLUDE] = {"exclude", DS_KEY_TEXTS, false, NULL},
	[RULE_ARCHIVED] = {"archived", DS_KEY_TEXTS, false, NULL},
	[RULE_IGNORE] = {"ignore", DS_KEY_TEXTS, false, NULL},
	[RULE_REGRESS] = {"regress", DS_KEY_WORD, false, WORDS("allow", "refuse")},
	[RULE_MISSING] = {"missing", DS_KEY_WORD, false, WORDS("report", "ignore")},
	[RULE_SEVERITY] = {"severity", DS_KEY_MAPPING, false, NULL},
	[RULE_CONSTRAINTS] = {"constraints", DS_KEY_LIST, false, NULL},
	[RULE_ROLLUP] = {"rollup", DS_KEY_LIST, false, NULL},
	[RULE_ADVISE] = {"advise", DS_KEY_MAPPING, false, NULL},
	[RULE_STALE] = {"stale", DS_KEY_MAPPING, false, NULL},
	{0},
};

static const struct ds_key items_keys[] = {
	[ITEMS_PATH] = {"path", DS_KEY_TEXT, false, NULL},
	[ITEMS_COPY] = {"copy", DS_KEY_TEXT, false, NULL},
	{0},
};

static const struct ds_key copy_keys[] = {
	[COPY_NAME] = {"name", DS_KEY_TEXT, true, NULL},
	[COPY_PATH] = {"path", DS_KEY_TEXT, true, NULL},
	[COPY_READ] = {"read", DS_KEY_TEXT, true, NULL},
	[COPY_AT] = {"at", DS_KEY_ANY, false, NULL},
	[COPY_ID] = {"id", DS_KEY_TEXT, false, NULL},
	[COPY_FROM] = {"from", DS_KEY_WORD, false, WORDS("head")},
	[COPY_MISSING] = {"missing", DS_KEY_WORD, false, WORDS("report", "ignore")},
	[COPY_WORDS] = {"words", DS_KEY_MAPPING, false, NULL},
	[COPY_WRITE] = {"write", DS_KEY_MAPPING, false, NULL},
	[COPY_FOLLOW] = {"follow", DS_KEY_LIST, false, NULL},
	{0},
};

static const struct ds_key follow_keys[] = {
	[FOLLOW_FIELD] = {"field", DS_KEY_TEXT, true, NULL},
	[FOLLOW_WRITE] = {"write", DS_KEY_WORD, true, WORDS("now", "reason")},
	[FOLLOW_WHEN] = {"when", DS_KEY_TEXT, false, NULL},
	[FOLLOW_WITH] = {"with", DS_KEY_WORD, false, WORDS("reason")},
	{0},
};

static const struct ds_key status_keys[] = {
	[STATUS_ORDER] = {"order", DS_KEY_LIST, true, NULL},
	[STATUS_IN_PROGRESS] = {"in_progress", DS_KEY_TEXTS, false, NULL},
	[STATUS_TERMINAL] = {"terminal", DS_KEY_TEXTS, false, NULL},
	[STATUS_ALIAS] = {"alias", DS_KEY_MAPPING, false, NULL},
	[STATUS_CASE] = {"case", DS_KEY_WORD, false, WORDS("exact", "ignore")},
	[STATUS_TRANSITIONS] = {"transitions", DS_KEY_MAPPING, false, NULL},
	{0},
};

static const struct ds_key constraint_keys[] = {
	[CONSTRAINT_WHEN] = {"when", DS_KEY_MAPPING, true, NULL},
	[CONSTRAINT_COPY] = {"copy", DS_KEY_TEXT, false, NULL},
	[CONSTRAINT_STATUS] = {"status", DS_KEY_TEXTS, true, NULL},
	[CONSTRAINT_SAY] = {"say", DS_KEY_TEXT, false, NULL},
	{0},
};

static const struct ds_key rollup_keys[] = {
	[ROLLUP_PATH] = {"path", DS_KEY_TEXT, false, NULL},
	[ROLLUP_CHILDREN] = {"children", DS_KEY_TEXT, false, NULL},
	[ROLLUP_ALL] = {"all", DS_KEY_TEXTS, false, NULL},
	[ROLLUP_SOME] = {"some", DS_KEY_TEXTS, false, NULL},
	[ROLLUP_NONE] = {"none", DS_KEY_TEXTS, false, NULL},
	{0},
};

static const struct ds_key advise_keys[] = {
	[ADVISE_ITEMS] = {"items", DS_KEY_NUMBER, false, NULL},
	[ADVISE_BYTES] = {"bytes", DS_KEY_NUMBER, false, NULL},
	[ADVISE_SAY] = {"say", DS_KEY_TEXT, true, NULL},
	{0},
};

static const struct ds_key stale_keys[] = {
	[STALE_PATH] = {"path", DS_KEY_TEXT, true, NULL},
	[STALE_SAY] = {"say", DS_KEY_TEXT, true, NULL},
	{0},
};

const struct ds_shape ds_shapes[DS_SHAPES] = {
	[DS_SHAPE_FILE] = {"file", "a configuration", file_keys},
	[DS_SHAPE_USE] = {"use", "an entry of use", use_keys},
	[DS_SHAPE_FIT] = {"fit", "an entry of fits", fit_keys},
	[DS_SHAPE_RULE] = {"rule", "a rule", rule_keys},
	[DS_SHAPE_ITEMS] = {"items", "items", items_keys},
	[DS_SHAPE_COPY] = {"copy", "a copy", copy_keys},
	[DS_SHAPE_FOLLOW] = {"follow", "an entry of follow", follow_keys},
	[DS_SHAPE_STATUS] = {"status", "status", status_keys},
	[DS_SHAPE_CONSTRAINT] = {"constraint", "a constraint", constraint_keys},
	[DS_SHAPE_ROLLUP] = {"rollup", "an entry of rollup", rollup_keys},
	[DS_SHAPE_ADVISE] = {"advise", "advise", advise_keys},
	[DS_SHAPE_STALE] = {"stale", "stale", stale_keys},
};

/* ---- Saying what is wrong ------------------------------------------------ */

int ds_node_fail(const struct ds_loader *l, const struct ds_node *node, const char *format, ...)
{
	char what[sizeof l->err->message];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return ds_config_fail_at(l->err, l->file, node->line, node->column, "%s", what);
}

int ds_kind_fail(const struct ds_loader *l, const struct ds_node *node, const char *expected)
{
	const char *key = node->key ? node->key->text : NULL;
	return ds_node_fail(l, node, "%s%s%s was expected", key ? key : "", key ? ": " : "",
			    expected);
}

int ds_word_fail(const struct ds_loader *l, const struct ds_node *node, const char *what,
		 const char *(*word)(const void *context, size_t i), const void *context)
{
	struct ds_guess guess = ds_guess_begin(ds_text_of(node->text));
	struct ds_buf all = {0};

	for (size_t i = 0; word(context, i); i++) {
		ds_guess_try(&guess, word(context, i));
		ds_buf_printf(&all, "%s%s", i ? ", " : "", word(context, i));
	}
	int status = all.failed   ? ds_fail_memory(l->err)
		     : guess.best ? ds_node_fail(l, node, "%s: no such %s; did you mean %s?",
						 node->text, what, guess.best)
				  : ds_node_fail(l, node, "%s: no such %s; there is %s", node->text,
						 what, all.len ? all.bytes : "none");
	ds_buf_free(&all);
	return status;
}

/* ---- Values -------------------------------------------------------------- */

bool ds_node_is(const struct ds_node *node, const char *word)
{
	return node && strcmp(node->text, word) == 0;
}

const char *ds_join(const struct ds_loader *l, const char *prefix, const char *text)
{
	size_t before = strlen(prefix);
	size_t len = strlen(text);
	char *both = before ? ds_arena_alloc(&l->set->strings, before + len + 1)
			    : ds_arena_string(&l->set->strings, text);

	if (both && before) {
		memcpy(both, prefix, before);
		memcpy(both + before, text, len);
	}
	if (!both)
		ds_fail_memory(l->err);
	return both;
}

void *ds_table(const struct ds_loader *l, size_t count, size_t size)
{
	void *table = ds_arena_alloc(&l->set->strings, (count + 1) * size);
	if (!table)
		ds_fail_memory(l->err);
	return table;
}

int ds_check_text(const struct ds_loader *l, const struct ds_node *node)
{
	struct ds_text text = ds_text_of(node->text ? node->text : "");

	if (!text.len)
		return ds_kind_fail(l, node, "a text");
	if (ds_text_trim(text).len != text.len || ds_needs_escape(text))
		return ds_node_fail(l, node, "%s: blanks at its ends, or bytes that cannot be seen",
				    node->text);
	return 0;
}

static int check_texts(const struct ds_loader *l, const struct ds_node *list)
{
	int status = list->kind == DS_NODE_LIST ? 0 : ds_kind_fail(l, list, "a list");

	for (const struct ds_node *node = list->first; node && !status; node = node->next)
		status = ds_check_text(l, node);
	return status;
}

const char *const *ds_take_texts(const struct ds_loader *l, const struct ds_node *list,
				 const char *prefix, int *status)
{
	const char **texts = list ? ds_table(l, list->count, sizeof *texts) : NULL;
	size_t i = 0;

	if (list && !texts)
		*status = DS_TROUBLE;
	for (const struct ds_node *node = list ? list->first : NULL; node && !*status;
	     node = node->next)
		if (!(texts[i++] = ds_join(l, prefix, node->text)))
			*status = DS_TROUBLE;
	return texts;
}

static const char *word_of(const void *key, size_t i)
{
	return ((const struct ds_key *)key)->words[i];
}

static int check_word(const struct ds_loader *l, const struct ds_node *node,
		      const struct ds_key *key)
{
	char what[40];

	if (node->kind == DS_NODE_SCALAR)
		for (size_t i = 0; key->words[i]; i++)
			if (strcmp(node->text, key->words[i]) == 0)
				return 0;
	if (!key->words[1])
		return ds_kind_fail(l, node, key->words[0]);
	if (node->kind != DS_NODE_SCALAR)
		return ds_kind_fail(l, node, "a word");
	snprintf(what, sizeof what, "word for %s", key->name);
	return ds_word_fail(l, node, what, word_of, key);
}

static int check_number(const struct ds_loader *l, const struct ds_node *node)
{
	const char *text = node->kind == DS_NODE_SCALAR ? node->text : "";
	size_t len = strlen(text);

	/* So many digits are no overflow. */
	if (*text == '0' || !len || len > 15 || strspn(text, "0123456789") != len)
		return ds_kind_fail(l, node, "a whole number from 1");
	return 0;
}

static int check_value(const struct ds_loader *l, const struct ds_node *node,
		       const struct ds_key *key)
{
	switch (key->kind) {
	case DS_KEY_TEXT:
		return ds_check_text(l, node);
	case DS_KEY_TEXTS:
		return check_texts(l, node);
	case DS_KEY_NUMBER:
		return check_number(l, node);
	case DS_KEY_WORD:
		return check_word(l, node, key);
	case DS_KEY_LIST:
		return node->kind == DS_NODE_LIST ? 0 : ds_kind_fail(l, node, "a list");
	case DS_KEY_MAPPING:
		return node->kind == DS_NODE_MAPPING ? 0 : ds_kind_fail(l, node, "a mapping");
	case DS_KEY_ANY:
		break;
	}
	return 0;
}

/* ---- Mappings ------------------------------------------------------------ */

static const char *key_of(const void *shape, size_t i)
{
	return ((const struct ds_shape *)shape)->keys[i].name;
}

static int take_value(const struct ds_loader *l, const struct ds_node *node,
		      const struct ds_shape *shape, const struct ds_node *values[DS_KEYS_MOST])
{
	char what[60];

	for (size_t i = 0; key_of(shape, i); i++) {
		if (strcmp(shape->keys[i].name, node->key->text) != 0)
			continue;
		values[i] = node;
		return check_value(l, node, &shape->keys[i]);
	}
	snprintf(what, sizeof what, "key in %s", shape->what);
	return ds_word_fail(l, node->key, what, key_of, shape);
}

int ds_take_keys(const struct ds_loader *l, const struct ds_node *node, enum ds_shape_number number,
		 const struct ds_node *values[DS_KEYS_MOST])
{
	const struct ds_shape *shape = &ds_shapes[number];
	int status = node->kind == DS_NODE_MAPPING ? 0 : ds_kind_fail(l, node, "a mapping");

	memset(values, 0, DS_KEYS_MOST * sizeof *values);
	for (const struct ds_node *value = node->first; value && !status; value = value->next)
		status = take_value(l, value, shape, values);
	for (size_t i = 0; key_of(shape, i) && !status; i++)
		if (shape->keys[i].required && !values[i])
			status = ds_node_fail(l, node, "%s: missing here, %s needs it",
					      shape->keys[i].name, shape->what);
	return status;
}

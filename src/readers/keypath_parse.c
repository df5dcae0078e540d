/* What is done once for a path, and not for each file. */
#include <string.h>

#include "err.h"
#include "keypath.h"

/* ---- Parsing ------------------------------------------------------------ */

static bool take(const char **at, const char *what)
{
	size_t len = strlen(what);
	bool there = strncmp(*at, what, len) == 0;
	*at += there ? len : 0;
	return there;
}

/* Where the key that begins here is over, with its quotes. */
static const char *key_end(const char *at)
{
	const char *close = *at == '"' ? strchr(at + 1, '"') : NULL;
	return close ? close + 1 : at + strcspn(at, ".[]{}|*=\" \t");
}

static const char *take_key(struct ds_text *key, const char **at)
{
	const char *end = key_end(*at);
	size_t quote = **at == '"' && end > *at;

	*key = (struct ds_text){*at + quote, (size_t)(end - *at) - 2 * quote};
	if (!key->len)
		return **at == '"' && !quote ? "a quote is never closed" : "a key is empty";
	*at = end;
	return NULL;
}

static const char *add(struct ds_keypath *path, enum ds_keypath_kind kind, struct ds_text key)
{
	bool has_id = kind == DS_KEYPATH_ID || kind == DS_KEYPATH_SELECT;

	if (path->len == DS_KEYPATH_LIMIT)
		return "it has more than 16 keys";
	if (has_id && path->id >= 0)
		return "{id} is there twice";
	if (has_id)
		path->id = path->len;
	path->steps[path->len++] = (struct ds_keypath_step){kind, key};
	return NULL;
}

static const char *take_selector(struct ds_keypath *path, const char **at)
{
	struct ds_text key;

	if (take_key(&key, at) || !take(at, "={id}]"))
		return "a selector is written [KEY={id}]";
	return add(path, DS_KEYPATH_SELECT, key);
}

static const char *take_step(struct ds_keypath *path, const char **at)
{
	struct ds_text key = {0};
	const char *why = NULL;

	if (take(at, "*"))
		why = add(path, DS_KEYPATH_ANY, key);
	else if (take(at, "{id}"))
		why = add(path, DS_KEYPATH_ID, key);
	else if (path->len || **at != '[') {
		why = take_key(&key, at);
		if (!why)
			why = add(path, DS_KEYPATH_KEY, key);
	}
	return !why && take(at, "[") ? take_selector(path, at) : why;
}

/* What is right of each step and wrong with them together. */
static const char *judge(const struct ds_keypath *path)
{
	int behind = path->len - path->id - 1;
	const struct ds_keypath_step *last = &path->steps[path->len - 1];

	if (path->id < 0) {
		for (int i = 0; i < path->len; i++)
			if (path->steps[i].kind == DS_KEYPATH_ANY)
				return "* is only for files that hold records: there is no {id}";
		return NULL;
	}
	if (path->steps[path->id].kind == DS_KEYPATH_SELECT && (behind != 1 || last->kind))
		return "one key stands behind a selector, as in tasks[id={id}].status";
	if (behind > 1 || last->kind == DS_KEYPATH_ANY)
		return "at most one key stands behind {id}, as in items.{id}.status";
	return NULL;
}

const char *ds_keypath_parse(struct ds_keypath *out, const char **at)
{
	const char *why;

	*out = (struct ds_keypath){.id = -1};
	do
		why = take_step(out, at);
	while (!why && take(at, "."));
	if (!why && **at && !take(at, " | "))
		why = "a key with blanks or signs in it stands in double quotes";
	else if (!why && !**at && (*at)[-1] == ' ')
		why = "a key is empty";
	return why ? why : judge(out);
}

/* ---- Checking ----------------------------------------------------------- */

/* Whatever was taken of them, a field is put into a record by the same name. */
static bool end_alike(const struct ds_keypath *a, const struct ds_keypath *b)
{
	const struct ds_keypath_step *one = &a->steps[a->len - 1];
	const struct ds_keypath_step *other = &b->steps[b->len - 1];
	return one->kind == other->kind && ds_text_equal(one->key, other->key);
}

static const char *check(const char *at, bool *many)
{
	struct ds_keypath first;
	struct ds_keypath next;
	const char *why = ds_keypath_parse(&first, &at);

	*many = first.id >= 0;
	while (!why && *at) {
		why = ds_keypath_parse(&next, &at);
		if (!why && (next.id >= 0) != *many)
			why = "either all alternatives have an {id}, or none";
		if (!why && *many && !end_alike(&first, &next))
			why = "all alternatives end in the same key";
	}
	return why;
}

int ds_keypath_check(const struct ds_spec *spec, bool *many, ds_error *err)
{
	if (!spec->at || !*spec->at)
		return ds_fail(err, DS_TROUBLE,
			       "\"at\" is to say which keys lead to the status, as in a.b.status");
	if (spec->id)
		return ds_fail(err, DS_TROUBLE,
			       "\"id\" is not for this reader: \"at\" has the id, as in "
			       "tasks[id={id}].status");
	const char *why = check(spec->at, many);
	return why ? ds_fail(err, DS_TROUBLE, "\"%s\": %s", spec->at, why) : 0;
}

/* ---- Alternatives ------------------------------------------------------- */

/* Where this alternative is over. */
static const char *choice_end(const char *at)
{
	for (; *at && strncmp(at, " | ", 3) != 0; at++)
		if (*at == '"' && strchr(at + 1, '"'))
			at = strchr(at + 1, '"');
	return at;
}

static const char *choose(const char **at, struct ds_arena *scratch)
{
	const char *end = choice_end(*at);
	const char *copy = ds_arena_copy(scratch, *at, (size_t)(end - *at));

	*at = *end ? end + 3 : end;
	return copy;
}

const char *ds_keypath_read(struct ds_reading *out, struct ds_text bytes, const char *at,
			    struct ds_arena *scratch,
			    bool (*read)(struct ds_reading *out, struct ds_text bytes,
					 const char *at, struct ds_arena *scratch))
{
	const char *first = NULL;
	struct ds_reading other;

	if (!strchr(at, '|')) {
		read(out, bytes, at, scratch);
		return at;
	}
	while (*at) {
		const char *choice = choose(&at, scratch);
		if (!choice) {
			ds_reading_fail(out, DS_UNREADABLE, "out of memory");
			return NULL;
		}
		bool held = read(first ? &other : out, bytes, choice, scratch);
		if (held && first)
			*out = other;
		if (held)
			return choice;
		first = first ? first : choice;
	}
	return first;
}

/* ---- Beside ------------------------------------------------------------- */

/* Where the last step of this alternative begins. */
static const char *last_step(const char *at, const char *end)
{
	const char *last = at;

	for (; at < end; at++) {
		if (*at == '"')
			at = key_end(at) - 1;
		if (*at == '.')
			last = at + 1;
	}
	return last;
}

/* In quotes where the path would be another without. */
static void put_key(struct ds_buf *out, const char *key)
{
	const char *quote = *key_end(key) ? "\"" : "";
	ds_buf_printf(out, "%s%s%s", quote, key, quote);
}

bool ds_keypath_put_beside(struct ds_buf *out, const char *at, const char *field)
{
	if (!at)
		put_key(out, field);
	while (at && *at) {
		const char *end = choice_end(at);
		ds_buf_append(out, at, (size_t)(last_step(at, end) - at));
		put_key(out, field);
		ds_buf_puts(out, *end ? " | " : "");
		at = *end ? end + 3 : end;
	}
	return !out->failed;
}

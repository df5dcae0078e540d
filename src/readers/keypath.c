#include "keypath.h"

#include <string.h>

/* The end of the key or step that begins here: a dot, or nothing. */
static const char *step_end(const char *at)
{
	for (; *at && *at != '.'; at++)
		if (*at == '"' && strchr(at + 1, '"'))
			at = strchr(at + 1, '"');
	return at;
}

static struct ds_text unquoted(const char *at, const char *end)
{
	size_t quote = *at == '"' && end > at;
	return (struct ds_text){at + quote, (size_t)(end - at) - 2 * quote};
}

struct ds_text ds_keypath_key(const char *path, int level)
{
	for (; level > 0; level--) {
		path = step_end(path);
		if (!*path++)
			return (struct ds_text){0};
	}
	return unquoted(path, step_end(path));
}

int ds_keypath_len(const char *path)
{
	int len = 1;
	for (path = step_end(path); *path; path = step_end(path + 1))
		len++;
	return len;
}

const char *ds_keypath_tail(const char *path)
{
	for (const char *end = step_end(path); *end; end = step_end(path))
		path = end + 1;
	return path;
}

size_t ds_keypath_parent(const char *path)
{
	const char *last = ds_keypath_tail(path);
	return last > path ? (size_t)(last - path) - 1 : 0;
}

struct ds_text ds_keypath_last(const char *path)
{
	const char *last = ds_keypath_tail(path);
	return unquoted(last, last + strlen(last));
}

bool ds_keypath_beside(const char *a, const char *b)
{
	return ds_text_equal((struct ds_text){a, ds_keypath_parent(a)},
			     (struct ds_text){b, ds_keypath_parent(b)});
}

enum ds_key_match ds_key_match(struct ds_text key, struct ds_text wanted)
{
	/* Most keys are told apart by their lengths. */
	if (key.len < wanted.len || (key.len > wanted.len && key.at[wanted.len] != '\0'))
		return DS_KEY_OTHER;
	if (ds_text_equal(key, wanted))
		return DS_KEY_EXACT;
	return ds_text_equal_but_for_case((struct ds_text){key.at, wanted.len}, wanted)
		       ? DS_KEY_VARIANT
		       : DS_KEY_OTHER;
}

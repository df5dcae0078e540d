#include "keypath.h"

#include <string.h>

struct ds_text ds_keypath_key(const char *path, int level)
{
	for (; level > 0 && path; level--) {
		path = strchr(path, '.');
		if (path)
			path++;
	}
	if (!path)
		return (struct ds_text){0};
	return (struct ds_text){path, strcspn(path, ".")};
}

int ds_keypath_len(const char *path)
{
	int len = 1;
	for (; *path; path++)
		len += *path == '.';
	return len;
}

size_t ds_keypath_parent(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot ? (size_t)(dot - path) : 0;
}

struct ds_text ds_keypath_last(const char *path)
{
	const char *dot = strrchr(path, '.');
	return ds_text_of(dot ? dot + 1 : path);
}

bool ds_keypath_beside(const char *a, const char *b)
{
	return ds_text_equal((struct ds_text){a, ds_keypath_parent(a)},
			     (struct ds_text){b, ds_keypath_parent(b)});
}

enum ds_key_match ds_key_match(struct ds_text key, struct ds_text wanted)
{
	if (key.len < wanted.len)
		return DS_KEY_OTHER;
	if (ds_text_equal(key, wanted))
		return DS_KEY_EXACT;
	if (!ds_text_equal_but_for_case((struct ds_text){key.at, wanted.len}, wanted))
		return DS_KEY_OTHER;
	return key.len == wanted.len || key.at[wanted.len] == '\0' ? DS_KEY_VARIANT : DS_KEY_OTHER;
}

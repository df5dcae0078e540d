/*
 * pattern.h - path patterns
 *
 * Components joined by "/". Inside one, "*" matches any bytes and {name} at
 * least one, both as few as possible from the left; neither matches a dot at the
 * beginning of a name. "**" alone, once, stands for any number of directories. A
 * pattern that ends in "/" matches directories, any other one files.
 */
#ifndef DS_PATTERN_H
#define DS_PATTERN_H

#include "err.h"
#include "source.h"
#include "text.h"

enum { DS_CAPTURE_LIMIT = 8 };

struct ds_captures {
	struct ds_text name[DS_CAPTURE_LIMIT];
	struct ds_text value[DS_CAPTURE_LIMIT]; /* in the path that was matched */
	int len;
};

/* Whether the pattern can be used: relative, no "." or "..", names unique. */
int ds_pattern_check(const char *pattern, ds_error *err);

/* Whether the whole path matches; a "/" at the end of either counts. */
bool ds_pattern_match(const char *pattern, struct ds_text path, struct ds_captures *captures);

/* Whether a path of a file can match both. */
bool ds_patterns_meet(const char *one, const char *other);

/* The value of a capture; its `at` is NULL where there is none of that name. */
struct ds_text ds_capture(const struct ds_captures *captures, const char *name);

/* Appends the pattern with every {name} replaced from `captures`. False where it
 * has a wildcard, or a name that is not there. */
bool ds_pattern_fill(struct ds_buf *out, const char *pattern, const struct ds_captures *captures);

/* The directory that every match lies in (or the only one, where nothing is open), as far
 * as the pattern names it; empty: anywhere. */
struct ds_text ds_pattern_lead(const char *pattern);

enum { DS_WALK_LIMIT = 16 };

struct ds_walk {
	struct ds_source *source;
	const char *patterns[DS_WALK_LIMIT];
	int pattern_count;
	/* Called for each match of the pattern with that number. */
	int (*match)(void *context, const char *path, int pattern, ds_error *err);
	/* Called for each directory that could not be listed, with the patterns (a bit
	 * each) that may have matches in it; the walk goes on. */
	int (*problem)(void *context, const char *path, unsigned patterns, const char *why,
		       ds_error *err);
	void *context;
};

/* Finds every path of the source that matches one of the patterns. Lists only
 * directories that a wildcard is in, and each of them once. Fails only where a
 * callback does. */
int ds_pattern_walk(const struct ds_walk *walk, ds_error *err);

#endif

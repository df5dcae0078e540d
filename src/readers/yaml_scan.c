#include "yaml_scan.h"

#include <stdint.h>
#include <string.h>

#include "keypath.h"
#include "yaml_events.h"

/* How many keys lead here, or OFF beside the path. */
enum { OFF = -1 };

struct scan {
	struct ds_yaml_events s;
	const char *path;
	int path_len;
	struct ds_yaml_found *found;
};

static bool scan_node(struct scan *s, int depth, int level);

/* Only the first counts. */
static void note(struct scan *s, size_t *where)
{
	if (*where == SIZE_MAX)
		*where = ds_yaml_here(&s->s);
}

/* The level of the value behind the key at hand. */
static int level_behind(struct scan *s, int level, bool *had)
{
	const yaml_event_t *event = &s->s.event;

	if (event->type == YAML_ALIAS_EVENT) {
		note(s, &s->found->indirect);
		return OFF;
	}
	if (event->type != YAML_SCALAR_EVENT)
		return OFF;
	if (ds_yaml_is_merge(event)) {
		note(s, &s->found->merge);
		return OFF;
	}
	enum ds_key_match match =
		ds_key_match(ds_yaml_scalar(event), ds_keypath_key(s->path, level));
	if (match == DS_KEY_OTHER)
		return OFF;
	if (ds_yaml_is_indirect(event))
		note(s, &s->found->indirect);
	if (match == DS_KEY_VARIANT) {
		note(s, &s->found->variant);
		return OFF;
	}
	if (*had) {
		note(s, &s->found->twice);
		return OFF;
	}
	*had = true;
	return level + 1;
}

static bool scan_mapping(struct scan *s, int depth, int level)
{
	bool holds = level == s->path_len - 1;
	bool had = false;

	if (holds)
		s->found->holder = ds_yaml_here(&s->s);
	if (!ds_yaml_advance(&s->s))
		return false;
	while (s->s.event.type != YAML_MAPPING_END_EVENT) {
		int behind = level_behind(s, level, &had);
		if (!ds_yaml_skip(&s->s, depth + 1) || !scan_node(s, depth + 1, behind))
			return false;
	}
	if (!ds_yaml_advance(&s->s))
		return false;
	if (holds)
		s->found->holder_end = ds_yaml_behind(&s->s);
	return true;
}

/* Walks the node that the event at hand begins, and takes the event behind it. */
static bool scan_node(struct scan *s, int depth, int level)
{
	const yaml_event_t *event = &s->s.event;

	if (level == OFF)
		return ds_yaml_skip(&s->s, depth);
	if (ds_yaml_is_indirect(event))
		note(s, &s->found->indirect);
	else if (level == s->path_len)
		return ds_yaml_take(&s->s, depth, s->found);
	else if (event->type != YAML_MAPPING_START_EVENT && !ds_yaml_is_null(event))
		note(s, &s->found->blocked);
	return event->type == YAML_MAPPING_START_EVENT && level < s->path_len
		       ? scan_mapping(s, depth, level)
		       : ds_yaml_skip(&s->s, depth);
}

bool ds_yaml_scan(struct ds_yaml_found *found, struct ds_text slice, const char *path,
		  struct ds_arena *scratch, struct ds_yaml_error *error)
{
	struct scan s = {
		.path = path,
		.path_len = ds_keypath_len(path),
		.found = found,
	};

	*found = (struct ds_yaml_found){.twice = SIZE_MAX,
					.variant = SIZE_MAX,
					.indirect = SIZE_MAX,
					.merge = SIZE_MAX,
					.blocked = SIZE_MAX,
					.holder = SIZE_MAX};
	bool well = ds_yaml_open(&s.s, slice, scratch, error) &&
		    (s.s.event.type == YAML_STREAM_END_EVENT || scan_node(&s, 0, 0)) &&
		    ds_yaml_finish(&s.s);
	ds_yaml_close(&s.s);
	return well;
}

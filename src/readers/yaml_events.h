/*
 * yaml_events.h - the events of libyaml, with the place of everything
 *
 *	well = ds_yaml_open(&s, slice, arena, &error) && ... && ds_yaml_finish(&s);
 *	ds_yaml_close(&s);
 *
 * In between the event at hand begins a node, and whoever walks that node leaves the event
 * behind it at hand. Nothing is expanded. All of it is one pass over the slice: marks come
 * back as byte offsets (libyaml counts characters), each counted on from the one before.
 * Functions that return false have filled `error`.
 */
#ifndef DS_YAML_EVENTS_H
#define DS_YAML_EVENTS_H

#include <yaml.h>

#include "yaml_scan.h"

struct ds_yaml_events {
	yaml_parser_t parser;
	yaml_event_t event; /* the one at hand; at the end of the stream there is no node */
	struct ds_text slice;
	struct ds_arena *arena;
	struct ds_yaml_error *error;
	size_t index;  /* a character, */
	size_t offset; /* and where it begins */
	size_t end;    /* the character at which the last thing before it ended */
};

bool ds_yaml_open(struct ds_yaml_events *s, struct ds_text slice, struct ds_arena *arena,
		  struct ds_yaml_error *error);
bool ds_yaml_advance(struct ds_yaml_events *s);

/* Whether the one document is over, and nothing behind it. */
bool ds_yaml_finish(struct ds_yaml_events *s);
void ds_yaml_close(struct ds_yaml_events *s);

/* Where the event at hand begins, and where the last node ended. */
size_t ds_yaml_here(struct ds_yaml_events *s);
size_t ds_yaml_behind(struct ds_yaml_events *s);

/* What to do about a mistake there, to put behind the parser's own words: nothing, or that
 * the value in that line, which begins as if it were no text, has to be in quotes. */
const char *ds_yaml_hint(struct ds_text text, size_t at);

bool ds_yaml_fail_memory(struct ds_yaml_events *s);

/* Whether that many nodes may be around this one. */
bool ds_yaml_depth(struct ds_yaml_events *s, int depth);

/* Passes a node; the second says what it is and where (type, text, block, start, end). */
bool ds_yaml_skip(struct ds_yaml_events *s, int depth);
bool ds_yaml_take(struct ds_yaml_events *s, int depth, struct ds_yaml_found *found);

bool ds_yaml_is_indirect(const yaml_event_t *event);
bool ds_yaml_is_null(const yaml_event_t *event);
bool ds_yaml_is_merge(const yaml_event_t *event);
struct ds_text ds_yaml_scalar(const yaml_event_t *event);

#endif

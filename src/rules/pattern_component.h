/*
 * pattern_component.h - what patterns are made of, for those that look at pieces of them
 */
#ifndef DS_PATTERN_COMPONENT_H
#define DS_PATTERN_COMPONENT_H

#include "pattern.h"

/* The first component; *pattern moves behind its "/". */
struct ds_text ds_take_component(struct ds_text *pattern);

bool ds_is_wild(struct ds_text component);
bool ds_is_any_depth(struct ds_text component);

/* Whether a name matches; what is captured is added. */
bool ds_match_component(struct ds_text pattern, struct ds_text name, struct ds_captures *captures);

bool ds_ends_in_slash(struct ds_text text);

#endif

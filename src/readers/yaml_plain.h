/*
 * yaml_plain.h - the YAML that needs no parser
 *
 * libyaml takes longer over ten lines of front matter than the kernel over
 * opening, reading and closing the file. Most front matter is lines of `key:
 * word`, which YAML can read in one way only. This recognises those, and gives
 * up at anything else: nesting, flow, tags, anchors, escapes, several lines, a
 * key that is there twice. It must never find what libyaml would not: the fuzz
 * target and a unit test hold the two against each other.
 */
#ifndef DS_YAML_PLAIN_H
#define DS_YAML_PLAIN_H

#include <stdbool.h>

#include "text.h"

/* True: the value of `key` is the text from *start to *end, inside its quotes,
 * and it is not null. False: ask libyaml. */
bool ds_yaml_plain(struct ds_text slice, const char *key, size_t *start, size_t *end);

/* Whether a plain scalar can spell the text so that every YAML reads it as one line
 * of text again. Numbers and dates pass: to desync they are text, and authors leave
 * them plain. */
bool ds_yaml_plain_fits(struct ds_text text);

/* Whether some YAML takes the plain text for null, true or false. */
bool ds_yaml_plain_is_odd(struct ds_text text);

/* Whether all its characters are such that every YAML takes them for one line's own. */
bool ds_yaml_printable(struct ds_text text);

#endif

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

/* A key, and what stands behind it in its line. */
struct ds_yaml_line {
	size_t indent;
	struct ds_text key;
	struct ds_text text; /* inside its quotes */
	bool empty;          /* nothing stands there, no quotes either */
};

/* The next line that is more than a comment; *at is 0 at first. 0: there is none; -1: there is
 * more to it, ask libyaml. A line that is indented may belong to a value above it. */
int ds_yaml_plain_line(struct ds_text slice, size_t *at, struct ds_yaml_line *line);

/* Whether there is a text, and it does not spell null. */
bool ds_yaml_plain_says(const struct ds_yaml_line *line);

/* Whether a plain scalar can spell the text so that every YAML reads it as one line
 * of text again. Numbers and dates pass: to desync they are text, and authors leave
 * them plain. */
bool ds_yaml_plain_fits(struct ds_text text);

/* Whether some YAML takes the plain text for null, true or false. */
bool ds_yaml_plain_is_odd(struct ds_text text);

/* Whether all its characters are such that every YAML takes them for one line's own. */
bool ds_yaml_printable(struct ds_text text);

#endif

/*
 * text.h - pieces of text: UTF-8, what a terminal may see, what a shell reads
 */
#ifndef DS_TEXT_H
#define DS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* A piece of somebody else's bytes. */
struct ds_text {
	const char *at;
	size_t len;
};

struct ds_text ds_text_of(const char *string);
struct ds_text ds_buf_text(const struct ds_buf *buf);
bool ds_text_is(struct ds_text text, const char *string);
bool ds_text_equal(struct ds_text a, struct ds_text b);

/* Letter case matters only outside ASCII. */
bool ds_text_equal_but_for_case(struct ds_text a, struct ds_text b);

/* Without ASCII white space at either end. */
struct ds_text ds_text_trim(struct ds_text text);

/* The number of bytes of the well-formed UTF-8 character that the text begins
 * with, or 0; its code point goes to *point unless that is NULL. */
size_t ds_utf8_next(struct ds_text text, unsigned *point);
bool ds_utf8_valid(struct ds_text text);

/* The line and the column (in bytes) of an offset, both from 1. */
void ds_text_position(struct ds_text text, size_t at, size_t *line, size_t *column);

/* How much of the text fits in `limit` bytes without cutting a character. */
size_t ds_utf8_fit(struct ds_text text, size_t limit);

/* Which of several words was meant by one that is none of them: begin, try each, and the
 * nearest is `best`, or NULL where none is near enough to be meant. */
struct ds_guess {
	struct ds_text word;
	const char *best;
	size_t distance;
};

struct ds_guess ds_guess_begin(struct ds_text word);
void ds_guess_try(struct ds_guess *guess, const char *candidate);

/* Appends the text so that it is one line and harmless on a terminal: control
 * characters, invisible direction marks and bytes that are not UTF-8 come out
 * as \n, \x1b, \u202e. Whatever needs no escape stays as it is. */
bool ds_escape(struct ds_buf *out, struct ds_text text);

/* Whether ds_escape would change it. */
bool ds_needs_escape(struct ds_text text);

/* Appends the text as one word of a POSIX shell, quoted only where needed. */
bool ds_shell_quote(struct ds_buf *out, struct ds_text text);

#endif

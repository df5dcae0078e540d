/*
 * values.h - what the word behind an option means
 *
 * Each is false for one that means nothing, and then the rest is not to be looked at.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "options.h"

bool cli_parse_number(const char *text, long least, long most, long *number);
bool cli_parse_seconds(const char *text, double *seconds);

/* In bytes, or with K, M or G behind it. */
bool cli_parse_size(const char *text, size_t *size);
bool cli_parse_color(const char *text, enum cli_color *color);
bool cli_is_format(const char *text);

#endif

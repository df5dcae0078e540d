/*
 * array_source.h - a source that is an array: tests need no disk
 */
#ifndef TEST_ARRAY_SOURCE_H
#define TEST_ARRAY_SOURCE_H

#include "source.h"

struct test_file {
	const char *path; /* NULL ends the array */
	const char *bytes;
	size_t len;        /* 0: bytes is a string */
	const char *wrong; /* not NULL: the path is unusable, and this is why */
};

struct test_source {
	struct ds_source source;
	const struct test_file *files;
	const char *unlistable; /* a directory that cannot be listed, or NULL */
	size_t lists;           /* how many directories were listed */
	size_t reads;           /* how many files were read */
	size_t confirms;
	char wanted[4096]; /* what was announced, a line each */
	/* Takes the place of `files` as soon as something is confirmed, or NULL. */
	const struct test_file *after_confirm;
};

void test_source_init(struct test_source *source, const struct test_file *files);

/* The same with names for its contents, and with the announcing of what will be read. */
void test_source_init_named(struct test_source *source, const struct test_file *files);

#endif

/*
 * scratch.h - a folder of a test's own, on the real file system
 */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <stdbool.h>

struct test_scratch {
	char root[64];
};

/* Fails the test where it cannot be made. */
void test_scratch_make(struct test_scratch *scratch);
void test_scratch_remove(const struct test_scratch *scratch);

/* Runs a shell command in the folder; it must succeed. */
void test_scratch_run(const struct test_scratch *scratch, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes a file, and the directories on the way to it. */
void test_scratch_write(const struct test_scratch *scratch, const char *path, const char *bytes);

/* An increment; NULL for a file that is not there. */
void test_scratch_increment(const struct test_scratch *scratch, const char *id, const char *json,
			    const char *spec);

#endif

#include "scratch.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void test_scratch_make(struct test_scratch *scratch)
{
	snprintf(scratch->root, sizeof scratch->root, "/tmp/desync-test-XXXXXX");
	cr_assert(mkdtemp(scratch->root), "no scratch folder");
	/* Stops the walk up here, whatever lies above. */
	test_scratch_run(scratch, "mkdir .git");
}

void test_scratch_run(const struct test_scratch *scratch, const char *format, ...)
{
	char given[2048];
	char command[2300];
	va_list args;

	va_start(args, format);
	vsnprintf(given, sizeof given, format, args);
	va_end(args);
	snprintf(command, sizeof command, "cd %s && { %s; }", scratch->root, given);
	cr_assert_eq(system(command), 0, "%s", command);
}

void test_scratch_remove(const struct test_scratch *scratch)
{
	test_scratch_run(scratch, "chmod -R u+rwx . && rm -rf %s", scratch->root);
}

void test_scratch_write(const struct test_scratch *scratch, const char *path, const char *bytes)
{
	char full[512];

	snprintf(full, sizeof full, "%s/%s", scratch->root, path);
	for (char *slash = full + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0777);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	cr_assert(file, "%s", full);
	cr_assert_geq(fputs(bytes, file), 0);
	cr_assert_eq(fclose(file), 0);
}

void test_scratch_increment(const struct test_scratch *scratch, const char *id, const char *json,
			    const char *spec)
{
	char path[256];
	char bytes[512];

	if (json) {
		snprintf(path, sizeof path, ".specweave/increments/%s/metadata.json", id);
		snprintf(bytes, sizeof bytes, "{\n  \"id\": \"%s\",\n  \"status\": \"%s\"\n}", id,
			 json);
		test_scratch_write(scratch, path, bytes);
	}
	if (spec) {
		snprintf(path, sizeof path, ".specweave/increments/%s/spec.md", id);
		snprintf(bytes, sizeof bytes, "---\nincrement: %s\nstatus: %s\n---\n\n# Spec\n", id,
			 spec);
		test_scratch_write(scratch, path, bytes);
	}
}

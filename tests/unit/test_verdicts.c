/* The cache of verdicts: what it must never say, and what it may forget. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rules.h"
#include "scratch.h"
#include "specweave.h"
#include "verdicts.h"

enum { PATH_ROOM = 128, HEAD = 18 + 8, RECORD = 33 };

static const unsigned char this_rule[32] = "this rule";
static const unsigned char other_rule[32] = "another rule";

static struct ds_content_id id_of(unsigned number, unsigned char len)
{
	struct ds_content_id id = {.len = len};
	memcpy(id.bytes, &number, sizeof number);
	return id;
}

static struct ds_verdicts *open_about(const char *dir, const unsigned char *digest)
{
	struct ds_verdicts *verdicts;
	ds_error err = {0};
	cr_assert_eq(ds_verdicts_open(&verdicts, dir, &err), 0, "%s", err.message);
	ds_verdicts_of(verdicts, digest);
	return verdicts;
}

/* -1: it is not known. */
static int recall(struct ds_verdicts *verdicts, unsigned first, unsigned second)
{
	struct ds_content_id ids[] = {id_of(first, 20), id_of(second, 20)};
	int status = -2;
	if (!ds_verdicts_recall(verdicts, ids, 2, &status))
		return -1;
	return status;
}

static void remember(struct ds_verdicts *verdicts, unsigned first, unsigned second, int status)
{
	struct ds_content_id ids[] = {id_of(first, 20), id_of(second, 20)};
	ds_verdicts_remember(verdicts, ids, 2, status);
}

static int save(struct ds_verdicts *verdicts)
{
	ds_error err = {0};
	int status = ds_verdicts_save(verdicts, &err);
	cr_expect_eq(status != 0, *err.message != '\0');
	ds_verdicts_free(verdicts);
	return status;
}

static int known(const char *dir, unsigned first, unsigned second)
{
	struct ds_verdicts *verdicts = open_about(dir, this_rule);
	int status = recall(verdicts, first, second);
	ds_verdicts_free(verdicts);
	return status;
}

/* One verdict: of 1 and 2, that they agree on 3. */
static int keep_one(const char *dir)
{
	struct ds_verdicts *verdicts = open_about(dir, this_rule);
	remember(verdicts, 1, 2, 3);
	return save(verdicts);
}

static size_t read_cache(const char *dir, char *bytes, size_t room)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof path, "%s/desync/verdicts", dir);
	FILE *file = fopen(path, "rb");
	cr_assert(file);
	size_t len = fread(bytes, 1, room, file);
	fclose(file);
	return len;
}

static void write_cache(const char *dir, const char *bytes, size_t len)
{
	char path[PATH_ROOM];
	snprintf(path, sizeof path, "%s/desync/verdicts", dir);
	FILE *file = fopen(path, "wb");
	cr_assert(file);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static mode_t mode_of(const char *dir, const char *name)
{
	char path[PATH_ROOM];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	cr_assert_eq(stat(path, &st), 0, "%s", path);
	return st.st_mode & 0777;
}

/* ---- Keeping ------------------------------------------------------------- */

Test(verdicts, are_kept)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	umask(0);
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	cr_expect_eq(recall(verdicts, 1, 2), -1);
	remember(verdicts, 1, 2, 3);
	remember(verdicts, 1, 2, 3);
	remember(verdicts, 4, 5, 0);
	remember(verdicts, 6, 7, 255);
	remember(verdicts, 8, 9, 256);
	remember(verdicts, 8, 9, -1);
	cr_expect_eq(save(verdicts), 0);
	cr_expect_eq(mode_of(scratch.root, "desync"), 0700);
	cr_expect_eq(mode_of(scratch.root, "desync/verdicts"), 0600);
	char bytes[1000];
	cr_expect_eq(read_cache(scratch.root, bytes, sizeof bytes), HEAD + 3 * RECORD);

	verdicts = open_about(scratch.root, this_rule);
	cr_expect_eq(recall(verdicts, 1, 2), 3);
	cr_expect_eq(recall(verdicts, 4, 5), 0);
	cr_expect_eq(recall(verdicts, 6, 7), 255);
	cr_expect_eq(recall(verdicts, 8, 9), -1, "what is no status");
	cr_expect_eq(recall(verdicts, 2, 1), -1, "in another order");
	cr_expect_eq(recall(verdicts, 1, 1), -1);
	ds_verdicts_of(verdicts, other_rule);
	cr_expect_eq(recall(verdicts, 1, 2), -1, "of another rule");
	ds_verdicts_of(verdicts, this_rule);
	cr_expect_eq(recall(verdicts, 1, 2), 3);
	ds_verdicts_free(verdicts);
	test_scratch_remove(&scratch);
}

/* The same bytes cut otherwise are other ids. */
Test(verdicts, are_of_whole_ids)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	struct ds_content_id longer[] = {id_of(1, 32), id_of(2, 32), id_of(3, 32)};
	struct ds_content_id shorter[] = {id_of(1, 20), id_of(2, 20), id_of(3, 20)};
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	int status;

	ds_verdicts_remember(verdicts, longer, 2, 1);
	cr_expect_eq(save(verdicts), 0);
	verdicts = open_about(scratch.root, this_rule);
	cr_expect(ds_verdicts_recall(verdicts, longer, 2, &status));
	cr_expect_not(ds_verdicts_recall(verdicts, longer, 1, &status));
	cr_expect_not(ds_verdicts_recall(verdicts, longer, 3, &status));
	cr_expect_not(ds_verdicts_recall(verdicts, shorter, 2, &status));
	cr_expect_not(ds_verdicts_recall(verdicts, shorter, 3, &status));
	ds_verdicts_free(verdicts);
	test_scratch_remove(&scratch);
}

Test(verdicts, of_a_later_run_are_added)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	for (unsigned i = 0; i < 50; i++) {
		struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
		remember(verdicts, i, i, (int)i);
		cr_expect_eq(save(verdicts), 0);
	}
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	for (unsigned i = 0; i < 50; i++)
		cr_expect_eq(recall(verdicts, i, i), (int)i);
	remember(verdicts, 7, 7, 8); /* judged otherwise: the later holds */
	cr_expect_eq(save(verdicts), 0);
	cr_expect_eq(known(scratch.root, 7, 7), 8);
	char bytes[3000];
	cr_expect_eq(read_cache(scratch.root, bytes, sizeof bytes), HEAD + 50 * RECORD);
	test_scratch_remove(&scratch);
}

Test(verdicts, are_written_only_when_there_are_new_ones)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	cr_expect_eq(save(open_about(scratch.root, this_rule)), 0);
	test_scratch_run(&scratch, "test ! -e desync");
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "ln desync/verdicts same");
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	recall(verdicts, 1, 2);
	cr_expect_eq(save(verdicts), 0);
	test_scratch_run(&scratch, "test same -ef desync/verdicts");
	test_scratch_run(&scratch, "test $(ls -A desync | wc -l) = 1");
	test_scratch_remove(&scratch);
}

/* ---- Damage -------------------------------------------------------------- */

Test(verdicts, that_are_damaged_are_none)
{
	struct test_scratch scratch;
	char bytes[1000];
	char damaged[1000];
	test_scratch_make(&scratch);
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	remember(verdicts, 1, 2, 3);
	remember(verdicts, 4, 5, 6);
	cr_expect_eq(save(verdicts), 0);
	size_t len = read_cache(scratch.root, bytes, sizeof bytes);

	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(damaged, bytes, len);
			damaged[i] = (char)(damaged[i] ^ 1 << bit);
			write_cache(scratch.root, damaged, len);
			cr_expect_eq(known(scratch.root, 1, 2), -1, "bit %d of byte %zu", bit, i);
			cr_expect_eq(known(scratch.root, 4, 5), -1, "bit %d of byte %zu", bit, i);
		}
		cr_expect_eq(keep_one(scratch.root), 0);
		cr_expect_eq(known(scratch.root, 1, 2), 3, "written anew");
	}
	for (size_t cut = 0; cut < len; cut++) {
		write_cache(scratch.root, bytes, cut);
		cr_expect_eq(known(scratch.root, 1, 2), -1, "cut to %zu", cut);
	}
	memcpy(damaged, bytes, len);
	memset(damaged + len, 0, RECORD);
	write_cache(scratch.root, damaged, len + RECORD);
	cr_expect_eq(known(scratch.root, 1, 2), -1, "a record more");
	write_cache(scratch.root, bytes, len);
	cr_expect_eq(known(scratch.root, 1, 2), 3);
	test_scratch_remove(&scratch);
}

/* A status that no vocabulary has is handed out as it is; any record that somebody could
 * write with the right checksum is. */
Test(verdicts, that_are_huge_are_not_read)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "truncate -s $((%d + %d * ((1 << 20) + 1))) desync/verdicts",
			 HEAD, RECORD);
	cr_expect_eq(known(scratch.root, 1, 2), -1);
	cr_expect_eq(keep_one(scratch.root), 0);
	cr_expect_eq(known(scratch.root, 1, 2), 3);
	test_scratch_remove(&scratch);
}

/* ---- What is not ours ---------------------------------------------------- */

/* Each of these is done to a cache that knows 1 and 2. */
static const struct {
	const char *name;
	const char *does;
	bool saves;
	bool as_root; /* can be done by root alone */
} strange[] = {
	{"a link to a file", "mv desync/verdicts v && ln -s ../v desync/verdicts", true, false},
	{"a second name", "ln desync/verdicts desync/other", true, false},
	{"a file open to others", "chmod 644 desync/verdicts", true, false},
	{"a FIFO", "rm desync/verdicts && mkfifo -m 600 desync/verdicts", true, false},
	{"somebody else's file", "chown 12345 desync/verdicts", true, true},
	{"a directory", "rm desync/verdicts && mkdir -m 700 desync/verdicts", false, false},
	{"a link to a folder", "mv desync d && ln -s d desync", false, false},
	{"a folder open to others", "chmod 755 desync", false, false},
	{"a file as folder", "rm -r desync && : >desync && chmod 600 desync", false, false},
	{"somebody else's folder", "chown -R 12345 desync", false, true},
};

Test(verdicts, of_others_are_not_believed)
{
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
		struct test_scratch scratch;
		if (strange[i].as_root && geteuid() != 0)
			continue;
		test_scratch_make(&scratch);
		cr_expect_eq(keep_one(scratch.root), 0);
		cr_expect_eq(known(scratch.root, 1, 2), 3);
		test_scratch_run(&scratch, "%s", strange[i].does);
		cr_expect_eq(known(scratch.root, 1, 2), -1, "%s", strange[i].name);
		cr_expect_eq(keep_one(scratch.root) == 0, strange[i].saves, "%s", strange[i].name);
		cr_expect_eq(known(scratch.root, 1, 2), strange[i].saves ? 3 : -1, "%s",
			     strange[i].name);
		test_scratch_run(&scratch, "test -z \"$(ls -A desync/ 2>/dev/null | "
					   "grep 'verdicts\\.')\"");
		test_scratch_remove(&scratch);
	}
}

Test(verdicts, that_lead_elsewhere_leave_it_alone)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "echo mine >v && rm desync/verdicts && "
				   "ln -s ../v desync/verdicts");
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "test $(cat v) = mine");
	test_scratch_remove(&scratch);
}

Test(verdicts, of_the_owner_are_kept_for_him_by_root)
{
	struct test_scratch scratch;
	if (geteuid() != 0)
		cr_skip_test("only root can");
	test_scratch_make(&scratch);
	test_scratch_run(&scratch, "chown 12345:12345 .");
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "test $(stat -c %%u:%%g desync) = 12345:12345");
	test_scratch_run(&scratch, "test $(stat -c %%u:%%g desync/verdicts) = 12345:12345");
	cr_expect_eq(known(scratch.root, 1, 2), 3);
	test_scratch_remove(&scratch);
}

Test(verdicts, that_cannot_be_saved_are_recalled_still)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	cr_expect_eq(keep_one(scratch.root), 0);
	if (geteuid() == 0) {
		test_scratch_run(&scratch, "chown -R 65534:65534 .");
		cr_assert_eq(setgid(65534), 0);
		cr_assert_eq(setuid(65534), 0);
	}
	test_scratch_run(&scratch, "chmod 500 desync");
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	cr_expect_eq(recall(verdicts, 1, 2), 3);
	remember(verdicts, 3, 4, 5);
	cr_expect_eq(save(verdicts), DS_TROUBLE);
	cr_expect_eq(known(scratch.root, 1, 2), 3);
	test_scratch_run(&scratch, "chmod 700 desync && test $(ls -A desync | wc -l) = 1");
	test_scratch_remove(&scratch);
}

Test(verdicts, need_a_folder_that_is_there)
{
	struct ds_verdicts *verdicts = open_about("/nowhere/at/all", this_rule);
	cr_expect_eq(recall(verdicts, 1, 2), -1);
	remember(verdicts, 1, 2, 3);
	cr_expect_eq(save(verdicts), DS_TROUBLE);
}

/* ---- Together ------------------------------------------------------------ */

Test(verdicts, of_two_writers_are_those_of_the_last)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	cr_expect_eq(keep_one(scratch.root), 0);
	struct ds_verdicts *one = open_about(scratch.root, this_rule);
	struct ds_verdicts *other = open_about(scratch.root, this_rule);
	remember(one, 10, 10, 1);
	remember(other, 20, 20, 2);
	cr_expect_eq(save(one), 0);
	cr_expect_eq(save(other), 0);
	cr_expect_eq(known(scratch.root, 1, 2), 3);
	cr_expect_eq(known(scratch.root, 10, 10), -1);
	cr_expect_eq(known(scratch.root, 20, 20), 2);
	test_scratch_remove(&scratch);
}

/* What a killed writer of our process id has left is in nobody's way. */
Test(verdicts, go_over_what_a_killed_writer_left)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "echo mine >v && ln -s ../v desync/verdicts.%ld",
			 (long)getpid());
	cr_expect_eq(keep_one(scratch.root), 0);
	test_scratch_run(&scratch, "test $(cat v) = mine && test $(ls -A desync | wc -l) = 1");
	cr_expect_eq(known(scratch.root, 1, 2), 3);
	test_scratch_remove(&scratch);
}

/* ---- Forgetting ---------------------------------------------------------- */

static void fill(struct ds_verdicts *verdicts, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		remember(verdicts, i, i, 1);
}

Test(verdicts, that_nobody_asks_for_are_forgotten)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	fill(verdicts, 0, DS_VERDICTS_LIMIT);
	cr_expect_eq(save(verdicts), 0);
	cr_expect_eq(known(scratch.root, 5, 5), 1, "as many as there may be");

	verdicts = open_about(scratch.root, this_rule);
	cr_expect_eq(recall(verdicts, 5, 5), 1);
	fill(verdicts, DS_VERDICTS_LIMIT, DS_VERDICTS_LIMIT + 1);
	cr_expect_eq(save(verdicts), 0);
	cr_expect_eq(known(scratch.root, 5, 5), 1, "asked for");
	cr_expect_eq(known(scratch.root, DS_VERDICTS_LIMIT, DS_VERDICTS_LIMIT), 1, "new");
	cr_expect_eq(known(scratch.root, 6, 6), -1, "neither");
	char bytes[1000];
	cr_expect_eq(read_cache(scratch.root, bytes, sizeof bytes), HEAD + 2 * RECORD);
	test_scratch_remove(&scratch);
}

Test(verdicts, of_a_large_repository_may_be_more)
{
	struct test_scratch scratch;
	test_scratch_make(&scratch);
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	fill(verdicts, 0, DS_VERDICTS_LIMIT);
	cr_expect_eq(save(verdicts), 0);
	verdicts = open_about(scratch.root, this_rule);
	for (unsigned i = 0; i < DS_VERDICTS_LIMIT / 2; i++)
		recall(verdicts, i, i);
	fill(verdicts, DS_VERDICTS_LIMIT, DS_VERDICTS_LIMIT + 10);
	cr_expect_eq(save(verdicts), 0);
	cr_expect_eq(known(scratch.root, DS_VERDICTS_LIMIT - 1, DS_VERDICTS_LIMIT - 1), 1);
	test_scratch_remove(&scratch);
}

/* ---- Speed: printed, not judged ------------------------------------------ */

static double ms_since(const struct timespec *from)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) * 1e3 +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

Test(verdicts, are_recalled_fast)
{
	enum { COUNT = 10000 };
	struct test_scratch scratch;
	struct timespec from;
	test_scratch_make(&scratch);
	struct ds_verdicts *verdicts = open_about(scratch.root, this_rule);
	fill(verdicts, 0, COUNT);
	cr_expect_eq(save(verdicts), 0);

	clock_gettime(CLOCK_MONOTONIC, &from);
	verdicts = open_about(scratch.root, this_rule);
	double opened = ms_since(&from);
	int sum = 0;
	for (unsigned i = 0; i < COUNT; i++)
		sum += recall(verdicts, i, i);
	double recalled = ms_since(&from) - opened;
	cr_expect_eq(sum, COUNT);
	cr_log_info("%d verdicts: opened in %.2f ms, recalled in %.2f ms", COUNT, opened, recalled);
	ds_verdicts_free(verdicts);
	test_scratch_remove(&scratch);
}

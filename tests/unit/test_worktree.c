/* The source that reads files, on a real file system. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "readers.h"
#include "scratch.h"
#include "worktree.h"

static bool after_three_lines(const char *bytes, size_t len)
{
	int lines = 0;
	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	return lines >= 3;
}

static const struct ds_extent whole_file = {.first = 0, .limit = 64, .enough = NULL};
static const struct ds_extent three_lines = {.first = 4, .limit = 64, .enough = after_three_lines};

static const struct {
	const char *path;
	enum ds_kind kind;
	const char *why;
	enum ds_kind look; /* without an extent */
} readings[] = {
	{"file", DS_REGULAR, "", DS_REGULAR},
	{"dir/file", DS_REGULAR, "", DS_REGULAR},
	{"inside", DS_REGULAR, "", DS_REGULAR},
	{"empty", DS_REGULAR, "", DS_REGULAR},
	{"nothing", DS_MISSING, "", DS_MISSING},
	{"file/x", DS_MISSING, "", DS_MISSING},
	{"dir/nothing", DS_MISSING, "", DS_MISSING},
	{"dir", DS_UNUSABLE, "not a regular file but a directory", DS_DIRECTORY},
	{"dirlink", DS_UNUSABLE, "not a regular file but a directory", DS_DIRECTORY},
	{"fifo", DS_UNUSABLE, "not a regular file but a FIFO", DS_UNUSABLE},
	{"fifolink", DS_UNUSABLE, "not a regular file but a FIFO", DS_UNUSABLE},
	{"socket", DS_UNUSABLE, "not a regular file but a socket or a device", DS_UNUSABLE},
	{"outside", DS_UNUSABLE, "a link that is absolute or leads outside the repository",
	 DS_UNUSABLE},
	{"absolute", DS_UNUSABLE, "a link that is absolute or leads outside the repository",
	 DS_UNUSABLE},
	{"dangling", DS_UNUSABLE, "a link that leads nowhere", DS_UNUSABLE},
	{"dangling/x/y", DS_UNUSABLE, "a link that leads nowhere", DS_UNUSABLE},
	{"dirlink/nothing", DS_MISSING, "", DS_MISSING},
	{"dirlink/file", DS_REGULAR, "", DS_REGULAR},
	{"up/x", DS_UNUSABLE, "a link that is absolute or leads outside the repository",
	 DS_UNUSABLE},
	{"loop", DS_UNUSABLE, "links that lead in a circle, or may not be followed here",
	 DS_UNUSABLE},
	{"large", DS_UNUSABLE, "larger than 64 bytes: --max-file-size raises that", DS_REGULAR},
	{"locked/file", DS_UNUSABLE, "Permission denied", DS_UNUSABLE},
	{"secret", DS_UNUSABLE, "Permission denied", DS_REGULAR},
};

static void make_tree(struct test_scratch *scratch)
{
	test_scratch_make(scratch);
	test_scratch_write(scratch, "file", "1\n2\n3\n4\n5\n");
	test_scratch_run(scratch,
			 "mkdir dir locked && cp file dir && cp file locked && cp file secret &&"
			 "ln -s file inside && ln -s dir dirlink && mkfifo fifo && "
			 "ln -s fifo fifolink && ln -s ../../etc/passwd outside && "
			 "ln -s /etc/passwd absolute && ln -s nowhere dangling && ln -s .. up && "
			 "ln -s loop loop && : >empty && chmod 0 locked secret && "
			 "head -c 65 /dev/zero >large && perl -MSocket -e '"
			 "socket(S,PF_UNIX,SOCK_STREAM,0);bind(S,sockaddr_un(\"socket\"))'");
}

/* Root may read everything: the tests run as somebody else. */
static void drop_privileges(const struct test_scratch *scratch)
{
	if (geteuid() != 0)
		return;
	test_scratch_run(scratch, "chown -R 65534:65534 .");
	cr_assert_eq(setgid(65534), 0);
	cr_assert_eq(setuid(65534), 0);
}

Test(worktree, reads_regular_files_and_nothing_else, .timeout = 30)
{
	struct test_scratch scratch;
	struct ds_source *source;
	struct ds_blob blob = {0};
	ds_error err;

	make_tree(&scratch);
	drop_privileges(&scratch);
	cr_assert_eq(ds_worktree_open(&source, scratch.root, &err), 0);
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		source->ops->read(source, readings[i].path, &whole_file, &blob);
		cr_expect_eq(blob.kind, readings[i].kind, "%s: %s", readings[i].path, blob.why);
		cr_expect_str_eq(blob.why, readings[i].why, "%s", readings[i].path);
		source->ops->read(source, readings[i].path, NULL, &blob);
		cr_expect_eq(blob.kind, readings[i].look, "%s: %s", readings[i].path, blob.why);
		cr_expect_eq(blob.bytes.len, 0);
	}
	ds_blob_free(&blob);
	source->ops->free(source);
	test_scratch_remove(&scratch);
}

Test(worktree, reads_no_further_than_asked)
{
	struct test_scratch scratch;
	struct ds_source *source;
	struct ds_blob blob = {0};
	ds_error err;

	test_scratch_make(&scratch);
	test_scratch_write(&scratch, "short", "1\n2\n3\n");
	test_scratch_write(&scratch, "long", "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n");
	test_scratch_run(&scratch, "head -c 1000 /dev/zero >endless; printf '1\\n2' >two; "
				   "head -c 64 /dev/zero >just");
	cr_assert_eq(ds_worktree_open(&source, scratch.root, &err), 0);

	source->ops->read(source, "long", &three_lines, &blob);
	cr_expect(blob.kind == DS_REGULAR && !blob.whole && blob.bytes.len == 16);
	source->ops->read(source, "long", &whole_file, &blob);
	cr_expect(blob.kind == DS_REGULAR && blob.whole && blob.bytes.len == 20);
	source->ops->read(source, "two", &three_lines, &blob);
	cr_expect(blob.kind == DS_REGULAR && blob.whole && blob.bytes.len == 3);
	source->ops->read(source, "endless", &three_lines, &blob);
	cr_expect(blob.kind == DS_REGULAR && !blob.whole && blob.bytes.len == 64);
	source->ops->read(source, "just", &whole_file, &blob);
	cr_expect(blob.kind == DS_REGULAR && blob.whole && blob.bytes.len == 64);
	source->ops->read(source, "nothing", &whole_file, &blob);
	cr_expect(blob.kind == DS_MISSING && blob.bytes.len == 0);

	ds_blob_free(&blob);
	source->ops->free(source);
	test_scratch_remove(&scratch);
}

/* A file under /proc says that it is empty and is not: what fstat says is never
 * taken for the end. */
Test(worktree, reads_what_is_longer_than_it_says)
{
	static const struct ds_extent extent = {.first = 0, .limit = 1 << 20, .enough = NULL};
	struct ds_source *source;
	struct ds_blob blob = {0};
	ds_error err;
	cr_assert_eq(ds_worktree_open(&source, "/proc", &err), 0);
	source->ops->read(source, "cpuinfo", &extent, &blob);
	cr_expect_eq(blob.kind, DS_REGULAR, "%s", blob.why);
	cr_expect(blob.whole && blob.bytes.len > 100);
	/* This one comes a page at a time, whatever is asked for. */
	source->ops->read(source, "self/smaps", &extent, &blob);
	cr_expect(blob.whole && strstr(blob.bytes.bytes, "[vdso]"));
	source->ops->read(source, "cpuinfo", &whole_file, &blob);
	cr_expect_eq(blob.kind, DS_UNUSABLE);
	ds_blob_free(&blob);
	source->ops->free(source);
}

/* Nothing is mapped at address 0: reading there is an I/O error. */
Test(worktree, says_what_kept_it_from_reading)
{
	static const struct ds_extent extents[] = {
		{.first = 0, .limit = 1 << 20, .enough = NULL},
		{.first = 16, .limit = 1 << 20, .enough = after_three_lines},
	};
	struct ds_source *source;
	struct ds_blob blob = {0};
	ds_error err;
	cr_assert_eq(ds_worktree_open(&source, "/proc", &err), 0);
	for (size_t i = 0; i < 2; i++) {
		source->ops->read(source, "self/mem", &extents[i], &blob);
		cr_expect_eq(blob.kind, DS_UNUSABLE);
		cr_expect_str_eq(blob.why, "Input/output error");
	}
	/* A link of the kernel's own, to somebody's descriptor, is not followed. */
	source->ops->read(source, "self/fd/0", NULL, &blob);
	cr_expect_eq(blob.kind, DS_UNUSABLE);
	ds_blob_free(&blob);
	source->ops->free(source);
}

struct names {
	char text[512];
	int stop_at;
};

static int on_entry(void *context, const char *name, enum ds_entry_kind kind)
{
	struct names *names = context;
	size_t len = strlen(names->text);
	snprintf(names->text + len, sizeof names->text - len, "%s:%d ", name, (int)kind);
	return names->stop_at && --names->stop_at == 0 ? DS_CONFLICT : 0;
}

Test(worktree, lists, .timeout = 30)
{
	struct test_scratch scratch;
	struct ds_source *source;
	ds_error err = {0};
	static const struct {
		const char *directory;
		int status;
		const char *why;
	} failing[] = {
		{"file", DS_TROUBLE, "Not a directory"},
		{"locked", DS_TROUBLE, "Permission denied"},
		{"dangling", DS_TROUBLE, "a link that leads nowhere"},
		{"dangling/x", DS_TROUBLE, "a link that leads nowhere"},
		{"outside", DS_TROUBLE, "a link that is absolute or leads outside the repository"},
		{"loop", DS_TROUBLE, "links that lead in a circle, or may not be followed here"},
		{"nothing", 0, ""},
	};

	make_tree(&scratch);
	test_scratch_run(&scratch,
			 "mkdir some && cd some && mkdir .hidden && ln -s . link && mkfifo p");
	drop_privileges(&scratch);
	cr_assert_eq(ds_worktree_open(&source, scratch.root, &err), 0);
	struct names names = {.text = ""};
	cr_expect_eq(source->ops->list(source, "some", on_entry, &names, &err), 0);
	cr_expect_not_null(strstr(names.text, ".hidden:1 "));
	cr_expect_not_null(strstr(names.text, "link:2 "));
	cr_expect_not_null(strstr(names.text, "p:3 "));
	cr_expect_eq(strlen(names.text), strlen(".hidden:1 link:2 p:3 "), "%s", names.text);
	names = (struct names){.stop_at = 2};
	cr_expect_eq(source->ops->list(source, "", on_entry, &names, &err), DS_CONFLICT);
	for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
		names = (struct names){.stop_at = 0};
		err = (ds_error){0};
		cr_expect_eq(
			source->ops->list(source, failing[i].directory, on_entry, &names, &err),
			failing[i].status, "%s", failing[i].directory);
		cr_expect_str_eq(err.message, failing[i].why, "%s", failing[i].directory);
	}
	source->ops->free(source);
	test_scratch_remove(&scratch);
}

Test(worktree, must_exist)
{
	struct ds_source *source;
	ds_error err;
	cr_expect_eq(ds_worktree_open(&source, "/nowhere/at/all", &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "/nowhere/at/all: No such file or directory");
}

static void set_flag(void *context)
{
	*(bool *)context = true;
}

Test(worktree, confirms_by_reading_again)
{
	struct ds_source *source;
	ds_error err;
	bool called = false;
	cr_assert_eq(ds_worktree_open(&source, "/", &err), 0);
	source->ops->confirm(source, set_flag, &called);
	cr_expect(called);
	source->ops->free(source);
}

/* ---- Beside a writer ---------------------------------------------------- */

static int lock_of(const struct test_scratch *scratch, int how)
{
	char path[512];
	snprintf(path, sizeof path, "%s/.git/desync/lock", scratch->root);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (flock(fd, how | LOCK_NB) == 0)
		return fd;
	close(fd);
	return -1;
}

struct guarded {
	struct test_scratch scratch;
	struct ds_source *source;
	struct ds_place place;
	bool called;
	bool free; /* a writer could have gone on meanwhile */
};

static void see_lock(void *context)
{
	struct guarded *guarded = context;
	int fd = lock_of(&guarded->scratch, LOCK_EX);
	guarded->called = true;
	guarded->free = fd >= 0;
	if (fd >= 0)
		close(fd);
}

static void guard(struct guarded *guarded, long wait_ms)
{
	ds_error err;
	char root[128];

	test_scratch_make(&guarded->scratch);
	test_scratch_write(&guarded->scratch, "sub/file", "on the disk");
	test_scratch_run(&guarded->scratch, "git init -q . && mkdir -m 0700 .git/desync && "
					    "umask 077 && : >.git/desync/lock");
	snprintf(root, sizeof root, "%s/sub", guarded->scratch.root);
	cr_assert_eq(ds_place_find(&guarded->place, root, NULL, &err), 0);
	cr_assert_eq(ds_worktree_open(&guarded->source, root, &err), 0);
	cr_assert_eq(ds_worktree_guard(guarded->source, root, &guarded->place, wait_ms, &err), 0);
}

static void free_guarded(struct guarded *guarded)
{
	guarded->source->ops->free(guarded->source);
	ds_place_free(&guarded->place);
	test_scratch_remove(&guarded->scratch);
}

static long long now_ms(void)
{
	return ds_os_system.now_ms();
}

Test(worktree, confirms_under_the_lock)
{
	struct guarded guarded = {.free = true};

	guard(&guarded, 0);
	guarded.source->ops->confirm(guarded.source, see_lock, &guarded);
	cr_expect(guarded.called);
	cr_expect_not(guarded.free);
	cr_expect_not(ds_worktree_was_unlocked(guarded.source));
	free_guarded(&guarded);
}

/* Somebody who holds the lock for long must not hold up every item. */
Test(worktree, waits_for_the_lock_once)
{
	struct guarded guarded = {.free = false};
	long long begun = now_ms();

	guard(&guarded, 300);
	int writer = lock_of(&guarded.scratch, LOCK_EX);
	cr_assert_geq(writer, 0);
	begun = now_ms();
	for (int i = 0; i < 20; i++)
		guarded.source->ops->confirm(guarded.source, see_lock, &guarded);
	long long took = now_ms() - begun;
	cr_expect(took >= 300 && took < 3000, "%lld ms", took);
	cr_expect(guarded.called);
	cr_expect(ds_worktree_was_unlocked(guarded.source));
	close(writer);
	free_guarded(&guarded);
}

/* A path of the place is one of the source with what lies between them before it. */
Test(worktree, reads_what_recovery_would_put_back)
{
	struct guarded guarded = {.free = false};
	char paths[3][16] = {"sub/x", "sub/file", "sub/a"};
	struct ds_put_back files[] = {{.path = paths[0]}, {.path = paths[1]}, {.path = paths[2]}};
	struct ds_interrupted interrupted = {.found = true, .files = files, .count = 3};
	struct ds_blob blob = {0};

	guard(&guarded, 0);
	ds_buf_puts(&files[1].bytes, "as it was");
	ds_worktree_foresee(guarded.source, &interrupted);
	guarded.source->ops->read(guarded.source, "file", &whole_file, &blob);
	cr_expect(blob.kind == DS_REGULAR && blob.whole);
	cr_expect_str_eq(blob.bytes.bytes, "as it was");
	guarded.source->ops->read(guarded.source, "file", NULL, &blob);
	cr_expect(blob.kind == DS_REGULAR && blob.bytes.len == 0);
	guarded.source->ops->read(guarded.source, "nothing", &whole_file, &blob);
	cr_expect_eq(blob.kind, DS_MISSING);
	ds_worktree_foresee(guarded.source, NULL);
	guarded.source->ops->read(guarded.source, "file", &whole_file, &blob);
	cr_expect_str_eq(blob.bytes.bytes, "on the disk");
	for (size_t i = 0; i < 3; i++)
		ds_buf_free(&files[i].bytes);
	ds_blob_free(&blob);
	free_guarded(&guarded);
}

Test(worktree, the_readers_have_the_bounds_of_the_design)
{
	cr_expect_eq(ds_reader_find("json")->extent.limit, 16 * 1024 * 1024);
	cr_expect_eq(ds_reader_find("frontmatter")->extent.limit, 64 * 1024);
	cr_expect_null(ds_reader_find("toml"));
}

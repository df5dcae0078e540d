/* The order in which a transaction does things, and what is left when one of them fails:
 * a table of calls that writes each down, and fails or meddles where a test says. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.h"
#include "scratch.h"
#include "slot.h"

static struct test_scratch scratch;
static struct ds_place place;
static ds_error err;

/* ---- Writing down ------------------------------------------------------- */

/* What is to happen at a call. The state folder is "state", a transaction's id "ID",
 * the hashes in a name of tmp/ are left out. */
struct rule {
	const char *at;      /* "swap state/tmp/ID/0 d/one"; NULL: nothing */
	int nth;             /* from 1; 0: each of them */
	const char *command; /* of the shell, before the call */
	void (*act)(void);   /* before the call */
	int error;           /* it fails with that */
	bool late;           /* after it was done */
};

static struct rule rules[4];
static int seen[4];
static char trace[1 << 16];
static size_t trace_len;
static const struct rule *current; /* that the call under way fails by */

/* Puts `to` in the place of `len` bytes. */
static void replace(char *at, size_t len, const char *to)
{
	memmove(at + strlen(to), at + len, strlen(at + len) + 1);
	memcpy(at, to, strlen(to));
}

/* "20261121T124454Z-9f3a2c51d0e4" */
static void hide_id(char *path)
{
	char *middle = strstr(path, "Z-");

	if (middle && middle - path >= 15 && strspn(middle + 2, "0123456789abcdef") >= 12)
		replace(middle - 15, 29, "ID");
}

static void hide_hashes(char *path)
{
	char *dash = strrchr(path, '-');

	if (dash && strspn(dash + 1, "0123456789abcdef") == 64)
		dash[-65] = '\0';
}

/* The path that a descriptor, and a name beneath it, stand for. */
static const char *where(int dir, const char *name)
{
	static char paths[2][2048];
	static int turn;
	char *path = paths[turn = !turn];
	char link[64];
	size_t root = strlen(scratch.root);

	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
	ssize_t len = dir < 0 ? 0 : readlink(link, path, 1024);
	path[len < 0 ? 0 : len] = '\0';
	if (name)
		snprintf(path + strlen(path), 512, "/%s", name);
	if (strncmp(path, scratch.root, root) == 0)
		replace(path, root + (path[root] == '/'), path[root] == '/' ? "" : "top");
	if (strncmp(path, ".git/desync", 11) == 0)
		replace(path, 11, "state");
	hide_id(path);
	hide_hashes(path);
	return path;
}

static void before(const struct rule *rule)
{
	if (rule->command)
		test_scratch_run(&scratch, "%s", rule->command);
	if (rule->act)
		rule->act();
}

/* False: the call is to fail, without being done. */
static bool begins(const char *call, const char *path, const char *other)
{
	char line[2048];

	snprintf(line, sizeof line, "%s %s%s%s", call, path, *other ? " " : "", other);
	trace_len += (size_t)snprintf(trace + trace_len, sizeof trace - trace_len, "%s\n", line);
	cr_assert_lt(trace_len, sizeof trace);
	current = NULL;
	for (size_t i = 0; i < 4; i++) {
		if (!rules[i].at || strcmp(rules[i].at, line) != 0 ||
		    (++seen[i] != rules[i].nth && rules[i].nth))
			continue;
		before(&rules[i]);
		if (rules[i].error)
			current = &rules[i];
	}
	errno = current ? current->error : 0;
	return !current || current->late;
}

static int ends(int result)
{
	if (current && current->late) {
		errno = current->error;
		result = -1;
	}
	return result;
}

/* NAME, what it is called with, its path, a second path, the real call. */
#define CALL(name, parameters, path, other, real)                                                  \
	static int rec_##name parameters                                                           \
	{                                                                                          \
		return begins(#name, path, other) ? ends(ds_os_system.real) : -1;                  \
	}

CALL(fsync, (int fd), where(fd, NULL), "", fsync(fd))
CALL(syncfs, (int fd), where(fd, NULL), "", syncfs(fd))
CALL(truncate, (int fd, off_t len), where(fd, NULL), "", truncate(fd, len))
CALL(stat, (int fd, struct stat *st), where(fd, NULL), "", stat(fd, st))
CALL(chmod, (int fd, mode_t mode), where(fd, NULL), "", chmod(fd, mode))
CALL(access, (int dir, const char *name, int mode), where(dir, name), "", access(dir, name, mode))
CALL(look, (int dir, const char *name, struct stat *st), where(dir, name), "", look(dir, name, st))
CALL(make_dir, (int dir, const char *name, mode_t mode), where(dir, name), "",
     make_dir(dir, name, mode))
CALL(unlink, (int dir, const char *name), where(dir, name), "", unlink(dir, name))
CALL(remove_dir, (int dir, const char *name), where(dir, name), "", remove_dir(dir, name))
CALL(rename, (int from_dir, const char *from, int to_dir, const char *to), where(from_dir, from),
     where(to_dir, to), rename(from_dir, from, to_dir, to))
CALL(swap, (int dir_a, const char *a, int dir_b, const char *b), where(dir_a, a), where(dir_b, b),
     swap(dir_a, a, dir_b, b))
CALL(lock, (int fd, int operation), where(fd, NULL), "", lock(fd, operation))
CALL(drop_lease, (int fd), where(fd, NULL), "", drop_lease(fd))
CALL(take_lease, (int fd, bool exclusive), where(fd, NULL), exclusive ? "alone" : "",
     take_lease(fd, exclusive))

static ssize_t rec_read(int fd, void *to, size_t len, off_t at)
{
	return begins("read", where(fd, NULL), "") ? ds_os_system.read(fd, to, len, at) : -1;
}

static ssize_t rec_write(int fd, const void *from, size_t len)
{
	return begins("write", where(fd, NULL), "") ? ds_os_system.write(fd, from, len) : -1;
}

static bool rec_holds_lease(int fd)
{
	return begins("holds_lease", where(fd, NULL), "") && ds_os_system.holds_lease(fd);
}

/* A clock that only sleeping moves; nobody may sleep forever. */
static long long clock_ms;

static long long rec_now_ms(void)
{
	return clock_ms;
}

static void rec_sleep_ms(long ms)
{
	clock_ms += ms;
	if (clock_ms > 1000 * 1000)
		abort();
	ds_os_system.sleep_ms(1);
}

static struct ds_os os;

static void begin(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch, "git init -q . && mkdir d e");
	test_scratch_write(&scratch, "d/one", "one old\n");
	test_scratch_write(&scratch, "e/two", "two old\n");
	cr_assert_eq(ds_place_find(&place, scratch.root, NULL, &err), 0, "%s", err.message);
	os = ds_os_system;
	os.fsync = rec_fsync, os.syncfs = rec_syncfs, os.truncate = rec_truncate;
	os.stat = rec_stat, os.chmod = rec_chmod, os.access = rec_access, os.look = rec_look;
	os.make_dir = rec_make_dir, os.unlink = rec_unlink, os.remove_dir = rec_remove_dir;
	os.rename = rec_rename, os.swap = rec_swap, os.lock = rec_lock;
	os.drop_lease = rec_drop_lease, os.take_lease = rec_take_lease;
	os.holds_lease = rec_holds_lease, os.read = rec_read, os.write = rec_write;
	os.now_ms = rec_now_ms, os.sleep_ms = rec_sleep_ms;
	memset(rules, 0, sizeof rules);
	memset(seen, 0, sizeof seen);
	trace_len = 0;
	trace[0] = '\0';
	clock_ms = 0;
}

static void end(void)
{
	ds_place_free(&place);
	test_scratch_remove(&scratch);
}

TestSuite(protocol, .init = begin, .fini = end);

/* ---- Helpers ------------------------------------------------------------ */

static const char *content(const char *path)
{
	static char bytes[4096];
	char whole[512];

	snprintf(whole, sizeof whole, "%s/%s", scratch.root, path);
	int fd = open(whole, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
	if (fd >= 0)
		close(fd);
	bytes[len < 0 ? 0 : len] = '\0';
	return len < 0 ? "(nothing)" : bytes;
}

static size_t lines_of(const char *command)
{
	char whole[1024];
	size_t lines = 0;

	snprintf(whole, sizeof whole, "cd %s && { %s; } 2>/dev/null", scratch.root, command);
	FILE *out = popen(whole, "r");
	for (int c; (c = getc(out)) != EOF;)
		lines += c == '\n';
	pclose(out);
	return lines;
}

static size_t changes_in_log(void)
{
	return lines_of("grep '\"event\": \"change\"' .git/desync/log.jsonl");
}

static size_t saved(void)
{
	return lines_of("ls -A .git/desync/saved");
}

static size_t in_tmp(void)
{
	return lines_of("find .git/desync/tmp -type f");
}

static bool is_there(const char *path)
{
	return strcmp(content(path), "(nothing)") != 0;
}

static struct ds_change change(const char *path, const char *old, const char *new, size_t group)
{
	static const char *const line[] = {"\"item\": \"x\"", NULL};
	return (struct ds_change){.path = path,
				  .before = ds_text_of(old),
				  .after = ds_text_of(new),
				  .group = group,
				  .log = line};
}

static struct ds_txn *open_txn(const struct ds_txn_options *given)
{
	struct ds_txn_options options = *given;
	struct ds_txn *txn;

	options.os = &os;
	cr_assert_eq(ds_txn_open(&txn, &place, &options, &err), 0, "%s", err.message);
	return txn;
}

static bool has_note(const struct ds_txn *txn, const char *part)
{
	for (size_t i = 0; ds_txn_note(txn, i); i++)
		if (strstr(ds_txn_note(txn, i), part))
			return true;
	return false;
}

static void set_rules(const struct rule *given, size_t count)
{
	memset(rules, 0, sizeof rules);
	memset(seen, 0, sizeof seen);
	memcpy(rules, given, count * sizeof *given);
	trace_len = 0;
	trace[0] = '\0';
}

static const struct ds_txn_options usual = {.who = "me"};

/* The two files as one group. */
static struct ds_change both[2];

static int commit_both(struct ds_txn **txn, const struct ds_txn_options *options)
{
	both[0] = change("d/one", "one old\n", "one new\n", 1);
	both[1] = change("e/two", "two old\n", "two new\n", 1);
	*txn = open_txn(options);
	return ds_txn_commit(*txn, both, 2, &err);
}

static void die(void)
{
	_exit(0);
}

/* Commits both in a process that ends before a call. */
static void commit_until(const char *call)
{
	pid_t child = fork();
	if (child == 0) {
		struct ds_txn *txn;
		rules[0] = (struct rule){.at = call, .act = die};
		commit_both(&txn, &usual);
		_exit(1);
	}
	int status;
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0, "%s", call);
}

/* ---- Order -------------------------------------------------------------- */

/* Whether these lines occur in this order; else the one that does not. */
static const char *missing(const char *const *order)
{
	const char *at = trace;

	for (; *order; order++) {
		size_t len = strlen(*order);
		while (*at && !(strncmp(at, *order, len) == 0 && at[len] == '\n'))
			at = strchr(at, '\n') + 1;
		if (!*at)
			return *order;
	}
	return NULL;
}

static const char *const first_commit[] = {"make_dir state",
					   "fsync .git",
					   "lock state/lock",
					   "unlink state/journal.tmp",   /* S1, L1 */
					   "make_dir state/tmp/ID.part", /* N1 */
					   "write state/tmp/ID.part/0",
					   "chmod state/tmp/ID.part/0",
					   "fsync state/tmp/ID.part/0",
					   "fsync state/tmp/ID.part/1",
					   "rename state/tmp/ID.part state/tmp/ID", /* N2 */
					   "take_lease d/one",
					   "read d/one",
					   "take_lease e/two",
					   "read e/two", /* T3 */
					   "write state/journal.tmp",
					   "fsync state/journal.tmp", /* J1 */
					   "rename state/journal.tmp state/journal",
					   "fsync state", /* J1 */
					   "swap state/tmp/ID/0 d/one",
					   "read state/tmp/ID/0", /* X2 */
					   "swap state/tmp/ID/1 e/two",
					   "read state/tmp/ID/1", /* X2 */
					   "fsync d",
					   "fsync e", /* N3 */
					   "holds_lease state/tmp/ID/0",
					   "read d/one",
					   "holds_lease state/tmp/ID/1",
					   "read e/two", /* X3 */
					   "write state/log.jsonl",
					   "fsync state/log.jsonl",
					   "fsync state", /* G2 */
					   "unlink state/journal",
					   "fsync state", /* J2 */
					   "drop_lease state/tmp/ID/0",
					   "take_lease state/tmp/ID/0 alone", /* R1 */
					   "unlink state/tmp/ID/0",
					   "drop_lease state/tmp/ID/1", /* R1 */
					   "unlink state/tmp/ID/1",
					   "remove_dir state/tmp/ID",
					   NULL};

Test(protocol, a_commit_in_order)
{
	struct ds_txn *txn;

	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_DONE, "%s", both[0].why);
	cr_expect_null(missing(first_commit), "%s in\n%s", missing(first_commit), trace);
	ds_txn_close(txn);
}

/* Both swapped, and the second turns out to be somebody else's. */
static const char *const taken_back[] = {"swap state/tmp/ID/0 d/one",
					 "swap state/tmp/ID/1 e/two",
					 "make_dir state/saved",
					 "fsync state",
					 "write state/saved/ID-0-two",
					 "fsync state/saved/ID-0-two", /* K1 */
					 "fsync state/saved",
					 "swap state/tmp/ID/1 e/two",
					 "read state/tmp/ID/1",
					 "swap state/tmp/ID/0 d/one",
					 "fsync d",
					 "unlink state/journal", /* B1 */
					 "write state/log.jsonl",
					 NULL};

Test(protocol, a_conflict_in_order)
{
	struct ds_txn *txn;

	rules[0] = (struct rule){.at = "swap state/tmp/ID/1 e/two",
				 .nth = 1,
				 .command = "echo theirs >e/x && mv e/x e/two"};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_CONFLICT);
	cr_expect_null(missing(taken_back), "%s in\n%s", missing(taken_back), trace);
	cr_expect_str_eq(content("e/two"), "theirs\n");
	cr_expect_eq(in_tmp(), 0);
	ds_txn_close(txn);
}

static const struct {
	const char *since;
	const char *const order[16];
} recoveries[] = {
	{":",
	 {"lock state/lock", "read state/journal", "fsync d", "fsync e", "write state/log.jsonl",
	  "fsync state/log.jsonl", "fsync state", "unlink state/journal", "fsync state"}},
	/* The replaced inode goes back where it is still there, or a new one. */
	{"rm e/two",
	 {"lock state/lock", "read state/journal", "fsync d", "truncate state/log.jsonl",
	  "write state/log.jsonl", "fsync state/log.jsonl", "fsync state", "unlink state/journal",
	  "fsync state"}},
	{"rm e/two; rm -r .git/desync/tmp/*",
	 {"lock state/lock", "read state/journal", "fsync d", "write state/log.jsonl",
	  "fsync state/log.jsonl", "fsync state", "unlink state/journal"}},
};

Test(protocol, a_recovery_in_order)
{
	for (size_t i = 0; i < sizeof recoveries / sizeof *recoveries; i++) {
		end();
		begin();
		commit_until("unlink state/journal");
		test_scratch_run(&scratch, "%s", recoveries[i].since);
		set_rules(rules, 0);
		struct ds_txn *txn = open_txn(&usual);
		cr_assert_eq(ds_txn_recover(txn, &err), 0, "%zu: %s", i, err.message);
		const char *lost = missing(recoveries[i].order);
		cr_expect_null(lost, "%zu: %s in\n%s", i, lost, trace);
		cr_expect_eq(in_tmp(), 0);
		ds_txn_close(txn);
	}
}

/* Before the swap that puts it back, what is new is on the disk. */
Test(protocol, a_before_image_is_synced)
{
	static const char *const order[] = {"write state/tmp/ID/r0", "fsync state/tmp/ID/r0",
					    "swap state/tmp/ID/r0 d/one", "fsync d", NULL};

	commit_until("unlink state/journal");
	/* Half of one, from a recovery that was interrupted itself. */
	test_scratch_run(&scratch, "cd .git/desync/tmp/* && name=$(ls | grep ^0) && rm * && "
				   "echo half >r$name; rm -r ../../../../e");
	struct ds_txn *txn = open_txn(&usual);
	cr_assert_eq(ds_txn_recover(txn, &err), 0, "%s", err.message);
	cr_expect_null(missing(order), "%s in\n%s", missing(order), trace);
	cr_expect_str_eq(content("d/one"), "one old\n");
	ds_txn_close(txn);
}

/* V3: what cannot be looked at is not judged, and the journal stays. */
Test(protocol, a_recovery_that_cannot_look)
{
	struct ds_txn *txn;

	commit_until("unlink state/journal");
	rules[0] = (struct rule){.at = "read d/one", .error = EIO};
	txn = open_txn(&usual);
	cr_expect_eq(ds_txn_recover(txn, &err), DS_INTERRUPTED);
	cr_expect(strstr(err.message, "d/one: Input/output error"), "%s", err.message);
	cr_expect_str_eq(content("e/two"), "two new\n");
	cr_expect(is_there(".git/desync/journal"));
	ds_txn_close(txn);
}

/* V4: lines of earlier changes stay, and the lines of this one go. */
Test(protocol, a_recovery_and_the_log)
{
	struct ds_change first = change("d/one", "one old\n", "one old again\n", 0);
	struct ds_change back = change("d/one", "one old again\n", "one old\n", 0);
	struct ds_txn *txn = open_txn(&usual);

	cr_assert_eq(ds_txn_commit(txn, &first, 1, &err), 0, "%s", err.message);
	cr_assert_eq(ds_txn_commit(txn, &back, 1, &err), 0, "%s", err.message);
	ds_txn_close(txn);
	commit_until("unlink state/journal");
	cr_expect_eq(changes_in_log(), 4);
	test_scratch_run(&scratch, "rm e/two");
	txn = open_txn(&usual);
	cr_assert_eq(ds_txn_recover(txn, &err), 0, "%s", err.message);
	cr_expect_eq(changes_in_log(), 2);
	cr_expect_eq(lines_of("grep '\"event\": \"roll-back\"' .git/desync/log.jsonl"), 1);
	cr_expect(has_note(txn, "e/two: changed by somebody else since"));
	ds_txn_close(txn);
}

/* From 64 files on one syncfs stands for all. */
static const char *const many_order[] = {"syncfs state/tmp/ID.part",
					 "rename state/tmp/ID.part state/tmp/ID",
					 "fsync state/journal.tmp",
					 "swap state/tmp/ID/63 f/63",
					 "syncfs top",
					 "unlink state/journal",
					 NULL};

static int commit_many(struct ds_txn **txn, struct ds_change *changes, char (*paths)[16])
{
	test_scratch_run(&scratch, "mkdir f && for i in $(seq 0 63); do echo old >f/$i; done");
	for (int i = 0; i < 64; i++) {
		snprintf(paths[i], sizeof paths[i], "f/%d", i);
		changes[i] = change(paths[i], "old\n", "new\n", (size_t)i);
	}
	*txn = open_txn(&usual);
	return ds_txn_commit(*txn, changes, 64, &err);
}

Test(protocol, many_files_in_order)
{
	struct ds_change changes[64];
	char paths[64][16];
	struct ds_txn *txn;

	cr_assert_eq(commit_many(&txn, changes, paths), 0, "%s", err.message);
	cr_expect_null(missing(many_order), "%s in\n%s", missing(many_order), trace);
	cr_expect_null(strstr(trace, "fsync state/tmp"));
	ds_txn_close(txn);
}

/* A content that could not be dressed leaves nothing behind under the last name. */
Test(protocol, a_dropped_content_is_gone_for_good)
{
	static const char *const order[] = {"unlink state/tmp/ID.part/1",
					    "unlink state/tmp/ID.part/0", "fsync state/tmp/ID.part",
					    "rename state/tmp/ID.part state/tmp/ID", NULL};
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 1),
				      change("e/two", "two old\n", "two new\n", 1),
				      change("free", "free\n", "new\n", 2)};

	test_scratch_write(&scratch, "free", "free\n");
	rules[0] = (struct rule){.at = "chmod state/tmp/ID.part/1", .error = EPERM};
	struct ds_txn *txn = open_txn(&usual);
	cr_assert_eq(ds_txn_commit(txn, changes, 3, &err), 0, "%s", err.message);
	cr_expect_eq(changes[1].outcome, DS_CHANGE_REFUSED);
	cr_expect(strstr(changes[1].why, "its mode cannot be kept"), "%s", changes[1].why);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_REFUSED);
	cr_expect_eq(changes[2].outcome, DS_CHANGE_DONE, "%s", changes[2].why);
	cr_expect_null(missing(order), "%s in\n%s", missing(order), trace);
	ds_txn_close(txn);
}

/* ---- Faults ------------------------------------------------------------- */

static const struct fault {
	struct rule rules[2];
	int status;
	enum ds_change_outcome outcome;
	int holds;        /* what d/one holds afterwards: ones[] */
	bool journal;     /* it is still there */
	const char *says; /* in the error, the change's why, or a note; or "" */
} faults[] = {
	{{{"fsync state/tmp/ID.part/1", .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "tmp: Input"},
	{{{"write state/tmp/ID.part/1", .error = ENOSPC}}, 2, DS_CHANGE_OPEN, 0, 0, "No space"},
	{{{"rename state/tmp/ID.part state/tmp/ID", .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "tmp"},
	{{{"fsync .git", .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "Input"},
	{{{"unlink state/journal.tmp", .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "journal.tmp"},
	{{{"write state/journal.tmp", .error = ENOSPC}}, 2, DS_CHANGE_OPEN, 0, 0, "No space"},
	{{{"fsync state/journal.tmp", .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "journal: Input"},
	{{{"rename state/journal.tmp state/journal", .error = EIO}},
	 2,
	 DS_CHANGE_OPEN,
	 0,
	 0,
	 "journal: Input"},
	{{{"fsync state", .nth = 1, .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "journal: Input"},
	{{{"fsync d", .nth = 1, .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "d/one: Input"},
	{{{"write state/log.jsonl", .error = ENOSPC}}, 2, DS_CHANGE_OPEN, 0, 0, "log.jsonl: No"},
	{{{"fsync state/log.jsonl", .nth = 1, .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "log.jsonl"},
	{{{"unlink state/journal", .nth = 1, .error = EIO}}, 2, DS_CHANGE_OPEN, 0, 0, "journal"},
	/* Committed, and nobody knows whether that is on the disk. */
	{{{"fsync state", .nth = 3, .error = EIO}}, 0, DS_CHANGE_DONE, 1, 0, "is not known"},
	/* It cannot even be put back: the journal says so. */
	{{{"unlink state/journal", .error = EIO}}, 4, DS_CHANGE_OPEN, 0, 1, "could not be put"},
	{{{"fsync d", .error = EIO}}, 4, DS_CHANGE_OPEN, 0, 1, "could not be put back"},
	{{{"write state/log.jsonl", .error = ENOSPC},
	  {"swap state/tmp/ID/0 d/one", .nth = 2, .error = EIO}},
	 4,
	 DS_CHANGE_OPEN,
	 1,
	 1,
	 "could not be put back"},
	{{{"fsync state/log.jsonl", .error = EIO}}, 4, DS_CHANGE_OPEN, 0, 1, "could not be put"},
	/* Interrupted calls are tried again, and not forever. */
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .error = EINTR}}, 0, DS_CHANGE_DONE, 1, 0, ""},
	{{{"swap state/tmp/ID/0 d/one", .error = EINTR}}, 0, DS_CHANGE_REFUSED, 0, 0, "Interr"},
	{{{"write state/journal.tmp", .nth = 1, .error = EINTR}}, 0, DS_CHANGE_DONE, 1, 0, ""},
	{{{"write state/journal.tmp", .error = EINTR}}, 2, DS_CHANGE_OPEN, 0, 0, "Interrupted"},
	{{{"read d/one", .nth = 1, .error = EINTR}}, 0, DS_CHANGE_DONE, 1, 0, ""},
	{{{"read d/one", .error = EINTR}}, 0, DS_CHANGE_REFUSED, 0, 0, "Interrupted"},
	{{{"lock state/lock", .nth = 1, .error = EINTR}}, 0, DS_CHANGE_DONE, 1, 0, ""},
	{{{"lock state/lock", .error = EINTR}}, 2, DS_CHANGE_OPEN, 0, 0, "Interrupted"},
	{{{"lock state/lock", .error = ENOLCK}}, 2, DS_CHANGE_OPEN, 0, 0, "lock: No locks"},
	{{{"take_lease d/one", .nth = 1, .error = EINTR}}, 0, DS_CHANGE_DONE, 1, 0, ""},
	{{{"take_lease d/one", .error = EAGAIN}}, 0, DS_CHANGE_CONFLICT, 0, 0, "open for writing"},
	/* Targets that must not be written, or cannot be read. */
	{{{"access d/.", .error = EACCES}}, 0, DS_CHANGE_REFUSED, 0, 0, "Permission denied"},
	{{{"access d/one", .error = EACCES}}, 0, DS_CHANGE_REFUSED, 0, 0, "Permission denied"},
	{{{"look d/.git", .error = EIO}}, 0, DS_CHANGE_REFUSED, 0, 0, "Input/output"},
	{{{"read d/one", .nth = 2, .error = EIO}}, 0, DS_CHANGE_REFUSED, 0, 0, "Input/output"},
	{{{"stat d/one", .nth = 1, .error = EIO}}, 0, DS_CHANGE_REFUSED, 0, 0, "Input/output"},
	/* What was exchanged is not known, or cannot be looked at. */
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .error = EIO, .late = true}},
	 0,
	 DS_CHANGE_REFUSED,
	 0,
	 0,
	 "Input/output"},
	{{{"read state/tmp/ID/0", .nth = 1, .error = EIO}}, 0, DS_CHANGE_REFUSED, 0, 0, "Input"},
	{{{"swap state/tmp/ID/1 e/two", .nth = 1, .error = EIO, .late = true}},
	 0,
	 DS_CHANGE_REFUSED,
	 0,
	 0,
	 "e/two"},
	/* Somebody wants to write the old one. */
	{{{"holds_lease state/tmp/ID/0", .error = EAGAIN}},
	 0,
	 DS_CHANGE_CONFLICT,
	 0,
	 0,
	 "wants to write"},
	/* Written in place between the plan and the lease. */
	{{{"rename state/tmp/ID.part state/tmp/ID", .command = "printf '' >e/two"}},
	 0,
	 DS_CHANGE_CONFLICT,
	 0,
	 0,
	 "e/two"},
	/* The version of somebody else's cannot be kept. */
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .command = "echo x >d/x && mv d/x d/one"},
	  {"fsync state/saved/ID-0-one", .error = EIO}},
	 0,
	 DS_CHANGE_REFUSED,
	 2,
	 0,
	 "Input/output"},
	{{{"remove_dir state/tmp/ID", .error = EIO}}, 0, DS_CHANGE_DONE, 1, 0, "tmp: Input"},
	{{{"unlink state/tmp/ID/0", .nth = 1, .error = EIO}},
	 0,
	 DS_CHANGE_DONE,
	 1,
	 0,
	 "its former version"},
};

static const char *const ones[] = {"one old\n", "one new\n", "x\n"};

static bool is_said(const struct ds_txn *txn, const char *part)
{
	return !*part || strstr(err.message, part) || strstr(both[0].why, part) ||
	       has_note(txn, part);
}

static void play(const struct fault *fault, size_t i)
{
	struct ds_txn *txn;

	memcpy(rules, fault->rules, sizeof fault->rules);
	err = (ds_error){0};
	int status = commit_both(&txn, &usual);
	cr_expect_eq(status, fault->status, "%zu %s: %d %s", i, rules[0].at, status, err.message);
	cr_expect(seen[0], "%zu %s: not called in\n%s", i, rules[0].at, trace);
	cr_expect_eq(both[0].outcome, fault->outcome, "%zu %s: %d %s", i, rules[0].at,
		     both[0].outcome, both[0].why);
	cr_expect(is_said(txn, fault->says), "%zu %s: %s; %s; %s", i, rules[0].at, err.message,
		  both[0].why, ds_txn_note(txn, 0));
	cr_expect_str_eq(content("d/one"), ones[fault->holds], "%zu %s", i, rules[0].at);
	cr_expect_eq(is_there(".git/desync/journal"), fault->journal, "%zu %s", i, rules[0].at);
	cr_expect(!fault->journal || in_tmp(), "%zu: what is to be put back is gone", i);
	if (rules[0].error == EINTR)
		cr_expect_eq(in_tmp(), 0, "%zu: as if there were no leases", i);
	if (!fault->journal)
		cr_expect_eq(changes_in_log(), status == 0 && fault->holds == 1 ? 2 : 0, "%zu", i);
	cr_expect_eq(ds_txn_is_doubtful(txn), strstr(fault->says, "is not known") != NULL, "%zu",
		     i);
	ds_txn_close(txn);
}

/* A fsync that failed is not repeated for what was to be durable by it. */
static void expect_no_second_fsync(const struct fault *fault, size_t i)
{
	if (fault->rules[0].error == EIO && strncmp(fault->rules[0].at, "fsync state/tmp", 15) == 0)
		cr_expect_eq(seen[0], 1, "%zu", i);
}

Test(protocol, what_is_left_when_a_call_fails)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct ds_txn *txn;
		end();
		begin();
		play(&faults[i], i);
		expect_no_second_fsync(&faults[i], i);
		/* And the next writer goes on from there. */
		set_rules(rules, 0);
		txn = open_txn(&usual);
		cr_assert_eq(ds_txn_recover(txn, &err), 0, "%zu: %s", i, err.message);
		const char *one = content("d/one");
		cr_expect(strcmp(one, "one new\n") == 0 || strcmp(one, "one old\n") == 0 ||
				  strcmp(one, "x\n") == 0,
			  "%zu: %s", i, one);
		cr_expect_eq(in_tmp(), 0, "%zu", i);
		cr_expect_not(is_there(".git/desync/journal"));
		ds_txn_close(txn);
	}
}

/* ---- Others ------------------------------------------------------------- */

static int held = -1; /* somebody's descriptor on d/one */

static void open_one(int flags)
{
	char path[512];
	snprintf(path, sizeof path, "%s/d/one", scratch.root);
	held = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	cr_assert_geq(held, 0, "%s", strerror(errno));
}

static void open_to_read(void)
{
	open_one(O_RDONLY);
}

static void open_to_write(void)
{
	open_one(O_WRONLY | O_APPEND);
}

static void write_more(void)
{
	cr_assert_eq(write(held, "more\n", 5), 5);
}

static int no_lease(int fd, bool exclusive)
{
	(void)fd, (void)exclusive;
	errno = ENOLCK;
	return -1;
}

/* R1: somebody has the old version open, and may write it later. */
Test(protocol, what_is_open_elsewhere_is_kept)
{
	struct ds_txn *txn;

	open_to_read();
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_DONE);
	cr_expect_eq(saved(), 1);
	cr_expect_eq(in_tmp(), 0);
	cr_expect(has_note(txn, "is kept as"));
	ds_txn_close(txn);
	close(held);
}

/* The short-lived new version, too, once it was exchanged. */
Test(protocol, what_was_open_for_a_moment_is_kept)
{
	struct ds_txn *txn;

	rules[0] = (struct rule){.at = "swap state/tmp/ID/1 e/two",
				 .nth = 1,
				 .command = "echo theirs >e/x && mv e/x e/two",
				 .act = open_to_write};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_CONFLICT);
	write_more();
	cr_expect_eq(lines_of("grep -x more .git/desync/saved/*"), 1);
	cr_expect_eq(saved(), 2);
	ds_txn_close(txn);
	close(held);
}

/* Where there are no leases, the old version waits for the next writer, who looks. */
Test(protocol, without_leases_the_next_writer_looks)
{
	struct ds_change again[] = {change("d/one", "one new\n", "one newer\n", 0)};
	struct ds_txn *txn;

	os.take_lease = no_lease;
	open_to_write();
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_DONE, "%s", both[0].why);
	cr_expect_eq(in_tmp(), 2);
	ds_txn_close(txn);
	write_more();
	txn = open_txn(&usual);
	cr_assert_eq(ds_txn_commit(txn, again, 1, &err), 0, "%s", err.message);
	cr_expect_eq(lines_of("grep -x more .git/desync/saved/*"), 1);
	cr_expect_eq(saved(), 1);
	cr_expect_eq(in_tmp(), 1);
	ds_txn_close(txn);
	close(held);
}

/* X3: without a lease a late write is seen in what was replaced. */
Test(protocol, without_leases_a_late_write_is_seen)
{
	struct ds_txn *txn;

	os.take_lease = no_lease;
	open_to_write();
	rules[0] = (struct rule){.at = "fsync d", .nth = 1, .act = write_more};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_CONFLICT);
	cr_expect_str_eq(content("d/one"), "one old\nmore\n");
	cr_expect_str_eq(content("e/two"), "two old\n");
	ds_txn_close(txn);
	close(held);
}

/* X2: the same inode, as long as before, and another content. */
Test(protocol, without_leases_a_write_before_the_swap_is_seen)
{
	struct ds_txn *txn;

	os.take_lease = no_lease;
	rules[0] = (struct rule){
		.at = "swap state/tmp/ID/0 d/one", .nth = 1, .command = "echo theirs! >d/one"};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_CONFLICT);
	cr_expect_str_eq(content("d/one"), "theirs!\n");
	cr_expect_eq(saved(), 1);
	ds_txn_close(txn);
}

/* The signal that somebody waits for the lease ends nobody. */
static void try_to_write(void)
{
	char path[512];
	snprintf(path, sizeof path, "%s/d/one", scratch.root);
	cr_expect_eq(open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK), -1);
	cr_expect_eq(errno, EAGAIN);
}

Test(protocol, somebody_waits_for_the_lease)
{
	struct ds_txn *txn;

	rules[0] = (struct rule){.at = "write state/journal.tmp", .act = try_to_write};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_CONFLICT);
	cr_expect_str_eq(both[0].why, "another program wants to write it");
	ds_txn_close(txn);
}

static const struct {
	struct rule rules[2];
	const char *one;
	size_t saved;
	enum ds_change_outcome outcome;
	bool plain; /* names cannot be swapped */
} others[] = {
	/* X2: another inode, though it says the same. */
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .command = "cp d/one d/x && mv d/x d/one"}},
	 "one old\n",
	 1,
	 DS_CHANGE_CONFLICT,
	 false},
	/* What comes out when theirs goes back is a second one of theirs. */
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .command = "echo first >d/x && mv d/x d/one"},
	  {"swap state/tmp/ID/0 d/one", .nth = 2, .command = "echo second >d/y && mv d/y d/one"}},
	 "first\n",
	 2,
	 DS_CHANGE_CONFLICT,
	 false},
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .command = "ln -sf x d/one"}},
	 "(nothing)",
	 0,
	 DS_CHANGE_CONFLICT,
	 false},
	/* T3: in place, after it was read for the first time. */
	{{{"rename state/tmp/ID.part state/tmp/ID", .nth = 1, .command = "echo theirs >d/one"}},
	 "theirs\n",
	 0,
	 DS_CHANGE_CONFLICT,
	 false},
	/* X4: ours is not there any more when it should go back. */
	{{{"fsync e", .nth = 1, .command = "echo theirs >d/x && mv d/x d/one"}},
	 "theirs\n",
	 0,
	 DS_CHANGE_CONFLICT,
	 false},
	/* A rename that looks first. */
	{{{"swap state/tmp/ID/0 d/one", .nth = 1, .command = "echo theirs >d/x && mv d/x d/one",
	   .error = EINVAL}},
	 "theirs\n",
	 0,
	 DS_CHANGE_CONFLICT,
	 true},
	{{{"swap state/tmp/ID/0 d/one", .nth = 0, .error = EINVAL},
	  {"swap state/tmp/ID/1 e/two", .nth = 1, .command = "echo theirs >e/x && mv e/x e/two",
	   .error = EINVAL}},
	 "one old\n",
	 0,
	 DS_CHANGE_CONFLICT,
	 true},
};

Test(protocol, others_in_the_middle)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct ds_txn_options options = {.allow_plain_rename = others[i].plain};
		struct ds_txn *txn;
		end();
		begin();
		set_rules(others[i].rules, 2);
		cr_assert_eq(commit_both(&txn, &options), 0, "%zu: %s", i, err.message);
		cr_expect_eq(both[0].outcome, others[i].outcome, "%zu: %s", i, both[0].why);
		cr_expect_str_eq(content("d/one"), others[i].one, "%zu: %s", i, content("d/one"));
		cr_expect_neq(strcmp(content("e/two"), "two new\n"), 0, "%zu", i);
		cr_expect_eq(saved(), others[i].saved, "%zu: %zu", i, saved());
		cr_expect_eq(lines_of("ls .git/desync/saved | grep -v -e '-one$'"), 0, "%zu", i);
		cr_expect_eq(in_tmp(), 0, "%zu", i);
		cr_expect_eq(changes_in_log(), 0, "%zu", i);
		ds_txn_close(txn);
	}
}

/* ---- What clings to a file ---------------------------------------------- */

static char removed[64];
static char put[64];

static ssize_t labels(int fd, char *names, size_t room)
{
	static const char of_target[] = "user.mine\0security.ours";
	static const char of_temp[] = "user.stranger\0security.label";
	bool is_temp = strstr(where(fd, NULL), "state/") != NULL;
	const char *list = is_temp ? of_temp : of_target;
	size_t len = is_temp ? sizeof of_temp : sizeof of_target;

	if (room)
		memcpy(names, list, len);
	return (ssize_t)len;
}

static ssize_t label(int fd, const char *name, void *value, size_t room)
{
	(void)fd;
	if (room)
		memcpy(value, "v", 1);
	/* The system has given it the same one already. */
	return strcmp(name, "security.ours") == 0 || !strstr(where(fd, NULL), "state/") ? 1 : -1;
}

static int set_label(int fd, const char *name, const void *value, size_t len)
{
	(void)fd, (void)value, (void)len;
	snprintf(put + strlen(put), sizeof put - strlen(put), "%s ", name);
	return 0;
}

static int refuse_label(int fd, const char *name, const void *value, size_t len)
{
	(void)fd, (void)name, (void)value, (void)len;
	errno = ENOTSUP;
	return -1;
}

static int remove_label(int fd, const char *name)
{
	(void)fd;
	snprintf(removed + strlen(removed), sizeof removed - strlen(removed), "%s ", name);
	return 0;
}

Test(protocol, attributes_are_those_of_the_target)
{
	struct ds_txn *txn;

	os.list_xattr = labels, os.get_xattr = label;
	os.set_xattr = set_label, os.remove_xattr = remove_label;
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_DONE, "%s", both[0].why);
	cr_expect_str_eq(removed, "user.stranger user.stranger ", "%s", removed);
	cr_expect_str_eq(put, "user.mine user.mine ", "%s", put);
	ds_txn_close(txn);
}

Test(protocol, attributes_that_cannot_be_kept)
{
	struct ds_txn *txn;

	os.list_xattr = labels, os.get_xattr = label;
	os.set_xattr = refuse_label, os.remove_xattr = remove_label;
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_REFUSED);
	cr_expect(strstr(both[0].why, "its extended attributes cannot be kept"), "%s", both[0].why);
	ds_txn_close(txn);
}

/* ---- Contents ----------------------------------------------------------- */

static ssize_t write_a_byte(int fd, const void *from, size_t len)
{
	return ds_os_system.write(fd, from, len ? 1 : 0);
}

static ssize_t write_nothing(int fd, const void *from, size_t len)
{
	(void)fd, (void)from, (void)len;
	return 0;
}

static ssize_t read_a_byte(int fd, void *to, size_t len, off_t at)
{
	return ds_os_system.read(fd, to, len ? 1 : 0, at);
}

Test(protocol, a_byte_at_a_time)
{
	struct ds_txn *txn;

	os.write = write_a_byte, os.read = read_a_byte;
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_str_eq(content("d/one"), "one new\n");
	cr_expect_eq(changes_in_log(), 2);
	ds_txn_close(txn);
	os.write = write_nothing;
	both[0] = change("d/one", "one new\n", "x\n", 0);
	txn = open_txn(&usual);
	cr_expect_eq(ds_txn_commit(txn, both, 1, &err), DS_TROUBLE);
	cr_expect_str_eq(content("d/one"), "one new\n");
	ds_txn_close(txn);
}

/* What follows the plan's bytes in memory is not looked at. */
Test(protocol, reads_no_further_than_the_plan)
{
	long page = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ds_change one = change("d/one", "", "one new\n", 0);

	cr_assert_eq(mprotect(pages + page, (size_t)page, PROT_NONE), 0);
	memcpy(pages + page - 8, "one old\n", 8);
	one.before = (struct ds_text){pages + page - 8, 8};
	test_scratch_run(&scratch, "echo more >>d/one");
	struct ds_txn *txn = open_txn(&usual);
	cr_assert_eq(ds_txn_commit(txn, &one, 1, &err), 0, "%s", err.message);
	cr_expect_eq(one.outcome, DS_CHANGE_CONFLICT);
	ds_txn_close(txn);
	munmap(pages, (size_t)page * 2);
}

/* ---- Waiting ------------------------------------------------------------ */

static long long waited(const char *at, int error, int status)
{
	static const struct ds_txn_options patient = {.wait_ms = 500};
	struct ds_txn *txn;

	end();
	begin();
	rules[0] = (struct rule){.at = at, .error = error};
	cr_expect_eq(commit_both(&txn, &patient), status, "%s", err.message);
	ds_txn_close(txn);
	return clock_ms;
}

Test(protocol, waits_as_long_as_it_was_told)
{
	long long lock = waited("lock state/lock", EWOULDBLOCK, DS_CONFLICT);
	long long lease = waited("take_lease d/one", EAGAIN, 0);

	cr_expect(lock >= 500 && lock <= 600, "%lld", lock);
	cr_expect(lease >= 500 && lease <= 600, "%lld", lease);
}

static int try_lock(void)
{
	char path[512];
	snprintf(path, sizeof path, "%s/.git/desync/lock", scratch.root);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status = flock(fd, LOCK_EX | LOCK_NB);
	close(fd);
	return status;
}

static int locked;

static void see_lock(void)
{
	locked = try_lock();
}

/* L1, and: no lock is held between two calls. */
Test(protocol, holds_the_lock_while_it_writes)
{
	struct ds_txn *txn;

	rules[0] = (struct rule){.at = "unlink state/journal", .act = see_lock};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(locked, -1);
	cr_expect_eq(try_lock(), 0);
	ds_txn_close(txn);
}

/* ---- Signals ------------------------------------------------------------ */

static const int ends_us[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t signalled;
static int too_early;

static void on_signal(int number)
{
	(void)number;
	signalled++;
}

static void send_signals(void)
{
	for (size_t i = 0; i < 3; i++)
		raise(ends_us[i]);
	too_early = signalled;
}

/* From the journal to the commit point, and they arrive after it. */
Test(protocol, signals_wait)
{
	static const char *const at[] = {"write state/journal.tmp", "swap state/tmp/ID/0 d/one",
					 "unlink state/journal"};
	struct ds_txn *txn;

	for (size_t i = 0; i < 3; i++)
		signal(ends_us[i], on_signal);
	for (size_t i = 0; i < 3; i++) {
		end();
		begin();
		signalled = 0;
		rules[0] = (struct rule){.at = at[i], .act = send_signals};
		cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
		cr_expect_eq(too_early, 0, "%s: %d", at[i], too_early);
		cr_expect_eq(signalled, 3, "%s: %d", at[i], (int)signalled);
		ds_txn_close(txn);
	}
}

/* ---- Another file system ------------------------------------------------ */

static bool far_state = true;

/* The state folder is elsewhere. */
static int stat_far(int fd, struct stat *st)
{
	const char *path = where(fd, NULL);
	int status = ds_os_system.stat(fd, st);
	if (far_state && strncmp(path, "state", 5) == 0)
		st->st_dev++;
	return status;
}

static int rename_far(int from_dir, const char *from, int to_dir, const char *to)
{
	bool is_far = strncmp(where(from_dir, NULL), "state", 5) == 0;
	if (is_far != (strncmp(where(to_dir, NULL), "state", 5) == 0)) {
		errno = EXDEV;
		return -1;
	}
	return ds_os_system.rename(from_dir, from, to_dir, to);
}

static int swap_far(int dir_a, const char *a, int dir_b, const char *b)
{
	if (strncmp(where(dir_a, NULL), "state", 5) == 0) {
		errno = EXDEV;
		return -1;
	}
	return ds_os_system.swap(dir_a, a, dir_b, b);
}

Test(protocol, a_state_folder_on_another_file_system)
{
	struct ds_txn *txn;

	os.stat = stat_far, os.rename = rename_far, os.swap = swap_far;
	commit_until("unlink state/journal");
	cr_expect_eq(lines_of("find .desync/tmp -type f"), 2);
	cr_expect_str_eq(content(".desync/.gitignore"), "*\n");
	test_scratch_run(&scratch, "echo theirs >e/two; rm .desync/tmp/*/0-*");
	txn = open_txn(&usual);
	cr_assert_eq(ds_txn_recover(txn, &err), 0, "%s", err.message);
	cr_expect_str_eq(content("d/one"), "one old\n");
	cr_expect_eq(lines_of("find .desync/tmp -type f"), 0);
	ds_txn_close(txn);

	test_scratch_run(&scratch, "printf 'two old\\n' >e/two");
	open_to_read();
	rules[0] = (struct rule){.at = "fsync state/saved", .error = EIO};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_DONE, "%s", both[0].why);
	cr_expect_eq(lines_of("find .desync/tmp -type f"), 1, "what could not be kept is gone");
	ds_txn_close(txn);
	test_scratch_run(&scratch, "rm .git/desync/saved/*");
	set_rules(rules, 0);
	txn = open_txn(&usual);
	cr_assert_eq(ds_txn_recover(txn, &err), 0, "%s", err.message);
	cr_expect_eq(saved(), 1);
	cr_expect_eq(lines_of("find .desync/tmp -type f"), 0);
	ds_txn_close(txn);
	close(held);
}

/* T1: a target is on the file system of the top. */
static int stat_elsewhere(int fd, struct stat *st)
{
	int status = ds_os_system.stat(fd, st);
	if (strcmp(where(fd, NULL), "d/one") == 0)
		st->st_dev++;
	return status;
}

Test(protocol, a_target_on_another_file_system)
{
	struct ds_txn *txn;

	os.stat = stat_elsewhere;
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_REFUSED);
	cr_expect(strstr(both[0].why, "another file system"), "%s", both[0].why);
	ds_txn_close(txn);
}

/* Git takes neither for a part of the project; a HEAD alone makes no repository. */
Test(protocol, a_state_folder_without_git)
{
	struct ds_txn *txn;

	test_scratch_run(&scratch, "rm -r .git; : >d/HEAD");
	ds_place_free(&place);
	cr_assert_eq(ds_place_find(&place, scratch.root, NULL, &err), 0, "%s", err.message);
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(both[0].outcome, DS_CHANGE_DONE, "%s", both[0].why);
	cr_expect_str_eq(content(".desync/.gitignore"), "*\n");
	ds_txn_close(txn);
}

/* T2: also of a file that the change leaves as it is, which is only looked at. */
Test(protocol, a_partner_that_stays_as_it_is)
{
	struct ds_change changes[] = {change("d/one", "one\n", "one\n", 0),
				      change("e/two", "two old\n", "two new\n", 0)};
	struct ds_txn *txn = open_txn(&usual);

	cr_assert_eq(ds_txn_commit(txn, changes, 2, &err), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_CONFLICT);
	cr_expect_str_eq(content("e/two"), "two old\n");
	ds_txn_close(txn);
}

/* ---- Readers ------------------------------------------------------------ */

static void nothing(void *context)
{
	*(int *)context = try_lock();
}

static const struct {
	const char *setup;
	bool found;  /* the journal */
	bool shared; /* under the lock, or nobody can be at work */
} looks[] = {
	{":", true, true},
	/* What others may write is not believed. */
	{"chmod 0755 .git/desync", false, false},
	{"rm -r .git/desync", false, true},
	{"rm .git/desync/lock", true, true}, /* nobody can hold it */
	{"chmod 0644 .git/desync/lock", false, false},
	{"rm .git/desync/lock && ln -s /etc/passwd .git/desync/lock", false, false},
};

Test(protocol, a_reader_looks)
{
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
		struct ds_interrupted interrupted;
		int status = 0;
		end();
		begin();
		commit_until("unlink state/journal");
		test_scratch_run(&scratch, "%s; find .git/desync >before 2>/dev/null; true",
				 looks[i].setup);
		cr_assert_eq(ds_txn_look(&interrupted, &place, &os, &err), 0);
		cr_expect_eq(interrupted.found, looks[i].found, "%zu", i);
		ds_interrupted_free(&interrupted);
		cr_expect_eq(ds_txn_shared(&place, &os, 0, nothing, &status), looks[i].shared,
			     "%zu", i);
		/* S2 */
		cr_expect_eq(lines_of("find .git/desync | diff before -"), 0, "%zu", i);
	}
}

static struct ds_interrupted beside;
static bool was_shared;

static void look_beside(void)
{
	int status;
	ds_txn_look(&beside, &place, &ds_os_system, &err);
	was_shared = ds_txn_shared(&place, &ds_os_system, 0, nothing, &status);
}

/* Somebody who is at work has not been interrupted. */
Test(protocol, a_reader_beside_a_writer)
{
	struct ds_txn *txn;

	rules[0] = (struct rule){.at = "swap state/tmp/ID/1 e/two", .act = look_beside};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_not(beside.found);
	cr_expect_not(was_shared);
	ds_txn_close(txn);
	int status = 0;
	cr_expect(ds_txn_shared(&place, &os, 0, nothing, &status));
	cr_expect_eq(status, -1, "the lock was not held");
}

Test(protocol, a_reader_waits_as_long_as_it_was_told)
{
	struct ds_txn *txn;
	int status;

	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	ds_txn_close(txn);
	clock_ms = 0;
	rules[0] = (struct rule){.at = "lock state/lock", .error = EWOULDBLOCK};
	cr_expect_not(ds_txn_shared(&place, &os, 300, nothing, &status));
	cr_expect(clock_ms >= 300 && clock_ms <= 400, "%lld", clock_ms);
}

/* ---- The log ------------------------------------------------------------ */

static int count_line(void *context, struct ds_text line)
{
	cr_expect(line.len && *line.at == '{' && line.at[line.len - 1] == '}');
	++*(int *)context;
	return 0;
}

/* G1: a line that a crash tore is cut off by the next, and never read. */
Test(protocol, a_torn_line)
{
	static const char *const order[] = {"lock state/lock", "read state/log.jsonl", NULL};
	struct ds_txn *txn;
	int lines = 0;

	test_scratch_run(&scratch, "mkdir -m 0700 .git/desync && umask 077 && cd .git/desync && "
				   "{ echo '{\"event\": \"x\"}'; printf torn; "
				   "head -c 5000 /dev/zero; } >log.jsonl");
	txn = open_txn(&usual);
	cr_assert_eq(ds_txn_log(txn, count_line, &lines, &err), 0, "%s", err.message);
	cr_expect_eq(lines, 1);
	ds_txn_close(txn);
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect_eq(lines_of("grep -v '^{.*}$' .git/desync/log.jsonl"), 0);
	lines = 0;
	set_rules(rules, 0);
	cr_assert_eq(ds_txn_log(txn, count_line, &lines, &err), 0, "%s", err.message);
	cr_expect_eq(lines, 3);
	cr_expect_null(missing(order), "%s in\n%s", missing(order), trace);
	ds_txn_close(txn);
}

Test(protocol, no_lines_and_no_log)
{
	struct ds_change one = change("d/one", "one old\n", "one new\n", 0);
	struct ds_txn *txn = open_txn(&usual);

	one.log = NULL;
	cr_assert_eq(ds_txn_commit(txn, &one, 1, &err), 0, "%s", err.message);
	cr_expect_eq(one.outcome, DS_CHANGE_DONE, "%s", one.why);
	cr_expect_not(is_there(".git/desync/log.jsonl"));
	ds_txn_close(txn);
}

Test(protocol, a_conflict_that_could_not_be_written_down)
{
	struct ds_txn *txn;

	test_scratch_write(&scratch, "d/one", "theirs\n");
	rules[0] = (struct rule){.at = "write state/log.jsonl", .error = ENOSPC};
	cr_assert_eq(commit_both(&txn, &usual), 0, "%s", err.message);
	cr_expect(has_note(txn, "a conflict could not be written down: No space"));
	ds_txn_close(txn);
}

/* ---- What lies in tmp/ -------------------------------------------------- */

static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";

static const struct {
	const char *setup; /* in tmp/X */
	size_t saved;
	const char *name; /* that it is saved by */
} litter[] = {
	{"mv ../X ../X.part && cd ../X.part && echo half >0-x", 0, ""},
	{"printf 'two old\\n' >1-$(sha256sum <file | cut -c 1-64)-$Z", 0, ""},
	{"printf 'two old\\n' >1-$Z-$(sha256sum <file | cut -c 1-64)", 0, ""},
	{"printf 'two old\\n' >r1-$Z-$(sha256sum <file | cut -c 1-64)", 0, ""},
	{"echo other >1-$Z-$Z", 1, "-0-a_file"},
	{"echo other >stranger", 1, "-0-stranger"},
	{"printf 'two old\\n' >1-$(sha256sum <file | cut -c 1-64)-${Z}x", 1, ""},
	{"echo other >1-$Z", 1, ""},
	{"mkdir 1-$Z-$Z", 1, ""},
	{"ln -s /etc/passwd 1-$Z-$Z", 1, ""},
	{"echo a >1-$Z-$Z; echo b >2-$Z-$Z; echo c >'od d'", 3, ""},
	{"cd ../.. && echo half >journal.tmp && rm -r tmp", 0, ""},
};

Test(protocol, whatever_lies_in_tmp_is_looked_at)
{
	for (size_t i = 0; i < sizeof litter / sizeof *litter; i++) {
		struct ds_txn *txn;
		end();
		begin();
		test_scratch_run(&scratch,
				 "umask 077; mkdir -p .git/desync/tmp/X && cd .git/desync/tmp/X && "
				 "printf 'two old\\n' >../../../file && ln ../../../file file && "
				 "Z=%s && { %s; } && cd .. && rm -f */file",
				 zeros, litter[i].setup);
		txn = open_txn(&usual);
		cr_assert_eq(ds_txn_recover(txn, &err), 0, "%zu: %s", i, err.message);
		cr_expect_eq(saved(), litter[i].saved, "%zu: %zu", i, saved());
		char named[128];
		snprintf(named, sizeof named, "ls .git/desync/saved | grep -e '%s$'",
			 litter[i].name);
		cr_expect_eq(lines_of(named), litter[i].saved, "%zu", i);
		cr_expect_eq(lines_of("ls -A .git/desync/tmp"), 0, "%zu", i);
		cr_expect_not(is_there(".git/desync/journal.tmp"));
		cr_expect_eq(lines_of("ls .git/desync/saved | grep '[^0-9a-zA-Z._-]'"), 0, "%zu",
			     i);
		ds_txn_close(txn);
	}
}

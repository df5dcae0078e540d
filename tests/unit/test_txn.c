/* Replacing the contents of files: what is refused, what conflicts, what is left. That
 * it survives a crash at any call is tests/crash. */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "journal.h"
#include "scratch.h"
#include "txn.h"

static struct test_scratch scratch;
static struct ds_place place;
static ds_error err;

static void begin(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch, "git init -q . && mkdir d");
	test_scratch_write(&scratch, "d/one", "one old\n");
	test_scratch_write(&scratch, "d/two", "two old\n");
	cr_assert_eq(ds_place_find(&place, scratch.root, NULL, &err), 0, "%s", err.message);
}

static void end(void)
{
	ds_place_free(&place);
	test_scratch_remove(&scratch);
}

TestSuite(txn, .init = begin, .fini = end);

static char *content(const char *path)
{
	static char bytes[4096];
	char whole[512];

	snprintf(whole, sizeof whole, "%s/%s", scratch.root, path);
	int fd = open(whole, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
	if (fd >= 0)
		close(fd);
	bytes[len < 0 ? 0 : len] = '\0';
	return len < 0 ? NULL : bytes;
}

static size_t count(const char *command)
{
	char whole[1024];
	size_t lines = 0;

	snprintf(whole, sizeof whole, "cd %s && %s", scratch.root, command);
	FILE *out = popen(whole, "r");
	for (int c; (c = getc(out)) != EOF;)
		lines += c == '\n';
	pclose(out);
	return lines;
}

static void expect_no_litter(size_t saved)
{
	cr_expect_eq(count("ls -A .git/desync/tmp .git/desync/journal* 2>/dev/null | grep -v :"),
		     0);
	cr_expect_eq(count("ls -A .git/desync/saved 2>/dev/null"), saved);
	cr_expect_eq(count("git status --porcelain --ignored | grep -v '^?? d/$'"), 0);
	cr_expect_eq(count("find d -name '*desync*' -o -name '*tmp*'"), 0);
}

static struct ds_change change(const char *path, const char *before, const char *after,
			       size_t group)
{
	static const char *const line[] = {"\"item\": \"x\"", NULL};
	return (struct ds_change){.path = path,
				  .before = ds_text_of(before),
				  .after = ds_text_of(after),
				  .group = group,
				  .log = line};
}

static struct ds_txn *open_txn(long wait_ms)
{
	struct ds_txn *txn;
	struct ds_txn_options options = {.wait_ms = wait_ms, .who = "me"};
	cr_assert_eq(ds_txn_open(&txn, &place, &options, &err), 0, "%s", err.message);
	return txn;
}

static int commit(struct ds_change *changes, size_t n)
{
	struct ds_txn *txn = open_txn(0);
	int status = ds_txn_commit(txn, changes, n, &err);
	ds_txn_close(txn);
	return status;
}

Test(txn, changes_two_files)
{
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0),
				      change("d/two", "two old\n", "", 0)};

	cr_assert_eq(commit(changes, 2), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_DONE, "%s", changes[0].why);
	cr_expect_eq(changes[1].outcome, DS_CHANGE_DONE, "%s", changes[1].why);
	cr_expect_str_eq(content("d/one"), "one new\n");
	cr_expect_str_eq(content("d/two"), "");
	cr_expect_eq(
		count("grep '\"event\": \"change\".*\"who\": \"me\", \"item\": \"x\", \"before\"' "
		      ".git/desync/log.jsonl"),
		2);
	expect_no_litter(0);
}

Test(txn, keeps_what_clings_to_a_file)
{
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0)};
	char value[8] = "";
	char path[512];
	struct stat st;

	test_scratch_run(&scratch, "chmod 6755 d/one");
	snprintf(path, sizeof path, "%s/d/one", scratch.root);
	bool has_xattr = setxattr(path, "user.x", "abc", 3, 0) == 0;
	if (geteuid() == 0)
		cr_assert_eq(chown(place.top, 1234, 1234) | chown(path, 1234, 4321), 0);
	cr_assert_eq(chmod(path, 06755), 0);
	ds_place_free(&place);
	cr_assert_eq(ds_place_find(&place, scratch.root, NULL, &err), 0);
	cr_assert_eq(commit(changes, 1), 0, "%s", err.message);
	cr_assert_eq(changes[0].outcome, DS_CHANGE_DONE, "%s", changes[0].why);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 06755);
	if (geteuid() == 0) {
		cr_expect_eq(st.st_uid, 1234);
		cr_expect_eq(st.st_gid, 4321);
		cr_expect_eq(count("find .git/desync -user 1234"), count("find .git/desync"));
	}
	if (has_xattr) {
		cr_expect_eq(getxattr(path, "user.x", value, sizeof value), 3);
		cr_expect_str_eq(value, "abc");
	}
}

/* ---- What is refused ---------------------------------------------------- */

static const struct {
	const char *setup;
	const char *path;
	enum ds_change_outcome outcome;
	const char *why;
} refusals[] = {
	{"mv d/one d/gone", "d/one", DS_CHANGE_CONFLICT, "it is no longer there"},
	{"echo more >>d/one", "d/one", DS_CHANGE_CONFLICT, "somebody else changed it meanwhile"},
	{"echo ONE OLD >d/one", "d/one", DS_CHANGE_CONFLICT, "somebody else changed it meanwhile"},
	{":>d/one", "d/one", DS_CHANGE_CONFLICT, "somebody else changed it meanwhile"},
	{"ln d/one d/name", "d/one", DS_CHANGE_REFUSED, "hard links"},
	{"mv d/one d/x && ln -s x d/one", "d/one", DS_CHANGE_REFUSED, "a link, or behind one"},
	{"mv d e && ln -s e d", "d/one", DS_CHANGE_REFUSED, "a link, or behind one"},
	{"rm d/one && mkfifo d/one", "d/one", DS_CHANGE_REFUSED, "not a regular file"},
	{"rm d/one && mkdir d/one", "d/one", DS_CHANGE_REFUSED, "not a regular file"},
	{"git init -q d", "d/one", DS_CHANGE_REFUSED, "another repository"},
	{"mkdir d/.git", "d/one", DS_CHANGE_REFUSED, "another repository"},
	{"git init -q --bare d", "d/one", DS_CHANGE_REFUSED, "another repository"},
	{":", "../x", DS_CHANGE_REFUSED, "outside of the repository"},
	{":", "/etc/passwd", DS_CHANGE_REFUSED, "outside of the repository"},
	{":", "d/../d/one", DS_CHANGE_REFUSED, "outside of the repository"},
	{":", "d//one", DS_CHANGE_REFUSED, "outside of the repository"},
	{":", ".git/config", DS_CHANGE_REFUSED, "outside of the repository"},
	{":", "d/.GIT/config", DS_CHANGE_REFUSED, "outside of the repository"},
	{":", ".desync/x", DS_CHANGE_REFUSED, "outside of the repository"},
	{"ln -s /etc out", "out/passwd", DS_CHANGE_REFUSED, "a link, or behind one"},
	{"rm d/one && perl -MSocket -e '"
	 "socket(S,PF_UNIX,SOCK_STREAM,0);bind(S,sockaddr_un(\"d/one\"))'",
	 "d/one", DS_CHANGE_REFUSED, "not a regular file"},
	{"mkdir d/objects d/refs; : >d/HEAD", "d/one", DS_CHANGE_REFUSED, "another repository"},
};

/* One that belongs to somebody else: only root can make it. */
Test(txn, refuses_what_belongs_to_another_user)
{
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0)};

	if (geteuid() != 0)
		cr_skip_test("not root");
	test_scratch_run(&scratch, "chown 1234 d/one");
	cr_assert_eq(commit(changes, 1), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_REFUSED);
	cr_expect(strstr(changes[0].why, "another user"), "%s", changes[0].why);
	test_scratch_run(&scratch, "chown 0 d/one; chown -R 1234 .git/desync");
	cr_expect_eq(commit(changes, 1), DS_TROUBLE);
	cr_expect(strstr(err.message, "not a state folder of ours"), "%s", err.message);
}

Test(txn, refuses_and_leaves_the_partner)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		end();
		begin();
		struct ds_change changes[] = {
			change("free", "free old\n", "free new\n", 1),
			change("partner", "p old\n", "p new\n", 2),
			change(refusals[i].path, "one old\n", "one new\n", 2)};
		test_scratch_write(&scratch, "free", "free old\n");
		test_scratch_write(&scratch, "partner", "p old\n");
		test_scratch_run(&scratch, "%s", refusals[i].setup);
		cr_assert_eq(commit(changes, 3), 0, "%zu: %s", i, err.message);
		cr_expect_eq(changes[2].outcome, refusals[i].outcome, "%zu: %d", i,
			     changes[2].outcome);
		cr_expect(strstr(changes[2].why, refusals[i].why), "%zu: %s", i, changes[2].why);
		cr_expect_eq(changes[1].outcome, refusals[i].outcome);
		cr_expect_str_eq(content("partner"), "p old\n");
		cr_expect_eq(changes[0].outcome, DS_CHANGE_DONE, "%zu: %s", i, changes[0].why);
		cr_expect_str_eq(content("free"), "free new\n");
		cr_expect_eq(count("grep '\"event\": \"conflict\"' .git/desync/log.jsonl"),
			     refusals[i].outcome == DS_CHANGE_CONFLICT ? 2 : 0, "%zu", i);
		cr_expect_eq(count("ls -A .git/desync/tmp"), 0, "%zu", i);
	}
}

Test(txn, waits_for_a_writer_then_gives_up)
{
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0)};
	char path[512];

	snprintf(path, sizeof path, "%s/d/one", scratch.root);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	cr_assert_eq(commit(changes, 1), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_CONFLICT);
	cr_expect_str_eq(changes[0].why, "another program has it open for writing");
	cr_expect_str_eq(content("d/one"), "one old\n");
	close(fd);
	cr_assert_eq(commit(changes, 1), 0);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_DONE, "%s", changes[0].why);
	expect_no_litter(0);
}

static bool is_locked(void)
{
	return count("flock -n .git/desync/lock true || echo no") == 1;
}

/* From reading until the next commit, whatever is written down meanwhile. */
Test(txn, holds_the_lock_for_another_try)
{
	struct ds_txn *txn = open_txn(200);
	struct ds_change first = change("d/one", "one older\n", "one new\n", 0);

	first.again = true;
	cr_assert_eq(ds_txn_commit(txn, &first, 1, &err), 0, "%s", err.message);
	cr_expect_eq(first.outcome, DS_CHANGE_CONFLICT);
	cr_expect_eq(count("grep -s conflict .git/desync/log.jsonl"), 0);
	cr_expect_not(is_locked());
	cr_expect(ds_txn_has_time(txn));
	cr_assert_eq(ds_txn_hold(txn, &err), 0, "%s", err.message);
	ds_txn_refused(txn, "\"item\": \"x\"");
	cr_expect(is_locked());
	first.before = ds_text_of("one old\n");
	cr_assert_eq(ds_txn_commit(txn, &first, 1, &err), 0, "%s", err.message);
	cr_expect_eq(first.outcome, DS_CHANGE_DONE, "%s", first.why);
	cr_expect_not(is_locked());

	cr_assert_eq(ds_txn_hold(txn, &err), 0, "%s", err.message);
	ds_txn_release(txn);
	cr_expect_not(is_locked());
	/* The time of the first commit counts for all that was held. */
	usleep(300 * 1000);
	cr_expect_not(ds_txn_has_time(txn));
	cr_assert_eq(ds_txn_hold(txn, &err), 0, "%s", err.message);
	first.before = ds_text_of("one older\n");
	cr_assert_eq(ds_txn_commit(txn, &first, 1, &err), 0, "%s", err.message);
	cr_expect_not(ds_txn_has_time(txn));
	ds_txn_close(txn);
}

Test(txn, a_name_of_255_bytes)
{
	char name[256];
	memset(name, 'n', 255);
	name[255] = '\0';
	struct ds_change changes[] = {change(name, "old", "new", 0)};

	test_scratch_write(&scratch, name, "old");
	cr_assert_eq(commit(changes, 1), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_DONE, "%s", changes[0].why);
	cr_expect_str_eq(content(name), "new");
}

/* ---- Somebody in the middle --------------------------------------------- */

static struct ds_os meddling;
static const char *meddle_command;
static int meddle_at;

static void meddle(int now)
{
	if (now == meddle_at && meddle_command) {
		test_scratch_run(&scratch, "%s", meddle_command);
		meddle_command = NULL;
	}
}

static int swap_after_meddling(int dir_a, const char *a, int dir_b, const char *b)
{
	meddle(0);
	int status = ds_os_system.swap(dir_a, a, dir_b, b);
	int why = errno;
	meddle(1);
	errno = why;
	return status;
}

/* From the last exchange on: the journal's removal is the next unlink. */
static int fsync_after_meddling(int fd)
{
	meddle(2);
	return ds_os_system.fsync(fd);
}

static bool fails_to_swap;

static int swap_unsupported(int dir_a, const char *a, int dir_b, const char *b)
{
	(void)dir_a, (void)a, (void)dir_b, (void)b;
	fails_to_swap = true;
	errno = EINVAL;
	return -1;
}

static struct ds_txn *open_meddling(const char *command, int at)
{
	struct ds_txn *txn;
	struct ds_txn_options options = {.os = &meddling, .who = "me"};

	meddling = ds_os_system;
	meddling.swap = swap_after_meddling;
	meddling.fsync = fsync_after_meddling;
	meddle_command = command;
	meddle_at = at;
	cr_assert_eq(ds_txn_open(&txn, &place, &options, &err), 0, "%s", err.message);
	return txn;
}

static const struct {
	const char *command;
	int at; /* before the swap, after it */
	const char *one;
	size_t saved;
} meddlers[] = {
	{"echo theirs >d/x && mv d/x d/one", 0, "theirs\n", 1},
	{"echo theirs >d/x && mv d/x d/one", 1, "theirs\n", 0},
	{"rm d/one", 0, NULL, 0},
	{"rm d/one", 1, NULL, 0},
	{"rm d/one && mkdir d/one", 0, NULL, 0},
	{"mv d/one d/one~ && echo theirs >d/one", 0, "theirs\n", 1},
	{"echo more >>d/one", 1, "one new\nmore\n", 0},
};

Test(txn, nobodys_edit_is_lost)
{
	for (size_t i = 0; i < sizeof meddlers / sizeof *meddlers; i++) {
		end();
		begin();
		struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 1),
					      change("d/two", "two old\n", "two new\n", 1),
					      change("free", "free old\n", "free new\n", 2)};
		test_scratch_write(&scratch, "free", "free old\n");
		struct ds_txn *txn = open_meddling(meddlers[i].command, meddlers[i].at);
		cr_assert_eq(ds_txn_commit(txn, changes, 3, &err), 0, "%zu: %s", i, err.message);
		const char *one = content("d/one");
		cr_expect(one == NULL ? !meddlers[i].one : meddlers[i].one != NULL, "%zu", i);
		if (one && meddlers[i].one)
			cr_expect_str_eq(one, meddlers[i].one, "%zu: %s", i, one);
		cr_expect_eq(changes[0].outcome, DS_CHANGE_CONFLICT, "%zu: %s", i, changes[0].why);
		cr_expect_eq(changes[1].outcome, DS_CHANGE_CONFLICT, "%zu", i);
		cr_expect_str_eq(content("d/two"), "two old\n", "%zu", i);
		cr_expect_str_eq(content("free"), "free new\n", "%zu", i);
		cr_expect_eq(count("ls -A .git/desync/saved 2>/dev/null"), meddlers[i].saved, "%zu",
			     i);
		cr_expect_eq(meddlers[i].saved != 0,
			     ds_txn_note(txn, 0) && strstr(ds_txn_note(txn, 0), "is kept"),
			     "%zu: %s", i, ds_txn_note(txn, 0));
		cr_expect_eq(count("ls -A .git/desync/tmp"), 0, "%zu", i);
		cr_expect_eq(count("grep '\"event\": \"change\"' .git/desync/log.jsonl"), 1, "%zu",
			     i);
		ds_txn_close(txn);
	}
}

Test(txn, says_where_names_cannot_be_swapped)
{
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0)};
	struct ds_txn *txn = open_meddling(NULL, 0);

	meddling.swap = swap_unsupported;
	cr_assert_eq(ds_txn_commit(txn, changes, 1, &err), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_REFUSED);
	cr_expect(strstr(changes[0].why, "--allow-plain-rename"), "%s", changes[0].why);
	cr_expect_str_eq(content("d/one"), "one old\n");
	expect_no_litter(0);
	ds_txn_close(txn);

	struct ds_txn_options options = {.os = &meddling, .allow_plain_rename = true};
	cr_assert_eq(ds_txn_open(&txn, &place, &options, &err), 0);
	cr_assert_eq(ds_txn_commit(txn, changes, 1, &err), 0, "%s", err.message);
	cr_expect_eq(changes[0].outcome, DS_CHANGE_DONE, "%s", changes[0].why);
	cr_expect_str_eq(content("d/one"), "one new\n");
	cr_expect(fails_to_swap);
	cr_expect_null(ds_txn_note(txn, 0), "%s", ds_txn_note(txn, 0));
	expect_no_litter(0);
	ds_txn_close(txn);
}

/* ---- The lock ----------------------------------------------------------- */

Test(txn, names_who_holds_the_lock)
{
	struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0)};
	char path[512];
	char wanted[64];
	int ready[2];
	char byte;

	cr_assert_eq(commit(changes, 0), 0);
	snprintf(path, sizeof path, "%s/.git/desync/lock", scratch.root);
	cr_assert_eq(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);
		flock(fd, LOCK_EX);
		write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	cr_expect_eq(commit(changes, 1), DS_CONFLICT);
	snprintf(wanted, sizeof wanted, "(process %ld) holds the lock", (long)child);
	cr_expect(strstr(err.message, wanted), "%s", err.message);
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	cr_expect_eq(commit(changes, 1), DS_CONFLICT);
	cr_expect(strstr(err.message, "is stopped"), "%s", err.message);
	cr_expect_str_eq(content("d/one"), "one old\n");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	cr_expect_eq(commit(changes, 1), 0);
	cr_expect_str_eq(content("d/one"), "one new\n");
}

/* ---- The state folder --------------------------------------------------- */

static const struct {
	const char *setup;
	int status;
	const char *why;
} folders[] = {
	{"mkdir x && ln -s ../x .git/desync", DS_TROUBLE, "not a state folder of ours"},
	{"mkdir -m 0770 .git/desync", DS_TROUBLE, "not a state folder of ours"},
	{"mkdir -m 0755 .git/desync", DS_TROUBLE, "not a state folder of ours"},
	{": >.git/desync", DS_TROUBLE, "not a state folder of ours"},
	{"mkdir -m 0700 .git/desync && ln -s /etc/passwd .git/desync/lock", DS_TROUBLE,
	 "not a state folder of ours"},
	{"mkdir -m 0700 .git/desync && mkdir .git/desync/lock", DS_TROUBLE, "lock"},
	{"mkdir -m 0700 .git/desync && umask 077 && : >x && ln x .git/desync/lock", DS_TROUBLE,
	 "not a state folder of ours"},
	{"mkdir -m 0700 .git/desync && umask 077 && mkfifo .git/desync/lock", DS_TROUBLE,
	 "not a state folder of ours"},
	{"mkdir -m 0700 .git/desync && umask 077 && : >x && ln -s ../../x .git/desync/lock",
	 DS_TROUBLE, "not a state folder of ours"},
	{"mkdir -m 0700 .git/desync && mkfifo -m 0600 .git/desync/journal", DS_INTERRUPTED,
	 "not a file of ours"},
	{"mkdir -m 0700 .git/desync && mkdir -m 0755 .git/desync/tmp", DS_TROUBLE, "tmp"},
	{"mkdir -m 0700 .git/desync && umask 077 && echo x >.git/desync/journal && chmod 0644 "
	 ".git/desync/journal",
	 DS_INTERRUPTED, "not a file of ours"},
	{"mkdir -m 0700 .git/desync && ln -s /tmp .git/desync/tmp", DS_TROUBLE, "tmp"},
	{"mkdir -m 0700 .git/desync && ln -s /etc/passwd .git/desync/log.jsonl", DS_TROUBLE,
	 "log.jsonl"},
	{"mkdir -m 0700 .git/desync && echo x >.git/desync/journal", DS_INTERRUPTED,
	 "not a file of ours"},
	{"mkdir -m 0700 .git/desync && umask 077 && echo x >.git/desync/journal", DS_INTERRUPTED,
	 "cut short"},
	{"mkdir -m 0700 .git/desync && umask 077 && head -c 4096 /dev/zero >.git/desync/journal",
	 DS_INTERRUPTED, "no journal of desync"},
	{"mkdir -m 0700 .git/desync && ln -s ../config .git/desync/journal", DS_INTERRUPTED,
	 "not a file of ours"},
};

Test(txn, refuses_a_state_folder_that_is_not_its_own)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		end();
		begin();
		struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0)};
		test_scratch_run(&scratch, "%s", folders[i].setup);
		cr_expect_eq(commit(changes, 1), folders[i].status, "%zu: %s", i, err.message);
		cr_expect(strstr(err.message, folders[i].why), "%zu: %s", i, err.message);
		cr_expect_str_eq(content("d/one"), "one old\n", "%zu", i);
	}
}

/* ---- Recovery ----------------------------------------------------------- */

static int unlink_stop(int dir, const char *name)
{
	if (strcmp(name, "journal") == 0)
		_exit(0);
	return ds_os_system.unlink(dir, name);
}

/* A commit of two files that ends at its commit point, all new but not committed. */
static void leave_journal(void)
{
	pid_t child = fork();
	if (child == 0) {
		struct ds_change changes[] = {change("d/one", "one old\n", "one new\n", 0),
					      change("d/two", "two old\n", "two new\n", 0)};
		struct ds_txn *txn = open_meddling(NULL, 0);
		meddling.unlink = unlink_stop;
		ds_txn_commit(txn, changes, 2, &err);
		_exit(1);
	}
	int status;
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
}

static const struct {
	const char *since;
	const char *one;
	const char *two;
	const char *event;
	bool seen_interrupted; /* what a reader would put back */
} recoveries[] = {
	{":", "one new\n", "two new\n", "recovery", false},
	{"echo theirs >d/two", "one old\n", "theirs\n", "roll-back", true},
	{"rm d/two", "one old\n", NULL, "roll-back", true},
	{"printf 'two old\\n' >d/two", "one old\n", "two old\n", "roll-back", true},
	{"rm -r .git/desync/tmp; rm d/two", "one old\n", NULL, "roll-back", true},
	{"rm .git/desync/log.jsonl", "one new\n", "two new\n", "recovery", false},
};

Test(txn, settles_what_was_interrupted)
{
	for (size_t i = 0; i < sizeof recoveries / sizeof *recoveries; i++) {
		struct ds_interrupted interrupted;
		end();
		begin();
		leave_journal();
		test_scratch_run(&scratch, "%s", recoveries[i].since);
		cr_assert_eq(ds_txn_look(&interrupted, &place, NULL, &err), 0);
		cr_expect(interrupted.found && !interrupted.damaged);
		cr_expect_eq(interrupted.count, recoveries[i].seen_interrupted ? 1 : 0, "%zu", i);
		if (interrupted.count)
			cr_expect_str_eq(interrupted.files[0].bytes.bytes, recoveries[i].one);
		ds_interrupted_free(&interrupted);

		struct ds_txn *txn = open_txn(0);
		cr_assert_eq(ds_txn_recover(txn, &err), 0, "%zu: %s", i, err.message);
		cr_expect(ds_txn_recovered(txn));
		cr_expect(ds_txn_note(txn, 0));
		cr_expect_str_eq(content("d/one"), recoveries[i].one, "%zu", i);
		if (recoveries[i].two)
			cr_expect_str_eq(content("d/two"), recoveries[i].two, "%zu", i);
		else
			cr_expect_null(content("d/two"), "%zu", i);
		char command[128];
		snprintf(command, sizeof command, "grep '\"event\": \"%s\"' .git/desync/log.jsonl",
			 recoveries[i].event);
		cr_expect_eq(count(command), 1, "%zu", i);
		cr_expect_eq(count("grep '\"event\": \"change\"' .git/desync/log.jsonl"),
			     strcmp(recoveries[i].event, "recovery") == 0 ? 2 : 0, "%zu", i);
		ds_txn_close(txn);
		expect_no_litter(0);
		cr_assert_eq(ds_txn_look(&interrupted, &place, NULL, &err), 0);
		cr_expect_not(interrupted.found);
	}
}

static void edit_journal(size_t at, unsigned char mask)
{
	char path[512];
	unsigned char byte;
	snprintf(path, sizeof path, "%s/.git/desync/journal", scratch.root);
	int fd = open(path, O_RDWR);
	cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= mask;
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

Test(txn, leaves_a_damaged_journal_alone)
{
	leave_journal();
	size_t size = 0;
	for (size_t at = 0;; at += 7, size = at) {
		char path[512];
		struct stat st;
		struct ds_txn *txn = open_txn(0);
		snprintf(path, sizeof path, "%s/.git/desync/journal", scratch.root);
		cr_assert_eq(stat(path, &st), 0);
		if ((off_t)at >= st.st_size) {
			ds_txn_close(txn);
			break;
		}
		edit_journal(at, 0x41);
		cr_expect_eq(ds_txn_recover(txn, &err), DS_INTERRUPTED, "byte %zu", at);
		cr_expect_str_eq(content("d/one"), "one new\n");
		edit_journal(at, 0x41);
		ds_txn_close(txn);
	}
	cr_expect_gt(size, 300);
	struct ds_txn *txn = open_txn(0);
	cr_expect_eq(ds_txn_recover(txn, &err), 0, "%s", err.message);
	ds_txn_close(txn);
}

/* ---- A journal made to write elsewhere ---------------------------------- */

static const char *const hostile_paths[] = {
	"../outside", "/etc/cron.d/x", "d/../../x", ".git/hooks/pre-commit",
	"d/.Git/x",   ".desync/x",     "",          "d/",
	"./d/one",    "d//one",
};

Test(txn, does_not_follow_a_hostile_journal)
{
	for (size_t i = 0; i < sizeof hostile_paths / sizeof *hostile_paths; i++) {
		struct ds_journal_file file = {.path = ds_text_of(hostile_paths[i]),
					       .temp = ds_text_of("0-x"),
					       .before = ds_text_of("evil")};
		struct ds_journal journal = {.files = &file, .count = 1};
		struct ds_journal decoded;
		struct ds_buf bytes = {0};

		strcpy(journal.txid, "20261121T000000Z-0123456789ab");
		ds_sha256_of("evil", 4, file.before_hash);
		cr_assert(ds_journal_encode(&bytes, &journal));
		const char *why =
			ds_journal_decode(&decoded, (struct ds_text){bytes.bytes, bytes.len});
		cr_expect(why && strstr(why, "outside"), "%s: %s", hostile_paths[i], why);
		ds_buf_free(&bytes);
	}
}

/* ---- A journal that was made up ------------------------------------------ */

/* Behind the head of 88 bytes: "d/one" at 92, its temp at 101, the hashes from 140. */
static void forge(struct ds_buf *bytes, struct ds_text temp)
{
	struct ds_journal_file file = {
		.path = ds_text_of("d/one"), .temp = temp, .before = ds_text_of("old")};
	struct ds_journal journal = {.files = &file, .count = 1};

	strcpy(journal.txid, "20261121T000000Z-0123456789ab");
	ds_sha256_of("old", 3, file.before_hash);
	cr_assert(ds_journal_encode(bytes, &journal));
}

static const char *decode(const struct ds_buf *bytes)
{
	struct ds_journal decoded;
	const char *why = ds_journal_decode(&decoded, (struct ds_text){bytes->bytes, bytes->len});
	ds_journal_free(&decoded);
	return why;
}

static void sign(struct ds_buf *bytes)
{
	size_t len = bytes->len - DS_SHA256_SIZE;
	ds_sha256_of(bytes->bytes, len, (unsigned char *)bytes->bytes + len);
}

static const struct {
	size_t at;
	const char *bytes;
	size_t len;
	const char *why;
} forgeries[] = {
	{0, "D", 1, "no journal of desync"},
	{16, "\2", 1, "another version"},
	{24, "\0", 1, "cut short"},
	{32, "/", 1, "none that desync gives"},
	{32, "-", 1, "none that desync gives"},
	{32, "\0", 1, "none that desync gives"},
	{33, ".", 1, "none that desync gives"},
	{61, "00000000000", 11, "none that desync gives"},
	{72, "\0", 1, "an impossible number"},
	{72, "\2", 1, "an impossible number"},
	{72, "\377\377\377\177", 4, "an impossible number"},
	{84, "\377\1", 2, "cut short"},
	{88, "\377\377\377\377", 4, "cut short"},
	{92, "../..", 5, "outside of what may be changed"},
	{93, "\0", 1, "outside of what may be changed"},
	{101, ".", 1, "outside of its folder"},
	{102, "/", 1, "outside of its folder"},
	{102, "\0", 1, "outside of its folder"},
	{140, "x", 1, "not what it says"},
	{204, "\0", 1, "not what it says"},
	{204, "\4", 1, "cut short"},
};

Test(txn, believes_no_journal_that_was_made_up)
{
	char longest[DS_TEMP_NAME_ROOM + 1];
	struct ds_buf bytes = {0};

	forge(&bytes, ds_text_of("0-x"));
	cr_expect_null(decode(&bytes));
	for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
		ds_buf_cut(&bytes, 0);
		forge(&bytes, ds_text_of("0-x"));
		memcpy(bytes.bytes + forgeries[i].at, forgeries[i].bytes, forgeries[i].len);
		sign(&bytes);
		const char *why = decode(&bytes);
		cr_expect(why && strstr(why, forgeries[i].why), "%zu: %s", i, why);
	}
	memset(longest, 'x', sizeof longest);
	struct ds_text temps[] = {{longest, 0}, {longest, DS_TEMP_NAME_ROOM}};
	for (size_t i = 0; i < 2; i++) {
		ds_buf_cut(&bytes, 0);
		forge(&bytes, temps[i]);
		cr_expect_str_eq(decode(&bytes), "it names a file outside of its folder");
	}
	ds_buf_free(&bytes);
}

/* The length at 24 says so, and the sum holds. */
Test(txn, believes_no_journal_that_goes_on)
{
	struct ds_buf bytes = {0};

	forge(&bytes, ds_text_of("0-x"));
	ds_buf_append(&bytes, "z", 1);
	bytes.bytes[24]++;
	sign(&bytes);
	cr_expect_str_eq(decode(&bytes), "something follows its end");
	for (size_t len = 0; len < bytes.len; len++) {
		struct ds_journal decoded;
		cr_expect(ds_journal_decode(&decoded, (struct ds_text){bytes.bytes, len}));
	}
	ds_buf_free(&bytes);
}

Test(txn, reads_no_more_than_the_limit)
{
	struct ds_buf bytes = {0};
	char path[512];

	snprintf(path, sizeof path, "%s/d/one", scratch.root);
	int fd = open(path, O_RDONLY);
	cr_expect_eq(ds_content_read(&ds_os_system, fd, 8, &bytes), 0);
	cr_expect_eq(ds_content_read(&ds_os_system, fd, 7, &bytes), -1);
	cr_expect_eq(errno, EFBIG);
	ds_buf_free(&bytes);
	close(fd);
}

/* ---- Where the state is ------------------------------------------------- */

static const struct {
	const char *setup;
	const char *from;
	const char *fallback;
	const char *top;   /* NULL: refused */
	const char *state; /* or what the message says */
} places[] = {
	{"git init -q r && mkdir -p r/a/b", "r/a/b", "r/a/b", "r", "r/.git/desync"},
	{"mkdir -p p/q/r", "p/q/r", "p/q", "p/q", "p/q/.desync"},
	{"mkdir -p p/q/r", "p/q/r", NULL, "p/q/r", "p/q/r/.desync"},
	{"mkdir -p p/.git p/q", "p/q", "p", "p", "p/.desync"},
	{"git init -q r && cd r && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m "
	 "x "
	 "&& git worktree add -q ../w",
	 "w", NULL, "w", "r/.git/worktrees/w/desync"},
	{"mkdir -p x && echo 'gitdir: /nowhere' >x/.git", "x", NULL, NULL,
	 "does not lead to a git directory"},
	{"mkdir -p x y && echo 'gitdir: ../y' >x/.git", "x", NULL, NULL,
	 "does not lead to a git directory"},
	{"mkdir -p x && ln -s loop x/.git", "x", NULL, NULL, "does not lead to a git directory"},
	{"git init -q --bare b.git", "b.git", NULL, NULL, "a bare repository"},
	{"git init -q r", "r/.git/hooks", NULL, NULL, "the inside of a git directory"},
};

Test(txn, finds_the_state_folder)
{
	char from[512], fallback[512], wanted[512];

	test_scratch_run(&scratch, "rm -rf .git && mkdir .git");
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct ds_place found = {0};
		test_scratch_run(&scratch, "rm -rf t && mkdir t && cd t && %s", places[i].setup);
		snprintf(from, sizeof from, "%s/t/%s", scratch.root, places[i].from);
		snprintf(fallback, sizeof fallback, "%s/t/%s", scratch.root,
			 places[i].fallback ? places[i].fallback : "");
		int status =
			ds_place_find(&found, from, places[i].fallback ? fallback : NULL, &err);
		if (!places[i].top) {
			cr_expect_eq(status, DS_TROUBLE, "%zu", i);
			cr_expect(strstr(err.message, places[i].state), "%zu: %s", i, err.message);
		} else {
			cr_assert_eq(status, 0, "%zu: %s", i, err.message);
			snprintf(wanted, sizeof wanted, "%s/t/%s", scratch.root, places[i].top);
			cr_expect_str_eq(found.top, wanted, "%zu: %s", i, found.top);
			snprintf(wanted, sizeof wanted, "%s/t/%s", scratch.root, places[i].state);
			cr_expect_str_eq(found.state, wanted, "%zu: %s", i, found.state);
		}
		ds_place_free(&found);
	}
}

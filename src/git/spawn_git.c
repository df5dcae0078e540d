#define _GNU_SOURCE /* pipe2, ppoll, SOCK_CLOEXEC, POSIX_SPAWN_SETSID: in POSIX since 2024 */
#include "spawn_git.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"

enum {
	GRACE_MS = 2000, /* between asking it to end and ending it */
	SLICE_MS = 50,   /* how long its end may go unnoticed while others have its output */
	HEAD_START_US = 300,
	PIPE_SIZE = 256 << 10, /* of what it writes in that time, more than it mostly is */
};

struct ds_git_process {
	const struct ds_git_call *call;
	ds_git_more_fn more;
	void *context;
	pid_t pid;
	int in; /* our end of each; -1 once it is closed */
	int out;
	int said;
	struct ds_text input; /* what was not sent yet */
	struct ds_buf heard;  /* on its standard error */
	int64_t until;
	bool flows; /* it was waited for before: this is no short answer */
	bool hung;  /* until that */
	bool over;  /* wrote more than it may */
	bool full;  /* memory ran out for what it wrote */
	int why;    /* errno, where reading failed */
	int status; /* as wait gives it, -1 if somebody else has got it */
};

/* ---- Time --------------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at); /* cannot fail with this clock */
	return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* What is left, but no more than a slice. */
static int wait_ms(int64_t until)
{
	int64_t left = until - now_ms();
	return left <= 0 ? 0 : left < SLICE_MS ? (int)left : SLICE_MS;
}

/* ---- Descriptors -------------------------------------------------------- */

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd); /* a pipe: nothing is lost here that its reader would miss */
	*fd = -1;
}

/* A pipe and no socket: a hook may open /dev/stderr by its name. */
static bool open_output(int *ours, int *theirs)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	*ours = ends[0];
	*theirs = ends[1];
#ifdef F_SETPIPE_SZ
	fcntl(*ours, F_SETPIPE_SZ, PIPE_SIZE); /* without it, it only waits for us more often */
#endif
	return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

/* A socket and no pipe: sending to one can be kept from raising SIGPIPE. */
static bool open_input(int *ours, int *theirs)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	*ours = ends[0];
	*theirs = ends[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) == 0;
}

/* ---- Starting ----------------------------------------------------------- */

/* Where the caller has closed its standard descriptors, ours are among the first three.
 * Of each pair the child's was opened second, and the pairs in this order, so theirs[i]
 * is at least i: none is overwritten before its turn. */
static int wire(posix_spawn_file_actions_t *actions, const int theirs[3])
{
	int why = 0;
	if (theirs[0] < 0)
		why = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	for (int i = theirs[0] < 0; i < 3 && !why; i++)
		why = posix_spawn_file_actions_adddup2(actions, theirs[i], i);
	return why;
}

/* A session of its own: its hooks are one group and can be stopped with it, and one that
 * asks on the terminal finds none and says so, where it would stand still in a group
 * that is not in the foreground. No signal that the caller blocks or ignores is so in
 * the child. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;
	short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;

	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	int why = posix_spawnattr_setflags(attributes, flags);
	if (!why)
		why = posix_spawnattr_setsigmask(attributes, &none);
	if (!why)
		why = posix_spawnattr_setsigdefault(attributes, &all);
	return why;
}

static int spawn(struct ds_git_process *git, const char *program, char **args, char **variables,
		 const int theirs[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	int why = posix_spawn_file_actions_init(&actions);
	if (why)
		return why;
	why = posix_spawnattr_init(&attributes);
	if (why) {
		posix_spawn_file_actions_destroy(&actions);
		return why;
	}
	why = wire(&actions, theirs);
	if (!why)
		why = set_signals(&attributes);
	if (!why)
		why = posix_spawn(&git->pid, program, &actions, &attributes, args, variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return why;
}

/* A large blob is handed on piece by piece, not held whole. */
static const char *const of_kind[] = {
	[DS_GIT_HERE] = "core.bigFileThreshold=16m",
	[DS_GIT_READS] = "core.bigFileThreshold=16m",
	[DS_GIT_WRITES] = "i18n.commitEncoding=UTF-8", /* as all of our texts are */
};

static char **arguments(const struct ds_git_call *call)
{
	const char *const first[] = {
		"git", "-c", "core.fsmonitor=false", "-c", of_kind[call->kind], "-C", call->top};
	size_t lead = sizeof first / sizeof *first - (call->top ? 0 : 2);
	size_t count = 0;

	while (call->args[count])
		count++;
	const char **all = calloc(lead + count + 1, sizeof *all);
	if (!all)
		return NULL;
	memcpy(all, first, lead * sizeof *all);
	memcpy(all + lead, call->args, count * sizeof *all);
	return (char **)all;
}

static int open_and_spawn(struct ds_git_process *git, const char *program, char **args,
			  char **variables)
{
	int theirs[3] = {-1, -1, -1};
	int why = 0;

	if (((git->input.len || git->more) && !open_input(&git->in, &theirs[0])) ||
	    !open_output(&git->out, &theirs[1]) || !open_output(&git->said, &theirs[2]))
		why = errno;
	if (!why)
		why = spawn(git, program, args, variables, theirs);
	for (int i = 0; i < 3; i++)
		shut(&theirs[i]); /* or we would wait for ourselves */
	return why;
}

static int start(struct ds_git_process *git, ds_error *err)
{
	struct ds_buf program = {0};
	char **args = NULL;
	char **variables = NULL;

	int status = ds_git_find(&program, err);
	if (status)
		goto out;
	args = arguments(git->call);
	variables = ds_git_environment(git->call->kind);
	if (!args || !variables) {
		status = ds_fail_memory(err);
		goto out;
	}
	int why = open_and_spawn(git, program.bytes, args, variables);
	if (why)
		status = ds_fail_path(err, DS_TROUBLE, program.bytes, strerror(why));
out:
	free(variables);
	free(args);
	ds_buf_free(&program);
	return status;
}

static void release(struct ds_git_process *git)
{
	shut(&git->in);
	shut(&git->out);
	shut(&git->said);
	ds_buf_free(&git->heard);
	free(git);
}

/* ---- Talking ------------------------------------------------------------ */

static void feed(struct ds_git_process *git)
{
	if (git->input.len == 0 && git->more)
		git->input = git->more(git->context);
	ssize_t sent = 0;
	if (git->input.len)
		sent = send(git->in, git->input.at, git->input.len, MSG_NOSIGNAL);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0) {
		git->input.at += sent;
		git->input.len -= (size_t)sent;
	}
	/* One that does not listen any more says why by its exit status. */
	if (sent <= 0 || (git->input.len == 0 && !git->more))
		shut(&git->in);
}

/* Reads once; 0 where nothing is there now, or will be: then it is shut. */
static size_t take(struct ds_git_process *git, int *fd, char *into, size_t room)
{
	ssize_t got = read(*fd, into, room);
	if (got > 0)
		return (size_t)got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		git->why = errno;
	shut(fd);
	return 0;
}

/* The same for what it says on its standard error, of which only the beginning is kept. */
static bool take_said(struct ds_git_process *git)
{
	char piece[4096];
	size_t room = DS_GIT_SAID_LIMIT - git->heard.len;
	size_t got = take(git, &git->said, piece, sizeof piece);

	ds_buf_append(&git->heard, piece, got < room ? got : room);
	return got != 0;
}

static bool has_failed(const struct ds_git_process *git)
{
	return git->hung || git->over || git->full || git->why || git->heard.failed;
}

static bool may_go_on(struct ds_git_process *git)
{
	if (!wait_ms(git->until))
		git->hung = true;
	return !has_failed(git);
}

/* Git writes 4 KiB at a time, and to wake somebody who waits for that takes it longer than
 * the writing. So it gets a little ahead, unless it ends: then there is no more to wait for. */
static void let_write(const struct ds_git_process *git)
{
	static const struct timespec head_start = {.tv_nsec = HEAD_START_US * 1000L};
	struct pollfd end = {.fd = git->said, .events = POLLIN};

	ppoll(&end, 1, &head_start, NULL);
}

/* Until there is something to read, or a slice is over. */
static void wait_once(struct ds_git_process *git, int64_t until)
{
	struct pollfd fds[] = {
		{.fd = git->in, .events = POLLOUT},
		{.fd = git->out, .events = POLLIN},
		{.fd = git->said, .events = POLLIN},
	};
	if (poll(fds, sizeof fds / sizeof *fds, wait_ms(until)) <= 0)
		return; /* EINTR, or no memory just now: the deadline holds */
	if (fds[0].revents)
		feed(git);
	if (fds[2].revents)
		take_said(git);
}

/* ---- Its end ------------------------------------------------------------ */

/* Leaves it a zombie, so that its group's number stays its own. */
static bool has_ended(const struct ds_git_process *git)
{
	siginfo_t info = {0};
	int result = waitid(P_PID, (id_t)git->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return result == 0 ? info.si_pid != 0 : errno != EINTR;
}

/* The next of its output; 0 when that is closed, or it has ended and left it open to
 * others. */
static size_t next_output(struct ds_git_process *git, char *into, size_t room)
{
	bool ended = false;

	while (git->out >= 0 && may_go_on(git)) {
		size_t got = take(git, &git->out, into, room);
		if (got || ended)
			return got;
		ended = has_ended(git); /* what it wrote before that is there by now */
		if (!ended && git->out >= 0) {
			if (git->flows && git->said >= 0)
				let_write(git);
			wait_once(git, git->until);
			git->flows = true;
		}
	}
	return 0;
}

/* The same for its standard error, when its output is closed. */
static void hear_out(struct ds_git_process *git)
{
	bool ended = false;

	while (git->said >= 0 && may_go_on(git)) {
		if (take_said(git))
			continue;
		if (ended)
			return;
		ended = has_ended(git);
		if (!ended && git->said >= 0)
			wait_once(git, git->until);
	}
}

/* Its output is closed, so this is mostly a matter of microseconds. */
static void wait_for_end(struct ds_git_process *git)
{
	struct timespec nap = {.tv_nsec = 100000};
	while (!has_ended(git) && may_go_on(git)) {
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 10000000)
			nap.tv_nsec *= 2;
	}
}

/* All of the group, one that stands still too. First they may clean up: git removes
 * its locks when it is asked to end. */
static void stop(struct ds_git_process *git)
{
	char dropped[4096];
	int64_t until = now_ms() + GRACE_MS;

	kill(-git->pid, SIGTERM);
	kill(-git->pid, SIGCONT);
	shut(&git->in);
	while ((git->out >= 0 || git->said >= 0) && wait_ms(until)) {
		wait_once(git, until);
		if (git->out >= 0)
			take(git, &git->out, dropped, sizeof dropped);
	}
	while (!has_ended(git) && wait_ms(until))
		poll(NULL, 0, 1);
	kill(-git->pid, SIGKILL);
	until = now_ms() + GRACE_MS; /* one that a dead disk holds cannot be waited for */
	while (!has_ended(git) && wait_ms(until))
		poll(NULL, 0, 1);
}

static void reap(struct ds_git_process *git)
{
	pid_t got;
	do
		got = waitpid(git->pid, &git->status, WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got != git->pid)
		git->status = -1;
}

/* What went wrong on the way. */
static int judge(const struct ds_git_process *git, ds_error *err)
{
	const char *command = git->call->args[0];

	if (git->full || git->heard.failed)
		return ds_fail_memory(err);
	if (git->why)
		return ds_fail(err, DS_TROUBLE, "git %s: %s", command, strerror(git->why));
	if (git->over)
		return ds_fail(err, DS_TROUBLE, "git %s: said more than %d MiB", command,
			       DS_GIT_OUT_LIMIT >> 20);
	if (git->hung)
		return ds_fail(
			err, DS_TROUBLE, "git %s: stopped, for it was not done after %ld ms%s",
			command, git->call->deadline_ms,
			git->call->kind == DS_GIT_WRITES ? " (does a hook wait for something?)"
							 : "");
	return 0;
}

/* How it ended. */
static int judge_end(struct ds_git_answer *answer, const struct ds_git_process *git, ds_error *err)
{
	const char *command = git->call->args[0];

	if (git->status == -1)
		return ds_fail(err, DS_TROUBLE, "git %s: its exit status was lost", command);
	if (WIFSIGNALED(git->status))
		return ds_fail(err, DS_TROUBLE, "git %s: killed by signal %d", command,
			       WTERMSIG(git->status));
	answer->status = WEXITSTATUS(git->status);
	return 0;
}

static int finish(struct ds_git_answer *answer, struct ds_git_process *git, ds_error *err)
{
	char dropped[4096];

	while (next_output(git, dropped, sizeof dropped))
		continue;
	hear_out(git);
	shut(&git->in);
	wait_for_end(git);
	if (has_failed(git))
		stop(git);
	reap(git);
	int status = judge(git, err);
	if (status == 0)
		status = judge_end(answer, git, err);
	answer->said = git->heard;
	git->heard = (struct ds_buf){0};
	release(git);
	return status;
}

/* ---- From outside ------------------------------------------------------- */

int ds_git_start(struct ds_git_process **out, const struct ds_git_call *call, ds_git_more_fn more,
		 void *context, ds_error *err)
{
	struct ds_git_process *git = calloc(1, sizeof *git);

	*out = NULL;
	if (!git)
		return ds_fail_memory(err);
	git->call = call;
	git->more = more;
	git->context = context;
	git->in = git->out = git->said = -1;
	git->input = call->input;
	git->until = now_ms() + call->deadline_ms;
	int status = start(git, err);
	if (status)
		release(git);
	else
		*out = git;
	return status;
}

/* The time that the caller takes between two reads is not git's. */
static void wind_up(struct ds_git_process *git)
{
	git->until = now_ms() + git->call->deadline_ms;
}

int ds_git_read(struct ds_git_process *process, char *into, size_t room, size_t *got, ds_error *err)
{
	wind_up(process);
	*got = next_output(process, into, room);
	return judge(process, err);
}

int ds_git_finish(struct ds_git_answer *answer, struct ds_git_process *process, ds_error *err)
{
	wind_up(process);
	return finish(answer, process, err);
}

void ds_git_stop(struct ds_git_process *process)
{
	if (!process)
		return;
	stop(process);
	reap(process);
	release(process);
}

/* All of it before one deadline. */
int ds_git_run(struct ds_git_answer *answer, const struct ds_git_call *call, ds_error *err)
{
	struct ds_git_process *git;
	char piece[16384];
	size_t got;

	int status = ds_git_start(&git, call, NULL, NULL, err);
	if (!git)
		return status;
	while ((got = next_output(git, piece, sizeof piece)) != 0) {
		size_t room = DS_GIT_OUT_LIMIT - answer->out.len;
		git->over = got > room;
		git->full = !ds_buf_append(&answer->out, piece, got < room ? got : room);
	}
	return finish(answer, git, err);
}

/* ---- What it said ------------------------------------------------------- */

static bool begins(struct ds_text text, const char *with)
{
	size_t len = strlen(with);
	return text.len >= len && memcmp(text.at, with, len) == 0;
}

static struct ds_text next_line(struct ds_text *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	struct ds_text line = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
	size_t used = line.len + (end != NULL);

	rest->at += used;
	rest->len -= used;
	return ds_text_trim(line);
}

/* The first line that is none of the small talk; empty where there is none. */
static struct ds_text complaint(const struct ds_buf *said)
{
	struct ds_text rest = {said->bytes, said->len};
	struct ds_text line = {"", 0};

	while (rest.len && line.len == 0) {
		line = next_line(&rest);
		if (begins(line, "warning:") || begins(line, "hint:"))
			line.len = 0;
	}
	if (begins(line, "fatal: ") || begins(line, "error: ")) {
		line.at += strlen("fatal: ");
		line.len -= strlen("fatal: ");
	}
	return line;
}

int ds_git_complain(const struct ds_git_answer *answer, const char *command, ds_error *err)
{
	struct ds_buf shown = {0};
	struct ds_text line = complaint(&answer->said);

	if (line.len == 0)
		line = complaint(&answer->out);
	if (line.len == 0)
		return ds_fail(err, DS_TROUBLE, "git %s: exited with %d and said nothing", command,
			       answer->status);
	if (ds_escape(&shown, line))
		ds_fail(err, DS_TROUBLE, "git %s: %s", command, shown.bytes);
	else
		ds_fail_memory(err);
	ds_buf_free(&shown);
	return DS_TROUBLE;
}

void ds_git_answer_free(struct ds_git_answer *answer)
{
	ds_buf_free(&answer->out);
	ds_buf_free(&answer->said);
}

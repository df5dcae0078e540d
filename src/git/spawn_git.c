#define _GNU_SOURCE /* pipe2, SOCK_CLOEXEC, POSIX_SPAWN_SETSID: in POSIX since 2024 */
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
};

struct run {
	const struct ds_git_call *call;
	struct ds_git_answer *answer;
	pid_t pid;
	int in; /* our end of each; -1 once it is closed */
	int out;
	int said;
	struct ds_text input; /* what was not sent yet */
	bool over;            /* out has more than it may */
	int why;              /* errno, where reading failed */
	int status;           /* as wait gives it, -1 if somebody else has got it */
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

static int spawn(struct run *run, const char *program, char **args, char **variables,
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
		why = posix_spawn(&run->pid, program, &actions, &attributes, args, variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return why;
}

static char **arguments(const struct ds_git_call *call)
{
	const char *const first[] = {
		"git",
		"-C",
		call->top,
		"-c",
		"core.fsmonitor=false",
		"-c",
		"i18n.commitEncoding=UTF-8", /* as all of our texts are */
	};
	size_t lead = sizeof first / sizeof *first;
	size_t count = 0;

	while (call->args[count])
		count++;
	const char **all = calloc(lead + count + 1, sizeof *all);
	if (!all)
		return NULL;
	memcpy(all, first, sizeof first);
	memcpy(all + lead, call->args, count * sizeof *all);
	return (char **)all;
}

static int open_and_spawn(struct run *run, const char *program, char **args, char **variables)
{
	int theirs[3] = {-1, -1, -1};
	int why = 0;

	if ((run->input.len && !open_input(&run->in, &theirs[0])) ||
	    !open_output(&run->out, &theirs[1]) || !open_output(&run->said, &theirs[2]))
		why = errno;
	if (!why)
		why = spawn(run, program, args, variables, theirs);
	for (int i = 0; i < 3; i++)
		shut(&theirs[i]); /* or we would wait for ourselves */
	return why;
}

static int start(struct run *run, ds_error *err)
{
	struct ds_buf program = {0};
	char **args = NULL;
	char **variables = NULL;

	int status = ds_git_find(&program, err);
	if (status)
		goto out;
	args = arguments(run->call);
	variables = ds_git_environment(run->call->kind);
	if (!args || !variables) {
		status = ds_fail_memory(err);
		goto out;
	}
	int why = open_and_spawn(run, program.bytes, args, variables);
	if (why)
		status = ds_fail_path(err, DS_TROUBLE, program.bytes, strerror(why));
out:
	free(variables);
	free(args);
	ds_buf_free(&program);
	return status;
}

/* ---- Talking ------------------------------------------------------------ */

static void feed(struct run *run)
{
	ssize_t sent = send(run->in, run->input.at, run->input.len, MSG_NOSIGNAL);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0) {
		run->input.at += sent;
		run->input.len -= (size_t)sent;
	}
	/* One that does not listen any more says why by its exit status. */
	if (sent < 0 || run->input.len == 0)
		shut(&run->in);
}

/* Reads once; false where nothing more is there now. */
static bool take(struct run *run, int *fd, struct ds_buf *into, size_t limit)
{
	char piece[16384];
	ssize_t got = read(*fd, piece, sizeof piece);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got < 0)
		run->why = errno;
	if (got <= 0) {
		shut(fd);
		return false;
	}
	size_t room = limit - into->len;
	if ((size_t)got > room && into == &run->answer->out)
		run->over = true;
	ds_buf_append(into, piece, (size_t)got < room ? (size_t)got : room);
	return true;
}

static bool has_failed(const struct run *run)
{
	return run->over || run->why || run->answer->out.failed || run->answer->said.failed;
}

static bool has_open(const struct run *run)
{
	return run->out >= 0 || run->said >= 0;
}

static void listen_once(struct run *run, int timeout)
{
	struct pollfd fds[] = {
		{.fd = run->in, .events = POLLOUT},
		{.fd = run->out, .events = POLLIN},
		{.fd = run->said, .events = POLLIN},
	};
	if (poll(fds, sizeof fds / sizeof *fds, timeout) < 0)
		return; /* EINTR, or no memory just now: the deadline holds */
	if (fds[0].revents)
		feed(run);
	if (fds[1].revents)
		take(run, &run->out, &run->answer->out, DS_GIT_OUT_LIMIT);
	if (fds[2].revents)
		take(run, &run->said, &run->answer->said, DS_GIT_SAID_LIMIT);
}

/* What was written before it ended. */
static void take_rest(struct run *run, int64_t until)
{
	while (run->out >= 0 && wait_ms(until) && !has_failed(run) &&
	       take(run, &run->out, &run->answer->out, DS_GIT_OUT_LIMIT))
		continue;
	while (run->said >= 0 && wait_ms(until) && !has_failed(run) &&
	       take(run, &run->said, &run->answer->said, DS_GIT_SAID_LIMIT))
		continue;
}

/* ---- Its end ------------------------------------------------------------ */

/* Leaves it a zombie, so that its group's number stays its own. */
static bool has_ended(const struct run *run)
{
	siginfo_t info = {0};
	int result = waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return result == 0 ? info.si_pid != 0 : errno != EINTR;
}

/* Until its output is closed, or it has ended and left that open to others. */
static void talk(struct run *run, int64_t until)
{
	while (has_open(run) && wait_ms(until) && !has_failed(run)) {
		listen_once(run, wait_ms(until));
		if (has_ended(run)) {
			take_rest(run, until);
			return;
		}
	}
}

/* Its output is closed, so this is mostly a matter of microseconds. */
static bool wait_for_end(struct run *run, int64_t until)
{
	struct timespec nap = {.tv_nsec = 100000};
	while (!has_ended(run)) {
		if (!wait_ms(until) || has_failed(run))
			return false;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 10000000)
			nap.tv_nsec *= 2;
	}
	return true;
}

/* All of the group, one that stands still too. First they may clean up: git removes
 * its locks when it is asked to end. */
static void stop(struct run *run)
{
	int64_t until = now_ms() + GRACE_MS;

	kill(-run->pid, SIGTERM);
	kill(-run->pid, SIGCONT);
	shut(&run->in);
	while (has_open(run) && wait_ms(until))
		listen_once(run, wait_ms(until));
	while (!has_ended(run) && wait_ms(until))
		poll(NULL, 0, 1);
	kill(-run->pid, SIGKILL);
	until = now_ms() + GRACE_MS; /* one that a dead disk holds cannot be waited for */
	while (!has_ended(run) && wait_ms(until))
		poll(NULL, 0, 1);
}

static void reap(struct run *run)
{
	pid_t got;
	do
		got = waitpid(run->pid, &run->status, WNOHANG);
	while (got < 0 && errno == EINTR);
	if (got != run->pid)
		run->status = -1;
}

static int judge(struct run *run, bool ended, ds_error *err)
{
	const char *command = run->call->args[0];

	if (run->answer->out.failed || run->answer->said.failed)
		return ds_fail_memory(err);
	if (run->why)
		return ds_fail(err, DS_TROUBLE, "git %s: %s", command, strerror(run->why));
	if (run->over)
		return ds_fail(err, DS_TROUBLE, "git %s: said more than %d MiB", command,
			       DS_GIT_OUT_LIMIT >> 20);
	if (!ended)
		return ds_fail(err, DS_TROUBLE,
			       "git %s: stopped, for it was not done after %ld ms (does a hook "
			       "wait for something?)",
			       command, run->call->deadline_ms);
	if (run->status == -1)
		return ds_fail(err, DS_TROUBLE, "git %s: its exit status was lost", command);
	if (WIFSIGNALED(run->status))
		return ds_fail(err, DS_TROUBLE, "git %s: killed by signal %d", command,
			       WTERMSIG(run->status));
	run->answer->status = WEXITSTATUS(run->status);
	return 0;
}

int ds_git_run(struct ds_git_answer *answer, const struct ds_git_call *call, ds_error *err)
{
	struct run run = {.call = call, .answer = answer, .in = -1, .out = -1, .said = -1};
	int64_t until = now_ms() + call->deadline_ms;

	run.input = call->input;
	int status = start(&run, err);
	if (status == 0) {
		talk(&run, until);
		shut(&run.in);
		bool ended = wait_for_end(&run, until);
		if (!ended)
			stop(&run);
		reap(&run);
		status = judge(&run, ended, err);
	}
	shut(&run.in);
	shut(&run.out);
	shut(&run.said);
	return status;
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

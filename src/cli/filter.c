#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

enum { READ_END, WRITE_END, PIECE = 64 * 1024, GRACE_MS = 2000 };

/* Pipes: the content to the command, the result back, why it could not be started, and
 * the signals that came meanwhile. */
enum { TO, FROM, FAILED, SIGNALS, PIPES };

struct filter {
	int pipe[PIPES][2];
	pid_t child;
	const char *bytes; /* what it has not got yet */
	size_t left;
	char *out;
	size_t len;
	size_t room;
	int signal; /* that is to end us */
};

static int fail(ds_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(ds_error *err, const char *format, ...)
{
	va_list args;
	err->status = DS_TROUBLE;
	va_start(args, format);
	vsnprintf(err->message, sizeof err->message, format, args);
	va_end(args);
	return DS_TROUBLE;
}

/* ---- Pipes --------------------------------------------------------------- */

static void close_end(struct filter *f, int pipe, int end)
{
	if (f->pipe[pipe][end] >= 0)
		close(f->pipe[pipe][end]);
	f->pipe[pipe][end] = -1;
}

static void close_pipes(struct filter *f)
{
	for (int i = 0; i < PIPES; i++) {
		close_end(f, i, READ_END);
		close_end(f, i, WRITE_END);
	}
}

/* Ends of ours never block, and no other command inherits them. A descriptor up to 2
 * would be in the way of those that the command gets. */
static bool open_pipes(struct filter *f)
{
	for (int i = 0; i < PIPES; i++)
		f->pipe[i][READ_END] = f->pipe[i][WRITE_END] = -1;
	for (int i = 0; i < PIPES; i++) {
		int *ends = f->pipe[i];
		if (pipe(ends) != 0)
			return false;
		for (int end = READ_END; end <= WRITE_END; end++) {
			int high = ends[end] > STDERR_FILENO ? ends[end]
							     : fcntl(ends[end], F_DUPFD, 3);
			if (high < 0)
				return false;
			if (high != ends[end])
				close(ends[end]);
			ends[end] = high;
			if (fcntl(high, F_SETFD, FD_CLOEXEC) != 0)
				return false;
		}
	}
	return fcntl(f->pipe[TO][WRITE_END], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(f->pipe[FROM][READ_END], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(f->pipe[SIGNALS][READ_END], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(f->pipe[SIGNALS][WRITE_END], F_SETFL, O_NONBLOCK) == 0;
}

/* ---- Signals ------------------------------------------------------------- */

static const int ending[] = {SIGHUP, SIGINT, SIGTERM};

enum { ENDING = sizeof ending / sizeof *ending };

/* A handler has nothing but globals. */
static volatile sig_atomic_t signal_pipe = -1;

static void note_signal(int number)
{
	int kept = errno;
	unsigned char byte = (unsigned char)number;
	/* Full: one is enough. */
	ssize_t written = write((int)signal_pipe, &byte, 1);
	(void)written;
	errno = kept;
}

/* What was ignored stays ignored: nohup. */
static void catch_signals(struct filter *f, struct sigaction *old)
{
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};

	signal_pipe = f->pipe[SIGNALS][WRITE_END];
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ENDING; i++) {
		sigaction(ending[i], NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
	/* A command that does not read all of its input is no reason to die. */
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, &old[ENDING]);
}

static void release_signals(const struct sigaction *old)
{
	for (size_t i = 0; i < ENDING; i++)
		sigaction(ending[i], &old[i], NULL);
	sigaction(SIGPIPE, &old[ENDING], NULL);
	signal_pipe = -1;
}

/* ---- The command --------------------------------------------------------- */

/* In the child. A session of its own: a signal reaches all that it starts, and whoever
 * asks a terminal is told at once that there is none, instead of waiting for it. */
static void become(struct filter *f, char *const *argv, const struct sigaction *old,
		   const sigset_t *mask)
{
	setsid();
	release_signals(old);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (dup2(f->pipe[TO][READ_END], STDIN_FILENO) >= 0 &&
	    dup2(f->pipe[FROM][WRITE_END], STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	int why = errno;
	ssize_t written = write(f->pipe[FAILED][WRITE_END], &why, sizeof why);
	(void)written;
	_exit(127);
}

/* Between fork and the command's own life no handler of ours may run in the child. */
static bool start(struct filter *f, char *const *argv, const struct sigaction *old)
{
	sigset_t all;
	sigset_t mask;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	f->child = fork();
	if (f->child == 0)
		become(f, argv, old, &mask);
	int why = errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	errno = why;
	close_end(f, TO, READ_END);
	close_end(f, FROM, WRITE_END);
	close_end(f, FAILED, WRITE_END);
	return f->child > 0;
}

/* The pipe is closed by the exec that succeeds. */
static int why_not_started(struct filter *f)
{
	int why = 0;
	ssize_t got;
	do
		got = read(f->pipe[FAILED][READ_END], &why, sizeof why);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)sizeof why ? why : 0;
}

static void kill_group(struct filter *f, int number)
{
	/* Until it has called setsid there is no such group. */
	if (kill(-f->child, number) != 0)
		kill(f->child, number);
}

static void reap(struct filter *f)
{
	while (waitpid(f->child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Gives it some time after a signal that it may catch. */
static void end_child(struct filter *f, int number)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000000L};

	kill_group(f, number);
	for (int waited = 0; waited < GRACE_MS; waited += 10) {
		if (waitpid(f->child, NULL, WNOHANG) != 0) {
			/* What it has started may be there still. */
			kill(-f->child, SIGKILL);
			return;
		}
		nanosleep(&moment, NULL);
	}
	kill_group(f, SIGKILL);
	reap(f);
}

/* ---- Passing bytes ------------------------------------------------------- */

static void give(struct filter *f)
{
	ssize_t written =
		f->left ? write(f->pipe[TO][WRITE_END], f->bytes, f->left < PIECE ? f->left : PIECE)
			: 0;
	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (written > 0) {
		f->bytes += written;
		f->left -= (size_t)written;
	}
	/* EPIPE: it has read enough. */
	if (written < 0 || !f->left)
		close_end(f, TO, WRITE_END);
}

/* Returns 0, or an errno value: EFBIG where it writes too much. */
static int take(struct filter *f)
{
	if (f->room - f->len < PIECE) {
		char *out = realloc(f->out, 2 * f->room + PIECE);
		if (!out)
			return ENOMEM;
		f->out = out;
		f->room = 2 * f->room + PIECE;
	}
	ssize_t got = read(f->pipe[FROM][READ_END], f->out + f->len, PIECE);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : errno;
	if (got == 0)
		close_end(f, FROM, READ_END);
	f->len += (size_t)got;
	return f->len > CLI_FILTER_LIMIT ? EFBIG : 0;
}

static int take_signal(struct filter *f)
{
	unsigned char byte;
	if (read(f->pipe[SIGNALS][READ_END], &byte, 1) == 1)
		f->signal = byte;
	return f->signal ? EINTR : 0;
}

/* Both ways at once: who only gives before he takes waits forever for a command that
 * wants to be read first. */
static int pass(struct filter *f)
{
	int why = 0;

	while (!why && f->pipe[FROM][READ_END] >= 0) {
		struct pollfd ends[] = {
			{.fd = f->pipe[SIGNALS][READ_END], .events = POLLIN},
			{.fd = f->pipe[FROM][READ_END], .events = POLLIN},
			{.fd = f->pipe[TO][WRITE_END], .events = POLLOUT},
		};
		if (poll(ends, sizeof ends / sizeof *ends, -1) < 0) {
			why = errno == EINTR ? 0 : errno;
			continue;
		}
		if (ends[0].revents)
			why = take_signal(f);
		if (!why && ends[1].revents)
			why = take(f);
		if (!why && ends[2].revents)
			give(f);
	}
	close_end(f, TO, WRITE_END);
	return why;
}

/* Who closes his output may go on for a long time; a signal reaches us here, too. */
static int await(struct filter *f, int *how)
{
	int wait_ms = 1;
	int why = 0;

	while (!why) {
		pid_t ended = waitpid(f->child, how, WNOHANG);
		if (ended == f->child)
			break;
		if (ended < 0 && errno != EINTR)
			return errno;
		struct pollfd end = {.fd = f->pipe[SIGNALS][READ_END], .events = POLLIN};
		if (poll(&end, 1, wait_ms) > 0)
			why = take_signal(f);
		wait_ms = wait_ms < 50 ? 2 * wait_ms : wait_ms;
	}
	return why;
}

/* ---- The whole ----------------------------------------------------------- */

static int judge(int how, const char *command, ds_error *err)
{
	if (WIFSIGNALED(how))
		return fail(err, "%s: killed by signal %d (%s); nothing was written", command,
			    WTERMSIG(how), strsignal(WTERMSIG(how)));
	if (WEXITSTATUS(how) != 0)
		return fail(err, "%s: exit status %d; nothing was written", command,
			    WEXITSTATUS(how));
	return DS_OK;
}

static int run(struct filter *f, char *const *argv, const struct sigaction *old, ds_error *err)
{
	char command[256];
	int how = 0;

	ds_printable(command, sizeof command, argv[0], strlen(argv[0]));
	if (!start(f, argv, old))
		return fail(err, "%s: could not be started: %s", command, strerror(errno));
	int why = why_not_started(f);
	if (why) {
		reap(f);
		return fail(err, "%s: %s; nothing was written", command, strerror(why));
	}
	why = pass(f);
	if (!why)
		why = await(f, &how);
	if (!why)
		return judge(how, command, err);
	end_child(f, f->signal ? f->signal : SIGTERM);
	if (why == EFBIG)
		return fail(err, "%s: wrote more than %d MiB; nothing was written", command,
			    CLI_FILTER_LIMIT / 1024 / 1024);
	return fail(err, "%s: %s; nothing was written", command, strerror(why));
}

int cli_filter(char *const *argv, const char *bytes, size_t len, char **out, size_t *out_len,
	       ds_error *err)
{
	struct filter f = {.bytes = bytes, .left = len};
	struct sigaction old[ENDING + 1];
	int status;

	if (open_pipes(&f)) {
		catch_signals(&f, old);
		status = run(&f, argv, old, err);
		release_signals(old);
	} else {
		status = fail(err, "no pipe to the command: %s", strerror(errno));
	}
	close_pipes(&f);
	/* Nothing is written and no lock held: now it may end us. */
	if (f.signal)
		raise(f.signal);
	if (status) {
		free(f.out);
		return status;
	}
	*out = f.out;
	*out_len = f.len;
	return DS_OK;
}

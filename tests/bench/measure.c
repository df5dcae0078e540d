/*
 * measure [-c|-1] ROUNDS COMMAND [ARGUMENT...] [, COMMAND [ARGUMENT...]]...
 *
 * Runs the commands one after the other, ROUNDS times over, so that whatever slows the machine
 * down for a while slows all of them down. Prints a line for each command: median and least wall
 * time in milliseconds and the highest resident set of any run in KiB, with tabs between them.
 *
 * One round before the first one is not counted: it fills the caches. With -c there is none, and
 * the kernel's caches are dropped before every run instead (which only root may do). With -1
 * there is none either, for what can be done only once.
 *
 * A command's standard output is thrown away. One that does not exit 0 or 1 ends everything.
 */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TROUBLE = 2, COMMANDS_MOST = 16, ROUNDS_MOST = 100000 };

extern char **environ;

struct command {
	char **argv;
	double *times;
	long peak;
};

static const char drop_caches[] = "/proc/sys/vm/drop_caches";

static double now(void)
{
	struct timespec at;
	if (clock_gettime(CLOCK_MONOTONIC, &at))
		err(TROUBLE, "clock");
	return 1e3 * (double)at.tv_sec + 1e-6 * (double)at.tv_nsec;
}

static void cool(void)
{
	sync(); /* what is dirty would stay */
	int fd = open(drop_caches, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "3\n", 2) != 2 || close(fd))
		err(TROUBLE, "%s", drop_caches);
}

static pid_t start(char **argv, const posix_spawn_file_actions_t *actions)
{
	pid_t child;
	errno = posix_spawnp(&child, argv[0], actions, NULL, argv, environ);
	if (errno)
		err(TROUBLE, "%s", argv[0]);
	return child;
}

static void check_status(const char *name, int status)
{
	if (WIFSIGNALED(status))
		errx(TROUBLE, "%s: killed by signal %d", name, WTERMSIG(status));
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		errx(TROUBLE, "%s: exited %d", name, WEXITSTATUS(status));
}

/* The time and the memory go into the command; the time nowhere in a round that is not counted. */
static void run(struct command *command, long round, const posix_spawn_file_actions_t *actions)
{
	struct rusage used;
	int status;
	double from = now();
	pid_t child = start(command->argv, actions);
	while (wait4(child, &status, 0, &used) < 0)
		if (errno != EINTR)
			err(TROUBLE, "%s", command->argv[0]);
	double took = now() - from;

	check_status(command->argv[0], status);
	if (round >= 0)
		command->times[round] = took;
	if (used.ru_maxrss > command->peak)
		command->peak = used.ru_maxrss;
}

static void run_all(struct command *commands, size_t count, long rounds, char how)
{
	posix_spawn_file_actions_t actions;
	errno = posix_spawn_file_actions_init(&actions);
	if (!errno)
		errno = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
							 O_WRONLY, 0);
	if (errno)
		err(TROUBLE, "/dev/null");
	for (long round = how ? 0 : -1; round < rounds; round++) {
		for (size_t i = 0; i < count; i++) {
			if (how == 'c')
				cool();
			run(&commands[i], round, &actions);
		}
	}
	posix_spawn_file_actions_destroy(&actions);
}

static int compare_times(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

static void print(struct command *command, long rounds)
{
	double *times = command->times;
	qsort(times, (size_t)rounds, sizeof *times, compare_times);
	double median = (times[(rounds - 1) / 2] + times[rounds / 2]) / 2;
	printf("%.4f\t%.4f\t%ld\n", median, times[0], command->peak);
}

static char **end_of_command(char **argv)
{
	while (*argv && strcmp(*argv, ",") != 0)
		argv++;
	return argv;
}

/* Cuts the arguments at each `,`. */
static size_t split(char **argv, struct command *commands)
{
	size_t count = 0;
	for (bool more = true; more; count++) {
		char **end = end_of_command(argv);
		if (end == argv)
			errx(TROUBLE, "an empty command");
		if (count == COMMANDS_MOST)
			errx(TROUBLE, "over %d commands", COMMANDS_MOST);
		commands[count].argv = argv;
		more = *end != NULL;
		*end = NULL;
		argv = end + 1;
	}
	return count;
}

static long parse_rounds(const char *text)
{
	char *end;
	errno = 0;
	long rounds = strtol(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*text) || rounds < 1 || rounds > ROUNDS_MOST)
		errx(TROUBLE, "%s: not a number from 1 to %d", text, ROUNDS_MOST);
	return rounds;
}

static char parse_how(const char *text)
{
	bool known = strcmp(text, "-c") == 0 || strcmp(text, "-1") == 0;
	return known ? text[1] : '\0';
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MOST] = {{0}};
	char how = argc > 1 ? parse_how(argv[1]) : '\0';
	bool told = how != '\0';
	argv += 1 + told;
	if (argc - told < 3)
		errx(TROUBLE, "usage: measure [-c|-1] ROUNDS COMMAND [, COMMAND]...");

	long rounds = parse_rounds(argv[0]);
	size_t count = split(argv + 1, commands);
	for (size_t i = 0; i < count; i++) {
		commands[i].times = calloc((size_t)rounds, sizeof *commands[i].times);
		if (!commands[i].times)
			err(TROUBLE, "%ld rounds", rounds);
	}
	run_all(commands, count, rounds, how);
	for (size_t i = 0; i < count; i++) {
		print(&commands[i], rounds);
		free(commands[i].times);
	}
	if (fflush(stdout))
		err(TROUBLE, "standard output");
	return 0;
}

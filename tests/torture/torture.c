#include "torture.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONGER = 20, WAIT_MS = 20000 };

long torture_ms(long bounded)
{
	return world_long() ? LONGER * bounded : bounded;
}

long torture_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void torture_pause(unsigned *seed, long most)
{
	struct timespec span = {.tv_nsec = rand_r(seed) % (most * 1000)};
	nanosleep(&span, NULL);
}

pid_t torture_start(int (*what)(void *context), void *context)
{
	pid_t child = fork();

	if (child < 0)
		world_die("fork");
	if (child == 0)
		_exit(what(context));
	return child;
}

bool torture_end(pid_t process)
{
	int status;

	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			world_die("waitpid");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void torture_open(struct torture_writer *writer, const char *root)
{
	const struct ds_txn_options options = {.wait_ms = WAIT_MS, .who = "a test"};
	ds_error err;

	*writer = (struct torture_writer){0};
	if (ds_place_find(&writer->place, root, root, &err) != 0 ||
	    ds_txn_open(&writer->txn, &writer->place, &options, &err) != 0)
		world_die(err.message);
}

void torture_close(struct torture_writer *writer)
{
	ds_txn_close(writer->txn);
	ds_place_free(&writer->place);
}

void torture_tell(struct torture_writer *writer, const char *path)
{
	const char *note;
	FILE *file = fopen(path, "a");

	if (!file)
		world_die(path);
	for (; (note = ds_txn_note(writer->txn, writer->notes)); writer->notes++)
		fprintf(file, "%s\n", note);
	fclose(file);
}

void torture_saved(const char *state,
		   void (*each)(void *context, const char *name, const char *text), void *context)
{
	char path[PATH_MAX];
	struct dirent *entry;

	snprintf(path, sizeof path, "%s/saved", state);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		char file[PATH_MAX + 260];
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		char *text = *entry->d_name == '.' ? NULL : world_read(file, NULL);
		if (text)
			each(context, entry->d_name, text);
		free(text);
	}
	if (dir)
		closedir(dir);
}

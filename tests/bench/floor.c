/*
 * floor DIR THREADS: the least that a scan of the project DIR could do.
 *
 * Lists the increments once; then THREADS threads open, read whole and close metadata.json and
 * spec.md of each of them, and look at nothing. Prints how many files and bytes that were.
 */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TROUBLE = 2,
	BUFFER = 64 * 1024,
	PATH_SIZE = 512,
	BATCH = 16, /* what a thread takes at a time, so that the counter is seldom fought for */
	THREADS_MOST = 1024,
};

struct items {
	int dir;
	char **names;
	size_t count;
	size_t room;
	atomic_size_t taken;
};

struct worker {
	pthread_t thread;
	struct items *items;
	unsigned long files;
	unsigned long long bytes;
};

static void add_name(struct items *items, const char *name)
{
	if (items->count == items->room) {
		items->room = items->room ? 2 * items->room : 1024;
		items->names = realloc(items->names, items->room * sizeof *items->names);
		if (!items->names)
			err(TROUBLE, "%zu names", items->room);
	}
	items->names[items->count] = strdup(name);
	if (!items->names[items->count])
		err(TROUBLE, "%s", name);
	items->count++;
}

static void list_items(struct items *items, const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		err(TROUBLE, "%s", path);
	struct dirent *entry;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_name[0] != '_')
			add_name(items, entry->d_name);
	if (errno || closedir(dir))
		err(TROUBLE, "%s", path);
}

static void read_file(struct worker *worker, const char *name, const char *file, char *buffer)
{
	char path[PATH_SIZE];
	if (strlen(name) + strlen("/") + strlen(file) >= sizeof path)
		errx(TROUBLE, "%s: the name is too long", name);
	stpcpy(stpcpy(stpcpy(path, name), "/"), file);

	int fd = openat(worker->items->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(TROUBLE, "%s", path);
	ssize_t got;
	while ((got = read(fd, buffer, BUFFER)) > 0)
		worker->bytes += (unsigned long long)got;
	if (got < 0 || close(fd))
		err(TROUBLE, "%s", path);
	worker->files++;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct items *items = worker->items;
	char *buffer = malloc(BUFFER);
	if (!buffer)
		err(TROUBLE, "%d bytes", BUFFER);
	size_t first;
	while ((first = atomic_fetch_add(&items->taken, BATCH)) < items->count) {
		for (size_t i = first; i < first + BATCH && i < items->count; i++) {
			read_file(worker, items->names[i], "metadata.json", buffer);
			read_file(worker, items->names[i], "spec.md", buffer);
		}
	}
	free(buffer);
	return NULL;
}

/* The calling thread is the first of the workers. */
static void run_workers(struct worker *workers, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		errno = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
		if (errno)
			err(TROUBLE, "thread %zu", i);
	}
	work(&workers[0]);
	for (size_t i = 1; i < count; i++) {
		errno = pthread_join(workers[i].thread, NULL);
		if (errno)
			err(TROUBLE, "thread %zu", i);
		workers[0].files += workers[i].files;
		workers[0].bytes += workers[i].bytes;
	}
}

static void open_items(struct items *items, const char *project)
{
	char path[4096];
	int len = snprintf(path, sizeof path, "%s/.specweave/increments", project);
	if (len < 0 || (size_t)len >= sizeof path)
		errx(TROUBLE, "%s: the path is too long", project);
	items->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (items->dir < 0)
		err(TROUBLE, "%s", path);
	list_items(items, path);
}

static void free_items(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->names[i]);
	free(items->names);
	if (close(items->dir))
		err(TROUBLE, "increments");
}

static size_t parse_threads(const char *text)
{
	char *end;
	errno = 0;
	unsigned long count = strtoul(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*text) || count < 1 || count > THREADS_MOST)
		errx(TROUBLE, "%s: not a number from 1 to %d", text, THREADS_MOST);
	return count;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(TROUBLE, "usage: floor DIR THREADS");
	size_t count = parse_threads(argv[2]);
	struct items items = {.dir = -1};
	struct worker *workers = calloc(count, sizeof *workers);
	if (!workers)
		err(TROUBLE, "%zu threads", count);
	open_items(&items, argv[1]);
	for (size_t i = 0; i < count; i++)
		workers[i].items = &items;
	run_workers(workers, count);
	printf("%lu files, %llu bytes\n", workers[0].files, workers[0].bytes);
	free_items(&items);
	free(workers);
	if (fflush(stdout))
		err(TROUBLE, "standard output");
	return 0;
}

/*
 * slurp THREADS none|json|markdown DIR: the least that a scan of the files beneath DIR could do.
 *
 * Lists the folder and those in it once, but for hidden ones; then THREADS threads open, read
 * whole and close every file. With json or markdown each is also parsed once by the library that
 * would do it (cJSON, cmark-gfm with its tables), and the tree is thrown away. Prints how many
 * files and bytes that were.
 */
#define _DEFAULT_SOURCE
#include <cjson/cJSON.h>
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TROUBLE = 2, PATH_SIZE = 1024, BATCH = 16, THREADS_MOST = 64 };

struct list {
	char **paths;
	size_t count;
	size_t room;
	atomic_size_t taken;
};

struct worker {
	pthread_t thread;
	struct list *list;
	void (*parse)(const char *bytes, size_t len);
	unsigned long long bytes;
};

static void parse_nothing(const char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
}

static void parse_json(const char *bytes, size_t len)
{
	cJSON *tree = cJSON_ParseWithLength(bytes, len);
	if (!tree)
		errx(TROUBLE, "cJSON does not take it");
	cJSON_Delete(tree);
}

static void parse_markdown(const char *bytes, size_t len)
{
	cmark_parser *parser = cmark_parser_new(CMARK_OPT_SOURCEPOS);
	cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("table"));
	cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension("tasklist"));
	cmark_parser_feed(parser, bytes, len);
	cmark_node_free(cmark_parser_finish(parser));
	cmark_parser_free(parser);
}

static void add_path(struct list *list, const char *path)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		list->paths = realloc(list->paths, list->room * sizeof *list->paths);
		if (!list->paths)
			err(TROUBLE, "%zu paths", list->room);
	}
	list->paths[list->count] = strdup(path);
	if (!list->paths[list->count++])
		err(TROUBLE, "%s", path);
}

static void add_folder(struct list *list, const char *folder)
{
	char path[PATH_SIZE];
	DIR *dir = opendir(folder);
	if (!dir)
		err(TROUBLE, "%s", folder);
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR)
			add_folder(list, path);
		else
			add_path(list, path);
	}
	closedir(dir);
}

static void read_file(struct worker *worker, const char *path, char **buffer, size_t *room)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(TROUBLE, "%s", path);
	if ((size_t)st.st_size + 1 > *room) {
		*room = (size_t)st.st_size + 1;
		*buffer = realloc(*buffer, *room);
		if (!*buffer)
			err(TROUBLE, "%s", path);
	}
	ssize_t len = read(fd, *buffer, *room);
	if (len < 0)
		err(TROUBLE, "%s", path);
	close(fd);
	worker->bytes += (unsigned long long)len;
	worker->parse(*buffer, (size_t)len);
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	struct list *list = worker->list;
	char *buffer = NULL;
	size_t room = 0;
	size_t from;

	while ((from = atomic_fetch_add(&list->taken, BATCH)) < list->count)
		for (size_t i = from; i < from + BATCH && i < list->count; i++)
			read_file(worker, list->paths[i], &buffer, &room);
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	struct worker workers[THREADS_MOST] = {0};
	struct list list = {0};
	unsigned long long bytes = 0;
	int threads = argc == 4 ? atoi(argv[1]) : 0;

	if (threads < 1 || threads > THREADS_MOST)
		errx(TROUBLE, "usage: slurp THREADS none|json|markdown DIR");
	cmark_gfm_core_extensions_ensure_registered();
	add_folder(&list, argv[3]);
	for (int i = 0; i < threads; i++) {
		workers[i].list = &list;
		workers[i].parse = strcmp(argv[2], "json") == 0       ? parse_json
				   : strcmp(argv[2], "markdown") == 0 ? parse_markdown
								      : parse_nothing;
		if (i && pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0)
			err(TROUBLE, "thread");
	}
	run(&workers[0]);
	for (int i = 1; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	for (int i = 0; i < threads; i++)
		bytes += workers[i].bytes;
	printf("%zu files, %llu bytes\n", list.count, bytes);
	return 0;
}

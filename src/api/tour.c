#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "survey.h"

/* ---- Which folders --------------------------------------------------------- */

static bool begins_with(const char *path, const char *name)
{
	size_t len = strlen(name);
	return strncmp(path, name, len) == 0 && (path[len] == '/' || !path[len]);
}

static bool is_of_a_builtin(const char *name)
{
	for (const struct ds_builtin *builtin = ds_builtins(); builtin->name; builtin++)
		for (const struct ds_fit *fit = builtin->fits; fit->in; fit++)
			if (begins_with(*fit->in ? fit->in : fit->marker, name))
				return true;
	return false;
}

static bool may_enter(const char *name)
{
	static const char *const made[] = {"node_modules", "vendor", "target", "build", "dist"};

	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (strcmp(name, made[i]) == 0)
			return false;
	return *name != '.' || is_of_a_builtin(name);
}

static size_t depth_of(const char *folder)
{
	size_t depth = 0;

	while (*folder)
		depth += *folder++ == '/';
	return depth;
}

/* ---- One folder -------------------------------------------------------------- */

struct listing {
	struct ds_tour *tour;
	const char *folder;
	bool boundary; /* a repository of its own */
	bool failed;
};

static int add(struct listing *l, const char **paths, size_t *count, const char *name,
	       const char *end)
{
	size_t folder = strlen(l->folder);
	size_t len = strlen(name);

	if (*count == l->tour->most) {
		l->tour->stopped = true;
		return 0;
	}
	char *path = ds_arena_alloc(l->tour->strings, folder + len + strlen(end) + 1);
	if (!path) {
		l->failed = true;
		return DS_TROUBLE;
	}
	memcpy(path, l->folder, folder);
	memcpy(path + folder, name, len);
	memcpy(path + folder + len, end, strlen(end) + 1);
	paths[(*count)++] = path;
	return 0;
}

static int take_entry(void *context, const char *name, enum ds_entry_kind kind)
{
	struct listing *l = context;
	struct ds_tour *tour = l->tour;

	if (strcmp(name, ".git") == 0)
		l->boundary = *l->folder != '\0';
	else if (kind == DS_ENTRY_DIRECTORY && depth_of(l->folder) < tour->depth && may_enter(name))
		return add(l, tour->folders, &tour->folder_count, name, "/");
	else if (kind == DS_ENTRY_FILE && tour->takes && tour->takes(name))
		return add(l, tour->files, &tour->file_count, name, "");
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is in it comes in the order of names, so that a limit cuts the same off every time. */
static int list(struct ds_tour *tour, size_t which, struct ds_buf *path, ds_error *err)
{
	struct listing l = {.tour = tour, .folder = tour->folders[which]};
	size_t folders = tour->folder_count;
	size_t files = tour->file_count;
	size_t len = strlen(l.folder);

	ds_buf_cut(path, 0);
	ds_buf_append(path, l.folder, len - (len > 0));
	bool well = !path->failed &&
		    tour->source->ops->list(tour->source, path->bytes, take_entry, &l, NULL) == 0;
	if (path->failed || l.failed)
		return ds_fail_memory(err);
	if (!well)
		tour->blind = l.folder;
	if (l.boundary) {
		tour->folders[which] = NULL;
		tour->folder_count = folders;
		tour->file_count = files;
	}
	qsort(tour->folders + folders, tour->folder_count - folders, sizeof *tour->folders,
	      compare_paths);
	qsort(tour->files + files, tour->file_count - files, sizeof *tour->files, compare_paths);
	return 0;
}

/* ---- All of them ------------------------------------------------------------- */

/* Those that are repositories of their own are NULL until here. */
static void close_ranks(struct ds_tour *tour)
{
	size_t kept = 0;

	for (size_t i = 0; i < tour->folder_count; i++)
		if (tour->folders[i])
			tour->folders[kept++] = tour->folders[i];
	tour->folder_count = kept;
}

int ds_tour(struct ds_tour *tour, ds_error *err)
{
	struct ds_buf path = {0};
	int status = 0;

	tour->folders = calloc(tour->most, sizeof *tour->folders);
	tour->files = calloc(tour->most, sizeof *tour->files);
	if (!tour->folders || !tour->files)
		return ds_fail_memory(err);
	tour->folders[tour->folder_count++] = "";
	for (size_t i = 0; i < tour->folder_count && !status; i++)
		status = list(tour, i, &path, err);
	ds_buf_free(&path);
	close_ranks(tour);
	return status;
}

void ds_tour_free(struct ds_tour *tour)
{
	free(tour->folders);
	free(tour->files);
}

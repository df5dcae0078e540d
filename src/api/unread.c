/* Files with what looks like a status, and no rule reads them. */
#include <string.h>

#include "gaps.h"
#include "readers.h"
#include "survey.h"

enum { FILES_MOST = 20000, LEVELS = 64 };

/* ---- What a status looks like -------------------------------------------------- */

#define MARKDOWN ".md .markdown .mdx "

static const struct shape {
	const struct ds_reader *reader;
	struct ds_spec spec;
	const char *names; /* how the names of its files end */
	const char *what;
} shapes[] = {
	{&ds_frontmatter_reader, {"status", NULL}, MARKDOWN, "a status in front matter"},
	{&ds_task_block_reader, {"status", "id"}, MARKDOWN, "task blocks with a status"},
	{&ds_table_reader, {"Status", "1"}, MARKDOWN, "a table with a column Status"},
	{&ds_line_reader, {"Status", NULL}, MARKDOWN ".txt ", "a line \"Status:\""},
	{&ds_json_reader, {"status", NULL}, ".json ", "a \"status\""},
	{&ds_json_reader,
	 {"[id={id}].status | *[id={id}].status | *.*[id={id}].status", NULL},
	 ".json ",
	 "records with \"id\" and \"status\""},
	{&ds_yaml_reader, {"status", NULL}, ".yml .yaml ", "a \"status\""},
	{&ds_yaml_reader,
	 {"[id={id}].status | *[id={id}].status | *.*[id={id}].status", NULL},
	 ".yml .yaml ",
	 "records with \"id\" and \"status\""},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static bool ends_like(const char *name, const struct shape *shape)
{
	const char *dot = strrchr(name, '.');
	const char *at = dot ? strstr(shape->names, dot) : NULL;

	return at && at[strlen(dot)] == ' ';
}

static bool takes(const char *name)
{
	for (size_t i = 0; *name != '.' && i < SHAPES; i++)
		if (ends_like(name, &shapes[i]))
			return true;
	return false;
}

static bool is_status(ds_code code, bool word, struct ds_text text)
{
	return code == DS_NO_CODE && word && text.len && text.len <= DS_WORD_SHOWN;
}

static bool has_records(const struct shape *shape, struct ds_text bytes, struct ds_arena *scratch)
{
	struct ds_records records = {0};
	bool found = false;

	(void)shape->reader->records(&records, bytes, &shape->spec, NULL, scratch);
	for (size_t i = 0; i < records.len && !found; i++) {
		const struct ds_value *value = records.at[i].values;
		found = is_status(value->code, value->word, value->text);
	}
	ds_records_free(&records);
	return found;
}

static bool has_shape(const struct shape *shape, struct ds_text bytes, struct ds_arena *scratch)
{
	struct ds_reading reading = {0};

	if (shape->spec.id || strstr(shape->spec.at, "{id}"))
		return has_records(shape, bytes, scratch);
	shape->reader->read(&reading, bytes, true, shape->spec.at, scratch);
	return is_status(reading.code, reading.word, reading.text);
}

/* Files of one folder that end alike and have one shape. */
struct group {
	const char *first;
	size_t count;
	int shape;
};

enum { GROUPS_MOST = 3 * SHAPES };

struct files {
	struct ds_page *page;
	struct ds_source *source;
	struct ds_blob blob;
	struct ds_arena scratch;
	struct group groups[GROUPS_MOST]; /* of the folder at hand */
	size_t group_count;
};

static size_t folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) + 1 : 0;
}

static void put_groups(struct files *files)
{
	struct ds_page *page = files->page;

	for (size_t i = 0; i < files->group_count; i++) {
		const struct group *group = &files->groups[i];
		if (group->count == 1) {
			ds_page_put(page, group->first);
		} else {
			ds_escape(&page->text,
				  (struct ds_text){group->first, folder_of(group->first)});
			ds_buf_printf(&page->text, "*%s", strrchr(group->first, '.'));
		}
		ds_buf_printf(&page->text, ": %s that no rule reads", shapes[group->shape].what);
		if (group->count > 1)
			ds_buf_printf(&page->text, ", in %zu files", group->count);
		ds_buf_puts(&page->text, "\n");
		page->found = true;
	}
	files->group_count = 0;
}

static void add_file(struct files *files, const char *path, int shape)
{
	struct group *group = files->groups;
	struct group *end = group + files->group_count;

	while (group < end && !(group->shape == shape &&
				strcmp(strrchr(group->first, '.'), strrchr(path, '.')) == 0))
		group++;
	if (group == end) {
		*group = (struct group){.first = path, .shape = shape};
		files->group_count++;
	}
	group->count++;
}

static void look_at_file(struct files *files, const char *path)
{
	const struct ds_extent extent = {.first = 16 * 1024, .limit = files->page->limit};

	files->source->ops->read(files->source, path, &extent, &files->blob);
	if (files->blob.kind == DS_UNUSABLE) {
		ds_page_put(files->page, path);
		ds_buf_printf(&files->page->text, ": %s\n", files->blob.why);
		files->page->partial = true;
	}
	if (files->blob.kind != DS_REGULAR || !files->blob.bytes.len)
		return;
	struct ds_text bytes = {files->blob.bytes.bytes, files->blob.bytes.len};
	for (int i = 0; i < SHAPES; i++) {
		if (!ends_like(path, &shapes[i]) || !has_shape(&shapes[i], bytes, &files->scratch))
			continue;
		add_file(files, path, i);
		break;
	}
	ds_arena_reset(&files->scratch);
}

/* Folder by folder, as the walk has them. */
static void look_at_files(struct files *files, const struct ds_tour *tour)
{
	const char *before = "";

	for (size_t i = 0; i < tour->file_count; i++) {
		const char *path = tour->files[i];
		size_t folder = folder_of(path);
		if (folder != folder_of(before) || strncmp(path, before, folder) != 0)
			put_groups(files);
		before = path;
		if (!ds_is_seen(&files->page->seen, path))
			look_at_file(files, path);
	}
	put_groups(files);
}

int ds_find_unread(struct ds_page *page, struct ds_source *source, ds_error *err)
{
	struct ds_arena strings = {0};
	struct files files = {.page = page, .source = source};
	struct ds_tour tour = {.source = source,
			       .depth = LEVELS,
			       .most = FILES_MOST,
			       .takes = takes,
			       .strings = &strings};
	int status = ds_tour(&tour, err);

	if (!status)
		look_at_files(&files, &tour);
	if (tour.blind) {
		ds_page_put(page, *tour.blind ? tour.blind : "./");
		ds_buf_puts(&page->text, ": could not be listed\n");
	}
	if (tour.stopped)
		ds_buf_printf(&page->text,
			      "more than %d files or folders: the rest was not looked at\n",
			      FILES_MOST);
	page->partial |= tour.blind || tour.stopped;
	ds_tour_free(&tour);
	ds_blob_free(&files.blob);
	ds_arena_free(&files.scratch);
	ds_arena_free(&strings);
	return status;
}

/*
 * What the rules do not see: words that no vocabulary has, records that are no item, rules
 * that fit and are not used, files with a status that no rule reads.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "desync/rules.h"
#include "err.h"
#include "finding.h"
#include "ledger.h"
#include "readers.h"
#include "survey.h"
#include "worktree.h"

enum {
	WORDS_MOST = 256,
	SHOWN = 60, /* of a word; what is longer as a status is prose */
	FILES_MOST = 20000,
	BLIND_MOST = 20,
	LEVELS = 64,
};

/* ---- What a scan has seen ---------------------------------------------------- */

struct word {
	const struct ds_rule *rule;
	const char *text;
	const char *path; /* of the first */
	size_t line;
	size_t count;
};

struct seen {
	struct ds_arena strings;
	const char **paths;
	size_t path_count;
	size_t path_room;
	struct word words[WORDS_MOST];
	size_t word_count;
	bool more_words;
	struct ds_buf strays; /* lines about records that are no item */
	size_t stray_count;
	struct ds_buf blind; /* lines about what could not be judged */
	size_t blind_count;
	bool all;    /* words of archived items, too */
	bool failed; /* out of memory */
};

static void add_path(struct seen *seen, const char *path)
{
	if (seen->path_count == seen->path_room) {
		size_t room = seen->path_room ? seen->path_room * 2 : 256;
		const char **paths = realloc(seen->paths, room * sizeof *paths);
		seen->failed |= !paths;
		if (!paths)
			return;
		seen->paths = paths;
		seen->path_room = room;
	}
	const char *kept = ds_arena_string(&seen->strings, path);
	seen->failed |= !kept;
	if (kept)
		seen->paths[seen->path_count++] = kept;
}

static void add_word(struct seen *seen, const struct ds_rule *rule, const struct ds_seen_copy *copy)
{
	struct ds_text text = copy->reading.text;
	struct word *word = seen->words;
	struct word *end = word + seen->word_count;
	size_t column;

	text.len = ds_utf8_fit(text, SHOWN);
	while (word < end && !(word->rule == rule && ds_text_is(text, word->text)))
		word++;
	if (word == end && seen->word_count == WORDS_MOST) {
		seen->more_words = true;
		return;
	}
	if (word == end) {
		*word = (struct word){.rule = rule,
				      .text = ds_arena_copy(&seen->strings, text.at, text.len),
				      .path = ds_arena_string(&seen->strings, copy->path)};
		seen->failed |= !word->text || !word->path;
		if (seen->failed)
			return;
		ds_seen_position(copy, copy->reading.start, &word->line, &column);
		seen->word_count++;
	}
	word->count++;
}

static void begin(void *context)
{
	struct seen *seen = context;
	seen->path_count = 0;
	seen->word_count = 0;
}

/* The files that hold many are known from the ledgers. */
static unsigned see_item(void *context, struct ds_desk *desk, const struct ds_item *item)
{
	struct seen *seen = context;

	for (int i = 0; i < desk->copy_count; i++) {
		const struct ds_seen_copy *copy = &desk->copies[i];
		const struct ds_copy_rule *rule = &desk->rule->copies[i];
		if (copy->left || rule->from != DS_FROM_SOURCE)
			continue;
		if (!rule->many && copy->path)
			add_path(seen, copy->path);
		if (copy->reading.code == DS_NO_CODE && !copy->set && !seen->failed &&
		    (seen->all || !item->archived))
			add_word(seen, desk->rule, copy);
	}
	return 0;
}

static void see_ledgers(struct seen *seen, const ds_result *result)
{
	for (size_t i = 0; i < result->scan_count; i++)
		for (int c = 0; c < DS_COPY_LIMIT; c++) {
			const struct ds_ledger *ledger = &result->scanned[i].ledgers[c];
			for (size_t d = 0; d < ledger->document_count; d++)
				add_path(seen, ledger->documents[d].path);
		}
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_paths(struct seen *seen)
{
	if (seen->path_count)
		qsort(seen->paths, seen->path_count, sizeof *seen->paths, compare_paths);
}

static bool is_read(const struct seen *seen, const char *path)
{
	return seen->path_count &&
	       bsearch(&path, seen->paths, seen->path_count, sizeof *seen->paths, compare_paths);
}

static void free_seen(struct seen *seen)
{
	ds_arena_free(&seen->strings);
	free(seen->paths);
	ds_buf_free(&seen->strays);
	ds_buf_free(&seen->blind);
}

/* ---- Records that are no item ------------------------------------------------------ */

struct stray {
	struct seen *seen;
	const struct ds_rule *rule;
};

static int see_stray(void *context, int copy, const struct ds_entry *entry, ds_error *err)
{
	const struct stray *stray = context;
	struct ds_buf *out = &stray->seen->strays;
	size_t line;
	size_t column;

	if (stray->seen->stray_count++ >= WORDS_MOST)
		return 0;
	ds_document_position(entry->document, entry->record->start, &line, &column);
	ds_escape(out, ds_text_of(entry->document->path));
	ds_buf_printf(out, ":%zu: ", line);
	ds_escape(out, ds_text_of(stray->rule->copies[copy].name));
	ds_buf_puts(out, " has an entry for ");
	ds_escape(out, entry->record->id);
	ds_buf_printf(out, ", which is no item of the rule %s\n", stray->rule->name);
	return out->failed ? ds_fail_memory(err) : 0;
}

/* All items are known; those that the rule passes over are none, and their records neither
 * strays. */
static int see_strays(struct seen *seen, const struct ds_rule *rule,
		      const struct ds_scanned *scanned, const struct ds_items *passed,
		      ds_error *err)
{
	struct ds_scanned wide = *scanned;
	struct stray stray = {seen, rule};

	wide.skipped = *passed;
	return ds_unlisted(rule, &wide, see_stray, &stray, err);
}

/* ---- What a rule passes over on purpose ------------------------------------------ */

static int no_problem(void *context, const char *path, bool shelf, const char *why, ds_error *err)
{
	/* The scan has said it. */
	(void)context, (void)path, (void)shelf, (void)why, (void)err;
	return 0;
}

static void see_files(struct seen *seen, const struct ds_rule *rule, const struct ds_item *item,
		      struct ds_buf *path)
{
	for (int i = 0; rule->copies[i].name; i++) {
		ds_buf_cut(path, 0);
		if (ds_copy_path(path, rule, i, item->path, item->id) == DS_PATH_MADE)
			add_path(seen, path->bytes);
	}
	for (const struct ds_rollup *r = rule->rollups; r && (r->path || r->children); r++) {
		ds_buf_cut(path, 0);
		if (r->path &&
		    ds_item_path(path, rule, r->path, item->path, item->id) == DS_PATH_MADE)
			add_path(seen, path->bytes);
	}
}

/* What is excluded or ignored is nothing that was forgotten. */
static int see_rule(struct seen *seen, ds_repo *repo, const struct ds_rule *rule,
		    const struct ds_scanned *scanned, ds_error *err)
{
	struct ds_rule wide = *rule;
	struct ds_items items = {0};
	struct ds_buf path = {0};
	struct ds_expansion expansion = {.rule = &wide,
					 .source = repo->source,
					 .strings = &seen->strings,
					 .items = &items,
					 .archived = &items,
					 .problem = no_problem};

	wide.exclude = NULL;
	wide.ignore = NULL;
	int status = ds_expand(&expansion, err);
	for (size_t i = 0; i < items.len && !status; i++)
		see_files(seen, rule, &items.at[i], &path);
	if (!status)
		status = see_strays(seen, rule, scanned, &items, err);
	seen->failed |= path.failed;
	ds_buf_free(&path);
	ds_items_free(&items);
	return status;
}

/* Where a copy could not be read, nobody knows which words are in it. */
static void see_blind(struct seen *seen, const ds_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const ds_finding *finding = &result->findings[i];
		if (ds_code_info(finding->code)->status != DS_TROUBLE ||
		    seen->blind_count++ >= BLIND_MOST)
			continue;
		if (finding->copy_count) {
			ds_escape(&seen->blind, ds_text_of(finding->copies[0].path));
			ds_buf_puts(&seen->blind, ": ");
		}
		ds_escape(&seen->blind, ds_text_of(finding->message));
		ds_buf_puts(&seen->blind, "\n");
	}
	if (seen->blind_count > BLIND_MOST)
		ds_buf_printf(&seen->blind, "and %zu more that could not be judged\n",
			      seen->blind_count - BLIND_MOST);
	seen->failed |= seen->blind.failed;
}

static int see_rules(struct seen *seen, ds_repo *repo, ds_error *err)
{
	struct ds_settler settler = {begin, see_item, seen};
	ds_scan_options options = {.size = sizeof options, .all = true, .jobs = 1};
	ds_result *result;
	int status = ds_scan_settling(&result, repo, &options, &settler, err);

	if (status)
		return status;
	see_blind(seen, result);
	see_ledgers(seen, result);
	for (size_t i = 0; i < result->rule_count && !status; i++)
		status = see_rule(seen, repo, repo->rules[i], &result->scanned[i], err);
	for (size_t i = 0; i < repo->ruleset.file_count; i++)
		add_path(seen, repo->ruleset.files[i]);
	sort_paths(seen);
	ds_result_free(result);
	return status || !seen->failed ? status : ds_fail_memory(err);
}

/* ---- The page ------------------------------------------------------------------------ */

struct page {
	struct ds_buf text;
	struct seen seen;
	size_t limit; /* of a file */
	bool found;
	bool partial;
};

static void put(struct page *page, const char *string)
{
	ds_escape(&page->text, ds_text_of(string));
}

static void put_words(struct page *page)
{
	for (size_t i = 0; i < page->seen.word_count; i++) {
		const struct word *word = &page->seen.words[i];
		const char *nearest =
			ds_vocabulary_nearest(word->rule->vocabulary, ds_text_of(word->text));
		put(page, word->path);
		ds_buf_printf(&page->text, ":%zu: \"", word->line);
		put(page, word->text);
		ds_buf_puts(&page->text, "\" is no word of the rule ");
		put(page, word->rule->name);
		if (word->count > 1)
			ds_buf_printf(&page->text, " (%zu times)", word->count);
		if (nearest) {
			ds_buf_puts(&page->text, "; the nearest is \"");
			put(page, nearest);
			ds_buf_puts(&page->text, "\"");
		}
		ds_buf_puts(&page->text, "\n");
		page->found = true;
	}
	if (page->seen.more_words) {
		ds_buf_printf(&page->text, "more than %d such words: the rest is not listed\n",
			      WORDS_MOST);
		page->partial = true;
	}
}

static void put_strays(struct page *page)
{
	const struct seen *seen = &page->seen;

	page->found |= seen->stray_count != 0;
	if (seen->strays.len)
		ds_buf_append(&page->text, seen->strays.bytes, seen->strays.len);
	if (seen->stray_count > WORDS_MOST)
		ds_buf_printf(&page->text, "%zu more such entries are not listed\n",
			      seen->stray_count - WORDS_MOST);
}

/* ---- Rules that are not used ------------------------------------------------------------ */

static void put_unused(struct page *page, const struct ds_proposal *proposal, const ds_repo *repo)
{
	page->found = true;
	ds_buf_printf(&page->text, "%s; fits, and is not used: ", proposal->line);
	if (repo && repo->ruleset.configured)
		ds_buf_printf(&page->text, "add \"- %s\" to \"%s:\" in " DS_CONFIG_NAME "\n",
			      proposal->entry, proposal->builtin ? "use" : "roots");
	else
		ds_buf_puts(&page->text, "desync-init writes a configuration that has it\n");
}

/* A proposal that reads something which nobody else does; that is covered then. */
static int look_at_proposal(struct page *page, struct ds_proposals *all,
			    struct ds_proposal *proposal, const ds_repo *repo, const char *root,
			    ds_error *err)
{
	static struct ds_scan_options const options = {
		.size = sizeof options, .all = true, .jobs = 1};
	struct seen theirs = {0};
	struct ds_settler settler = {begin, see_item, &theirs};
	ds_repo *tried;
	ds_result *result;
	bool unread = false;
	int status = ds_try_proposal(all, proposal, root, &options, &settler, &tried, &result, err);

	if (!status && result && !proposal->left_out) {
		see_ledgers(&theirs, result);
		for (size_t i = 0; i < theirs.path_count; i++)
			unread |= !is_read(&page->seen, theirs.paths[i]);
		for (size_t i = 0; unread && i < theirs.path_count; i++)
			add_path(&page->seen, theirs.paths[i]);
		if (unread)
			put_unused(page, proposal, repo);
		sort_paths(&page->seen);
	}
	page->seen.failed |= theirs.failed;
	free_seen(&theirs);
	ds_result_free(result);
	ds_close(tried);
	return status;
}

static int look_at_proposals(struct page *page, const ds_repo *repo, const char *root,
			     ds_error *err)
{
	struct ds_arena strings = {0};
	struct ds_proposals all = {.strings = &strings};
	int status = ds_propose(&all, root, err);

	for (size_t i = 0; i < all.count && !status; i++)
		status = look_at_proposal(page, &all, &all.at[i], repo, root, err);
	if (all.more)
		ds_buf_puts(&page->text,
			    "more fits than was tried: give the roots configurations of "
			    "their own\n");
	page->partial |= all.more;
	ds_arena_free(&strings);
	return status;
}

/* ---- Files that no rule reads -------------------------------------------------------------- */

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
	return code == DS_NO_CODE && word && text.len && text.len <= SHOWN;
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
	struct page *page;
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
	struct page *page = files->page;

	for (size_t i = 0; i < files->group_count; i++) {
		const struct group *group = &files->groups[i];
		if (group->count == 1) {
			put(page, group->first);
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
		put(files->page, path);
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
		if (!is_read(&files->page->seen, path))
			look_at_file(files, path);
	}
	put_groups(files);
}

static int walk(struct page *page, struct ds_source *source, ds_error *err)
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
		put(page, *tour.blind ? tour.blind : "./");
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

/* ---- All of it ------------------------------------------------------------------------------- */

static int look(struct page *page, ds_repo *repo, const char *root, ds_error *err)
{
	struct ds_source *source;
	int status = repo ? see_rules(&page->seen, repo, err) : 0;

	if (status)
		return status;
	put_words(page);
	put_strays(page);
	page->partial |= page->seen.blind_count != 0;
	if (page->seen.blind.len)
		ds_buf_puts(&page->text, page->seen.blind.bytes);
	status = look_at_proposals(page, repo, root, err);
	if (!status)
		status = ds_worktree_open(&source, root, err);
	if (status)
		return status;
	status = walk(page, source, err);
	source->ops->free(source);
	if (!page->found && !page->partial)
		ds_buf_puts(&page->text, "every word is known, and no file with a status was "
					 "found that no rule reads\n");
	return status || !(page->text.failed || page->seen.failed) ? status : ds_fail_memory(err);
}

int ds_survey_gaps(const char *dir, const ds_gaps_options *options, ds_write_fn write,
		   void *context, ds_error *err)
{
	ds_gaps_options given;
	ds_take_options(&given, sizeof given, options);
	struct page page = {.seen = {.all = given.all},
			    .limit = given.file_limit ? given.file_limit : DS_FILE_LIMIT};
	ds_open_options opening = {
		.size = sizeof opening, .may_be_none = true, .file_limit = given.file_limit};
	char *root = NULL;
	ds_repo *repo;
	int why = 0;
	int status = ds_open(&repo, dir, &opening, err);

	if (!status && !repo)
		status = ds_survey_root(&root, dir, err);
	if (!status)
		status = look(&page, repo, repo ? repo->root : root, err);
	if (!status)
		why = write(context, page.text.bytes, page.text.len);
	if (why)
		status = ds_fail(err, DS_TROUBLE, "it could not be written: %s", strerror(why));
	else if (!status && (page.partial || page.found))
		status = ds_fail(err, page.partial ? DS_TROUBLE : DS_DESYNC, "%s", "");
	free_seen(&page.seen);
	ds_buf_free(&page.text);
	ds_close(repo);
	free(root);
	return status;
}

#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "content.h"
#include "pattern.h"
#include "readers.h"
#include "rules.h"

/* ---- Which files -------------------------------------------------------- */

struct gathering {
	struct ds_ledger *ledger;
	size_t room;
};

static struct ds_document *add_document(struct gathering *g, const char *path)
{
	struct ds_ledger *ledger = g->ledger;

	if (!ds_grow(&ledger->documents, &g->room, ledger->document_count,
		     sizeof *ledger->documents))
		return NULL;
	struct ds_document *document = &ledger->documents[ledger->document_count];
	*document = (struct ds_document){.path = ds_arena_string(&ledger->arena, path)};
	if (!document->path)
		return NULL;
	ledger->document_count++;
	return document;
}

static int on_match(void *context, const char *path, int pattern, ds_error *err)
{
	(void)pattern;
	return add_document(context, path) ? 0 : ds_fail_memory(err);
}

/* What is in there is not known: a document that cannot be read. */
static int on_problem(void *context, const char *path, unsigned patterns, const char *why,
		      ds_error *err)
{
	struct ds_document *document = add_document(context, *path ? path : ".");

	(void)patterns;
	if (!document)
		return ds_fail_memory(err);
	document->blob.kind = DS_UNUSABLE;
	ds_reading_fail(&document->records.defect, DS_UNREADABLE, "%s", why);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct ds_document *)a)->path, ((const struct ds_document *)b)->path);
}

static int find_documents(struct ds_ledger *ledger, struct ds_source *source, ds_error *err)
{
	const char *path = ledger->rule->copies[ledger->copy].path;
	struct gathering g = {ledger, 0};
	struct ds_walk walk = {.source = source,
			       .patterns = {path},
			       .pattern_count = 1,
			       .match = on_match,
			       .problem = on_problem,
			       .context = &g};

	if (!path[strcspn(path, "*{")])
		return on_match(&g, path, 0, err);
	int status = ds_pattern_walk(&walk, err);
	if (!status && ledger->document_count)
		qsort(ledger->documents, ledger->document_count, sizeof *ledger->documents,
		      compare_paths);
	return status;
}

/* ---- The bytes ---------------------------------------------------------- */

static void fetch(struct ds_blob *blob, const char *path, struct ds_source *source, size_t limit)
{
	const struct ds_extent whole = {.limit = limit ? limit : DS_FILE_LIMIT};
	source->ops->read(source, path, &whole, blob);
}

static void announce(const struct ds_ledger *ledger, struct ds_source *source)
{
	if (!source->ops->want)
		return;
	for (size_t i = 0; i < ledger->document_count; i++)
		source->ops->want(source, ledger->documents[i].path);
	source->ops->want(source, NULL);
}

int ds_ledger_fetch(struct ds_ledger *ledger, const struct ds_rule *rule, int copy,
		    struct ds_source *source, size_t limit, ds_error *err)
{
	ledger->rule = rule;
	ledger->copy = copy;
	int status = find_documents(ledger, source, err);
	if (status)
		return status;
	announce(ledger, source);
	for (size_t i = 0; i < ledger->document_count; i++) {
		struct ds_document *document = &ledger->documents[i];
		if (document->records.defect.code == DS_NO_CODE)
			fetch(&document->blob, document->path, source, limit);
	}
	return 0;
}

static bool says_same(const struct ds_blob *a, const struct ds_blob *b)
{
	return a->kind == b->kind && a->bytes.len == b->bytes.len &&
	       (a->kind == DS_REGULAR
			? !a->bytes.len || memcmp(a->bytes.bytes, b->bytes.bytes, a->bytes.len) == 0
			: a->kind == DS_MISSING);
}

static bool lists_same(const struct ds_ledger *a, const struct ds_ledger *b)
{
	if (a->document_count != b->document_count)
		return false;
	for (size_t i = 0; i < a->document_count; i++)
		if (strcmp(a->documents[i].path, b->documents[i].path) != 0)
			return false;
	return true;
}

bool ds_ledger_is_current(const struct ds_ledger *ledger, struct ds_source *source, size_t limit)
{
	struct ds_ledger now = {.rule = ledger->rule, .copy = ledger->copy};
	struct ds_blob blob = {0};
	ds_error err;

	bool same = !find_documents(&now, source, &err) && lists_same(ledger, &now);
	for (size_t i = 0; i < ledger->document_count && same; i++) {
		fetch(&blob, ledger->documents[i].path, source, limit);
		same = says_same(&ledger->documents[i].blob, &blob);
	}
	ds_blob_free(&blob);
	ds_ledger_clear(&now);
	return same;
}

/* ---- What is in them ---------------------------------------------------- */

static bool add_line(struct ds_document *document, size_t start, size_t *room)
{
	if (!ds_grow(&document->lines, room, document->line_count, sizeof *document->lines))
		return false;
	document->lines[document->line_count++] = start;
	return true;
}

/* All at once and not when somebody asks: that may be several threads. */
static bool find_lines(struct ds_document *document, struct ds_text bytes)
{
	enum { USUAL = 32 }; /* bytes in a line */
	const char *end = bytes.at + bytes.len;
	const char *feed = bytes.at;
	size_t room = bytes.len / USUAL + 1;

	document->lines = calloc(room, sizeof *document->lines);
	if (!document->lines)
		return false;
	document->line_count = 1;
	for (; (feed = memchr(feed, '\n', (size_t)(end - feed))); feed++)
		if (!add_line(document, (size_t)(feed + 1 - bytes.at), &room))
			return false;
	return true;
}

bool ds_ledger_parse(const struct ds_ledger *ledger, struct ds_document *document,
		     struct ds_arena *arena)
{
	const struct ds_copy_rule *copy = &ledger->rule->copies[ledger->copy];
	const struct ds_spec spec = {copy->at, copy->id};
	struct ds_records *records = &document->records;

	if (records->defect.code != DS_NO_CODE || !ds_is_content(&records->defect, &document->blob))
		return true;
	struct ds_text bytes = ds_blob_text(&document->blob);
	if (!ds_reader_find(copy->read)->records(records, bytes, &spec, copy->fields, arena))
		return false;
	ds_blame_conflict(&records->defect, bytes);
	return find_lines(document, bytes);
}

/* ---- Which item has what ------------------------------------------------ */

static int compare_entries(const void *left, const void *right)
{
	const struct ds_entry *a = left;
	const struct ds_entry *b = right;
	int order = strcmp(a->id, b->id);

	if (order)
		return order;
	if (a->document != b->document)
		return a->document < b->document ? -1 : 1;
	return a->record < b->record ? -1 : a->record > b->record;
}

static bool add_entries(struct ds_ledger *ledger, const struct ds_document *document,
			struct ds_arena *arena)
{
	const struct ds_records *records = &document->records;

	for (size_t i = 0; i < records->len; i++) {
		const struct ds_record *record = &records->at[i];
		if (!record->id.len)
			continue;
		struct ds_text key = ds_id_key(ledger->rule, record->id);
		struct ds_entry *entry = &ledger->entries[ledger->entry_count];
		*entry = (struct ds_entry){ds_arena_copy(arena, key.at, key.len), document, record};
		if (!entry->id)
			return false;
		ledger->entry_count++;
	}
	return true;
}

static bool are_sorted(const struct ds_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (compare_entries(&entries[i - 1], &entries[i]) > 0)
			return false;
	return true;
}

/* What has no place for records, of several, is not where they are missing. */
static bool hides_records(const struct ds_ledger *ledger, const struct ds_document *document)
{
	return document->records.defect.code != DS_MISSING_STATUS || ledger->document_count == 1;
}

bool ds_ledger_index(struct ds_ledger *ledger, struct ds_arena *arena)
{
	size_t count = 0;

	for (size_t i = 0; i < ledger->document_count; i++) {
		struct ds_document *document = &ledger->documents[i];
		if (document->records.defect.code == DS_NO_CODE) {
			count += document->records.len;
			continue;
		}
		document->records.len = 0;
		if (!ledger->defect && hides_records(ledger, document))
			ledger->defect = document;
	}
	ledger->entries = calloc(count + 1, sizeof *ledger->entries);
	if (!ledger->entries)
		return false;
	ledger->entry_count = 0;
	for (size_t i = 0; i < ledger->document_count; i++)
		if (!add_entries(ledger, &ledger->documents[i], arena))
			return false;
	if (!are_sorted(ledger->entries, ledger->entry_count))
		qsort(ledger->entries, ledger->entry_count, sizeof *ledger->entries,
		      compare_entries);
	return true;
}

/* ---- The whole ---------------------------------------------------------- */

void ds_ledger_clear(struct ds_ledger *ledger)
{
	for (size_t i = 0; i < ledger->document_count; i++) {
		ds_blob_free(&ledger->documents[i].blob);
		ds_records_free(&ledger->documents[i].records);
		free(ledger->documents[i].lines);
	}
	free(ledger->documents);
	free(ledger->entries);
	ds_arena_free(&ledger->arena);
	*ledger = (struct ds_ledger){0};
}

/* ---- Finding ------------------------------------------------------------ */

/* The first entry whose id does not come before the key. */
static size_t find_bound(const struct ds_ledger *ledger, struct ds_text key)
{
	size_t from = 0;
	size_t to = ledger->entry_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strncmp(ledger->entries[middle].id, key.at, key.len) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_of(const struct ds_ledger *ledger, size_t entry, struct ds_text key)
{
	return entry < ledger->entry_count && ds_text_is(key, ledger->entries[entry].id);
}

size_t ds_ledger_find_next(const struct ds_ledger *ledger, const char *id, size_t *next,
			   const struct ds_entry **first)
{
	struct ds_text key = ds_id_key(ledger->rule, ds_text_of(id));
	size_t from = *next;

	if (!is_of(ledger, from, key) || (from && is_of(ledger, from - 1, key)))
		from = find_bound(ledger, key);
	/* One that is longer comes behind all that are the same. */
	for (*next = from; is_of(ledger, *next, key);)
		++*next;
	*first = &ledger->entries[from];
	return *next - from;
}

size_t ds_ledger_find(const struct ds_ledger *ledger, const char *id, const struct ds_entry **first)
{
	size_t next = ledger->entry_count;
	return ds_ledger_find_next(ledger, id, &next, first);
}

void ds_document_position(const struct ds_document *document, size_t at, size_t *line,
			  size_t *column)
{
	size_t from = 0;
	size_t to = document->line_count;

	while (to > from + 1) {
		size_t middle = from + (to - from) / 2;
		if (document->lines[middle] <= at)
			from = middle;
		else
			to = middle;
	}
	*line = from + 1;
	*column = at - (to ? document->lines[from] : 0) + 1;
}

/* cJSON builds the tree, and is trusted with nothing else: what is JSON says the
 * scanner, keys are compared here (its own look-up ignores letter case and takes the
 * first of two), and what it would cut short or round is refused. */
#include "json_records.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"
#include "json_text.h"
#include "keypath.h"

static int check(const char *which, struct ds_text bytes, ds_error *err)
{
	struct ds_json_found found;
	struct ds_json_error error;
	size_t line;
	size_t column;

	if (ds_json_scan(&found, bytes, "", &error))
		return 0;
	ds_text_position(bytes, error.at, &line, &column);
	return ds_fail(err, DS_TROUBLE, "%s%zu:%zu: %s", which, line, column, error.why);
}

int ds_json_check(struct ds_text bytes, ds_error *err)
{
	return check("", bytes, err);
}

/* ---- One document ------------------------------------------------------- */

enum { NAMED = 5, NAME_ROOM = 60 };

struct record {
	const char *text; /* NULL: the id is the number */
	double number;
};

struct document {
	const char *which; /* for messages */
	cJSON *root;
	struct record *records; /* sorted */
	size_t len;
};

/* cJSON's strings end there: two that differ behind it would be one. In a document
 * that scanned well, a backslash is always an escape. */
static bool has_nul(struct ds_text bytes)
{
	for (size_t i = 0; i + 6 < bytes.len; i++) {
		if (bytes.at[i] != '\\')
			continue;
		i++;
		if (memcmp(bytes.at + i, "u0000", 5) == 0)
			return true;
	}
	return false;
}

static int parse(struct document *document, struct ds_text bytes, ds_error *err)
{
	if (check(document->which, bytes, err))
		return DS_TROUBLE;
	if (has_nul(bytes))
		return ds_fail(err, DS_TROUBLE,
			       "%sa text holds \\u0000: records cannot be told apart",
			       document->which);
	document->root = cJSON_ParseWithLength(bytes.at, bytes.len);
	return document->root ? 0
			      : ds_fail(err, DS_TROUBLE,
					"%ssome number or text is too odd to compare records",
					document->which);
}

/* How many members have exactly that key; *out is the first of them. */
static int find_member(cJSON **out, const cJSON *object, struct ds_text key)
{
	int count = 0;

	if (!object || !cJSON_IsObject(object))
		return 0;
	for (cJSON *child = object->child; child; child = child->next)
		if (ds_text_is(key, child->string) && count++ == 0)
			*out = child;
	return count;
}

/* *out is NULL where there is no such array. */
static int find_array(cJSON **out, const struct document *document, const char *path, ds_error *err)
{
	int levels = *path && strcmp(path, ".") != 0 ? ds_keypath_len(path) : 0;
	cJSON *at = document->root;

	*out = NULL;
	for (int level = 0; level < levels; level++) {
		int count = find_member(&at, at, ds_keypath_key(path, level));
		if (count > 1)
			return ds_fail(err, DS_TROUBLE, "%sa key of \"%s\" is there twice",
				       document->which, path);
		if (!count)
			return 0;
	}
	if (cJSON_IsArray(at))
		*out = at;
	return 0;
}

/* Whole numbers up to here are exact in cJSON's hands. */
static bool is_exact(double number)
{
	return number >= -9007199254740991.0 && number <= 9007199254740991.0 &&
	       (double)(long long)number == number;
}

static int take_record(struct document *document, const cJSON *element, ds_error *err)
{
	size_t number = document->len + 1;
	cJSON *id = NULL;
	int count = find_member(&id, element, ds_text_of("id"));

	if (count != 1)
		return ds_fail(err, DS_TROUBLE, "%srecord %zu has %s \"id\"", document->which,
			       number, count ? "more than one" : "no");
	if (!cJSON_IsString(id) && !(cJSON_IsNumber(id) && is_exact(id->valuedouble)))
		return ds_fail(err, DS_TROUBLE,
			       "%sthe \"id\" of record %zu is neither a text nor a whole number",
			       document->which, number);
	document->records[document->len++] = (struct record){id->valuestring, id->valuedouble};
	return 0;
}

static int compare(const void *one, const void *other)
{
	const struct record *a = one;
	const struct record *b = other;

	if (a->text && b->text)
		return strcmp(a->text, b->text);
	if (a->text || b->text)
		return a->text ? 1 : -1;
	return (a->number > b->number) - (a->number < b->number);
}

static void name(struct ds_buf *out, const struct record *record)
{
	if (!record->text) {
		ds_buf_printf(out, "%.0f", record->number);
		return;
	}
	struct ds_text text = ds_text_of(record->text);
	text.len = ds_utf8_fit(text, NAME_ROOM);
	ds_json_string(out, text);
}

static int fail_twice(const struct document *document, const struct record *record, ds_error *err)
{
	struct ds_buf named = {0};

	name(&named, record);
	int status = named.failed ? ds_fail_memory(err)
				  : ds_fail(err, DS_TROUBLE, "%sthe id %s is there twice",
					    document->which, named.bytes);
	ds_buf_free(&named);
	return status;
}

static int take_records(struct document *document, const cJSON *array, ds_error *err)
{
	size_t count = array ? (size_t)cJSON_GetArraySize(array) : 0;
	const cJSON *element;

	document->records = calloc(count + 1, sizeof *document->records);
	if (!document->records)
		return ds_fail_memory(err);
	cJSON_ArrayForEach(element,
			   array) if (take_record(document, element, err)) return DS_TROUBLE;
	qsort(document->records, document->len, sizeof *document->records, compare);
	for (size_t i = 1; i < document->len; i++)
		if (compare(&document->records[i - 1], &document->records[i]) == 0)
			return fail_twice(document, &document->records[i], err);
	return 0;
}

static int read_document(struct document *document, struct ds_text bytes, const char *path,
			 bool needs_array, ds_error *err)
{
	cJSON *array;

	if (parse(document, bytes, err) || find_array(&array, document, path, err))
		return DS_TROUBLE;
	if (!array && needs_array)
		return ds_fail(err, DS_TROUBLE, "%sthere is no array at \"%s\"", document->which,
			       path);
	return take_records(document, array, err);
}

static void free_document(struct document *document)
{
	free(document->records);
	cJSON_Delete(document->root);
}

/* ---- Two of them -------------------------------------------------------- */

static int compare_documents(const struct document *before, const struct document *after,
			     ds_error *err)
{
	struct ds_buf lost = {0};
	size_t count = 0;

	for (size_t i = 0; i < before->len; i++) {
		const struct record *record = &before->records[i];
		if (bsearch(record, after->records, after->len, sizeof *record, compare))
			continue;
		if (count++ >= NAMED)
			continue;
		ds_buf_puts(&lost, count > 1 ? ", " : "");
		name(&lost, record);
	}
	if (count > NAMED)
		ds_buf_printf(&lost, " and %zu more", count - NAMED);
	int status = lost.failed ? ds_fail_memory(err)
		     : count     ? ds_fail(err, DS_DESYNC, "records would be lost: %s", lost.bytes)
				 : 0;
	ds_buf_free(&lost);
	return status;
}

int ds_json_records_kept(struct ds_text before, struct ds_text after, const char *path,
			 ds_error *err)
{
	struct document old = {.which = "before: "};
	struct document new = {.which = "after: "};

	int status = read_document(&old, before, path, true, err);
	if (!status)
		status = read_document(&new, after, path, false, err);
	if (!status)
		status = compare_documents(&old, &new, err);
	free_document(&old);
	free_document(&new);
	return status;
}

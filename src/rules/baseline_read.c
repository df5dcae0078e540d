/* A baseline from its file: JSON, of which nothing is taken for granted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline_entry.h"
#include "json_scan.h"
#include "json_walk.h"
#include "rule.h"
#include "severity.h"

struct reading {
	struct ds_baseline *baseline;
	struct ds_text bytes;
	struct ds_arena texts; /* of one entry */
	char today[DS_DATE_ROOM];
	const char *at; /* up to here lines are counted */
	size_t line;
};

static int fail_at(const struct reading *r, const char *at, const char *why, ds_error *err)
{
	struct ds_buf where = {0};
	size_t line;
	size_t column;

	ds_text_position(r->bytes, (size_t)(at - r->bytes.at), &line, &column);
	ds_buf_printf(&where, "%s:%zu", r->baseline->name, line);
	int status = where.failed ? ds_fail_memory(err)
				  : ds_fail_path(err, DS_TROUBLE, where.bytes, why);
	ds_buf_free(&where);
	return status;
}

static int fail_field(const struct reading *r, const char *at, const char *name, const char *why,
		      ds_error *err)
{
	char line[80];
	snprintf(line, sizeof line, "\"%s\" %s", name, why);
	return fail_at(r, at, line, err);
}

/* From the inside of a string; texts with a NUL or half a character are refused. */
static int decode(struct reading *r, const char **out, struct ds_text raw, ds_error *err)
{
	char *text = ds_arena_alloc(&r->texts, raw.len + 1);

	if (!text)
		return ds_fail_memory(err);
	size_t len = ds_json_decode(text, raw);
	if (len == SIZE_MAX)
		return fail_at(r, raw.at, "a text that holds \\u0000 or half a character", err);
	text[len] = '\0';
	*out = text;
	return 0;
}

struct field {
	const char *name;     /* NULL ends the table */
	const char *kind;     /* what its value is not, where that does not begin with `first` */
	struct ds_text value; /* as it stands; at is NULL where it is not there */
	char first;
	bool needed;
};

/* Another letter case would be another key, and an expiry in it would never come. */
static int take_member(struct reading *r, struct field *fields, struct ds_text key,
		       struct ds_text value, ds_error *err)
{
	const char *text = "";
	int status = decode(r, &text, key, err);

	for (; !status && fields->name; fields++) {
		if (!ds_text_equal_but_for_case(ds_text_of(text), ds_text_of(fields->name)))
			continue;
		if (strcmp(text, fields->name) != 0)
			return fail_field(r, key.at, text, "is written in another case", err);
		if (fields->value.at)
			return fail_field(r, key.at, text, "is there twice", err);
		if (*value.at != fields->first)
			return fail_field(r, value.at, text, fields->kind, err);
		fields->value = value;
	}
	return status;
}

static int take_fields(struct reading *r, struct field *fields, struct ds_text object,
		       ds_error *err)
{
	struct ds_text key;
	struct ds_text value;

	if (*object.at != '{')
		return fail_at(r, object.at, "not an object where one must be", err);
	struct ds_text rest = ds_json_inside(object);
	while (ds_json_next(&rest, &key, &value))
		if (take_member(r, fields, key, value, err))
			return DS_TROUBLE;
	for (; fields->name; fields++)
		if (fields->needed && !fields->value.at)
			return fail_field(r, object.at, fields->name, "is missing", err);
	return 0;
}

static int take_statuses(struct reading *r, struct ds_text object, struct ds_said *said,
			 size_t *count, ds_error *err)
{
	struct ds_text rest = ds_json_inside(object);
	struct ds_text key;
	struct ds_text value;
	int status = 0;

	*count = 0;
	while (!status && ds_json_next(&rest, &key, &value)) {
		if (*count == DS_COPY_LIMIT)
			return fail_at(r, key.at, "more statuses than an item can have", err);
		if (*value.at != '"' && *value.at != 'n')
			return fail_at(r, value.at, "a status is a text, or null", err);
		struct ds_said *one = &said[(*count)++];
		*one = (struct ds_said){0};
		status = decode(r, &one->name, key, err);
		if (!status && *value.at == '"')
			status = decode(r, &one->text, ds_json_inside(value), err);
	}
	if (status)
		return status;
	ds_sort_said(said, *count);
	for (size_t i = 1; i < *count; i++)
		if (strcmp(said[i - 1].name, said[i].name) == 0)
			return fail_at(r, object.at, "a copy is there twice", err);
	return 0;
}

static int take_code(struct reading *r, struct ds_text value, ds_code *code, ds_error *err)
{
	*code = ds_code_find(ds_json_inside(value));
	if (*code == DS_NO_CODE)
		return fail_at(r, value.at, "no such finding", err);
	if (!ds_code_may_pass(*code))
		return fail_at(r, value.at,
			       "this finding cannot be let pass: where it is, nothing is known",
			       err);
	return 0;
}

static int number(const char *at, int digits)
{
	int value = 0;
	for (; digits--; at++)
		value = *at >= '0' && *at <= '9' && value >= 0 ? value * 10 + (*at - '0') : -1;
	return value;
}

static bool is_date(const char *text, size_t len)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (len != DS_DATE_ROOM - 1 || text[4] != '-' || text[7] != '-')
		return false;
	int year = number(text, 4);
	int month = number(text + 5, 2);
	int day = number(text + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day <= days[month - 1] + (month == 2 && leap);
}

static int take_date(struct reading *r, struct ds_text value, struct ds_baseline_entry *entry,
		     ds_error *err)
{
	struct ds_text date = ds_json_inside(value);

	if (!is_date(date.at, date.len))
		return fail_at(r, value.at, "\"expires\" is no date as 2027-01-31", err);
	memcpy(entry->expires, date.at, date.len);
	entry->expired = strcmp(r->today, entry->expires) > 0;
	return 0;
}

/* Entries come in the order of the file. */
static size_t line_of(struct reading *r, const char *at)
{
	for (; r->at < at; r->at++)
		r->line += *r->at == '\n';
	return r->line;
}

static int take_entry(struct reading *r, struct ds_text object, ds_error *err)
{
	enum { RULE, ITEM, CODE, STATUSES, EXPIRES };
	struct field fields[] = {
		[RULE] = {"rule", "is no text", {0}, '"', true},
		[ITEM] = {"item", "is no text", {0}, '"', true},
		[CODE] = {"code", "is no text", {0}, '"', true},
		[STATUSES] = {"statuses", "is no object", {0}, '{', true},
		[EXPIRES] = {"expires", "is no text", {0}, '"', false},
		{0},
	};
	struct ds_baseline_entry entry = {.line = line_of(r, object.at)};
	struct ds_buf *key = &r->baseline->scratch;
	struct ds_said said[DS_COPY_LIMIT];
	const char *rule = "";
	const char *item = "";
	size_t count = 0;
	ds_code code = DS_NO_CODE;

	if (take_fields(r, fields, object, err) ||
	    decode(r, &rule, ds_json_inside(fields[RULE].value), err) ||
	    decode(r, &item, ds_json_inside(fields[ITEM].value), err) ||
	    take_code(r, fields[CODE].value, &code, err) ||
	    take_statuses(r, fields[STATUSES].value, said, &count, err) ||
	    (fields[EXPIRES].value.at && take_date(r, fields[EXPIRES].value, &entry, err)))
		return DS_TROUBLE;
	if (!ds_put_key(key, rule, item, code, said, count))
		return ds_fail_memory(err);
	entry.key = (struct ds_text){key->bytes, key->len};
	return ds_add_entry(r->baseline, &entry) ? 0 : ds_fail_memory(err);
}

static int take_entries(struct reading *r, struct ds_text array, ds_error *err)
{
	struct ds_text rest = ds_json_inside(array);
	struct ds_text key;
	struct ds_text value;

	while (ds_json_next(&rest, &key, &value)) {
		if (take_entry(r, value, err))
			return DS_TROUBLE;
		ds_arena_reset(&r->texts);
	}
	return 0;
}

static int take_document(struct reading *r, ds_error *err)
{
	enum { VERSION, FINDINGS };
	struct field fields[] = {
		[VERSION] = {"schema_version", "is not 1: it is of another desync", {0}, '1', true},
		[FINDINGS] = {"findings", "is no array", {0}, '[', true},
		{0},
	};
	struct ds_json_found found;
	struct ds_json_error error;

	if (!ds_json_scan(&found, r->bytes, "", &error))
		return fail_at(r, r->bytes.at + error.at, error.why, err);
	if (take_fields(r, fields, ds_json_root(r->bytes), err))
		return DS_TROUBLE;
	if (!ds_text_is(fields[VERSION].value, "1"))
		return fail_field(r, fields[VERSION].value.at, fields[VERSION].name,
				  fields[VERSION].kind, err);
	return take_entries(r, fields[FINDINGS].value, err);
}

static int refuse_twice(const struct reading *r, ds_error *err)
{
	const struct ds_baseline *baseline = r->baseline;

	for (size_t i = 1; i < baseline->count; i++) {
		const struct ds_baseline_entry *entry = &baseline->entries[i];
		if (!ds_same_entry(entry - 1, entry))
			continue;
		struct ds_buf where = {0};
		size_t line = entry->line > entry[-1].line ? entry->line : entry[-1].line;
		ds_buf_printf(&where, "%s:%zu", baseline->name, line);
		int status = where.failed ? ds_fail_memory(err)
					  : ds_fail_path(err, DS_TROUBLE, where.bytes,
							 "this entry is there twice");
		ds_buf_free(&where);
		return status;
	}
	return 0;
}

static bool begin(struct reading *r, struct ds_text bytes, const char *name, time_t now)
{
	struct tm tm;

	*r = (struct reading){
		.baseline = calloc(1, sizeof *r->baseline),
		.bytes = {bytes.at ? bytes.at : "", bytes.len},
		.line = 1,
	};
	r->at = r->bytes.at;
	if (gmtime_r(&now, &tm))
		strftime(r->today, sizeof r->today, "%Y-%m-%d", &tm);
	if (!r->baseline)
		return false;
	r->baseline->name = ds_arena_string(&r->baseline->strings, name);
	return r->baseline->name != NULL;
}

int ds_baseline_read(struct ds_baseline **out, struct ds_text bytes, const char *name, time_t now,
		     ds_error *err)
{
	struct reading r;
	int status = begin(&r, bytes, name, now) ? take_document(&r, err) : ds_fail_memory(err);

	if (!status) {
		ds_sort_entries(r.baseline);
		status = refuse_twice(&r, err);
	}
	ds_arena_free(&r.texts);
	if (status)
		ds_baseline_free(r.baseline);
	*out = status ? NULL : r.baseline;
	return status;
}

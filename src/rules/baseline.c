/* Entries: made of findings, looked for, written. */
#include "baseline_entry.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "json_text.h"
#include "rule.h"
#include "severity.h"

/* ---- Keys ---------------------------------------------------------------- */

static int compare_said(const void *a, const void *b)
{
	return strcmp(((const struct ds_said *)a)->name, ((const struct ds_said *)b)->name);
}

static bool put_text(struct ds_buf *out, const char *text)
{
	return ds_buf_append(out, text, strlen(text) + 1);
}

void ds_sort_said(struct ds_said *said, size_t count)
{
	qsort(said, count, sizeof *said, compare_said);
}

bool ds_put_key(struct ds_buf *out, const char *rule, const char *item, ds_code code,
		const struct ds_said *said, size_t count)
{
	ds_buf_cut(out, 0);
	put_text(out, rule);
	put_text(out, item);
	put_text(out, ds_code_name(code));
	for (size_t i = 0; i < count; i++) {
		put_text(out, said[i].name);
		ds_buf_puts(out, said[i].text ? "=" : "-");
		put_text(out, said[i].text ? said[i].text : "");
	}
	return !out->failed;
}

static int compare_keys(const void *left, const void *right)
{
	struct ds_text a = ((const struct ds_baseline_entry *)left)->key;
	struct ds_text b = ((const struct ds_baseline_entry *)right)->key;
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* False: such a finding cannot be in a baseline, or memory ran out (out->failed). */
static bool key_of(struct ds_buf *out, const ds_finding *finding)
{
	struct ds_said said[DS_COPY_LIMIT];
	size_t count = finding->copy_count;

	if (!finding->rule || !finding->item || !ds_code_may_pass(finding->code) ||
	    count > DS_COPY_LIMIT)
		return false;
	for (size_t i = 0; i < count; i++)
		said[i] = (struct ds_said){finding->copies[i].name, finding->copies[i].status};
	ds_sort_said(said, count);
	return ds_put_key(out, finding->rule, finding->item, finding->code, said, count) &&
	       ds_utf8_valid((struct ds_text){out->bytes, out->len});
}

static struct ds_baseline_entry *find(const struct ds_baseline *baseline, struct ds_text key)
{
	struct ds_baseline_entry wanted = {.key = key};

	if (!baseline || !baseline->count)
		return NULL;
	return bsearch(&wanted, baseline->entries, baseline->count, sizeof wanted, compare_keys);
}

bool ds_add_entry(struct ds_baseline *baseline, const struct ds_baseline_entry *entry)
{
	if (!ds_grow(&baseline->entries, &baseline->room, baseline->count,
		     sizeof *baseline->entries))
		return false;
	struct ds_baseline_entry *added = &baseline->entries[baseline->count];
	*added = *entry;
	added->key.at = ds_arena_copy(&baseline->strings, entry->key.at, entry->key.len);
	baseline->count += added->key.at != NULL;
	return added->key.at != NULL;
}

bool ds_same_entry(const struct ds_baseline_entry *a, const struct ds_baseline_entry *b)
{
	return compare_keys(a, b) == 0;
}

void ds_sort_entries(struct ds_baseline *baseline)
{
	if (baseline->count)
		qsort(baseline->entries, baseline->count, sizeof *baseline->entries, compare_keys);
}

static void drop_all(struct ds_baseline *baseline)
{
	ds_arena_free(&baseline->strings);
	ds_buf_free(&baseline->scratch);
	free(baseline->entries);
}

void ds_baseline_free(struct ds_baseline *baseline)
{
	if (!baseline)
		return;
	drop_all(baseline);
	free(baseline);
}

/* ---- Matching ------------------------------------------------------------ */

bool ds_baseline_covers(struct ds_baseline *baseline, const ds_finding *finding)
{
	struct ds_buf *key = &baseline->scratch;

	if (!key_of(key, finding))
		return false;
	struct ds_baseline_entry *entry = find(baseline, (struct ds_text){key->bytes, key->len});
	if (entry)
		entry->met = true;
	return entry && !entry->expired;
}

/* The text behind one of a key's. */
static const char *behind(const char *text)
{
	return text + strlen(text) + 1;
}

static void say_stale(struct ds_buf *line, const struct ds_baseline *baseline,
		      const struct ds_baseline_entry *entry)
{
	const char *rule = entry->key.at;
	const char *item = behind(rule);

	ds_escape(line, ds_text_of(baseline->name));
	ds_buf_printf(line, ":%zu: %s of ", entry->line, behind(item));
	ds_escape(line, ds_text_of(item));
	if (entry->met)
		ds_buf_printf(line, " was let pass until %s: settle it, or give it another date",
			      entry->expires);
	else
		ds_buf_puts(line, " is no longer found: remove this entry");
}

bool ds_baseline_stale(const struct ds_baseline *baseline, ds_judged_fn judged, void *context,
		       size_t *from, struct ds_buf *line)
{
	while (*from < baseline->count) {
		const struct ds_baseline_entry *entry = &baseline->entries[(*from)++];
		const char *rule = entry->key.at;
		if ((entry->met && !entry->expired) || !judged(context, rule, behind(rule)))
			continue;
		say_stale(line, baseline, entry);
		return true;
	}
	return false;
}

/* ---- Writing ------------------------------------------------------------- */

static bool gather(struct ds_baseline *into, const ds_finding *finding,
		   const struct ds_baseline *old)
{
	struct ds_buf *key = &into->scratch;

	if (!key_of(key, finding))
		return !key->failed;
	struct ds_baseline_entry entry = {.key = {key->bytes, key->len}};
	const struct ds_baseline_entry *before = find(old, entry.key);
	if (before)
		memcpy(entry.expires, before->expires, sizeof entry.expires);
	return ds_add_entry(into, &entry);
}

static void put_statuses(struct ds_buf *out, const char *at, const char *end)
{
	const char *separator = "";

	for (; at < end; at = behind(behind(at))) {
		const char *text = behind(at);
		ds_buf_puts(out, separator);
		ds_json_string(out, ds_text_of(at));
		ds_buf_puts(out, ": ");
		if (*text == '=')
			ds_json_string(out, ds_text_of(text + 1));
		else
			ds_buf_puts(out, "null");
		separator = ", ";
	}
}

static void put_entry(struct ds_buf *out, const struct ds_baseline_entry *entry)
{
	const char *rule = entry->key.at;
	const char *item = behind(rule);
	const char *code = behind(item);

	ds_buf_puts(out, "    {");
	ds_json_member(out, "rule", rule);
	ds_json_member(out, "item", item);
	ds_json_member(out, "code", code);
	ds_buf_puts(out, ",\n     \"statuses\": {");
	put_statuses(out, behind(code), entry->key.at + entry->key.len);
	ds_buf_puts(out, "}");
	if (*entry->expires)
		ds_buf_printf(out, ",\n     \"expires\": \"%s\"", entry->expires);
	ds_buf_puts(out, "}");
}

static size_t put_entries(struct ds_buf *out, const struct ds_baseline *baseline)
{
	const struct ds_baseline_entry *entry = baseline->entries;
	size_t written = 0;

	for (size_t i = 0; i < baseline->count; i++, entry++) {
		if (i && ds_same_entry(entry - 1, entry))
			continue;
		ds_buf_puts(out, written++ ? ",\n" : "\n");
		put_entry(out, entry);
	}
	return written;
}

bool ds_baseline_write(struct ds_buf *out, const ds_finding *findings, size_t count,
		       ds_severity least, const struct ds_baseline *old, size_t *entries)
{
	struct ds_baseline made = {0};
	bool well = true;

	for (size_t i = 0; well && i < count; i++)
		if (findings[i].severity >= least)
			well = gather(&made, &findings[i], old);
	if (well) {
		ds_sort_entries(&made);
		ds_buf_puts(out, "{\n  \"schema_version\": 1,\n  \"findings\": [");
		*entries = put_entries(out, &made);
		ds_buf_puts(out, *entries ? "\n  ]\n}\n" : "]\n}\n");
	}
	drop_all(&made);
	return well && !out->failed;
}

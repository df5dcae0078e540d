/* Files that many items share: reading them, the items they list, what is wrong with them. */
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "rules.h"
#include "scan.h"

/* HEAD's source is not there where it is what is judged. What was read before is read anew
 * only where it says something else now. */
static int fetch(const struct ds_scan *scan, struct ds_ledger *ledger, int copy, ds_error *err)
{
	bool head = scan->rule->copies[copy].from == DS_FROM_HEAD;
	struct ds_source *source = head ? scan->head : scan->source;

	if (!scan->rule->copies[copy].many || !source ||
	    (ledger->rule && ds_ledger_is_current(ledger, source, scan->limit)))
		return 0;
	ds_ledger_clear(ledger);
	return ds_ledger_fetch(ledger, scan->rule, copy, source, scan->limit, err);
}

int ds_begin_ledgers(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	int status = 0;

	for (int i = 0; scan->rule->copies[i].name && !status; i++)
		status = fetch(scan, &out->ledgers[i], i, err);
	return status ? status
		      : ds_ledgers_begin(&out->parsing, out->ledgers, DS_COPY_LIMIT, scan->jobs,
					 err);
}

int ds_finish_ledgers(struct ds_scanned *out, ds_error *err)
{
	return ds_ledgers_finish(&out->parsing, err);
}

int ds_read_ledgers(const struct ds_scan *scan, struct ds_scanned *out, ds_error *err)
{
	int status = ds_begin_ledgers(scan, out, err);
	return status ? status : ds_finish_ledgers(out, err);
}

size_t ds_shared_bytes(const struct ds_scanned *scanned)
{
	size_t bytes = 0;

	for (int i = 0; i < DS_COPY_LIMIT; i++)
		for (size_t k = 0; k < scanned->ledgers[i].document_count; k++)
			bytes += scanned->ledgers[i].documents[k].blob.bytes.len;
	return bytes;
}

/* ---- Items that are listed ---------------------------------------------- */

/* What ids are told apart by; in order. */
struct keys {
	struct ds_text *at;
	size_t len;
};

static int compare_texts(const void *left, const void *right)
{
	const struct ds_text *a = left;
	const struct ds_text *b = right;
	int order = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void add_keys(struct keys *keys, const struct ds_rule *rule, const struct ds_items *items)
{
	for (size_t i = 0; i < items->len; i++)
		keys->at[keys->len++] = ds_id_key(rule, ds_text_of(items->at[i].id));
}

/* False: memory ran out. */
static bool find_keys(struct keys *keys, const struct ds_rule *rule, const struct ds_items *a,
		      const struct ds_items *b)
{
	keys->at = calloc(a->len + b->len + 1, sizeof *keys->at);
	if (!keys->at)
		return false;
	add_keys(keys, rule, a);
	if (a != b)
		add_keys(keys, rule, b);
	qsort(keys->at, keys->len, sizeof *keys->at, compare_texts);
	return true;
}

/* Each document's path is kept once, whatever it lists. */
static const char *keep_path(struct ds_scanned *out, const struct ds_entry *entry,
			     const struct ds_ledger *ledger, const char **paths)
{
	size_t which = (size_t)(entry->document - ledger->documents);

	if (!paths[which])
		paths[which] = ds_arena_string(&out->strings, entry->document->path);
	return paths[which];
}

static int add_entry(struct ds_scanned *out, struct ds_items *into, const struct ds_rule *rule,
		     const struct ds_entry *entry, const char *path, ds_error *err)
{
	struct ds_item item = {.path = path, .status = DS_NO_STATUS};

	if (ds_id_is_ignored(rule, entry->record->id))
		return 0;
	item.id = ds_arena_string(&out->strings, entry->id);
	if (!item.path || !item.id)
		return ds_fail_memory(err);
	return ds_items_add(into, &item) ? 0 : ds_fail_memory(err);
}

/* Whether it is the first of its id, and no item has that. */
static bool is_new(const struct ds_ledger *ledger, size_t entry, const struct keys *keys)
{
	const struct ds_entry *entries = ledger->entries;
	struct ds_text key = ds_text_of(entries[entry].id);

	return !(entry && strcmp(entries[entry - 1].id, entries[entry].id) == 0) &&
	       !(keys->at && bsearch(&key, keys->at, keys->len, sizeof key, compare_texts));
}

static int add_listed(const struct ds_ledger *ledger, struct ds_scanned *out, struct ds_items *into,
		      ds_error *err)
{
	const char **paths = calloc(ledger->document_count + 1, sizeof *paths);
	struct keys keys = {0};
	int status = 0;

	if (!paths || !find_keys(&keys, ledger->rule, into, &out->skipped))
		status = ds_fail_memory(err);
	for (size_t i = 0; paths && i < ledger->entry_count && !status; i++) {
		const struct ds_entry *entry = &ledger->entries[i];
		if (is_new(ledger, i, &keys))
			status = add_entry(out, into, ledger->rule, entry,
					   keep_path(out, entry, ledger, paths), err);
	}
	free(keys.at);
	free(paths);
	return status;
}

int ds_add_listed(const struct ds_scan *scan, struct ds_scanned *out, struct ds_items *into,
		  ds_error *err)
{
	int status = ds_finish_ledgers(out, err);

	for (int i = 0; scan->rule->copies[i].name && !status; i++)
		if (scan->rule->copies[i].lists && out->ledgers[i].rule)
			status = add_listed(&out->ledgers[i], out, into, err);
	return status;
}

int ds_unlisted(const struct ds_rule *rule, const struct ds_scanned *scanned,
		int (*found)(void *context, int copy, const struct ds_entry *entry, ds_error *err),
		void *context, ds_error *err)
{
	struct keys keys = {0};
	int status = find_keys(&keys, rule, &scanned->items, &scanned->skipped)
			     ? 0
			     : ds_fail_memory(err);

	for (int i = 0; rule->copies[i].name && !status; i++) {
		const struct ds_ledger *ledger = &scanned->ledgers[i];
		bool lists = rule->copies[i].lists || rule->copies[i].from == DS_FROM_HEAD;
		for (size_t k = 0; !lists && k < ledger->entry_count && !status; k++)
			if (is_new(ledger, k, &keys) &&
			    !ds_id_is_ignored(rule, ledger->entries[k].record->id))
				status = found(context, i, &ledger->entries[k], err);
	}
	free(keys.at);
	return status;
}

/* ---- What is wrong with such a file ------------------------------------- */

struct fault {
	const struct ds_ledger *ledger;
	const struct ds_document *document;
	ds_code code;
	const char *why; /* or NULL */
	bool placed;
	size_t at;
};

/* The file is sound, and what the rule looks for is not in it. */
static bool is_misread(ds_code code)
{
	return code == DS_MISSING_STATUS;
}

static bool describe_fault(const struct ds_scan *scan, struct ds_scanned *out,
			   const struct fault *fault)
{
	const struct ds_code_info *info = ds_code_info(fault->code);
	bool head = scan->rule->copies[fault->ledger->copy].from == DS_FROM_HEAD;
	struct ds_arena *strings = &out->strings;
	ds_copy *copy = ds_arena_alloc(strings, sizeof *copy);
	struct ds_buf line = {0};

	if (!copy)
		return false;
	copy->name = scan->rule->copies[fault->ledger->copy].name;
	copy->path = ds_arena_string(strings, fault->document->path);
	copy->revision = head ? "HEAD" : NULL;
	if (fault->placed)
		ds_document_position(fault->document, fault->at, &copy->line, &copy->column);
	if (is_misread(fault->code))
		ds_buf_printf(&line, "%s has %s", copy->name, fault->why);
	else
		ds_buf_printf(&line, "%s %s%s%s", copy->name, info->phrase,
			      fault->why && *fault->why ? ": " : "", fault->why ? fault->why : "");
	ds_finding finding = {.code = fault->code,
			      .alias = info->alias,
			      .severity = ds_severity_in(scan->rule, fault->code),
			      .rule = scan->rule->name,
			      .advice = head ? "commit the file as it should be, then look again"
					: is_misread(fault->code)
						? "mend the rule's at: and id: for this "
						  "copy, or the file"
						: info->advice,
			      .copies = copy,
			      .copy_count = 1};
	finding.message = line.failed ? NULL : ds_arena_string(strings, line.bytes);
	ds_buf_free(&line);
	return copy->path && finding.message && ds_findings_add(&out->findings, &finding);
}

/* A record that does not say which item it is about. */
static bool describe_nameless(const struct ds_scan *scan, struct ds_scanned *out,
			      struct fault *fault)
{
	const struct ds_records *records = &fault->document->records;

	for (size_t i = 0; i < records->len; i++) {
		const struct ds_value *value = records->at[i].values;
		if (records->at[i].id.len || value->code == DS_NO_CODE)
			continue;
		fault->code = value->code;
		fault->why = value->why;
		fault->placed = true;
		fault->at = value->placed ? value->start : records->at[i].start;
		if (!describe_fault(scan, out, fault))
			return false;
	}
	return true;
}

static bool has_records(const struct ds_ledger *ledger)
{
	for (size_t k = 0; k < ledger->document_count; k++)
		if (ledger->documents[k].records.defect.code == DS_NO_CODE)
			return true;
	return false;
}

static bool compares_nothing(const struct ds_scanned *scanned)
{
	for (size_t i = 0; i < scanned->items.len; i++)
		if (scanned->items.at[i].compared)
			return false;
	return true;
}

/* Where nobody misses it, it need not be there; unless it is what all were to be compared with.
 * What asks for items is about those. */
static bool is_missed(const struct ds_scan *scan, const struct ds_scanned *out,
		      const struct ds_copy_rule *copy)
{
	if (!out->items.len || copy->from != DS_FROM_SOURCE)
		return false;
	return copy->gap == DS_GAP_REPORTED || (!scan->ids && !scan->rule->rollups &&
						!scan->rule->constraints && compares_nothing(out));
}

static bool describe_document(const struct ds_scan *scan, struct ds_scanned *out,
			      const struct ds_ledger *ledger, const struct ds_document *document)
{
	const struct ds_reading *defect = &document->records.defect;
	const struct ds_copy_rule *copy = &scan->rule->copies[ledger->copy];
	struct fault fault = {.ledger = ledger,
			      .document = document,
			      .code = defect->code,
			      .why = defect->why,
			      .placed = defect->placed,
			      .at = defect->start};

	if (defect->code == DS_NO_CODE)
		return describe_nameless(scan, out, &fault);
	/* Of several files one may be about something else: to who asks for an item that is
	 * nothing. */
	if (defect->code == DS_MISSING_STATUS && scan->ids && has_records(ledger))
		return true;
	if (is_misread(defect->code) && copy->from == DS_FROM_HEAD)
		return true;
	if (defect->code == DS_MISSING_COPY && copy->gap == DS_GAP_IGNORED)
		fault.why = "nothing is compared without it";
	return (defect->code == DS_MISSING_COPY && !is_missed(scan, out, copy)) ||
	       describe_fault(scan, out, &fault);
}

bool ds_describe_documents(const struct ds_scan *scan, struct ds_scanned *out)
{
	size_t most = scan->rule->advise_bytes;

	for (int i = 0; i < DS_COPY_LIMIT; i++) {
		const struct ds_ledger *ledger = &out->ledgers[i];
		for (size_t k = 0; k < ledger->document_count; k++) {
			const struct ds_document *document = &ledger->documents[k];
			if (!describe_document(scan, out, ledger, document))
				return false;
			if (most && document->blob.bytes.len > most)
				out->advice = scan->rule->advice;
		}
	}
	if (scan->rule->advise_items && out->items.len > scan->rule->advise_items)
		out->advice = scan->rule->advice;
	return true;
}

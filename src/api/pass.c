/* What a scan found, less what the user lets pass. */
#include "pass.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "finding.h"
#include "severity.h"

/* ---- Severities ---------------------------------------------------------- */

static int set_severities(ds_result *result, const char *const *words, ds_error *err)
{
	struct ds_severities severities;
	int status = ds_severities_parse(&severities, words, err);

	for (size_t i = 0; !status && i < result->finding_count; i++)
		result->findings[i].severity = ds_severity_of(&severities, &result->findings[i]);
	return status;
}

/* What a rule has made less grave would let an item be closed whose copies do not agree. */
static void restore_severities(ds_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		ds_finding *finding = &result->findings[i];
		ds_severity whole = ds_code_info(finding->code)->severity;
		bool core =
			finding->code == DS_STATUS_MISMATCH || finding->code == DS_MISSING_COPY ||
			finding->code == DS_MISSING_STATUS || finding->code == DS_UNKNOWN_STATUS;
		if (core && finding->severity < whole)
			finding->severity = whole;
	}
}

/* ---- The baseline -------------------------------------------------------- */

/* *out stays NULL where there is none. */
static int read_from_source(struct ds_baseline **out, struct ds_source *source, ds_error *err)
{
	static const struct ds_extent whole = {.first = 4096, .limit = DS_FILE_LIMIT};
	struct ds_blob blob = {0};
	int status = 0;

	source->ops->read(source, DS_BASELINE_NAME, &whole, &blob);
	if (blob.kind == DS_REGULAR)
		status = ds_baseline_read(out, (struct ds_text){blob.bytes.bytes, blob.bytes.len},
					  DS_BASELINE_NAME, time(NULL), err);
	else if (blob.kind != DS_MISSING)
		status = ds_fail_path(err, DS_TROUBLE, DS_BASELINE_NAME, blob.why);
	ds_blob_free(&blob);
	return status;
}

static int read_from_file(struct ds_baseline **out, const char *path, ds_error *err)
{
	struct ds_buf bytes = {0};
	int status = ds_read_whole(&bytes, path, path, err);

	if (!status)
		status = ds_baseline_read(out, (struct ds_text){bytes.bytes, bytes.len}, path,
					  time(NULL), err);
	ds_buf_free(&bytes);
	return status;
}

/* That a gap was known does not let another commit make one. */
static bool is_not_covered(void *baseline, const ds_finding *finding)
{
	return finding->removed || !ds_baseline_covers(baseline, finding);
}

/* ---- Entries that fit nothing -------------------------------------------- */

struct name {
	const char *rule;
	const char *item;
};

/* Of the items that exist: where all was asked for, those that were not judged; else
 * those that were. What is nowhere was judged in the one case and not in the other. */
struct judged {
	bool listed_are;
	const ds_repo *repo;
	struct name *names; /* sorted */
	size_t count;
};

static int compare_names(const void *left, const void *right)
{
	const struct name *a = left;
	const struct name *b = right;
	int order = strcmp(a->rule, b->rule);
	return order ? order : strcmp(a->item, b->item);
}

static bool was_judged(void *context, const char *rule, const char *item)
{
	const struct judged *judged = context;
	struct name name = {rule, item};

	return ds_rule_of(judged->repo, &(ds_finding){.rule = rule}) &&
	       judged->listed_are == (judged->count && bsearch(&name, judged->names, judged->count,
							       sizeof name, compare_names));
}

static size_t count_skipped(const ds_result *result)
{
	size_t count = 0;
	for (size_t i = 0; i < result->rule_count; i++)
		count += result->scanned[i].skipped.len;
	return count;
}

static bool list_names(struct judged *out, const ds_result *result)
{
	size_t most = result->item_count + count_skipped(result) + 1;

	out->names = calloc(most, sizeof *out->names);
	if (!out->names)
		return false;
	for (size_t i = 0; i < result->item_count; i++) {
		const ds_item_view *item = &result->items[i];
		if ((item->state != DS_ITEM_UNCHECKED) == out->listed_are)
			out->names[out->count++] = (struct name){item->rule, item->id};
	}
	for (size_t i = 0; !out->listed_are && i < result->rule_count; i++)
		for (size_t k = 0; k < result->scanned[i].skipped.len; k++)
			out->names[out->count++] = (struct name){
				out->repo->rules[i]->name, result->scanned[i].skipped.at[k].id};
	qsort(out->names, out->count, sizeof *out->names, compare_names);
	return true;
}

enum { STALE_SHOWN = 10 };

/* False when memory ran out. */
static bool say_stale(ds_result *result, const struct ds_baseline *baseline, struct judged *judged)
{
	struct ds_buf line = {0};
	size_t count = 0;
	size_t from = 0;
	bool well = true;

	while (ds_baseline_stale(baseline, was_judged, judged, &from, &line)) {
		if (count++ < STALE_SHOWN)
			well = well && !line.failed && ds_add_note(result, line.bytes);
		ds_buf_cut(&line, 0);
	}
	if (count > STALE_SHOWN) {
		ds_buf_printf(&line, "and %zu more entries of the baseline", count - STALE_SHOWN);
		well = well && !line.failed && ds_add_note(result, line.bytes);
	}
	ds_buf_free(&line);
	return well;
}

static bool note_stale(ds_result *result, const ds_repo *repo, const ds_scan_options *options,
		       const struct ds_baseline *baseline)
{
	struct judged judged = {.listed_are = options->ids != NULL, .repo = repo};
	bool well = list_names(&judged, result) && say_stale(result, baseline, &judged);

	free(judged.names);
	return well;
}

/* What cannot be read lets nothing pass: the findings stand, and it is said why. */
static int lack_baseline(ds_result *result, const ds_error *why, ds_error *err)
{
	const char *line = ds_arena_string(&result->strings, why->message);

	if (!line)
		return ds_fail_memory(err);
	result->trouble[result->trouble_count++] = line;
	return 0;
}

static int use_baseline(ds_result *result, ds_repo *repo, const ds_scan_options *options,
			ds_error *err)
{
	struct ds_baseline *baseline = NULL;
	ds_error why;
	int status = 0;

	if (!options->baseline)
		status = read_from_source(&baseline, repo->source, &why);
	else if (*options->baseline)
		status = read_from_file(&baseline, options->baseline, &why);
	if (status)
		return lack_baseline(result, &why, err);
	if (baseline) {
		result->summary.baselined = ds_keep_findings(result, is_not_covered, baseline);
		if (!note_stale(result, repo, options, baseline))
			status = ds_fail_memory(err);
	}
	ds_baseline_free(baseline);
	return status;
}

int ds_let_pass(ds_result *result, ds_repo *repo, const ds_scan_options *options, ds_error *err)
{
	int status = use_baseline(result, repo, options, err);

	if (options->whole)
		restore_severities(result);
	if (!status)
		status = set_severities(result, options->severities, err);
	if (!status)
		ds_count_warnings(result);
	return status;
}

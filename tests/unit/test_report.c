/* The formats: what is printed, and that a program can read it. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const ds_copy mismatch_copies[] = {
	{"metadata.json", "d/metadata.json", 3, 14, "completed", "completed"},
	{"spec.md", "d/spec.md", 5, 9, "active", "active"},
};
static const ds_copy missing_copies[] = {{.name = "spec.md", .path = "e/spec.md"}};
static const ds_copy evil_copies[] = {
	{"metadata.json", "e\x1b[31m\xff/metadata.json", 1, 2, "a\"\\\n\x1b\x7f", NULL},
	{"spec.md", "x\n/spec.md", 1, 1, "é", NULL},
};

static const ds_finding mismatch = {
	.code = DS_STATUS_MISMATCH,
	.alias = "C-11",
	.severity = DS_ERROR,
	.rule = "specweave",
	.item = "0047-us",
	.message = "metadata.json says completed, spec.md says active",
	.fix = "desync-fix --yes 0047-us",
	.outcome = "sets spec.md to completed; to keep active: desync-set 0047-us active",
	.advice = "by hand",
	.copies = mismatch_copies,
	.copy_count = 2,
	.focus = 1,
};

static ds_finding missing(const char *item)
{
	return (ds_finding){.code = DS_MISSING_COPY,
			    .severity = DS_WARNING,
			    .rule = "specweave",
			    .item = item,
			    .message = "spec.md is not there",
			    .advice = "create it",
			    .copies = missing_copies,
			    .copy_count = 1};
}

static const ds_finding evil = {
	.code = DS_STATUS_MISMATCH,
	.alias = "C-11",
	.severity = DS_ERROR,
	.rule = "specweave",
	.item = "e\x1b[31m\xff",
	.message = "says \x1b[2J",
	.advice = "by hand",
	.copies = evil_copies,
	.copy_count = 2,
};

static int collect(void *context, const char *bytes, size_t len)
{
	return ds_buf_append(context, bytes, len) ? 0 : ENOMEM;
}

static char *write_report(const struct ds_format *format, const struct ds_outcome *outcome,
			  bool verbose, bool strict, bool color)
{
	struct ds_buf out = {0};
	struct ds_writer writer = {.write = collect, .context = &out, .color = color};
	ds_report_options options = {
		.size = sizeof options, .verbose = verbose, .strict = strict, .color = color};
	ds_buf_puts(&out, "");
	format->write(&writer, outcome, &options);
	cr_expect_eq(ds_flush(&writer), 0);
	ds_buf_free(&writer.pending);
	return out.bytes;
}

static void expect_report(const struct ds_format *format, const struct ds_outcome *outcome,
			  bool verbose, bool strict, const char *wanted)
{
	char *got = write_report(format, outcome, verbose, strict, false);
	cr_expect_str_eq(got, wanted);
	free(got);
}

Test(text, puts_errors_first_folds_warnings_and_counts)
{
	ds_finding findings[] = {missing("0001-a"), missing("0002-b"), mismatch, missing("0050-c"),
				 missing("0051-d")};
	ds_summary summary = {.items = 14,
			      .agree = 9,
			      .desync = 1,
			      .incomplete = 4,
			      .warnings = 4,
			      .not_looked_at = 604,
			      .skipped = "_archive",
			      .skipped_dirs = 3};
	struct ds_outcome outcome = {.source = "worktree",
				     .summary = &summary,
				     .findings = findings,
				     .finding_count = 5};
	expect_report(
		&ds_text_format, &outcome, false, false,
		"d/spec.md:5:9: error: 0047-us: metadata.json says completed, spec.md says active "
		"[status-mismatch]\n"
		"    d/metadata.json:3:14: completed\n"
		"    repair: desync-fix --yes 0047-us (sets spec.md to completed; to keep active: "
		"desync-set 0047-us active)\n"
		"warning: 4 items: a copy is not there [missing-copy]: 0001-a, 0002-b, 0050-c and "
		"1 more "
		"(-v lists them)\n"
		"9 agree, 1 desynced, 4 cannot be compared; 604 in _archive and others not looked "
		"at "
		"(--all)\n");
	outcome.finding_count = 2;
	expect_report(&ds_text_format, &outcome, true, false,
		      "e/spec.md: warning: 0001-a: spec.md is not there [missing-copy]\n"
		      "e/spec.md: warning: 0002-b: spec.md is not there [missing-copy]\n"
		      "9 agree, 1 desynced, 4 cannot be compared; 604 in _archive and others not "
		      "looked at (--all)\n");
}

/* On a real repository with many errors the first screen shows all of them. */
Test(text, is_a_line_an_error_where_there_are_many)
{
	ds_finding findings[10];
	ds_summary summary = {.items = 10, .desync = 10};
	struct ds_outcome outcome = {.summary = &summary, .findings = findings};

	for (size_t i = 0; i < 10; i++)
		findings[i] = mismatch;
	for (size_t count = 6; count <= 7; count++) {
		outcome.finding_count = count;
		char *got = write_report(&ds_text_format, &outcome, false, false, false);
		char *verbose = write_report(&ds_text_format, &outcome, true, false, false);
		size_t lines = 0;
		for (const char *at = got; (at = strchr(at, '\n')); at++)
			lines++;
		cr_expect_eq(lines, count == 6 ? 3 * 6 + 1 : 7 + 2);
		cr_expect_eq(strstr(got, "repair: ") != NULL, count == 6);
		cr_expect_not_null(strstr(verbose, "repair: "));
		free(got);
		free(verbose);
	}
}

/* An id that the path does not show is said. */
Test(text, names_the_item_once)
{
	ds_summary summary = {.items = 1, .desync = 1};
	ds_finding finding = mismatch;
	struct ds_outcome outcome = {.summary = &summary, .findings = &finding, .finding_count = 1};
	finding.item = "spec";
	char *got = write_report(&ds_text_format, &outcome, false, false, false);
	cr_expect_not_null(strstr(got, "d/spec.md:5:9: error: metadata.json says"));
	free(got);
}

Test(text, counts_in_words)
{
	static const struct {
		ds_summary summary;
		const char *line;
	} table[] = {
		{{.items = 0}, "0 items\n"},
		{{.items = 3, .agree = 3}, "3 agree\n"},
		{{.items = 2, .desync = 2}, "0 agree, 2 desynced\n"},
		{{.items = 2, .agree = 1, .unchecked = 1}, "1 agree, 1 could not be checked\n"},
		{{.items = 1, .incomplete = 1}, "0 agree, 1 cannot be compared\n"},
		{{.items = 1, .agree = 1, .not_listed = 2},
		 "1 agree; 2 skipped directories could not be listed (--all says why)\n"},
		{{.items = 0, .not_looked_at = 2, .skipped = "_archive", .skipped_dirs = 1},
		 "0 items; 2 in _archive not looked at (--all)\n"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_outcome outcome = {.summary = &table[i].summary};
		expect_report(&ds_text_format, &outcome, false, false, table[i].line);
	}
	const char *trouble[] = {"x: no such item"};
	ds_summary nothing = {0};
	struct ds_outcome outcome = {.summary = &nothing, .trouble = trouble, .trouble_count = 1};
	expect_report(&ds_text_format, &outcome, false, false, "");
}

Test(text, lets_nothing_through_to_the_terminal)
{
	ds_summary summary = {.items = 1, .desync = 1};
	struct ds_outcome outcome = {.summary = &summary, .findings = &evil, .finding_count = 1};
	static const struct ds_format *const formats[] = {&ds_text_format, &ds_gate_format};
	for (size_t f = 0; f < 2; f++) {
		char *got = write_report(formats[f], &outcome, true, true, false);
		for (const char *at = got; *at; at++)
			cr_assert((unsigned char)*at >= 0x20 || *at == '\n', "%s", got);
		cr_expect_null(strchr(got, 0x7f));
		cr_expect_not_null(strstr(got, "\\x1b[2J"));
		cr_expect_not_null(strstr(got, "x\\n/spec.md"));
		free(got);
	}
}

Test(text, is_coloured_only_on_demand)
{
	ds_summary summary = {.items = 1, .desync = 1};
	struct ds_outcome outcome = {
		.summary = &summary, .findings = &mismatch, .finding_count = 1};
	char *plain = write_report(&ds_text_format, &outcome, false, false, false);
	char *color = write_report(&ds_text_format, &outcome, false, false, true);
	cr_expect_null(strchr(plain, 0x1b));
	cr_expect_not_null(strstr(color, "\x1b[1;31merror:\x1b[0m"));
	free(plain);
	free(color);
}

/* ---- JSON --------------------------------------------------------------- */

static cJSON *parse(char *text)
{
	cJSON *document = cJSON_Parse(text);
	cr_assert(document, "%s", text);
	free(text);
	return document;
}

static const char *string_of(const cJSON *object, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsString(value) ? value->valuestring : "(none)";
}

static int number_of(const cJSON *object, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsNumber(value) ? value->valueint : -1;
}

Test(json, has_the_keys_of_the_design)
{
	ds_finding findings[] = {mismatch, missing("0050-c")};
	ds_summary summary = {.items = 4,
			      .agree = 1,
			      .desync = 1,
			      .incomplete = 1,
			      .unchecked = 1,
			      .warnings = 1,
			      .not_looked_at = 41};
	struct ds_outcome outcome = {.source = "worktree",
				     .summary = &summary,
				     .findings = findings,
				     .finding_count = 2};
	cJSON *report = parse(write_report(&ds_json_format, &outcome, false, false, true));
	const cJSON *counts = cJSON_GetObjectItem(report, "summary");
	const cJSON *list = cJSON_GetObjectItem(report, "findings");
	const cJSON *first = cJSON_GetArrayItem(list, 0);
	const cJSON *copy = cJSON_GetArrayItem(cJSON_GetObjectItem(first, "copies"), 0);
	const cJSON *second = cJSON_GetArrayItem(list, 1);
	const cJSON *gap = cJSON_GetArrayItem(cJSON_GetObjectItem(second, "copies"), 0);

	cr_expect_eq(number_of(report, "schema_version"), 1);
	cr_expect_str_eq(string_of(cJSON_GetObjectItem(report, "tool"), "name"), "desync");
	cr_expect_str_eq(string_of(cJSON_GetObjectItem(report, "tool"), "version"), DS_VERSION);
	cr_expect_str_eq(string_of(report, "source"), "worktree");
	cr_expect_eq(number_of(counts, "items"), 4);
	cr_expect_eq(number_of(counts, "agree"), 1);
	cr_expect_eq(number_of(counts, "desync"), 1);
	cr_expect_eq(number_of(counts, "incomplete"), 1);
	cr_expect_eq(number_of(counts, "unchecked"), 1);
	cr_expect_eq(number_of(counts, "warnings"), 1);
	cr_expect_eq(number_of(counts, "not_looked_at"), 41);
	cr_expect_str_eq(string_of(first, "code"), "status-mismatch");
	cr_expect_str_eq(string_of(first, "alias"), "C-11");
	cr_expect_str_eq(string_of(first, "severity"), "error");
	cr_expect_str_eq(string_of(first, "rule"), "specweave");
	cr_expect_str_eq(string_of(first, "item"), "0047-us");
	cr_expect_str_eq(string_of(first, "fix"), "desync-fix --yes 0047-us");
	cr_expect_str_eq(string_of(copy, "name"), "metadata.json");
	cr_expect_str_eq(string_of(copy, "path"), "d/metadata.json");
	cr_expect_eq(number_of(copy, "line"), 3);
	cr_expect_eq(number_of(copy, "column"), 14);
	cr_expect_str_eq(string_of(copy, "status"), "completed");
	cr_expect_str_eq(string_of(copy, "canonical"), "completed");
	cr_expect_str_eq(string_of(second, "severity"), "warning");
	cr_expect_null(cJSON_GetObjectItem(second, "alias"));
	cr_expect_null(cJSON_GetObjectItem(second, "fix"));
	cr_expect_null(cJSON_GetObjectItem(gap, "line"));
	cr_expect_null(cJSON_GetObjectItem(gap, "column"));
	cr_expect_null(cJSON_GetObjectItem(gap, "status"));
	cr_expect_null(cJSON_GetObjectItem(report, "trouble"));
	cJSON_Delete(report);
}

Test(json, is_exact_where_the_terminal_is_not)
{
	ds_summary summary = {.items = 1, .desync = 1};
	const char *trouble[] = {"x: no such item"};
	struct ds_outcome outcome = {.source = "worktree",
				     .summary = &summary,
				     .findings = &evil,
				     .finding_count = 1,
				     .trouble = trouble,
				     .trouble_count = 1};
	char *text = write_report(&ds_json_format, &outcome, false, false, false);
	for (const char *at = text; *at; at++)
		cr_assert((unsigned char)*at >= 0x20 || *at == '\n');
	cJSON *report = parse(text);
	const cJSON *finding = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "findings"), 0);
	const cJSON *copies = cJSON_GetObjectItem(finding, "copies");
	const cJSON *first = cJSON_GetArrayItem(copies, 0);
	const cJSON *second = cJSON_GetArrayItem(copies, 1);
	cr_expect_str_eq(string_of(first, "status"), "a\"\\\n\x1b\x7f");
	cr_expect_str_eq(string_of(first, "path"), "e\x1b[31m\\xff/metadata.json");
	cr_expect_str_eq(string_of(first, "path_base64"), "ZRtbMzFt/y9tZXRhZGF0YS5qc29u");
	cr_expect_str_eq(string_of(finding, "item"), "e\x1b[31m\\xff");
	cr_expect_str_eq(string_of(finding, "item_base64"), "ZRtbMzFt/w==");
	cr_expect_str_eq(string_of(second, "path"), "x\n/spec.md");
	cr_expect_null(cJSON_GetObjectItem(second, "path_base64"));
	cr_expect_str_eq(string_of(second, "status"), "é");
	cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(report, "trouble")), 1);
	cJSON_Delete(report);
}

Test(json, with_nothing_to_say_is_an_object_all_the_same)
{
	ds_summary summary = {0};
	struct ds_outcome outcome = {.source = "worktree", .summary = &summary};
	cJSON *report = parse(write_report(&ds_json_format, &outcome, false, false, false));
	cr_expect(cJSON_IsArray(cJSON_GetObjectItem(report, "findings")));
	cJSON_Delete(report);
}

/* ---- Gate and status bar ------------------------------------------------ */

Test(gate, refuses_in_the_words_of_the_incident_report)
{
	static const ds_item_view items[] = {
		{"0001-a", "specweave", "d", "active", DS_ITEM_AGREES, true},
		{"0047-us", "specweave", "d", "completed", DS_ITEM_DESYNCED, false},
		{"0050-c", "specweave", "e", "active", DS_ITEM_INCOMPLETE, true},
	};
	ds_finding findings[] = {mismatch, missing("0050-c")};
	ds_summary summary = {.items = 3};
	struct ds_outcome outcome = {.summary = &summary,
				     .findings = findings,
				     .finding_count = 2,
				     .items = items,
				     .item_count = 3};
	static const char refusal[] =
		"cannot close 0047-us: metadata.json says completed, spec.md says active\n"
		"    d/metadata.json:3:14: completed\n"
		"    d/spec.md:5:9: active\n"
		"    repair: desync-fix --yes 0047-us (sets spec.md to completed; to keep active: "
		"desync-set 0047-us active)\n";
	char wanted[1024];
	snprintf(wanted, sizeof wanted,
		 "%scannot close 0050-c: spec.md is not there\n"
		 "    e/spec.md\n"
		 "    repair: create it\n"
		 "0001-a: active, every copy agrees\n",
		 refusal);
	expect_report(&ds_gate_format, &outcome, false, true, wanted);
	snprintf(wanted, sizeof wanted,
		 "%swarning: 0050-c: spec.md is not there [missing-copy]\n"
		 "0001-a: active, every copy agrees\n"
		 "0050-c: active\n",
		 refusal);
	expect_report(&ds_gate_format, &outcome, false, false, wanted);
}

Test(oneline, says_what_is_wrong_or_what_is_worked_on)
{
	static const ds_item_view items[] = {
		{"0001-a", "r", "d", "active", DS_ITEM_AGREES, true},
		{"0002-b", "r", "d", "completed", DS_ITEM_AGREES, false},
		{"0003-c", "r", "d", "active", DS_ITEM_AGREES, true},
		{"0004-d", "r", "d", "active", DS_ITEM_AGREES, true},
		{"0005-e", "r", "d", "active", DS_ITEM_AGREES, true},
	};
	static const ds_finding lost = {.code = DS_UNREADABLE, .severity = DS_ERROR};
	static const struct {
		size_t desync;
		size_t unchecked;
		size_t items;
		size_t findings;
		const char *line;
	} table[] = {
		{2, 1, 51, 0, "2 desynced, 1 unreadable of 51\n"},
		{2, 0, 51, 0, "2 desynced of 51\n"},
		{0, 3, 51, 0, "3 unreadable of 51\n"},
		{0, 0, 0, 1, "1 unreadable of 0\n"},
		{0, 0, 5, 0, "0001-a, 0003-c, 0004-d and 1 more\n"},
		{0, 0, 2, 0, "0001-a\n"},
		{0, 0, 0, 0, "none active of 0\n"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		ds_summary summary = {.items = table[i].items,
				      .desync = table[i].desync,
				      .unchecked = table[i].unchecked};
		struct ds_outcome outcome = {.summary = &summary,
					     .findings = &lost,
					     .finding_count = table[i].findings,
					     .items = items,
					     .item_count = table[i].items < 5 ? table[i].items : 5};
		expect_report(&ds_oneline_format, &outcome, false, false, table[i].line);
	}
}

/* ---- The writer --------------------------------------------------------- */

static int refuse(void *context, const char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	++*(int *)context;
	return ENOSPC;
}

Test(writer, stops_at_the_first_failure_and_says_so)
{
	int calls = 0;
	struct ds_writer writer = {.write = refuse, .context = &calls};
	for (int i = 0; i < 10000; i++)
		ds_put(&writer, "0123456789");
	cr_expect_eq(ds_flush(&writer), ENOSPC);
	cr_expect_eq(ds_flush(&writer), ENOSPC);
	cr_expect_eq(calls, 1);
	ds_buf_free(&writer.pending);
}

Test(formats, are_found_by_name)
{
	cr_expect_eq(ds_format_find("json"), &ds_json_format);
	cr_expect_null(ds_format_find("yaml"));
	size_t count = 0;
	for (const char *name; (name = ds_report_format(count)); count++)
		cr_expect_str_eq(ds_format_find(name)->name, name);
	cr_expect_eq(count, 5);
}

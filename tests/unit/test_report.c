/* The formats: what is printed, and that a program can read it. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const ds_copy mismatch_copies[] = {
	{"metadata.json", "d/metadata.json", 3, 14, "completed", "completed", NULL},
	{"spec.md", "d/spec.md", 5, 9, "active", "active", NULL},
};
static const ds_copy missing_copies[] = {{.name = "spec.md", .path = "e/spec.md"}};
static const ds_copy evil_copies[] = {
	{"metadata.json", "e\x1b[31m\xff/metadata.json", 1, 2, "a\"\\\n\x1b\x7f", NULL, NULL},
	{"spec.md", "x\n/spec.md", 1, 1, "é", NULL, NULL},
};

static const ds_finding mismatch = {
	.code = DS_STATUS_MISMATCH,
	.alias = "C-11",
	.severity = DS_ERROR,
	.rule = "specweave",
	.item = "0047-us",
	.message = "metadata.json says completed, spec.md says active",
	.fix = "desync-fix --yes 0047-us",
	.outcome = "sets spec.md to completed",
	.other = "desync-set 0047-us active",
	.choice = "to keep active",
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
		"    repair: desync-fix --yes 0047-us\n"
		"        sets spec.md to completed\n"
		"    to keep active: desync-set 0047-us active\n"
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

/* What was committed is at another place than what is in the file. */
Test(text, names_the_revision_of_a_place)
{
	static const ds_copy both[] = {
		{"tasks.json", "t.json", 1, 2, "active", NULL, NULL},
		{"HEAD", "t.json", 1, 2, "done", NULL, "HEAD"},
	};
	const ds_finding finding = {.code = DS_UNCOMMITTED_STATUS,
				    .severity = DS_ERROR,
				    .item = "t",
				    .rule = "r",
				    .message = "m",
				    .copies = both,
				    .copy_count = 2};
	ds_summary summary = {.items = 1};
	struct ds_outcome outcome = {.source = "worktree",
				     .summary = &summary,
				     .findings = &finding,
				     .finding_count = 1};

	char *got = write_report(&ds_text_format, &outcome, false, false, false);
	cr_expect_not_null(strstr(got, "t.json:1:2: error"), "%s", got);
	cr_expect_not_null(strstr(got, "    HEAD:t.json:1:2: done\n"), "%s", got);
	free(got);
	got = write_report(&ds_json_format, &outcome, false, false, false);
	cr_expect_not_null(strstr(got, "\"revision\": \"HEAD\"}"), "%s", got);
	free(got);
	got = write_report(&ds_sarif_format, &outcome, false, false, false);
	cr_expect_not_null(strstr(got, "startLine"), "%s", got);
	cr_expect_null(strstr(strstr(got, "startLine") + 1, "startLine"), "%s", got);
	free(got);
}

/* What is about a file is not folded into a number of items, and has no id. */
Test(text, says_what_is_wrong_with_a_file_in_a_line_of_its_own)
{
	ds_finding findings[10];
	ds_summary summary = {0};
	struct ds_outcome outcome = {.summary = &summary};

	for (size_t i = 0; i < 9; i++) {
		findings[i] = missing(NULL);
		findings[i].message = "spec.md has no table";
	}
	findings[9] = missing("0047-us");
	outcome.findings = findings + 8;
	outcome.finding_count = 2;
	expect_report(&ds_text_format, &outcome, false, false,
		      "e/spec.md: warning: spec.md has no table [missing-copy]\n"
		      "warning: 1 item: a copy is not there [missing-copy]: 0047-us "
		      "(-v lists them)\n"
		      "0 items\n");
	/* Of another rule it may come behind. */
	findings[7] = missing("0047-us");
	outcome.findings = findings + 7;
	expect_report(&ds_text_format, &outcome, false, false,
		      "e/spec.md: warning: spec.md has no table [missing-copy]\n"
		      "warning: 1 item: a copy is not there [missing-copy]: 0047-us "
		      "(-v lists them)\n"
		      "0 items\n");
	/* Two items, though they are called the same; and an error is no warning. */
	findings[7].rule = "other";
	findings[8] = missing("0048-us");
	findings[8].severity = DS_ERROR;
	outcome.finding_count = 3;
	char *folded = write_report(&ds_text_format, &outcome, false, false, false);
	cr_expect_not_null(strstr(folded, "warning: 2 items: a copy is not there [missing-copy]: "
					  "0047-us, 0047-us (-v"));
	free(folded);
	findings[8] = missing(NULL);
	findings[8].message = "spec.md has no table";
	findings[7] = findings[8];
	outcome.findings = findings;
	outcome.finding_count = 9;
	char *got = write_report(&ds_text_format, &outcome, false, false, false);
	cr_expect_not_null(strstr(got, "[missing-copy]\n    and 3 more files (-v lists them)\n"));
	free(got);
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
		cr_expect_eq(lines, count == 6 ? 5 * 6 + 1 : 7 + 2);
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
	ds_summary known = {
		.items = 3, .agree = 2, .desync = 1, .baselined = 3, .notes = "a\x1b\nb"};
	struct ds_outcome noted = {.summary = &known};
	expect_report(&ds_text_format, &noted, false, false,
		      "note: a\\x1b\n"
		      "note: b\n"
		      "2 agree, 1 desynced; 3 let pass by the baseline\n");
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

Test(json, says_what_the_baseline_let_pass_and_the_notes)
{
	ds_summary summary = {.items = 1, .baselined = 3, .notes = "one \"a\"\ntwo"};
	struct ds_outcome outcome = {.source = "index", .summary = &summary};
	cJSON *report = parse(write_report(&ds_json_format, &outcome, false, false, false));
	const cJSON *notes = cJSON_GetObjectItem(report, "notes");
	cr_expect_eq(number_of(cJSON_GetObjectItem(report, "summary"), "baselined"), 3);
	cr_expect_eq(cJSON_GetArraySize(notes), 2);
	cr_expect_str_eq(cJSON_GetArrayItem(notes, 0)->valuestring, "one \"a\"");
	cr_expect_str_eq(cJSON_GetArrayItem(notes, 1)->valuestring, "two");
	cJSON_Delete(report);

	summary.baselined = 0;
	summary.notes = NULL;
	report = parse(write_report(&ds_json_format, &outcome, false, false, false));
	cr_expect_null(cJSON_GetObjectItem(report, "notes"));
	cr_expect_null(cJSON_GetObjectItem(cJSON_GetObjectItem(report, "summary"), "baselined"));
	cJSON_Delete(report);
}

/* ---- SARIF -------------------------------------------------------------- */

static const cJSON *at(const cJSON *from, const char *path)
{
	char key[64];
	while (from && *path) {
		size_t len = strcspn(path, "/");
		snprintf(key, sizeof key, "%.*s", (int)len, path);
		from = *key >= '0' && *key <= '9'
			       ? cJSON_GetArrayItem(from, (int)strtol(key, NULL, 10))
			       : cJSON_GetObjectItemCaseSensitive(from, key);
		path += len + (path[len] == '/');
	}
	return from;
}

static const char *text_at(const cJSON *from, const char *path)
{
	const cJSON *value = at(from, path);
	return cJSON_IsString(value) ? value->valuestring : "(none)";
}

static cJSON *sarif_of(const ds_finding *findings, size_t count, const char *trouble)
{
	ds_summary summary = {.items = count, .notes = "a note\nanother"};
	struct ds_outcome outcome = {.source = "worktree",
				     .summary = &summary,
				     .findings = findings,
				     .finding_count = count,
				     .trouble = &trouble,
				     .trouble_count = trouble ? 1 : 0};
	char *text = write_report(&ds_sarif_format, &outcome, false, false, true);
	cr_assert(ds_utf8_valid(ds_text_of(text)));
	for (const char *c = text; *c; c++)
		cr_assert((unsigned char)*c >= 0x20 || *c == '\n');
	return parse(text);
}

Test(sarif, has_a_rule_for_every_code)
{
	cJSON *log = sarif_of(NULL, 0, NULL);
	const cJSON *rules = at(log, "runs/0/tool/driver/rules");
	int count = 0;

	for (ds_code code = 1; *ds_code_name(code); code++, count++) {
		const cJSON *rule = cJSON_GetArrayItem(rules, count);
		const char *level = text_at(rule, "defaultConfiguration/level");
		cr_expect_str_eq(string_of(rule, "id"), ds_code_name(code));
		cr_expect(*text_at(rule, "shortDescription/text") != '(');
		cr_expect(*text_at(rule, "fullDescription/text") != '(');
		cr_expect(*text_at(rule, "help/text") != '(');
		cr_expect(strcmp(level, "error") == 0 || strcmp(level, "warning") == 0 ||
			  strcmp(level, "note") == 0);
	}
	cr_expect_geq(count, 12);
	cr_expect_eq(cJSON_GetArraySize(rules), count);
	cr_expect_str_eq(string_of(log, "version"), "2.1.0");
	cr_expect_str_eq(text_at(log, "runs/0/tool/driver/name"), "desync");
	cr_expect(cJSON_IsArray(at(log, "runs/0/results")));
	cr_expect(cJSON_IsTrue(at(log, "runs/0/invocations/0/executionSuccessful")));
	cr_expect_str_eq(
		text_at(log, "runs/0/invocations/0/toolExecutionNotifications/1/message/text"),
		"another");
	cJSON_Delete(log);
}

Test(sarif, says_where_and_what_to_do)
{
	ds_finding findings[] = {mismatch, missing("0050-c")};
	cJSON *log = sarif_of(findings, 2, NULL);
	const cJSON *first = at(log, "runs/0/results/0");
	const cJSON *gap = at(log, "runs/0/results/1");
	const cJSON *place = at(first, "locations/0/physicalLocation");
	const cJSON *other = at(first, "relatedLocations/0");
	const cJSON *rules = at(log, "runs/0/tool/driver/rules");

	cr_expect_str_eq(string_of(first, "ruleId"), "status-mismatch");
	cr_expect_str_eq(string_of(cJSON_GetArrayItem(rules, number_of(first, "ruleIndex")), "id"),
			 "status-mismatch");
	cr_expect_str_eq(string_of(cJSON_GetArrayItem(rules, number_of(gap, "ruleIndex")), "id"),
			 "missing-copy");
	cr_expect_str_eq(string_of(first, "level"), "error");
	cr_expect_str_eq(string_of(gap, "level"), "warning");
	cr_expect_not_null(strstr(text_at(first, "message/text"), "0047-us: metadata.json says"));
	cr_expect_not_null(strstr(text_at(first, "message/text"), "desync-fix --yes 0047-us\n"));
	cr_expect_str_eq(text_at(place, "artifactLocation/uri"), "d/spec.md");
	cr_expect_str_eq(text_at(place, "artifactLocation/uriBaseId"), "%SRCROOT%");
	cr_expect_eq(number_of(at(place, "region"), "startLine"), 5);
	/* Ours count bytes: none is better than a wrong one. */
	cr_expect_null(at(place, "region/startColumn"));
	cr_expect_str_eq(text_at(other, "physicalLocation/artifactLocation/uri"),
			 "d/metadata.json");
	cr_expect_str_eq(text_at(other, "message/text"), "metadata.json says completed");
	cr_expect_eq(cJSON_GetArraySize(at(first, "relatedLocations")), 1);
	cr_expect_str_eq(text_at(first, "properties/item"), "0047-us");
	cr_expect_str_eq(text_at(first, "properties/rule"), "specweave");
	cr_expect_str_eq(text_at(first, "properties/fix"), mismatch.fix);
	cr_expect_str_eq(text_at(first, "properties/outcome"), mismatch.outcome);
	cr_expect_null(at(gap, "locations/0/physicalLocation/region"));
	cr_expect(cJSON_IsTrue(at(log, "runs/0/invocations/0/executionSuccessful")));
	cJSON_Delete(log);
}

/* A scan that could not read everything must not look like a whole one. */
Test(sarif, tells_trouble_from_results)
{
	static const char broken[] = "runs/0/invocations/0/executionSuccessful";
	static const char notices[] = "runs/0/invocations/0/toolExecutionNotifications";
	static const ds_copy journal[] = {{.name = "journal", .path = "/x y/journal"}};
	ds_finding unread = {
		.code = DS_UNREADABLE, .severity = DS_ERROR, .message = "cannot be read"};
	ds_finding lost = {.code = DS_INTERRUPTED_TRANSACTION,
			   .severity = DS_ERROR,
			   .message = "cut short",
			   .copies = journal,
			   .copy_count = 1};

	cJSON *log = sarif_of(NULL, 0, "77: no such item");
	cr_expect(cJSON_IsFalse(at(log, broken)));
	cr_expect_str_eq(text_at(at(log, notices), "0/level"), "error");
	cr_expect_str_eq(text_at(at(log, notices), "0/message/text"), "77: no such item");
	cJSON_Delete(log);
	/* Without a place it is a valid result all the same. */
	log = sarif_of(&unread, 1, NULL);
	cr_expect(cJSON_IsFalse(at(log, broken)));
	cr_expect_eq(cJSON_GetArraySize(at(log, notices)), 3);
	cr_expect_eq(cJSON_GetArraySize(at(log, "runs/0/results/0/locations")), 0);
	cr_expect_str_eq(text_at(log, "runs/0/results/0/ruleId"), "unreadable");
	cJSON_Delete(log);
	log = sarif_of(&lost, 1, NULL);
	const cJSON *place = at(log, "runs/0/results/0/locations/0/physicalLocation");
	cr_expect(cJSON_IsFalse(at(log, broken)));
	cr_expect_str_eq(text_at(place, "artifactLocation/uri"), "file:///x%20y/journal");
	cr_expect_null(at(place, "artifactLocation/uriBaseId"));
	cJSON_Delete(log);
}

static void fingerprint(char *out, size_t room, const ds_finding *finding)
{
	cJSON *log = sarif_of(finding, 1, NULL);
	const cJSON *prints = at(log, "runs/0/results/0/partialFingerprints");
	snprintf(out, room, "%s", string_of(prints, "desyncFinding/v1"));
	cJSON_Delete(log);
}

Test(sarif, knows_a_finding_again_when_lines_have_moved)
{
	ds_copy copies[2] = {mismatch_copies[0], mismatch_copies[1]};
	ds_finding same = mismatch;
	char before[80];
	char after[80];

	fingerprint(before, sizeof before, &mismatch);
	cr_expect_eq(strlen(before), 64);
	same.copies = copies;
	copies[0].line = 30;
	copies[1].column = 1;
	same.message = "in other words";
	fingerprint(after, sizeof after, &same);
	cr_expect_str_eq(before, after);

	ds_finding others[] = {same, same, same, same, same};
	ds_copy changed[] = {copies[0], copies[1]};
	ds_copy renamed[] = {copies[0], copies[1]};
	changed[1].status = "planned";
	renamed[0].name = "x.json";
	others[0].copies = changed;
	others[1].copies = renamed;
	others[2].item = "0048-us";
	others[3].rule = "another";
	others[4].code = DS_UNKNOWN_STATUS;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		fingerprint(after, sizeof after, &others[i]);
		cr_expect_str_neq(before, after, "%zu", i);
	}
}

Test(sarif, takes_nothing_of_others_for_its_own)
{
	static const ds_copy copies[] = {
		{"a [x](1) {0}", "e\x1b \xff%\xc3\xa9:[/a", 1, 2, "]({0}", NULL, NULL},
		{"b", "d/b", 1, 1, "\xef\xbf\xbe\"", NULL, NULL},
	};
	ds_finding finding = {.code = DS_STATUS_MISMATCH,
			      .severity = DS_ERROR,
			      .rule = "r",
			      .item = "\xff\"{1}",
			      .message = "[link](http://x) {0}\n\x1b",
			      .copies = copies,
			      .copy_count = 2,
			      .focus = 1};
	cJSON *log = sarif_of(&finding, 1, "{0}");
	const cJSON *result = at(log, "runs/0/results/0");
	cr_expect_str_eq(text_at(result, "message/text"),
			 "\\xff\"{{1}}: \\[link](http://x) {{0}}\\n\\x1b");
	cr_expect_str_eq(text_at(result, "relatedLocations/0/message/text"),
			 "a \\[x](1) {{0}} says ]({{0}}");
	cr_expect_str_eq(
		text_at(result, "relatedLocations/0/physicalLocation/artifactLocation/uri"),
		"e%1B%20%FF%25%C3%A9%3A%5B/a");
	cr_expect_str_eq(text_at(result, "properties/item"), "\\xff\"{1}");
	cr_expect_str_eq(text_at(result, "properties/item_base64"), "/yJ7MX0=");
	cr_expect_str_eq(
		text_at(log, "runs/0/invocations/0/toolExecutionNotifications/0/message/text"),
		"{{0}}");
	cJSON_Delete(log);
}

/* Pieces are passed on between results: none may lose a comma there. */
Test(sarif, is_one_document_however_long)
{
	enum { MANY = 300 };
	ds_finding findings[MANY];
	for (size_t i = 0; i < MANY; i++)
		findings[i] = i % 3 ? mismatch : missing("0050-c");
	cJSON *log = sarif_of(findings, MANY, NULL);
	cr_expect_eq(cJSON_GetArraySize(at(log, "runs/0/results")), MANY);
	cJSON_Delete(log);
}

/* ---- JUnit -------------------------------------------------------------- */

/* Whether `text` is one element with what is in it, all names closed in order, and no
 * character that XML 1.0 forbids. Enough for what we write; xmllint sees the rest. */
static bool is_well_formed(const char *text)
{
	const char *open[16];
	size_t depth = 0;

	text = strstr(text, "?>");
	for (text = text ? text + 2 : ""; *text; text++) {
		unsigned point;
		if (!ds_utf8_next(ds_text_of(text), &point) && (*text & 0xc0) != 0x80)
			return false;
		if (((unsigned char)*text < 0x20 && *text != '\n') ||
		    strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "]]>", 3) == 0)
			return false;
		if (*text == '&' && strncmp(text, "&#x", 3) != 0)
			return false;
		if (*text != '<')
			continue;
		const char *end = text + 1;
		for (bool quoted = false; *end && (quoted || *end != '>'); end++) {
			quoted ^= *end == '"';
			if (*end == '<')
				return false;
		}
		if (!*end)
			return false;
		size_t len = strcspn(text + 1, " />");
		if (text[1] == '/') {
			len = strcspn(text + 2, ">");
			if (!depth || strncmp(open[--depth], text + 2, len) != 0)
				return false;
		} else if (end[-1] != '/') {
			if (depth == 16 || !len)
				return false;
			open[depth++] = text + 1;
		}
		text = end;
	}
	return depth == 0;
}

static size_t count_in(const char *text, const char *what)
{
	size_t count = 0;
	for (; (text = strstr(text, what)); text += strlen(what))
		count++;
	return count;
}

static void expect_counts(const char *got, size_t tests, size_t failures, size_t errors,
			  size_t skipped)
{
	char wanted[128];
	snprintf(wanted, sizeof wanted,
		 "<testsuite name=\"desync\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		 "skipped=\"%zu\">",
		 tests, failures, errors, skipped);
	cr_expect_not_null(strstr(got, wanted), "%s", got);
	cr_expect_eq(count_in(got, "<testcase "), tests);
	cr_expect_eq(count_in(got, "<failure "), failures);
	cr_expect_eq(count_in(got, "<error "), errors);
	cr_expect_eq(count_in(got, "<skipped "), skipped);
}

Test(junit, is_a_test_an_item)
{
	static const ds_item_view items[] = {
		{"0001-a", "specweave", "d", "active", DS_ITEM_AGREES, true},
		{"0047-us", "specweave", "d", "completed", DS_ITEM_DESYNCED, false},
		{"0048-b", "specweave", "e", NULL, DS_ITEM_UNCHECKED, false},
		{"0050-c", "specweave", "e", "active", DS_ITEM_INCOMPLETE, true},
		{"0051-d", "specweave", "e", "active", DS_ITEM_AGREES, true},
	};
	ds_finding unread = {.code = DS_UNREADABLE,
			     .severity = DS_ERROR,
			     .rule = "specweave",
			     .message = "the directory x cannot be read",
			     .copies = missing_copies,
			     .copy_count = 1};
	ds_finding broken = {.code = DS_MALFORMED,
			     .severity = DS_ERROR,
			     .rule = "specweave",
			     .item = "0048-b",
			     .message = "cannot be parsed"};
	ds_finding unknown = mismatch;
	unknown.code = DS_UNKNOWN_STATUS;
	unknown.severity = DS_WARNING;
	ds_finding gap = missing("0048-b");
	const char *trouble[] = {"77: no such item"};
	ds_summary summary = {.items = 5};
	ds_finding findings[] = {unread, mismatch, unknown, gap, broken, missing("0050-c")};
	struct ds_outcome outcome = {.summary = &summary,
				     .findings = findings,
				     .finding_count = 6,
				     .items = items,
				     .item_count = 5,
				     .trouble = trouble,
				     .trouble_count = 1};

	char *got = write_report(&ds_junit_format, &outcome, false, false, true);
	cr_expect(is_well_formed(got), "%s", got);
	expect_counts(got, 7, 1, 3, 1);
	cr_expect_not_null(strstr(got, "name=\"0001-a\"/>"));
	cr_expect_not_null(strstr(got, "name=\"0051-d\"/>"));
	cr_expect_not_null(strstr(got,
				  "<testcase classname=\"specweave\" name=\"0047-us\"><failure "
				  "type=\"status-mismatch\" message=\"metadata.json says"));
	/* The gravest names it, and all are told. */
	cr_expect_not_null(strstr(got, "name=\"0048-b\"><error type=\"malformed\" "
				       "message=\"cannot be parsed\">spec.md is not there&#x0A;"));
	cr_expect_not_null(strstr(got, "name=\"0050-c\"><skipped "));
	cr_expect_not_null(strstr(got, "name=\"e/spec.md\"><error type=\"unreadable\""));
	cr_expect_not_null(strstr(got,
				  "classname=\"desync\" name=\"desync\"><error type=\"trouble\" "
				  "message=\"77: no such item\">"));
	free(got);
	got = write_report(&ds_junit_format, &outcome, false, true, false);
	expect_counts(got, 7, 2, 3, 0);
	free(got);
	outcome.finding_count = outcome.item_count = outcome.trouble_count = 0;
	got = write_report(&ds_junit_format, &outcome, false, true, false);
	cr_expect(is_well_formed(got), "%s", got);
	expect_counts(got, 0, 0, 0, 0);
	free(got);
}

Test(junit, holds_what_xml_cannot)
{
	static const ds_copy copies[] = {
		{"a", "]]>&<\"'\x1b\n", 1, 1, "\xef\xbf\xbe\xff", NULL, NULL}};
	ds_finding finding = {.code = DS_STATUS_MISMATCH,
			      .severity = DS_ERROR,
			      .rule = "r\"&",
			      .item = "<\"\xff\x01\n\r]]>",
			      .message = "&amp;]]>\xef\xbf\xbf\x7f",
			      .copies = copies,
			      .copy_count = 1};
	ds_summary summary = {.items = 1};
	struct ds_outcome outcome = {.summary = &summary, .findings = &finding, .finding_count = 1};
	char *got = write_report(&ds_junit_format, &outcome, false, false, false);
	cr_expect(is_well_formed(got), "%s", got);
	cr_expect_not_null(strstr(got, "name=\"&#x3C;&#x22;\\xff\\x01&#x0A;&#x0D;]]&#x3E;\""));
	cr_expect_not_null(strstr(got, "message=\"&#x26;amp;]]&#x3E;\\uffff\\x7f\""));
	free(got);
}

/* ---- GitHub ------------------------------------------------------------- */

Test(github, is_a_command_a_finding_and_a_count)
{
	ds_finding findings[] = {mismatch,
				 missing("0050-c"),
				 {.code = DS_UNREADABLE, .severity = DS_INFO, .message = "x"}};
	ds_summary summary = {.items = 2,
			      .desync = 1,
			      .incomplete = 1,
			      .not_looked_at = 4,
			      .skipped = "##[x]",
			      .baselined = 2,
			      .notes = "50%\nb"};
	const char *trouble[] = {"77: no such item"};
	struct ds_outcome outcome = {.summary = &summary,
				     .findings = findings,
				     .finding_count = 3,
				     .trouble = trouble,
				     .trouble_count = 1};
	expect_report(
		&ds_github_format, &outcome, false, false,
		"::error title=desync::77: no such item\n"
		"::error file=d/spec.md,line=5,col=9,title=status-mismatch 0047-us::metadata.json "
		"says completed, spec.md says active%0A    d/metadata.json:3:14: completed%0A    "
		"d/spec.md:5:9: active%0A    repair: desync-fix --yes 0047-us%0A        sets "
		"spec.md to "
		"completed%0A    to keep active: desync-set 0047-us active\n"
		"::warning file=e/spec.md,title=missing-copy 0050-c::spec.md is not there%0A    "
		"e/spec.md%0A    repair: create it\n"
		"::notice title=unreadable::x\n"
		"::notice title=desync::50%25\n"
		"::notice title=desync::b\n"
		"0 agree, 1 desynced, 1 cannot be compared; 2 let pass by the baseline\n");
}

/* Whoever names a file must not give orders to the runner. */
Test(github, lets_no_name_become_a_command)
{
	static const ds_copy copies[] = {
		{"a", "x,line=1::y%0A\n::error ::z\r\xff", 1, 2, "s\n::add-mask::%", NULL, NULL}};
	ds_finding finding = {.code = DS_STATUS_MISMATCH,
			      .severity = DS_ERROR,
			      .item = "i:,%\n",
			      .message = "m\n::stop-commands::t\r%\x1b",
			      .copies = copies,
			      .copy_count = 1};
	ds_summary summary = {.items = 1, .desync = 1};
	struct ds_outcome outcome = {.summary = &summary, .findings = &finding, .finding_count = 1};
	expect_report(
		&ds_github_format, &outcome, false, false,
		"::error file=x%2Cline=1%3A%3Ay%250A%0A%3A%3Aerror %3A%3Az%0D\\xff,line=1,col=2,"
		"title=status-mismatch i%3A%2C%25%0A::m\\n::stop-commands::t\\r%25\\x1b%0A    "
		"x,line=1::y%250A\\n::error ::z\\r\\xff:1:2: s\\n::add-mask::%25\n"
		"0 agree, 1 desynced\n");
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
		"    repair: desync-fix --yes 0047-us\n"
		"        sets spec.md to completed\n"
		"    to keep active: desync-set 0047-us active\n";
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
	/* A file in which nothing is found can be read. */
	const ds_finding misread = {.code = DS_MISSING_STATUS, .severity = DS_WARNING};
	ds_summary summary = {.warnings = 1};
	struct ds_outcome outcome = {.summary = &summary, .findings = &misread, .finding_count = 1};
	expect_report(&ds_oneline_format, &outcome, false, false, "none active of 0 (1 warning)\n");
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

Test(writer, fails_with_what_was_gathered_for_it)
{
	int calls = 0;
	struct ds_writer writer = {.write = refuse, .context = &calls};
	struct ds_writer kept = {0};

	cr_expect_str_eq(ds_gathered(&writer, &kept), "");
	cr_expect_eq(writer.error, 0);
	kept.pending.failed = true;
	cr_expect_str_eq(ds_gathered(&writer, &kept), "");
	cr_expect_eq(ds_flush(&writer), ENOMEM);
}

Test(formats, are_found_by_name)
{
	cr_expect_eq(ds_format_find("json"), &ds_json_format);
	cr_expect_null(ds_format_find("yaml"));
	size_t count = 0;
	for (const char *name; (name = ds_report_format(count)); count++)
		cr_expect_str_eq(ds_format_find(name)->name, name);
	/* Those of our own programs alone are not offered. */
	cr_expect_eq(count, 5);
	cr_expect_null(ds_report_format(100));
	cr_expect_eq(ds_format_find("gate"), &ds_gate_format);
}

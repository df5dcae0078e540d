/* Severities as the user has them, and findings that are let pass. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline.h"
#include "desync/git.h"
#include "json_scan.h"
#include "json_walk.h"
#include "rule.h"
#include "scratch.h"
#include "severity.h"

enum { TODAY = 1795219200 }; /* 2026-11-21 */

static const ds_copy disagree[] = {
	{.name = "metadata.json", .status = "completed"},
	{.name = "spec.md", .status = "active"},
};
static const ds_copy turned[] = {
	{.name = "spec.md", .status = "active"},
	{.name = "metadata.json", .status = "completed"},
};
static const ds_copy otherwise[] = {
	{.name = "metadata.json", .status = "completed"},
	{.name = "spec.md", .status = "planning"},
};
static const ds_copy missing[] = {{.name = "spec.md", .status = NULL}};
static const ds_copy blank[] = {{.name = "spec.md", .status = ""}};
static const ds_copy dash[] = {{.name = "spec.md", .status = "-"}};

#define COPIES(array) .copies = (array), .copy_count = sizeof(array) / sizeof *(array)

static const ds_finding mismatch = {.code = DS_STATUS_MISMATCH,
				    .severity = DS_ERROR,
				    .rule = "specweave",
				    .item = "0047-x",
				    COPIES(disagree)};

static struct ds_text text(const char *string)
{
	return ds_text_of(string);
}

static struct ds_baseline *read_at(const char *bytes, time_t now)
{
	struct ds_baseline *baseline;
	ds_error err = {0};
	cr_assert_eq(ds_baseline_read(&baseline, text(bytes), "b.json", now, &err), 0, "%s",
		     err.message);
	return baseline;
}

#define HEAD "{\n  \"schema_version\": 1,\n  \"findings\": [\n"
#define TAIL "\n  ]\n}\n"
#define ENTRY                                                                                      \
	"    {\"rule\": \"specweave\", \"item\": \"0047-x\", \"code\": \"status-mismatch\",\n"     \
	"     \"statuses\": {\"metadata.json\": \"completed\", \"spec.md\": \"active\"}"
#define EXPIRES(date) ",\n     \"expires\": \"" date "\""

/* ---- Matching ------------------------------------------------------------ */

Test(baseline, lets_pass_what_it_lists)
{
	static const struct {
		const char *what;
		ds_finding finding;
		bool covered;
	} table[] = {
		{"the same",
		 {DS_STATUS_MISMATCH, .rule = "specweave", .item = "0047-x", COPIES(disagree)},
		 true},
		{"copies in another order",
		 {DS_STATUS_MISMATCH, .rule = "specweave", .item = "0047-x", COPIES(turned)},
		 true},
		{"another status",
		 {DS_STATUS_MISMATCH, .rule = "specweave", .item = "0047-x", COPIES(otherwise)},
		 false},
		{"a copy less",
		 {DS_STATUS_MISMATCH, .rule = "specweave", .item = "0047-x", .copies = disagree,
		  .copy_count = 1},
		 false},
		{"another item",
		 {DS_STATUS_MISMATCH, .rule = "specweave", .item = "0047-y", COPIES(disagree)},
		 false},
		{"another rule",
		 {DS_STATUS_MISMATCH, .rule = "other", .item = "0047-x", COPIES(disagree)},
		 false},
		{"another code",
		 {DS_UNKNOWN_STATUS, .rule = "specweave", .item = "0047-x", COPIES(disagree)},
		 false},
		{"no item", {DS_STATUS_MISMATCH, .rule = "specweave", COPIES(disagree)}, false},
		{"no rule", {DS_STATUS_MISMATCH, .item = "0047-x", COPIES(disagree)}, false},
		{"null",
		 {DS_MISSING_COPY, .rule = "specweave", .item = "1", COPIES(missing)},
		 true},
		{"empty for null",
		 {DS_MISSING_COPY, .rule = "specweave", .item = "1", COPIES(blank)},
		 false},
		{"- for null",
		 {DS_MISSING_COPY, .rule = "specweave", .item = "1", COPIES(dash)},
		 false},
	};
	struct ds_baseline *baseline =
		read_at(HEAD ENTRY "},\n{\"code\": \"missing-copy\", \"more\": [{}, \"]\"], "
				   "\"statuses\": {\"spec.md\": null}, \"item\": \"1\", "
				   "\"rule\": \"spec\\u0077eave\"}" TAIL,
			TODAY);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		cr_expect_eq(ds_baseline_covers(baseline, &table[i].finding), table[i].covered,
			     "%s", table[i].what);
	ds_baseline_free(baseline);
}

/* However it got there: not what nothing is known of. */
Test(baseline, lets_no_trouble_pass)
{
	for (ds_code code = DS_NO_CODE + 1; *ds_code_name(code); code++) {
		ds_status status = ds_code_info(code)->status;
		bool may = status != DS_TROUBLE && status != DS_INTERRUPTED;
		struct ds_buf bytes = {0};
		struct ds_baseline *baseline = NULL;
		ds_error err = {0};

		cr_expect_eq(ds_code_may_pass(code), may, "%s", ds_code_name(code));
		ds_buf_printf(&bytes,
			      HEAD "{\"rule\": \"r\", \"item\": \"i\", \"code\": \"%s\", "
				   "\"statuses\": {}}" TAIL,
			      ds_code_name(code));
		int read = ds_baseline_read(&baseline, (struct ds_text){bytes.bytes, bytes.len},
					    "b", TODAY, &err);
		cr_expect_eq(read == 0, may, "%s", ds_code_name(code));
		ds_baseline_free(baseline);

		ds_finding finding = {code, .severity = DS_ERROR, .rule = "r", .item = "i"};
		size_t entries;
		ds_buf_cut(&bytes, 0);
		cr_assert(ds_baseline_write(&bytes, &finding, 1, DS_INFO, NULL, &entries));
		cr_expect_eq(entries, may ? 1 : 0, "%s", ds_code_name(code));
		ds_buf_free(&bytes);
	}
}

Test(baseline, expires)
{
	static const struct {
		const char *expires;
		time_t now;
		bool covered;
	} table[] = {
		{"2026-11-22", TODAY, true},         {"2026-11-21", TODAY, true},
		{"2026-11-21", TODAY + 86399, true}, {"2026-11-21", TODAY + 86400, false},
		{"2026-11-20", TODAY, false},        {"2025-12-31", TODAY, false},
		{"9999-12-31", TODAY, true},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_buf bytes = {0};
		ds_buf_printf(&bytes, HEAD ENTRY EXPIRES("%s") "}" TAIL, table[i].expires);
		struct ds_baseline *baseline = read_at(bytes.bytes, table[i].now);
		cr_expect_eq(ds_baseline_covers(baseline, &mismatch), table[i].covered, "%zu", i);
		ds_baseline_free(baseline);
		ds_buf_free(&bytes);
	}
}

/* ---- What is refused ------------------------------------------------------ */

#define WITH(key, value)                                                                           \
	HEAD "{\"rule\": \"r\", \"item\": \"i\", \"code\": \"missing-copy\",\n"                    \
	     "\"" key "\": " value ",\n\"statuses\": {}}" TAIL
#define SAID(statuses)                                                                             \
	HEAD "{\"rule\": \"r\", \"item\": \"i\", \"code\": \"missing-copy\",\n"                    \
	     "\"statuses\": " statuses "}" TAIL
#define ONE "{\"rule\": \"r\", \"item\": \"i\", \"code\": \"missing-copy\", \"statuses\": {}}"

static const struct {
	const char *bytes;
	const char *message; /* NULL: is read */
} readings[] = {
	{"", "b.json:1: the file is empty"},
	{"{\n  x", "b.json:2: expected a key in double quotes"},
	{HEAD "{\"rule\": \"\xff\"}" TAIL, "b.json:4: a byte that is not UTF-8"},
	{"\n[]", "b.json:2: not an object where one must be"},
	{"7", "b.json:1: not an object where one must be"},
	{"{}", "b.json:1: \"schema_version\" is missing"},
	{"\n{\"schema_version\": 1}", "b.json:2: \"findings\" is missing"},
	{"{\"schema_version\": 2, \"findings\": []}",
	 "b.json:1: \"schema_version\" is not 1: it is of another desync"},
	{"{\"schema_version\": 10, \"findings\": []}",
	 "b.json:1: \"schema_version\" is not 1: it is of another desync"},
	{"{\"schema_version\": \"1\", \"findings\": []}",
	 "b.json:1: \"schema_version\" is not 1: it is of another desync"},
	{"{\"schema_version\": 1, \"findings\": {}}", "b.json:1: \"findings\" is no array"},
	{"{\"schema_version\": 1, \"findings\": [],\n\"findings\": []}",
	 "b.json:2: \"findings\" is there twice"},
	{"{\"schema_version\": 1, \"findings\": [],\n\"\\u0066indings\": []}",
	 "b.json:2: \"findings\" is there twice"},
	{HEAD "7" TAIL, "b.json:4: not an object where one must be"},
	{HEAD ONE ",\n[]" TAIL, "b.json:5: not an object where one must be"},
	{HEAD "{}" TAIL, "b.json:4: \"rule\" is missing"},
	{HEAD "\n{\"rule\": \"r\", \"item\": \"i\", \"statuses\": {}}" TAIL,
	 "b.json:5: \"code\" is missing"},
	{WITH("rule", "\"s\""), "b.json:5: \"rule\" is there twice"},
	{WITH("statuses", "{}"), "b.json:6: \"statuses\" is there twice"},
	{WITH("Expires", "\"2026-01-01\""), "b.json:5: \"Expires\" is written in another case"},
	{WITH("expire", "7"), NULL},
	{WITH("caf\\u00e9 \\\"", "[[[{\"rule\": 1}]]]"), NULL},
	{WITH("\\u0000", "1"), "b.json:5: a text that holds \\u0000 or half a character"},
	{WITH("expires", "null"), "b.json:5: \"expires\" is no text"},
	{WITH("expires", "\"\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-02-28\""), NULL},
	{WITH("expires", "\"2028-02-29\""), NULL},
	{WITH("expires", "\"2000-02-29\""), NULL},
	{WITH("expires", "\"2026-12-31\""), NULL},
	{WITH("expires", "\"2026-02-29\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-02-30\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2100-02-29\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-04-31\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-13-01\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-00-01\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-01-00\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"0000-01-01\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-1-01x\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026/01/01\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"+026-01-01\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{WITH("expires", "\"2026-01-011\""), "b.json:5: \"expires\" is no date as 2027-01-31"},
	{HEAD "{\"rule\": 1}" TAIL, "b.json:4: \"rule\" is no text"},
	{HEAD "{\"rule\": \"a\\u0000b\", \"item\": \"i\", \"code\": \"missing-copy\", "
	      "\"statuses\": {}}" TAIL,
	 "b.json:4: a text that holds \\u0000 or half a character"},
	{HEAD "{\"rule\": \"\", \"item\": \"\\ud800\", \"code\": \"missing-copy\", "
	      "\"statuses\": {}}" TAIL,
	 "b.json:4: a text that holds \\u0000 or half a character"},
	{HEAD "{\"rule\": \"r\", \"item\": \"i\",\n\"code\": \"nonsense\", \"statuses\": {}}" TAIL,
	 "b.json:5: no such finding"},
	{HEAD "{\"rule\": \"r\", \"item\": \"i\", \"code\": \"C-11\", \"statuses\": {}}" TAIL,
	 NULL},
	{HEAD "{\"rule\": \"r\", \"item\": \"i\", \"code\": \"malformed\", \"statuses\": {}}" TAIL,
	 "b.json:4: this finding cannot be let pass: where it is, nothing is known"},
	{SAID("null"), "b.json:5: \"statuses\" is no object"},
	{SAID("{\"a\": 1}"), "b.json:5: a status is a text, or null"},
	{SAID("{\"a\": true}"), "b.json:5: a status is a text, or null"},
	{SAID("{\"a\": \"x\", \"b\": null, \"\\u0061\": \"x\"}"),
	 "b.json:5: a copy is there twice"},
	{SAID("{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\","
	      "\"8\":\"\"}"),
	 NULL},
	{SAID("{\"1\":\"\",\"2\":\"\",\"3\":\"\",\"4\":\"\",\"5\":\"\",\"6\":\"\",\"7\":\"\","
	      "\"8\":\"\",\"9\":\"\"}"),
	 "b.json:5: more statuses than an item can have"},
	{HEAD ONE ",\n" ONE TAIL, "b.json:5: this entry is there twice"},
	{"\xef\xbb\xbf" HEAD TAIL, NULL},
};

Test(baseline, refuses)
{
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		struct ds_baseline *baseline;
		ds_error err = {0};
		int status =
			ds_baseline_read(&baseline, text(readings[i].bytes), "b.json", TODAY, &err);
		const char *expected = readings[i].message ? readings[i].message : "";
		cr_expect_eq(status, *expected ? DS_TROUBLE : 0, "%s", readings[i].bytes);
		cr_expect_str_eq(err.message, expected, "%s: %s", readings[i].bytes, err.message);
		cr_expect_eq(baseline == NULL, status != 0);
		ds_baseline_free(baseline);
	}
}

/* Cut anywhere it is no baseline, and nothing is read that is not there. */
Test(baseline, refuses_half_a_file)
{
	const char whole[] = HEAD ENTRY EXPIRES("2027-01-31") "}" TAIL;
	for (size_t len = 0; len < sizeof whole - 2; len++) {
		struct ds_baseline *baseline;
		char *bytes = malloc(len + 1);
		cr_assert(bytes);
		memcpy(bytes, whole, len);
		cr_expect_eq(ds_baseline_read(&baseline, (struct ds_text){len ? bytes : NULL, len},
					      "b", TODAY, NULL),
			     DS_TROUBLE, "%zu", len);
		free(bytes);
	}
}

Test(baseline, is_refused_with_its_name_made_harmless)
{
	struct ds_baseline *baseline;
	ds_error err = {0};
	cr_expect_eq(ds_baseline_read(&baseline, text("\n"), "a\nb", TODAY, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "a\\nb:2: the file is empty");
}

/* ---- Entries that fit nothing --------------------------------------------- */

static bool every(void *context, const char *rule, const char *item)
{
	(void)context;
	(void)rule;
	(void)item;
	return true;
}

static bool only(void *context, const char *rule, const char *item)
{
	return strcmp(rule, "specweave") == 0 && strcmp(item, context) == 0;
}

static void expect_stale(const struct ds_baseline *baseline, ds_judged_fn judged, void *context,
			 const char *expected)
{
	struct ds_buf lines = {0};
	size_t from = 0;
	while (ds_baseline_stale(baseline, judged, context, &from, &lines))
		ds_buf_puts(&lines, "\n");
	cr_expect_str_eq(lines.len ? lines.bytes : "", expected, "%s", lines.bytes);
	ds_buf_free(&lines);
}

Test(baseline, says_what_fits_nothing)
{
	struct ds_baseline *baseline =
		read_at(HEAD ENTRY EXPIRES("2026-11-01") "},\n"
							 "{\"rule\": \"specweave\", \"item\": "
							 "\"a\\nb\", \"code\": \"missing-copy\", "
							 "\"statuses\": {}}, {\"rule\": "
							 "\"specweave\", \"item\": \"met\", "
							 "\"code\": \"missing-copy\", "
							 "\"statuses\": {\"spec.md\": null}}" TAIL,
			TODAY);
	ds_finding met = {DS_MISSING_COPY, .rule = "specweave", .item = "met", COPIES(missing)};
	char which[] = "met";

	cr_expect(ds_baseline_covers(baseline, &met));
	expect_stale(baseline, every, NULL,
		     "b.json:4: status-mismatch of 0047-x is no longer found: remove this entry\n"
		     "b.json:7: missing-copy of a\\nb is no longer found: remove this entry\n");
	expect_stale(baseline, only, which, "");
	char other[] = "0047-x";
	expect_stale(baseline, only, other,
		     "b.json:4: status-mismatch of 0047-x is no longer found: remove this "
		     "entry\n");
	cr_expect_not(ds_baseline_covers(baseline, &mismatch));
	expect_stale(baseline, only, other,
		     "b.json:4: status-mismatch of 0047-x was let pass until 2026-11-01: settle "
		     "it, or give it another date\n");
	ds_baseline_free(baseline);
}

/* ---- Writing -------------------------------------------------------------- */

static const ds_finding several[] = {
	{DS_UNKNOWN_STATUS, .severity = DS_WARNING, .rule = "specweave", .item = "0050",
	 COPIES(blank)},
	{DS_STATUS_MISMATCH, .severity = DS_ERROR, .rule = "specweave", .item = "0047-x",
	 COPIES(disagree)},
	{DS_MISSING_COPY, .severity = DS_WARNING, .rule = "specweave", .item = "0047-x",
	 COPIES(missing)},
	{DS_STATUS_MISMATCH, .severity = DS_ERROR, .rule = "specweave", .item = "0047-x",
	 COPIES(turned)},
	{DS_MALFORMED, .severity = DS_ERROR, .rule = "specweave", .item = "0051", COPIES(missing)},
	{DS_STATUS_MISMATCH, .severity = DS_ERROR, .rule = "specweave", .item = "\xff",
	 COPIES(disagree)},
	{DS_INTERRUPTED_TRANSACTION, .severity = DS_ERROR},
};

enum { SEVERAL = sizeof several / sizeof *several };

static const char both_written[] = HEAD ENTRY
	"},\n"
	"    {\"rule\": \"specweave\", \"item\": \"0050\", \"code\": \"unknown-status\",\n"
	"     \"statuses\": {\"spec.md\": \"\"}}" TAIL;

Test(baseline, is_written)
{
	struct ds_buf bytes = {0};
	size_t entries;

	cr_assert(ds_baseline_write(&bytes, several, SEVERAL, DS_ERROR, NULL, &entries));
	cr_expect_str_eq(bytes.bytes, HEAD ENTRY "}" TAIL, "%s", bytes.bytes);
	cr_expect_eq(entries, 1);
	ds_buf_cut(&bytes, 0);
	cr_assert(ds_baseline_write(&bytes, NULL, 0, DS_ERROR, NULL, &entries));
	cr_expect_str_eq(bytes.bytes, "{\n  \"schema_version\": 1,\n  \"findings\": []\n}\n");
	cr_expect_eq(entries, 0);
	ds_buf_free(&bytes);
}

Test(baseline, is_written_the_same_whatever_the_order)
{
	struct ds_buf bytes = {0};
	ds_finding given[] = {several[0], several[1]};
	ds_finding turned_about[] = {several[3], several[0]};
	size_t entries;

	cr_assert(ds_baseline_write(&bytes, given, 2, DS_WARNING, NULL, &entries));
	cr_expect_str_eq(bytes.bytes, both_written);
	ds_buf_cut(&bytes, 0);
	cr_assert(ds_baseline_write(&bytes, turned_about, 2, DS_WARNING, NULL, &entries));
	cr_expect_str_eq(bytes.bytes, both_written);
	ds_buf_free(&bytes);
}

Test(baseline, keeps_its_dates)
{
	struct ds_buf bytes = {0};
	size_t entries;
	struct ds_baseline *old =
		read_at(HEAD ENTRY EXPIRES(
				"2020-01-01") "},\n{\"rule\": \"specweave\", \"item\": \"0050\", "
					      "\"code\": \"unknown-status\", \"statuses\": "
					      "{\"spec.md\": \"x\"}, "
					      "\"expires\": \"2030-01-01\"}" TAIL,
			TODAY);
	ds_finding given[] = {several[0], several[1]};

	cr_assert(ds_baseline_write(&bytes, given, 2, DS_ERROR, old, &entries));
	cr_expect_str_eq(bytes.bytes, HEAD ENTRY EXPIRES("2020-01-01") "}" TAIL);
	ds_buf_cut(&bytes, 0);
	cr_assert(ds_baseline_write(&bytes, given, 1, DS_WARNING, old, &entries));
	cr_expect(strstr(bytes.bytes, "0050") && !strstr(bytes.bytes, "expires"));
	ds_baseline_free(old);
	ds_buf_free(&bytes);
}

/* What was written lets the same findings pass again, whatever bytes it holds. */
Test(baseline, that_was_written_is_read)
{
	static const char *const odd[] = {
		"a\"b\\c",
		"\x01\x1f\x7f",
		"caf\xc3\xa9 \xf0\x9f\x98\x80",
		"\xe2\x80\xae",
		"]}{[,:",
		"\\u0041",
		"-",
		"=",
	};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		ds_copy copies[] = {{.name = odd[i], .status = odd[i]}};
		ds_finding finding = {DS_STATUS_MISMATCH, .severity = DS_ERROR, .rule = odd[i],
				      .item = odd[i], COPIES(copies)};
		struct ds_buf bytes = {0};
		size_t entries;

		cr_assert(ds_baseline_write(&bytes, &finding, 1, DS_ERROR, NULL, &entries));
		cr_expect_eq(entries, 1);
		struct ds_baseline *baseline = read_at(bytes.bytes, TODAY);
		cr_expect(ds_baseline_covers(baseline, &finding), "%s", bytes.bytes);
		ds_baseline_free(baseline);
		ds_buf_free(&bytes);
	}
}

/* Minutes, where it were quadratic. */
Test(baseline, may_be_large, .timeout = 60)
{
	enum { MANY = 100000 };
	ds_finding *findings = calloc(MANY, sizeof *findings);
	char(*ids)[8] = calloc(MANY, sizeof *ids);
	struct ds_buf bytes = {0};
	size_t entries;

	cr_assert(findings && ids);
	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof *ids, "%d", i);
		findings[i] = mismatch;
		findings[i].item = ids[i];
	}
	cr_assert(ds_baseline_write(&bytes, findings, MANY, DS_ERROR, NULL, &entries));
	cr_expect_eq(entries, MANY);
	struct ds_baseline *baseline = read_at(bytes.bytes, TODAY);
	for (int i = 0; i < MANY; i++)
		cr_assert(ds_baseline_covers(baseline, &findings[i]));
	ds_baseline_free(baseline);
	ds_buf_free(&bytes);
	free(findings);
	free(ids);
}

/* ---- Walking through JSON ------------------------------------------------- */

static void walk(struct ds_buf *out, struct ds_text value)
{
	struct ds_text rest = ds_json_inside(value);
	struct ds_text key;

	while (ds_json_next(&rest, &key, &value)) {
		ds_buf_append(out, key.at, key.len);
		ds_buf_puts(out, "<");
		ds_buf_append(out, value.at, value.len);
		ds_buf_puts(out, ">");
	}
}

Test(json_walk, steps)
{
	static const struct {
		const char *json;
		const char *steps;
	} table[] = {
		{"[]", ""},
		{" [ ] ", ""},
		{"{}", ""},
		{"[1]", "<1>"},
		{"[-1.5e+3 ,true,null,\t\"\"]", "<-1.5e+3><true><null><\"\">"},
		{"[[1,2],{\"a\":3}]", "<[1,2]><{\"a\":3}>"},
		{"[\"]\",\"\\\"\",\"\\\\\"]", "<\"]\"><\"\\\"\"><\"\\\\\">"},
		{"{\"a\" : 1 , \"b\":\"x:y\"}", "a<1>b<\"x:y\">"},
		{"{\"a\\\"\":{\"b\":[\"}\"]},\"\":[]}", "a\\\"<{\"b\":[\"}\"]}><[]>"},
		{"\xef\xbb\xbf\n{\"a\":1}\n", "a<1>"},
		{"[\"a\" , \"b\"]", "<\"a\"><\"b\">"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_json_found found;
		struct ds_json_error error;
		struct ds_buf out = {0};
		cr_assert(ds_json_scan(&found, text(table[i].json), "", &error));
		walk(&out, ds_json_root(text(table[i].json)));
		cr_expect_str_eq(out.len ? out.bytes : "", table[i].steps, "%s: %s", table[i].json,
				 out.bytes);
		ds_buf_free(&out);
	}
}

/* ---- Severities ----------------------------------------------------------- */

Test(severity, is_what_the_user_says)
{
	static const char *const words[] = {"missing-copy=info", "C-11=warning",
					    "missing-copy=error", "malformed=error", NULL};
	struct ds_severities severities;
	ds_finding finding = {DS_MISSING_COPY, .severity = DS_WARNING};

	cr_expect(!*ds_code_name((ds_code)DS_CODE_LIMIT), "there is room for every code");
	cr_assert_eq(ds_severities_parse(&severities, NULL, NULL), 0);
	cr_expect_eq(ds_severity_of(&severities, &finding), DS_WARNING);
	finding.severity = DS_ERROR;
	cr_expect_eq(ds_severity_of(&severities, &finding), DS_ERROR, "raised by a gate");
	cr_assert_eq(ds_severities_parse(&severities, words, NULL), 0);
	finding.severity = DS_WARNING;
	cr_expect_eq(ds_severity_of(&severities, &finding), DS_ERROR, "the later counts");
	finding = (ds_finding){DS_STATUS_MISMATCH, .severity = DS_ERROR};
	cr_expect_eq(ds_severity_of(&severities, &finding), DS_WARNING, "by its alias");
	finding = (ds_finding){DS_UNKNOWN_STATUS, .severity = DS_WARNING};
	cr_expect_eq(ds_severity_of(&severities, &finding), DS_WARNING);
}

Test(severity, is_refused)
{
	static const struct {
		const char *word;
		const char *message; /* what it holds */
	} table[] = {
		{"", "'': no such finding; there is status-mismatch, missing-copy, "},
		{"=error", "no such finding"},
		{"nonsense=error", "nonsense=error: no such finding; there is "},
		{"Missing-copy=error", "no such finding"},
		{"missing=error", "no such finding"},
		{"missing-copy", "say missing-copy=error, "},
		{"missing-copy=", "say missing-copy=error, "},
		{"missing-copy=low", "say missing-copy=error, "},
		{"missing-copy=errors", "say missing-copy=error, "},
		{"missing-copy:error", "no such finding"},
		{"a\nb=error", "a\\nb=error: no such finding"},
		{"malformed=warning", "malformed=warning: malformed stays an error"},
		{"unreadable=info", "unreadable stays an error"},
		{"interrupted-transaction=warning", "interrupted-transaction stays an error"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *words[] = {"missing-copy=info", table[i].word, NULL};
		struct ds_severities severities;
		ds_error err = {0};
		cr_expect_eq(ds_severities_parse(&severities, words, &err), DS_TROUBLE, "%s",
			     table[i].word);
		cr_expect(strstr(err.message, table[i].message), "%s: %s", table[i].word,
			  err.message);
	}
}

/* ---- A scan that lets pass ------------------------------------------------ */

static ds_repo *open_repo(const struct test_scratch *scratch)
{
	ds_repo *repo;
	ds_error err = {0};
	cr_assert_eq(ds_open(&repo, scratch->root, NULL, &err), 0, "%s", err.message);
	return repo;
}

static ds_result *scan(ds_repo *repo, const ds_scan_options *options)
{
	ds_result *result;
	ds_error err = {0};
	cr_assert_eq(ds_scan(&result, repo, options, &err), 0, "%s", err.message);
	return result;
}

static void expect_scan(ds_repo *repo, const ds_scan_options *options, ds_status status,
			size_t baselined, const char *notes)
{
	ds_result *result = scan(repo, options);
	const ds_summary *summary = ds_result_summary(result);
	const char *said = summary->notes ? summary->notes : "";

	cr_expect_eq(ds_result_status(result, false), status);
	cr_expect_eq(summary->baselined, baselined, "%zu", summary->baselined);
	cr_expect_str_eq(said, notes, "%s", said);
	ds_result_free(result);
}

#define DIFFERS "completed", "active"

static const ds_scan_options usual = {.size = sizeof usual};
static const ds_scan_options strictest = {.size = sizeof strictest, .baseline = ""};

#define OF(item)                                                                                   \
	"{\"rule\": \"specweave\", \"item\": \"" item "\", \"code\": \"status-mismatch\",\n"       \
	" \"statuses\": {\"metadata.json\": \"completed\", \"spec.md\": \"active\"}}"
#define GONE(line, item)                                                                           \
	".desync-baseline.json:" line ": status-mismatch of " item                                 \
	" is no longer found: remove this entry"

static void make_repo(struct test_scratch *scratch)
{
	test_scratch_make(scratch);
	test_scratch_increment(scratch, "0001-agrees", "active", "active");
	test_scratch_increment(scratch, "0002-differs", DIFFERS);
	test_scratch_increment(scratch, "_archive/0003-old", DIFFERS);
	test_scratch_increment(scratch, "0004-bad", "\"", "active");
	test_scratch_write(scratch, ".desync-baseline.json",
			   HEAD OF("0001-agrees") ",\n" OF("0002-differs") ",\n" OF(
				   "0003-old") ",\n" OF("0004-bad") ",\n" OF("0005-gone") TAIL);
}

/* Of what was skipped, not asked for or not readable nobody knows. */
Test(scan, notes_the_entries_that_fit_nothing)
{
	struct test_scratch scratch;
	make_repo(&scratch);
	ds_repo *repo = open_repo(&scratch);
	const char *second = "2";
	const char *first = "1";
	ds_scan_options options = usual;

	expect_scan(repo, &strictest, DS_TROUBLE, 0, "");
	expect_scan(repo, &options, DS_TROUBLE, 1,
		    GONE("4", "0001-agrees") "\n" GONE("12", "0005-gone"));
	options.all = true;
	expect_scan(repo, &options, DS_TROUBLE, 2,
		    GONE("4", "0001-agrees") "\n" GONE("12", "0005-gone"));
	options.all = false;
	options.ids = &second;
	options.id_count = 1;
	expect_scan(repo, &options, DS_OK, 1, "");
	options.ids = &first;
	expect_scan(repo, &options, DS_OK, 0, GONE("4", "0001-agrees"));
	ds_close(repo);
	test_scratch_remove(&scratch);
}

Test(scan, notes_a_few_entries_of_many)
{
	struct test_scratch scratch;
	make_repo(&scratch);
	test_scratch_run(&scratch,
			 "{ echo '{\"schema_version\": 1, \"findings\": ['; for i in $(seq 13); do "
			 "echo \"{\\\"rule\\\": \\\"specweave\\\", \\\"item\\\": \\\"$i\\\", "
			 "\\\"code\\\": \\\"missing-copy\\\", \\\"statuses\\\": {}},\"; done | "
			 "sed '$s/,$//'; echo ']}'; } >.desync-baseline.json");
	ds_repo *repo = open_repo(&scratch);
	ds_result *result = scan(repo, &usual);
	const char *notes = ds_result_summary(result)->notes;
	const char *last = notes ? strrchr(notes, '\n') : NULL;
	cr_assert(last);
	cr_expect_str_eq(last, "\nand 3 more entries of the baseline");
	ds_result_free(result);
	ds_close(repo);
	test_scratch_remove(&scratch);
}

Test(scan, counts_warnings_as_the_user_wants_them)
{
	static const char *const words[] = {"status-mismatch=warning", NULL};
	static const char *const wrong[] = {"unreadable=info", NULL};
	struct test_scratch scratch;
	make_repo(&scratch);
	test_scratch_run(&scratch, "rm -r .specweave/increments/0004-bad");
	ds_repo *repo = open_repo(&scratch);
	ds_scan_options options = strictest;

	options.severities = words;
	ds_result *result = scan(repo, &options);
	cr_expect_eq(ds_result_status(result, false), DS_OK);
	cr_expect_eq(ds_result_status(result, true), DS_DESYNC);
	cr_expect_eq(ds_result_summary(result)->warnings, 1);
	ds_result_free(result);

	ds_error err = {0};
	options.severities = wrong;
	cr_expect_eq(ds_scan(&result, repo, &options, &err), DS_TROUBLE);
	cr_expect_null(result);
	ds_close(repo);
	test_scratch_remove(&scratch);
}

/* Not a word of it is believed when something is done. */
Test(scan, of_a_gate_of_done_lets_nothing_pass)
{
	struct test_scratch scratch;
	make_repo(&scratch);
	ds_repo *repo = open_repo(&scratch);
	ds_result *result;
	ds_error err = {0};

	cr_assert_eq(ds_check(&result, repo, "2", &err), 0, "%s", err.message);
	cr_expect_eq(ds_result_status(result, false), DS_DESYNC);
	ds_result_free(result);
	cr_expect_eq(ds_validate(repo, "2", &err), DS_DESYNC);
	ds_close(repo);
	test_scratch_remove(&scratch);
}

static void expect_findings(ds_repo *repo, const ds_scan_options *options, const char *what)
{
	ds_scan_options without = *options;
	ds_result *all;
	ds_result *result;
	ds_error err = {0};

	without.baseline = "";
	cr_assert_eq(ds_scan(&all, repo, &without, &err), 0, "%s", err.message);
	cr_assert_eq(ds_scan(&result, repo, options, &err), 0, "%s: %s", what, err.message);
	cr_expect_eq(ds_result_status(result, false), DS_TROUBLE, "%s", what);
	cr_expect(strstr(ds_result_trouble(result, 0), ".desync-baseline.json"), "%s", what);
	cr_expect_null(ds_result_trouble(result, 1), "%s", what);
	for (size_t i = 0; ds_result_finding(all, i) || ds_result_finding(result, i); i++)
		cr_assert(ds_result_finding(all, i) && ds_result_finding(result, i), "%s", what);
	ds_result_free(all);
	ds_result_free(result);
}

/* Then it lets nothing pass, and the scan says all that it found. */
Test(scan, is_trouble_with_a_baseline_that_cannot_be_read)
{
	static const char *const spoilt[] = {
		"echo '{' >.desync-baseline.json",
		"ln -sf /etc/passwd .desync-baseline.json",
		"rm .desync-baseline.json && mkdir .desync-baseline.json",
		"rmdir .desync-baseline.json && mkfifo .desync-baseline.json",
		"rm .desync-baseline.json && truncate -s 16777217 .desync-baseline.json",
	};
	struct test_scratch scratch;
	make_repo(&scratch);
	ds_repo *repo = open_repo(&scratch);
	for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
		char path[128];
		ds_scan_options given = usual;

		test_scratch_run(&scratch, "%s", spoilt[i]);
		expect_findings(repo, &usual, spoilt[i]);
		snprintf(path, sizeof path, "%s/.desync-baseline.json", scratch.root);
		given.baseline = path;
		expect_findings(repo, &given, spoilt[i]);
	}
	test_scratch_run(&scratch, "rm .desync-baseline.json");
	expect_scan(repo, &usual, DS_TROUBLE, 0, "");
	ds_close(repo);
	test_scratch_remove(&scratch);
}

/* ---- Writing it into the repository --------------------------------------- */

static void write_it(const struct test_scratch *scratch, const char *file, int expected,
		     size_t entries)
{
	ds_repo *repo = open_repo(scratch);
	ds_result *result = scan(repo, &strictest);
	ds_baseline_options options = {.size = sizeof options, .file = file};
	ds_error err = {0};
	char *path;
	size_t count;

	cr_expect_eq(ds_write_baseline(&path, &count, repo, result, &options, &err), expected, "%s",
		     err.message);
	cr_expect_eq(count, entries);
	cr_expect_eq(path == NULL, expected != 0);
	free(path);
	ds_result_free(result);
	ds_close(repo);
}

Test(writing, replaces_what_is_there_and_keeps_its_dates)
{
	struct test_scratch scratch;
	make_repo(&scratch);
	test_scratch_run(&scratch, "rm .desync-baseline.json");
	write_it(&scratch, NULL, 0, 1);
	test_scratch_run(&scratch, "grep -q 0002-differs .desync-baseline.json && "
				   "test $(ls -A | grep -c baseline) = 1");
	test_scratch_run(&scratch, "sed -i 's/\"active\"}/&, \"expires\": \"2099-01-01\"/' "
				   ".desync-baseline.json");
	test_scratch_increment(&scratch, "0006-too", DIFFERS);
	write_it(&scratch, NULL, 0, 2);
	test_scratch_run(&scratch, "grep -q 0006-too .desync-baseline.json && "
				   "test $(grep -c 2099-01-01 .desync-baseline.json) = 1");
	/* What says the same already is not written again. */
	test_scratch_run(&scratch, "chmod 400 .desync-baseline.json && "
				   "ln .desync-baseline.json same");
	write_it(&scratch, NULL, 0, 2);
	test_scratch_run(&scratch, "test same -ef .desync-baseline.json");
	test_scratch_remove(&scratch);
}

Test(writing, leaves_what_is_no_baseline)
{
	struct test_scratch scratch;
	char path[128];
	make_repo(&scratch);
	snprintf(path, sizeof path, "%s/README.md", scratch.root);
	test_scratch_write(&scratch, "README.md", "mine\n");
	write_it(&scratch, path, DS_TROUBLE, 0);
	test_scratch_run(&scratch, "test $(cat README.md) = mine");
	snprintf(path, sizeof path, "%s/none/b.json", scratch.root);
	write_it(&scratch, path, DS_TROUBLE, 0);
	snprintf(path, sizeof path, "%s/link", scratch.root);
	test_scratch_run(&scratch, "ln -s nowhere link");
	write_it(&scratch, path, DS_TROUBLE, 0);
	test_scratch_run(&scratch, "test ! -e nowhere");
	test_scratch_remove(&scratch);
}

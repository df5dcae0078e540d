/* The front matter reader: the slice, the spans, and everything that is odd. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontmatter.h"
#include "readers.h"
#include "yaml_plain.h"
#include "yaml_scan.h"

/* ---- The slice ---------------------------------------------------------- */

Test(frontmatter, slices)
{
	static const struct {
		const char *bytes;
		bool whole;
		enum ds_slice_kind kind;
		const char *yaml;
	} table[] = {
		{"---\nstatus: a\n---\n", true, DS_SLICE_CLOSED, "status: a\n"},
		{"---\r\nstatus: a\r\n---\r\nbody", true, DS_SLICE_CLOSED, "status: a\r\n"},
		{"---\nstatus: a\n...\n", true, DS_SLICE_CLOSED, "status: a\n"},
		{"---\nstatus: a\n---", true, DS_SLICE_CLOSED, "status: a\n"},
		{"---\nstatus: a\n---", false, DS_SLICE_OPEN, NULL},
		{"\xef\xbb\xbf---\na: b\n---\n", true, DS_SLICE_CLOSED, "a: b\n"},
		{"---\n---\n", true, DS_SLICE_CLOSED, ""},
		{"--- \t\na: b\n---\t\n", true, DS_SLICE_CLOSED, "a: b\n"},
		{"---\na: b\n----\n--- x\n ---\n---\n", true, DS_SLICE_CLOSED,
		 "a: b\n----\n--- x\n ---\n"},
		{"---\na: b\n", true, DS_SLICE_OPEN, NULL},
		{"---\n", true, DS_SLICE_OPEN, NULL},
		{"---", true, DS_SLICE_OPEN, NULL},
		{"---\r---\r", true, DS_SLICE_NONE, NULL},
		{"", true, DS_SLICE_NONE, NULL},
		{"\xef\xbb\xbf", true, DS_SLICE_NONE, NULL},
		{"\xef\xbb\xbf\xef\xbb\xbf---\na: b\n---\n", true, DS_SLICE_NONE, NULL},
		{"\n---\na: b\n---\n", true, DS_SLICE_NONE, NULL},
		{" ---\na: b\n---\n", true, DS_SLICE_NONE, NULL},
		{"----\na: b\n----\n", true, DS_SLICE_NONE, NULL},
		{"---js\nx\n---\n", true, DS_SLICE_NONE, NULL},
		{"---yaml\nx\n---\n", true, DS_SLICE_NONE, NULL},
		{"--- x\na: b\n---\n", true, DS_SLICE_NONE, NULL},
		{"+++\na = 1\n+++\n", true, DS_SLICE_NONE, NULL},
		{";;;\n{}\n;;;\n", true, DS_SLICE_NONE, NULL},
		{"# Title\n", true, DS_SLICE_NONE, NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_text bytes = ds_text_of(table[i].bytes);
		struct ds_slice slice = ds_frontmatter_slice(bytes, table[i].whole);
		cr_expect_eq(slice.kind, table[i].kind, "%s", table[i].bytes);
		if (slice.kind != DS_SLICE_CLOSED || !table[i].yaml)
			continue;
		struct ds_text yaml = {bytes.at + slice.start, slice.end - slice.start};
		cr_expect(ds_text_is(yaml, table[i].yaml), "%s: %.*s", table[i].bytes,
			  (int)yaml.len, yaml.at);
	}
}

/* ---- Readings ----------------------------------------------------------- */

static const struct {
	const char *yaml; /* between the fences */
	ds_code code;
	const char *text;
	const char *spelled; /* the bytes of the span; NULL: as text */
	bool word;
} readings[] = {
	{"status: active\n", DS_NO_CODE, "active", NULL, true},
	{"status: \"active\"\n", DS_NO_CODE, "active", NULL, true},
	{"status: 'active'\n", DS_NO_CODE, "active", NULL, true},
	{"status: active # why\n", DS_NO_CODE, "active", NULL, true},
	{"status: 'it''s'\n", DS_NO_CODE, "it's", "it''s", true},
	{"status: \"a\\x62c\\u00e9\"\n", DS_NO_CODE, "abc\xc3\xa9", "a\\x62c\\u00e9", true},
	{"status: \"a\\0b\"\n", DS_NO_CODE, "a\\0b", "a\\0b", false},
	{"status:   ready for review  \n", DS_NO_CODE, "ready for review", NULL, true},
	{"status : active\n", DS_NO_CODE, "active", NULL, true},
	{"\"status\": active\n", DS_NO_CODE, "active", NULL, true},
	{"'status': active\n", DS_NO_CODE, "active", NULL, true},
	{"? status\n: active\n", DS_NO_CODE, "active", NULL, true},
	{"{title: x, status: active}\n", DS_NO_CODE, "active", NULL, true},
	{"status: a#b\n", DS_NO_CODE, "a#b", NULL, true},
	{"status: 5\n", DS_NO_CODE, "5", NULL, true},
	{"status: 2025-11-19\n", DS_NO_CODE, "2025-11-19", NULL, true},
	{"status: true\n", DS_NO_CODE, "true", NULL, true},
	{"status: \"null\"\n", DS_NO_CODE, "null", NULL, true},
	{"status: nUlL\n", DS_NO_CODE, "nUlL", NULL, true},
	{"status: |\n  active\n", DS_NO_CODE, "active", "|\n  active\n", true},
	{"status: >-\n  ready for\n  review\n", DS_NO_CODE, "ready for review",
	 ">-\n  ready for\n  review\n", true},
	{"status: ready for\n  review\n", DS_NO_CODE, "ready for review", "ready for\n  review",
	 true},
	{"status: !!str active\n", DS_NO_CODE, "active", NULL, true},
	{"status: !!str \"active\"\n", DS_NO_CODE, "active", NULL, true},
	{"status: ! active\n", DS_NO_CODE, "active", NULL, true},
	{"status: [a, b]\n", DS_NO_CODE, "[a, b]", NULL, false},
	{"status: {a: b}\n", DS_NO_CODE, "{a: b}", NULL, false},
	{"a:\n  status: x\nstatus: y\nb:\n  - status: z\n", DS_NO_CODE, "y", NULL, true},
	{"title: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\nstatus: active\n", DS_NO_CODE, "active",
	 NULL, true},
	{"title: [\xc3\xa9, \xf0\x9f\x98\x80]\nstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"t: [\xc3\xa9]\r\nu: x\r\nstatus: active\r\n", DS_NO_CODE, "active", NULL, true},
	{"title: [a]\rstatus: active\r\n", DS_NO_CODE, "active", NULL, true},
	{"title: a\rstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"title: \"a\xc2\x85 b\"\nstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"base: &b {x: y}\n<<: *b\nstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"a: &x 1\nb: *x\nstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"tags: [a, b]\nstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"# only a comment\n\nstatus: active\n", DS_NO_CODE, "active", NULL, true},
	{"dup: 1\ndup: 2\nstatus: active\n", DS_NO_CODE, "active", NULL, true},

	{"status:\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: ~\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: null\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: Null\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: NULL # x\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: \"\"\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: ' '\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"status: # active\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"title: x\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"Status: active\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"[a]: b\nStatus: active\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"a: {status: active}\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"a: |\n  status: active\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"\n# nothing\n", DS_MISSING_STATUS, NULL, NULL, false},
	{"", DS_MISSING_STATUS, NULL, NULL, false},
	{"~\n", DS_MISSING_STATUS, NULL, NULL, false},

	{"status: a\nstatus: a\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"status: a\n\"status\": b\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"status: a\nStatus: b\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"STATUS: [b]\nstatus: a\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"x: &s active\nstatus: *s\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"status: &s active\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"&k status: active\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"a: &k status\n*k : active\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"base: &b {status: x}\n<<: *b\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"<<: {status: x}\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"status: !!int 5\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"status: !x active\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"&root\nstatus: active\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"title: a\xc2\x85status: x\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"title: a\xe2\x80\xa8status: x\nstatus: y\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"title: a\xe2\x80\xa9status: x\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},
	{"status: a\xc2\x85 b\n", DS_AMBIGUOUS_STATUS, NULL, NULL, false},

	{"- status: a\n", DS_MALFORMED, NULL, NULL, false},
	{"just words\n", DS_MALFORMED, NULL, NULL, false},
	{"status: [a\n", DS_MALFORMED, NULL, NULL, false},
	{"status: \"a\n", DS_MALFORMED, NULL, NULL, false},
	{"status: a: b\n", DS_MALFORMED, NULL, NULL, false},
	{"status: a\n  b: c\n", DS_MALFORMED, NULL, NULL, false},
	{"a:\n\tb: c\nstatus: x\n", DS_MALFORMED, NULL, NULL, false},
	{"status: *nowhere\n  x", DS_MALFORMED, NULL, NULL, false},
	{"status: a\n--- {}\nstatus: b\n", DS_MALFORMED, NULL, NULL, false},
	{"status: a\xff\n", DS_MALFORMED, NULL, NULL, false},
	{"status: a\xc0\xaf\n", DS_MALFORMED, NULL, NULL, false},
	{"status: a\x01\n", DS_MALFORMED, NULL, NULL, false},
	{"\xff\xfes\n", DS_MALFORMED, NULL, NULL, false},
	{"<<<<<<< HEAD\nstatus: a\n=======\nstatus: b\n>>>>>>> x\n", DS_MALFORMED, NULL, NULL,
	 false},
};

enum { READINGS = sizeof readings / sizeof *readings };

static void read_between_fences(struct ds_reading *out, struct ds_buf *file, const char *before,
				const char *yaml, struct ds_arena *scratch)
{
	*file = (struct ds_buf){0};
	ds_buf_printf(file, "%s---\n%s", before, yaml);
	ds_buf_puts(file, "---\n# Body\nstatus: body\n\xff\n");
	cr_assert_not(file->failed);
	ds_frontmatter_reader.read(out, (struct ds_text){file->bytes, file->len}, true, "status",
				   scratch);
}

static void expect_reading(size_t i, const char *before)
{
	struct ds_arena scratch = {0};
	struct ds_reading reading;
	struct ds_buf file;

	/* A closing fence in the middle is another test's. */
	read_between_fences(&reading, &file, before, readings[i].yaml, &scratch);
	cr_expect_eq(reading.code, readings[i].code, "%s: %s (%s)", readings[i].yaml,
		     reading.code ? ds_code_name(reading.code) : "read", reading.why);
	cr_expect(reading.end <= file.len && reading.start <= reading.end);
	if (readings[i].text && reading.code == DS_NO_CODE) {
		const char *spelled = readings[i].spelled ? readings[i].spelled : readings[i].text;
		struct ds_text span = {file.bytes + reading.start, reading.end - reading.start};
		cr_expect(ds_text_is(reading.text, readings[i].text), "%s: %.*s", readings[i].yaml,
			  (int)reading.text.len, reading.text.at);
		cr_expect(ds_text_is(span, spelled), "%s: the span is '%.*s'", readings[i].yaml,
			  (int)span.len, span.at);
		cr_expect_eq(reading.word, readings[i].word, "%s", readings[i].yaml);
	} else {
		cr_expect(*reading.why, "%s", readings[i].yaml);
	}
	ds_buf_free(&file);
	ds_arena_free(&scratch);
}

Test(frontmatter, reads)
{
	for (size_t i = 0; i < READINGS; i++)
		expect_reading(i, "");
}

Test(frontmatter, reads_the_same_behind_a_byte_order_mark)
{
	for (size_t i = 0; i < READINGS; i++)
		expect_reading(i, "\xef\xbb\xbf");
}

Test(frontmatter, a_file_without_one_has_no_status)
{
	static const char *const files[] = {
		"", "# Title\nstatus: active\n", "---js\nmodule.exports = {status: 'x'}\n---\n",
		"+++\nstatus = \"x\"\n+++\n", "\n---\nstatus: x\n---\n"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct ds_arena scratch = {0};
		struct ds_reading reading;
		ds_frontmatter_reader.read(&reading, ds_text_of(files[i]), true, "status",
					   &scratch);
		cr_expect_eq(reading.code, DS_MISSING_STATUS, "%s", files[i]);
		ds_arena_free(&scratch);
	}
}

Test(frontmatter, utf_16_is_malformed_and_not_a_gap)
{
	static const char *const files[] = {"\xff\xfe-", "\xfe\xff"};
	for (size_t i = 0; i < 2; i++) {
		struct ds_arena scratch = {0};
		struct ds_reading reading;
		ds_frontmatter_reader.read(&reading, ds_text_of(files[i]), true, "status",
					   &scratch);
		cr_expect_eq(reading.code, DS_MALFORMED);
		ds_arena_free(&scratch);
	}
}

Test(frontmatter, one_that_is_never_closed_is_malformed)
{
	struct ds_arena scratch = {0};
	struct ds_reading reading;
	ds_frontmatter_reader.read(&reading, ds_text_of("---\nstatus: a\n"), true, "status",
				   &scratch);
	cr_expect_eq(reading.code, DS_MALFORMED);
	cr_expect_str_eq(reading.why, "the front matter is never closed");
	ds_frontmatter_reader.read(&reading, ds_text_of("---\nstatus: a\n---"), false, "status",
				   &scratch);
	cr_expect_eq(reading.code, DS_MALFORMED);
	cr_expect_str_eq(reading.why, "the front matter is not closed within 64 KiB");
	ds_arena_free(&scratch);
}

/* ---- The fast path ------------------------------------------------------ */

/* Where the fast path says anything, libyaml says the same. */
Test(frontmatter, the_fast_path_agrees_with_libyaml)
{
	size_t taken = 0;
	for (size_t i = 0; i < READINGS; i++) {
		struct ds_text slice = ds_text_of(readings[i].yaml);
		struct ds_arena scratch = {0};
		struct ds_yaml_found found;
		struct ds_yaml_error error;
		size_t start;
		size_t end;
		if (ds_yaml_plain(slice, "status", &start, &end)) {
			taken++;
			cr_expect(ds_yaml_scan(&found, slice, "status", &scratch, &error), "%s: %s",
				  readings[i].yaml, error.why);
			cr_expect_eq(found.type, DS_YAML_SCALAR, "%s", readings[i].yaml);
			cr_expect(found.start == start && found.end == end, "%s: %zu-%zu, %zu-%zu",
				  readings[i].yaml, start, end, found.start, found.end);
		}
		ds_arena_free(&scratch);
	}
	cr_expect(taken >= 8, "it was taken %zu times only", taken);
}

Test(frontmatter, the_fast_path_gives_up_at_what_is_not_plain)
{
	static const char *const others[] = {
		"status: active\n  more\n",
		"status: a: b\n",
		"status: a:\n",
		"status: [a]\n",
		"status: &a b\n",
		"status: *a\n",
		"status: !x b\n",
		"status: |\n  a\n",
		"status: \"a\\x62\"\n",
		"status: 'it''s'\n",
		"status: 'a'b\n",
		"status: 'a'#b\n",
		"status:\tactive\n",
		"status: a\tb\n",
		"status: null\n",
		"status: a\nstatus: b\n",
		"status: a\nStatus: b\n",
		"status: a\n<<: x\n",
		"status: a\n- b\n",
		"status: a\nkey:x\n",
		"status: a\n? b\n: c\n",
		"%YAML 1.2\nstatus: a\n",
		"status: a\xc2\x85 b\n",
		"x: \xe2\x80\xa8\nstatus: a\n",
		"status: a\xff\n",
		"status: @a\n",
		"status: `a\n",
		"status: -a\n",
		"status: ?a\n",
		"status: a\x7f\n",
		"status: a\rstatus: b\n",
		"status: \"a\n",
		"x: \xef\xbb\xbf\nstatus: a\n",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		size_t start;
		size_t end;
		cr_expect_not(ds_yaml_plain(ds_text_of(others[i]), "status", &start, &end), "%s",
			      others[i]);
	}
}

Test(frontmatter, the_fast_path_takes_what_is_common)
{
	static const struct {
		const char *yaml;
		const char *text;
	} table[] = {
		{"increment: 0047-us\ntitle: \"A: b\"\npriority: P1\nstatus: active\n"
		 "created: 2025-11-20\nepic:\n",
		 "active"},
		{"# c\r\nstatus: 'done' # now\r\n\r\ntitle: Caf\xc3\xa9 \xe2\x80\x94 x\r\n",
		 "done"},
		{"status: ready for review   # soon\n", "ready for review"},
		{"status: a:b#c", "a:b#c"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t start = 0;
		size_t end = 0;
		cr_assert(ds_yaml_plain(ds_text_of(table[i].yaml), "status", &start, &end), "%s",
			  table[i].yaml);
		struct ds_text text = {table[i].yaml + start, end - start};
		cr_expect(ds_text_is(text, table[i].text), "%.*s", (int)text.len, text.at);
	}
}

/* ---- Bounds ------------------------------------------------------------- */

static ds_code read_repeated(const char *unit, size_t times, const char *tail)
{
	struct ds_buf yaml = {0};
	struct ds_buf file;
	struct ds_arena scratch = {0};
	struct ds_reading reading;

	for (size_t i = 0; i < times; i++)
		ds_buf_puts(&yaml, unit);
	ds_buf_puts(&yaml, tail);
	cr_assert_not(yaml.failed);
	read_between_fences(&reading, &file, "", yaml.bytes, &scratch);
	ds_buf_free(&yaml);
	ds_buf_free(&file);
	ds_arena_free(&scratch);
	return reading.code;
}

/* With the parser's own bounds alone the brackets take seconds: the time limit of
 * the test is generous, and the depth is what it proves. */
Test(frontmatter, bounds_what_is_hostile, .timeout = 60)
{
	cr_expect_eq(read_repeated("[", 60000, "\n"), DS_MALFORMED);
	cr_expect_eq(read_repeated("{a: ", 12000, "\n"), DS_MALFORMED);
	cr_expect_eq(read_repeated("- ", 30000, "\n"), DS_MALFORMED);
	cr_expect_eq(read_repeated("? ", 30000, "\n"), DS_MALFORMED);
	cr_expect_eq(read_repeated("&a ", 20000, "x\n"), DS_MALFORMED);
	cr_expect_eq(read_repeated("k: &a v\n", 8000, "status: a\n"), DS_NO_CODE);
	/* 60 of them in the time that one took while each place was worked out. */
	for (int i = 0; i < 60; i++)
		cr_expect_eq(read_repeated("status: a\n", 6000, ""), DS_AMBIGUOUS_STATUS);
}

Test(frontmatter, nests_64_levels_and_no_more)
{
	static const char opened[] =
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[";
	static const char closed[] =
		"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
	char yaml[400];

	/* The mapping is one level, the brackets are 63. */
	snprintf(yaml, sizeof yaml, "a: %s%s\nstatus: x\n", opened, closed);
	cr_expect_eq(read_repeated(yaml, 1, ""), DS_NO_CODE);
	snprintf(yaml, sizeof yaml, "a: [%s%s]\nstatus: x\n", opened, closed);
	cr_expect_eq(read_repeated(yaml, 1, ""), DS_MALFORMED);
}

Test(frontmatter, a_key_path_leads_into_mappings)
{
	static const struct {
		const char *bytes;
		ds_code code;
	} table[] = {
		{"---\na:\n  b: x\nb: y\n---\n", DS_NO_CODE},
		{"---\na: 5\n---\n", DS_MALFORMED},
		{"---\na: [b]\n---\n", DS_MALFORMED},
		{"---\na:\n---\n", DS_MISSING_STATUS},
		{"---\na: {b: x}\na: {b: x}\n---\n", DS_AMBIGUOUS_STATUS},
		{"---\na: &n {b: x}\n---\n", DS_AMBIGUOUS_STATUS},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_arena scratch = {0};
		struct ds_reading reading;
		ds_frontmatter_reader.read(&reading, ds_text_of(table[i].bytes), true, "a.b",
					   &scratch);
		cr_expect_eq(reading.code, table[i].code, "%s: %s", table[i].bytes, reading.why);
		if (reading.code == DS_NO_CODE)
			cr_expect(ds_text_is(reading.text, "x"));
		ds_arena_free(&scratch);
	}
}

Test(frontmatter, reads_no_further_than_the_slice)
{
	const struct ds_extent *extent = &ds_frontmatter_reader.extent;
	static const char closed[] = "---\na: b\n---\nbody";
	static const char none[] = "# Title\n";
	static const char opened[] = "---\na: b\n";
	cr_expect(extent->enough(closed, sizeof closed - 1));
	cr_expect(extent->enough(none, sizeof none - 1));
	cr_expect_not(extent->enough(opened, sizeof opened - 1));
	cr_expect_eq(extent->limit, 65536);
}

/* A parser that guesses would find a status there, in the wrong place. */
Test(frontmatter, is_not_taken_for_utf_16)
{
	static const char bytes[] = "---\n\xfe\xff\0s\0:\0 \0x\0\n---\n";
	struct ds_arena scratch = {0};
	struct ds_reading reading;

	ds_frontmatter_reader.read(&reading, (struct ds_text){bytes, sizeof bytes - 1}, true, "s",
				   &scratch);
	cr_expect_eq(reading.code, DS_MALFORMED, "%s", reading.why);
	ds_arena_free(&scratch);
}

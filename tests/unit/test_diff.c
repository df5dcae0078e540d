#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "scratch.h"

struct edit {
	const char *old; /* the first of these bytes gives way; NULL: no edit */
	const char *new;
};

/* `old` may begin with "^": then `new` goes before the rest of it. */
struct row {
	const char *name;
	const char *before;
	struct edit edits[4];
	const char *hunks; /* NULL: not compared, only applied */
};

#define TEN "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"

static const struct row rows[] = {
	{"a word",
	 "---\nid: 1\nstatus: active\n---\n\n# Spec\n",
	 {{"active", "completed"}},
	 "@@ -1,6 +1,6 @@\n ---\n id: 1\n-status: active\n+status: completed\n ---\n \n # Spec\n"},
	{"no last newline",
	 "{\"status\": \"active\"}",
	 {{"active", "paused"}},
	 "@@ -1 +1 @@\n-{\"status\": \"active\"}\n\\ No newline at end of file\n"
	 "+{\"status\": \"paused\"}\n\\ No newline at end of file\n"},
	{"CRLF and BOM",
	 "\xef\xbb\xbf---\r\nstatus: active\r\n---\r\nx\r\n",
	 {{"active", "a"}},
	 "@@ -1,4 +1,4 @@\n \xef\xbb\xbf---\r\n-status: active\r\n+status: a\r\n ---\r\n x\r\n"},
	{"bytes that are no text", "a\xff\nstatus: b\n\x01\x7f\n", {{"b\n", "c\n"}}, NULL},
	{"a line put in",
	 TEN,
	 {{"^5\n", "new\n"}},
	 "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n"},
	{"a line taken out", TEN, {{"5\n", ""}}, "@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n"},
	{"a line at the beginning", TEN, {{"^1\n", "0\n"}}, "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n"},
	{"behind a word",
	 "a: b\nc: d\n",
	 {{"^\nc", "\nx: y"}},
	 "@@ -1,2 +1,3 @@\n-a: b\n+a: b\n+x: y\n c: d\n"},
	{"into nothing",
	 "",
	 {{"^", "---\nstatus: a\n---\n"}},
	 "@@ -0,0 +1,3 @@\n+---\n+status: a\n+---\n"},
	{"out of all", "a\nb\n", {{"a\nb\n", ""}}, "@@ -1,2 +0,0 @@\n-a\n-b\n"},
	{"a last newline put in", "a", {{"^", "b\n"}}, NULL},
	{"two in one line",
	 TEN "a b\n",
	 {{"a", "xx"}, {"b", "y"}},
	 "@@ -8,4 +8,4 @@\n 8\n 9\n 10\n-a b\n+xx y\n"},
	{"the latter first",
	 TEN "a b\n",
	 {{"b", "y"}, {"a", "xx"}},
	 "@@ -8,4 +8,4 @@\n 8\n 9\n 10\n-a b\n+xx y\n"},
	{"an edit of an edit",
	 TEN,
	 {{"5", "five"}, {"five", "V"}},
	 "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+V\n 6\n 7\n 8\n"},
	{"side by side", TEN, {{"5\n", "a\n"}, {"6\n", "b\nc\n"}}, NULL},
	{"near enough for one hunk",
	 TEN TEN,
	 {{"2\n", "x\n"}, {"9\n", "y\n"}},
	 "@@ -1,12 +1,12 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n+y\n 10\n 1\n 2\n"},
	{"too far for one hunk",
	 TEN TEN,
	 {{"10\n", "y\n"}, {"2\n", "x\nz\n"}},
	 "@@ -1,5 +1,6 @@\n 1\n-2\n+x\n+z\n 3\n 4\n 5\n@@ -7,7 +8,7 @@\n 7\n 8\n 9\n-10\n+y\n 1\n "
	 "2\n 3\n"},
	{"far apart, growing",
	 TEN TEN TEN,
	 {{"1\n", "one\n1\n"}, {"10\n", ""}, {"9\n", "n\nn\n"}},
	 NULL},
	{"the same", TEN, {{"5", "5"}}, ""},
};

static struct ds_buf apply_edit(struct ds_text content, const struct edit *edit,
				struct ds_diff_edit *made)
{
	bool before = edit->old[0] == '^';
	const char *wanted = edit->old + before;
	struct ds_buf next = {0};

	const char *at = *wanted ? strstr(content.at, wanted) : content.at + content.len;
	cr_assert(at, "%s", wanted);
	*made = (struct ds_diff_edit){(size_t)(at - content.at), before ? 0 : strlen(wanted),
				      strlen(edit->new)};
	ds_buf_append(&next, content.at, made->at);
	ds_buf_puts(&next, edit->new);
	ds_buf_puts(&next, content.at + made->at + made->old_len);
	return next;
}

static struct test_scratch scratch;

static void set_up(void)
{
	test_scratch_make(&scratch);
	test_scratch_run(&scratch,
			 "rm -rf .git && git init -q . && git config core.autocrlf false");
}

static void tear_down(void)
{
	test_scratch_remove(&scratch);
}

static void must_apply(const char *name, const char *path, const struct ds_buf *patch,
		       const char *before, const struct ds_buf *after)
{
	test_scratch_write(&scratch, path, before);
	test_scratch_write(&scratch, "patch", patch->bytes);
	test_scratch_write(&scratch, "wanted", after->bytes);
	test_scratch_run(&scratch,
			 "git apply --check patch && git apply --whitespace=nowarn patch "
			 "&& cmp '%s' wanted || { echo '%s'; cat patch; exit 1; }",
			 path, name);
}

static struct ds_buf diff_row(const struct row *row, const char *path, struct ds_buf *after)
{
	struct ds_diff_edit edits[4];
	struct ds_buf out = {0};
	size_t count = 0;

	ds_buf_puts(after, row->before);
	for (; count < 4 && row->edits[count].old; count++) {
		struct ds_text content = {after->bytes, after->len};
		struct ds_buf next = apply_edit(content, &row->edits[count], &edits[count]);
		ds_buf_free(after);
		*after = next;
	}
	ds_buf_puts(&out, "");
	cr_assert(ds_diff(&out, path, ds_text_of(row->before),
			  (struct ds_text){after->bytes, after->len}, edits, count));
	return out;
}

TestSuite(diff, .init = set_up, .fini = tear_down);

Test(diff, makes_patches_that_git_applies)
{
	static const char header[] = "diff --git a/f b/f\n--- a/f\n+++ b/f\n";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ds_buf after = {0};
		struct ds_buf out = diff_row(&rows[i], "f", &after);
		const char *hunks = out.len ? out.bytes + strlen(header) : "";
		if (out.len) {
			cr_expect_eq(strncmp(out.bytes, header, strlen(header)), 0, "%s",
				     rows[i].name);
			must_apply(rows[i].name, "f", &out, rows[i].before, &after);
		}
		if (rows[i].hunks)
			cr_expect_str_eq(hunks, rows[i].hunks, "%s:\n%s", rows[i].name, hunks);
		ds_buf_free(&after);
		ds_buf_free(&out);
	}
}

Test(diff, names_files_as_git_does)
{
	static const struct {
		const char *path;
		const char *quoted; /* behind "--- " */
	} names[] = {
		{"plain/f.md", "a/plain/f.md\n"},
		{"with space/f x", "a/with space/f x\t\n"},
		{"\xc3\xa4/\xff", "\"a/\\303\\244/\\377\"\n"},
		{"tab\tquote\"back\\slash\n", "\"a/tab\\tquote\\\"back\\\\slash\\n\"\n"},
		{"bell\a and\x01 one", "\"a/bell\\a and\\001 one\"\t\n"},
	};
	static const struct row row = {"name", "a\nb\n", {{"b", "c"}}, NULL};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct ds_buf after = {0};
		struct ds_buf out = diff_row(&row, names[i].path, &after);
		const char *line = strstr(out.bytes, "--- ");
		cr_assert(line);
		cr_expect_eq(strncmp(line + 4, names[i].quoted, strlen(names[i].quoted)), 0, "%s",
			     line);
		must_apply("name", names[i].path, &out, row.before, &after);
		ds_buf_free(&after);
		ds_buf_free(&out);
	}
}

/* Edits at every place of a small file, two after each other. */
Test(diff, survives_edits_everywhere)
{
	static const char before[] = "a\nb\n\nc\nd\ne\nf\ng\nh\ni\nj\nk";
	struct ds_buf all = {0};
	size_t patches = 0;

	test_scratch_run(&scratch, "mkdir d w");
	for (size_t first = 0; first < sizeof before; first += 3) {
		for (size_t second = 0; second < sizeof before; second += 2) {
			struct ds_diff_edit edits[2] = {
				{first, first % 2 && first + 1 < sizeof before, first % 4 ? 2 : 1},
				{second, 0, 2}};
			struct ds_buf one = {0};
			struct ds_buf two = {0};
			char path[32];

			ds_buf_append(&one, before, first);
			ds_buf_puts(&one, first % 4 ? "x\n" : "y");
			ds_buf_puts(&one, before + first + edits[0].old_len);
			ds_buf_append(&two, one.bytes, second);
			ds_buf_puts(&two, "z\n");
			ds_buf_puts(&two, one.bytes + second);
			snprintf(path, sizeof path, "d/%zu", patches++);
			cr_assert(ds_diff(&all, path, ds_text_of(before), ds_text_of(two.bytes),
					  edits, 2));
			test_scratch_write(&scratch, path, before);
			path[0] = 'w';
			test_scratch_write(&scratch, path, two.bytes);
			ds_buf_free(&one);
			ds_buf_free(&two);
		}
	}
	cr_expect_gt(patches, 90);
	test_scratch_write(&scratch, "patch", all.bytes);
	test_scratch_run(&scratch, "git apply --whitespace=nowarn patch && diff -r d w");
	ds_buf_free(&all);
}

/* A file of many records: as many edits as there are, in hunks or all on one line; were
 * lines counted for each of them, this would take minutes. */
Test(diff, has_room_for_any_number_of_edits, .timeout = 60)
{
	enum { MANY = 10000 };
	static struct ds_diff_edit edits[MANY];

	for (int lines = 0; lines <= 12; lines += 12) {
		struct ds_buf before = {0};
		struct ds_buf after = {0};
		struct ds_buf out = {0};
		for (size_t i = 0; i < MANY; i++) {
			ds_buf_printf(&before, "%400zu:old", i);
			ds_buf_printf(&after, "%400zu:", i);
			edits[i] = (struct ds_diff_edit){after.len, 3, 5};
			ds_buf_puts(&after, "newer");
			for (int line = 0; line < lines; line++) {
				ds_buf_puts(&before, "\n");
				ds_buf_puts(&after, "\n");
			}
		}
		cr_assert(ds_diff(&out, "f", (struct ds_text){before.bytes, before.len},
				  (struct ds_text){after.bytes, after.len}, edits, MANY));
		must_apply("many", "f", &out, before.bytes, &after);
		ds_buf_free(&before);
		ds_buf_free(&after);
		ds_buf_free(&out);
	}
}

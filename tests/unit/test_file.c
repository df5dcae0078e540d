/* One file: reading with a token, writing with it, editing against others. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desync/change.h"
#include "scratch.h"

static struct test_scratch scratch;

static void set_up(void)
{
	test_scratch_make(&scratch);
}

static void tear_down(void)
{
	test_scratch_remove(&scratch);
}

TestSuite(file, .init = set_up, .fini = tear_down);

static const char *at(const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", scratch.root, name);
	return path;
}

static void expect_content(const char *name, const char *wanted)
{
	char *bytes;
	size_t len;
	ds_token token;
	ds_error err = {0};
	cr_assert_eq(ds_read_file(&bytes, &len, &token, at(name), &err), 0, "%s", err.message);
	cr_expect_eq(len, strlen(wanted));
	cr_expect(len != strlen(wanted) || memcmp(bytes, wanted, len) == 0, "%.*s instead of %s",
		  (int)len, bytes, wanted);
	free(bytes);
}

static ds_token read_token(const char *name)
{
	char *bytes;
	size_t len;
	ds_token token = {""};
	cr_assert_eq(ds_read_file(&bytes, &len, &token, at(name), NULL), 0);
	free(bytes);
	return token;
}

Test(file, gives_the_token_of_what_it_read)
{
	test_scratch_write(&scratch, "abc", "abc");
	test_scratch_write(&scratch, "empty", "");
	cr_expect_str_eq(read_token("abc").hex,
			 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	cr_expect_str_eq(read_token("empty").hex,
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect_content("empty", "");
}

Test(file, reads_no_more_than_16_mib)
{
	char *bytes;
	size_t len;
	ds_token token;
	ds_error err = {0};
	test_scratch_run(&scratch, "truncate -s 16777216 most; truncate -s 16777217 more");
	cr_expect_eq(ds_read_file(&bytes, &len, &token, at("most"), &err), 0, "%s", err.message);
	cr_expect_eq(len, 16777216u);
	free(bytes);
	cr_expect_eq(ds_read_file(&bytes, &len, &token, at("more"), &err), DS_TROUBLE);
	cr_expect_null(bytes);
}

Test(file, refuses_what_is_no_file_of_its_own)
{
	static const char *const bad[] = {"link", "fifo",    "folder", "folder/",
					  ".",    "nothing", "x/y"};
	test_scratch_run(&scratch, "echo x >file; ln -s file link; mkfifo fifo; mkdir folder");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *bytes;
		size_t len;
		ds_token token;
		ds_error err = {0};
		cr_expect_eq(ds_read_file(&bytes, &len, &token, at(bad[i]), &err), DS_TROUBLE, "%s",
			     bad[i]);
		cr_expect_neq(*err.message, '\0');
		cr_expect_null(bytes);
	}
}

Test(file, writes_only_over_what_the_token_names)
{
	ds_error err = {0};
	test_scratch_write(&scratch, "a", "one");
	ds_token first = read_token("a");
	ds_token token = first;
	cr_expect_eq(ds_write_file(at("a"), &token, "two", 3, NULL, &err), 0, "%s", err.message);
	expect_content("a", "two");
	cr_expect_str_eq(token.hex, read_token("a").hex);
	cr_expect_eq(ds_write_file(at("a"), &first, "three", 5, NULL, &err), DS_CONFLICT);
	cr_expect_not_null(strstr(err.message, "somebody else changed it"));
	expect_content("a", "two");
	cr_expect_eq(ds_write_file(at("a"), &token, "three", 5, NULL, &err), 0, "%s", err.message);
	expect_content("a", "three");
}

/* Appends "+", after somebody else appended "-" as often as is left. */
struct edit {
	int others;
	int calls;
	const char *result; /* instead */
	int status;
};

static int append(void *context, const char *bytes, size_t len, char **out, size_t *out_len,
		  ds_error *err)
{
	struct edit *edit = context;
	edit->calls++;
	if (edit->status) {
		err->status = (ds_status)edit->status;
		snprintf(err->message, sizeof err->message, "no");
		return edit->status;
	}
	if (edit->others-- > 0)
		test_scratch_run(&scratch, "printf -- - >>file.json");
	*out = malloc(len + 100);
	*out_len = (size_t)snprintf(*out, len + 100, "%.*s+", (int)len, bytes);
	if (edit->result)
		*out_len = (size_t)snprintf(*out, 100, "%s", edit->result);
	return 0;
}

static const struct {
	const char *about;
	const char *before;
	struct edit edit;
	ds_edit_options options;
	int status;
	int calls;
	const char *after;
} edits[] = {
	{"alone", "a", {0}, {.allow_invalid = true}, 0, 1, "a+"},
	{"somebody else once", "a", {.others = 1}, {.allow_invalid = true}, 0, 2, "a-+"},
	{"as often as it may be",
	 "a",
	 {.others = 2},
	 {.retries = 2, .allow_invalid = true},
	 0,
	 3,
	 "a--+"},
	{"once more",
	 "a",
	 {.others = 9},
	 {.retries = 2, .allow_invalid = true},
	 DS_CONFLICT,
	 3,
	 "a---"},
	{"without retries",
	 "a",
	 {.others = 9},
	 {.retries = -1U, .allow_invalid = true},
	 DS_CONFLICT,
	 1,
	 "a-"},
	{"another content is expected",
	 "a",
	 {0},
	 {.expect = "00", .allow_invalid = true},
	 DS_CONFLICT,
	 0,
	 "a"},
	{"the expected content changes",
	 "a",
	 {.others = 1},
	 {.expect = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
	  .allow_invalid = true},
	 DS_CONFLICT,
	 1,
	 "a-"},
	{"the function gives up",
	 "a",
	 {.status = DS_TROUBLE},
	 {.allow_invalid = true},
	 DS_TROUBLE,
	 1,
	 "a"},
	{"no JSON", "[]", {0}, {0}, DS_TROUBLE, 1, "[]"},
	{"JSON", "[]", {.result = "[1]"}, {0}, 0, 1, "[1]"},
	{"the same", "no JSON", {.result = "no JSON"}, {0}, 0, 1, "no JSON"},
	{"empty", "[]", {.result = ""}, {0}, DS_TROUBLE, 1, "[]"},
	{"empty, allowed", "[]", {.result = ""}, {.allow_empty = true}, 0, 1, ""},
	{"a record goes",
	 "[{\"id\":1}]",
	 {.result = "[]"},
	 {.guard_ids = "."},
	 DS_TROUBLE,
	 1,
	 "[{\"id\":1}]"},
	{"a record may go",
	 "[{\"id\":1}]",
	 {.result = "[]"},
	 {.guard_ids = ".", .allow_removal = true},
	 0,
	 1,
	 "[]"},
	{"a record comes",
	 "[{\"id\":1}]",
	 {.result = "[{\"id\":2},{\"id\":1}]"},
	 {.guard_ids = "."},
	 0,
	 1,
	 "[{\"id\":2},{\"id\":1}]"},
	{"no array to guard",
	 "{}",
	 {.result = "{\"a\":1}"},
	 {.guard_ids = "tasks"},
	 DS_TROUBLE,
	 1,
	 "{}"},
};

Test(file, edits_what_is_there_now)
{
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		struct edit edit = edits[i].edit;
		ds_edit_options options = edits[i].options;
		ds_token token;
		char *notes = NULL;
		ds_error err = {0};

		options.size = sizeof options;
		test_scratch_write(&scratch, "file.json", edits[i].before);
		int status = ds_edit_file(at("file.json"), append, &edit, &options, &token, &notes,
					  &err);
		cr_expect_eq(status, edits[i].status, "%s: %d, %s", edits[i].about, status,
			     err.message);
		cr_expect_eq(edit.calls, edits[i].calls, "%s: %d calls", edits[i].about,
			     edit.calls);
		expect_content("file.json", edits[i].after);
		if (!status)
			cr_expect_str_eq(token.hex, read_token("file.json").hex, "%s",
					 edits[i].about);
		free(notes);
	}
}

Test(file, logs_a_change_with_its_hashes)
{
	struct edit edit = {.result = "two"};
	ds_edit_options options = {.size = sizeof options, .allow_invalid = true};
	options.apply = (ds_apply_options){.size = sizeof options.apply, .who = "me", .why = "so"};
	test_scratch_run(&scratch, "mkdir .specweave");
	test_scratch_write(&scratch, "sub/file", "one");
	cr_expect_eq(ds_edit_file(at("sub/file"), append, &edit, &options, NULL, NULL, NULL), 0);
	test_scratch_run(&scratch,
			 "grep -q '\"who\": \"me\".*\"path\": \"sub/file\", \"why\": \"so\", "
			 "\"before\": \"7692c3ad.*\"after\": \"3fc4ccfe' "
			 "$(find . -name log.jsonl)");
}

Test(file, printable_is_harmless_and_fits)
{
	static const struct {
		const char *bytes;
		size_t room;
		const char *wanted;
		size_t whole;
	} cases[] = {
		{"plain", 20, "plain", 5},
		{"a\033b", 20, "a\\x1bb", 6},
		{"gr\xc3\xb6\xc3\x9f", 20, "gr\xc3\xb6\xc3\x9f", 6},
		{"gr\xc3\xb6", 4, "gr", 4},
		{"plain", 3, "pl", 5},
		{"", 1, "", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[20] = "?";
		cr_expect_eq(
			ds_printable(out, cases[i].room, cases[i].bytes, strlen(cases[i].bytes)),
			cases[i].whole, "%zu", i);
		cr_expect_str_eq(out, cases[i].wanted, "%zu", i);
	}
	cr_expect_eq(ds_printable(NULL, 0, "abc", 3), 3u);
}

Test(file, commits_paths_as_the_caller_opens_them)
{
	ds_error err = {0};
	char id[DS_COMMIT_ID_SIZE];
	char one[256];
	char two[256];
	test_scratch_run(&scratch, "git init -q . && git config user.name n && "
				   "git config user.email e && mkdir s other && "
				   "git init -q other && echo a >s/a && git add s && "
				   "git commit -q -m begin && echo b >s/a && echo x >other/x");
	snprintf(one, sizeof one, "%s", at("s/a"));
	snprintf(two, sizeof two, "%s", at("other/x"));
	const char *const first[] = {one};
	const char *const both[] = {one, two};
	cr_expect_eq(ds_commit(NULL, both, 2, "m", id, &err), DS_TROUBLE);
	cr_expect_not_null(strstr(err.message, "another worktree"));
	cr_expect_eq(ds_commit(NULL, first, 1, "m", id, &err), 0, "%s", err.message);
	test_scratch_run(&scratch, "[ $(git rev-parse HEAD) = %s ]", id);
	cr_expect_eq(ds_commit(NULL, first, 1, "m", id, &err), 0, "%s", err.message);
	cr_expect_str_empty(id);
	cr_expect_eq(ds_commit(NULL, first, 0, "m", id, &err), 0);
}

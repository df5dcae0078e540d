/* Arena, buffer, text, JSON text, SHA-256, and opening beneath a directory. */
#define _GNU_SOURCE /* O_PATH */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "array.h"
#include "beneath.h"
#include "buf.h"
#include "err.h"
#include "json_text.h"
#include "sha256.h"
#include "text.h"

/* ---- Memory ------------------------------------------------------------- */

Test(arena, hands_out_aligned_zeroed_pieces_of_every_size)
{
	struct ds_arena arena = {0};
	for (size_t size = 0; size < 40000; size = size * 2 + 1) {
		unsigned char *piece = ds_arena_alloc(&arena, size);
		cr_assert(piece);
		cr_expect_eq((uintptr_t)piece % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			cr_assert_eq(piece[i], 0);
		memset(piece, 0xff, size);
		char *copy = ds_arena_string(&arena, "odd");
		cr_expect_str_eq(copy, "odd");
	}
	ds_arena_free(&arena);
	ds_arena_free(&arena);
	cr_expect_null(arena.chunks);
}

Test(arena, refuses_a_size_that_cannot_be)
{
	struct ds_arena arena = {0};
	cr_expect_null(ds_arena_alloc(&arena, SIZE_MAX - 3));
	cr_expect_null(ds_arena_alloc(&arena, SIZE_MAX / 2 + 1));
	ds_arena_free(&arena);
}

Test(array, has_room_for_one_more_and_keeps_what_is_there)
{
	struct odd {
		char bytes[3];
	} *at = NULL;
	size_t room = 0;

	for (size_t len = 0; len < 1000; len++) {
		cr_assert(ds_grow(&at, &room, len, sizeof *at));
		cr_assert_gt(room, len);
		memcpy(at[len].bytes, &(uint16_t){(uint16_t)len}, 2);
	}
	for (size_t i = 0; i < 1000; i++)
		cr_assert_eq(memcmp(at[i].bytes, &(uint16_t){(uint16_t)i}, 2), 0);
	cr_expect_lt(room, 2048);
	free(at);
}

Test(arena, absorbs_another)
{
	struct ds_arena a = {0};
	struct ds_arena b = {0};
	const char *first = ds_arena_string(&a, "first");
	const char *second = ds_arena_string(&b, "second");
	ds_arena_absorb(&a, &b);
	cr_expect_null(b.chunks);
	ds_arena_free(&b);
	cr_expect_str_eq(first, "first");
	cr_expect_str_eq(second, "second");
	cr_expect_str_eq(ds_arena_string(&a, "third"), "third");
	ds_arena_free(&a);
}

Test(arena, reset_keeps_one_chunk)
{
	struct ds_arena arena = {0};
	ds_arena_reset(&arena);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++)
			cr_assert(ds_arena_alloc(&arena, i % 2 ? 1000 : 30000));
		ds_arena_reset(&arena);
		cr_assert(arena.chunks);
	}
	ds_arena_free(&arena);
}

Test(buf, grows_and_stays_terminated)
{
	struct ds_buf buf = {0};
	for (int i = 0; i < 1000; i++)
		cr_assert(ds_buf_printf(&buf, "%d,", i % 10));
	cr_expect_eq(buf.len, 2000);
	cr_expect_eq(strlen(buf.bytes), 2000);
	ds_buf_cut(&buf, 4);
	cr_expect_str_eq(buf.bytes, "0,1,");
	cr_expect(ds_buf_puts(&buf, "x"));
	cr_expect_str_eq(buf.bytes, "0,1,x");
	ds_buf_free(&buf);
	cr_expect_null(buf.bytes);
}

Test(buf, a_failure_is_remembered)
{
	struct ds_buf buf = {0};
	ds_buf_puts(&buf, "kept");
	cr_expect_not(ds_buf_reserve(&buf, SIZE_MAX - 10));
	cr_expect(buf.failed);
	cr_expect_str_eq(buf.bytes, "kept");
	ds_buf_free(&buf);
}

Test(err, cuts_what_is_too_long_and_needs_no_place)
{
	ds_error err;
	char text[3000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	cr_expect_eq(ds_fail(&err, DS_CONFLICT, "%s", text), DS_CONFLICT);
	cr_expect_eq(err.status, DS_CONFLICT);
	cr_expect_eq(strlen(err.message), sizeof err.message - 1);
	cr_expect_eq(ds_fail(NULL, DS_TROUBLE, "x"), DS_TROUBLE);
	cr_expect_eq(ds_fail_memory(&err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "out of memory");
}

/* ---- Text --------------------------------------------------------------- */

Test(text, reads_utf_8)
{
	static const struct {
		const char *bytes;
		size_t len;
		unsigned point;
	} table[] = {
		{"a", 1, 'a'},
		{"\x7f", 1, 0x7f},
		{"\xc2\x80", 2, 0x80},
		{"\xdf\xbf", 2, 0x7ff},
		{"\xe0\xa0\x80", 3, 0x800},
		{"\xef\xbf\xbf", 3, 0xffff},
		{"\xed\x9f\xbf", 3, 0xd7ff},
		{"\xee\x80\x80", 3, 0xe000},
		{"\xf0\x90\x80\x80", 4, 0x10000},
		{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\x80", 0, 0},
		{"\xbf", 0, 0},
		{"\xc0\x80", 0, 0},
		{"\xc1\xbf", 0, 0},
		{"\xc2", 0, 0},
		{"\xc2\x41", 0, 0},
		{"\xe0\x9f\xbf", 0, 0},
		{"\xe1\x80", 0, 0},
		{"\xe1\x80\x41", 0, 0},
		{"\xed\xa0\x80", 0, 0},
		{"\xed\xbf\xbf", 0, 0},
		{"\xf0\x8f\xbf\xbf", 0, 0},
		{"\xf4\x90\x80\x80", 0, 0},
		{"\xf5\x80\x80\x80", 0, 0},
		{"\xff", 0, 0},
		{"", 0, 0},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		unsigned point = 0;
		struct ds_text text = ds_text_of(table[i].bytes);
		cr_expect_eq(ds_utf8_next(text, &point), table[i].len, "line %zu", i);
		cr_expect_eq(point, table[i].point, "line %zu", i);
		cr_expect_eq(ds_utf8_valid(text), table[i].len > 0 || !text.len, "line %zu", i);
	}
}

Test(text, is_made_harmless)
{
	static const struct {
		const char *bytes;
		const char *escaped; /* NULL: stays as it is */
	} table[] = {
		{"plain é€😀 \\ \"x\"", NULL},  {"a\nb\rc\td", "a\\nb\\rc\\td"},
		{"\x1b[31m", "\\x1b[31m"},     {"\x7f", "\\x7f"},
		{"\xc2\x9b", "\\u009b"},       {"\xff\xfe", "\\xff\\xfe"},
		{"\xe2\x80\xae", "\\u202e"},   {"\xe2\x81\xa6", "\\u2066"},
		{"\xe2\x80\xa8", "\\u2028"},   {"\xe2\x80\x8f", "\\u200f"},
		{"\xef\xbb\xbfx", "\\ufeffx"}, {"", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_buf out = {0};
		struct ds_text text = ds_text_of(table[i].bytes);
		const char *wanted = table[i].escaped ? table[i].escaped : table[i].bytes;
		ds_buf_puts(&out, "");
		cr_expect(ds_escape(&out, text));
		cr_expect_str_eq(out.bytes, wanted);
		cr_expect_eq(ds_needs_escape(text), table[i].escaped != NULL, "%s", wanted);
		ds_buf_free(&out);
	}
}

Test(text, is_trimmed_and_compared)
{
	cr_expect(ds_text_is(ds_text_trim(ds_text_of(" \t\r\n\v\fa b ")), "a b"));
	cr_expect_eq(ds_text_trim(ds_text_of(" \n ")).len, 0);
	cr_expect(ds_text_equal_but_for_case(ds_text_of("Status"), ds_text_of("sTATUS")));
	cr_expect_not(ds_text_equal_but_for_case(ds_text_of("Status"), ds_text_of("statuss")));
	cr_expect_not(ds_text_equal_but_for_case(ds_text_of("Statuss"), ds_text_of("status")));
	cr_expect_eq(ds_utf8_fit(ds_text_of("ab\xe2\x82\xac"), 3), 2);
	cr_expect_eq(ds_utf8_fit(ds_text_of("ab\xe2\x82\xac"), 4), 2);
	cr_expect_eq(ds_utf8_fit(ds_text_of("ab\xe2\x82\xac"), 5), 5);
}

/* What a shell makes of the quoted word is what went in. */
Test(text, is_quoted_for_the_shell)
{
	static const char *const words[] = {"0047-us-task-linkage",
					    "a b",
					    "it's",
					    "$(touch x)",
					    "`x`",
					    "\"",
					    "a;b|c&d",
					    "*",
					    "~",
					    "",
					    "é",
					    "a\\b",
					    "--",
					    "!x",
					    "#x",
					    "a\nb"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct ds_buf command = {0};
		char read[64] = "";
		ds_buf_puts(&command, "printf '%s.' ");
		cr_assert(ds_shell_quote(&command, ds_text_of(words[i])));
		FILE *shell = popen(command.bytes, "r");
		cr_assert(shell);
		read[fread(read, 1, sizeof read - 1, shell)] = '\0';
		cr_expect_eq(pclose(shell), 0);
		size_t len = strlen(words[i]);
		cr_expect(strlen(read) == len + 1 && strncmp(read, words[i], len) == 0 &&
				  read[len] == '.',
			  "%s became %s", command.bytes, read);
		ds_buf_free(&command);
	}
	struct ds_buf plain = {0};
	ds_shell_quote(&plain, ds_text_of("0047-us"));
	cr_expect_str_eq(plain.bytes, "0047-us");
	ds_buf_free(&plain);
}

Test(text, has_lines_and_columns)
{
	static const struct {
		size_t at;
		size_t line;
		size_t column;
	} table[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3}, {3, 2, 1}, {4, 3, 1}, {6, 3, 3}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t line;
		size_t column;
		ds_text_position(ds_text_of("a\r\n\nbc"), table[i].at, &line, &column);
		cr_expect(line == table[i].line && column == table[i].column, "%zu: %zu:%zu",
			  table[i].at, line, column);
	}
}

/* ---- JSON text ---------------------------------------------------------- */

Test(json_text, strings_are_one_line_whatever_the_bytes)
{
	static const struct {
		struct ds_text text;
		const char *json;
	} table[] = {
		{{"", 0}, "\"\""},
		{{"plain", 5}, "\"plain\""},
		{{"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
		{{"a\nb\tc\rd", 7}, "\"a\\nb\\u0009c\\u000dd\""},
		{{"\0\x1b", 2}, "\"\\u0000\\u001b\""},
		{{"\x7f\xc2\x85", 3}, "\"\\u007f\\u0085\""},
		{{"\xc3\xa9\xf0\x9f\x98\x80", 6}, "\"\xc3\xa9\xf0\x9f\x98\x80\""},
		{{"a\xff\xc3", 3}, "\"a\\\\xff\\\\xc3\""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_buf out = {0};
		cr_expect(ds_json_string(&out, table[i].text));
		cr_expect_str_eq(out.bytes, table[i].json);
		ds_buf_free(&out);
	}
}

Test(json_text, base64)
{
	/* RFC 4648, 10. */
	static const char *const table[][2] = {
		{"", "\"\""},
		{"f", "\"Zg==\""},
		{"fo", "\"Zm8=\""},
		{"foo", "\"Zm9v\""},
		{"foob", "\"Zm9vYg==\""},
		{"fooba", "\"Zm9vYmE=\""},
		{"foobar", "\"Zm9vYmFy\""},
		{"\xfb\xff\xfe", "\"+//+\""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_buf out = {0};
		cr_expect(ds_json_base64(&out, ds_text_of(table[i][0])));
		cr_expect_str_eq(out.bytes, table[i][1]);
		ds_buf_free(&out);
	}
}

Test(json_text, members_separate_themselves)
{
	struct ds_buf out = {0};
	ds_json_member(&out, "bare", "x");
	cr_expect_str_eq(out.bytes, "\"bare\": \"x\"");
	ds_buf_cut(&out, 0);
	ds_buf_puts(&out, "{");
	cr_expect(ds_json_member(&out, "nothing", NULL));
	cr_expect(ds_json_member(&out, "a", "{"));
	cr_expect(ds_json_member(&out, "b", "\xff"));
	cr_expect(ds_json_member(&out, "c", ""));
	cr_expect_str_eq(out.bytes, "{\"a\": \"{\", \"b\": \"\\\\xff\", \"b_base64\": \"/w==\", "
				    "\"c\": \"\"");
	ds_buf_free(&out);
}

/* ---- SHA-256 ------------------------------------------------------------ */

static void expect_digest(const unsigned char digest[DS_SHA256_SIZE], const char *expected)
{
	char hex[DS_SHA256_HEX];
	ds_sha256_hex(digest, hex);
	cr_expect_str_eq(hex, expected);
}

Test(sha256, gives_the_published_digests)
{
	static const char *const table[][2] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
		 "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	};
	unsigned char digest[DS_SHA256_SIZE];
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		ds_sha256_of(table[i][0], strlen(table[i][0]), digest);
		expect_digest(digest, table[i][1]);
	}
}

Test(sha256, gives_the_published_digest_of_a_million_a)
{
	struct ds_sha256 hash;
	unsigned char digest[DS_SHA256_SIZE];
	char piece[1000];
	memset(piece, 'a', sizeof piece);
	ds_sha256_begin(&hash);
	for (int i = 0; i < 1000; i++)
		ds_sha256_add(&hash, piece, sizeof piece);
	ds_sha256_end(&hash, digest);
	expect_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(sha256, does_not_depend_on_the_pieces)
{
	char bytes[130];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		unsigned char whole[DS_SHA256_SIZE];
		ds_sha256_of(bytes, len, whole);
		for (size_t cut = 0; cut <= len; cut++) {
			struct ds_sha256 hash;
			unsigned char digest[DS_SHA256_SIZE];
			ds_sha256_begin(&hash);
			ds_sha256_add(&hash, bytes, cut);
			ds_sha256_add(&hash, bytes + cut, len - cut);
			ds_sha256_end(&hash, digest);
			cr_assert_arr_eq(digest, whole, sizeof whole, "%zu at %zu", len, cut);
		}
	}
}

/* All lengths around a block's end: the digest of their digests, as another
 * implementation gave it. */
Test(sha256, pads_every_length)
{
	struct ds_sha256 all;
	unsigned char digest[DS_SHA256_SIZE];
	char bytes[130] = {0};
	ds_sha256_begin(&all);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		ds_sha256_of(bytes, len, digest);
		ds_sha256_add(&all, digest, sizeof digest);
	}
	ds_sha256_end(&all, digest);
	expect_digest(digest, "d6e99a52e4f306ac462a8669cfa9744fc9ac0cd54f1c1c92b91d2e3257397ead");
}

/* ---- Beneath ------------------------------------------------------------ */

static char *make_tree(void)
{
	static char root[] = "/tmp/desync-base-XXXXXX";
	char command[1024];

	cr_assert(mkdtemp(root));
	snprintf(command, sizeof command,
		 "cd %s && mkdir -p in/dir out && echo in >in/dir/file && echo out >out/file && "
		 "ln -s dir/file in/inside && ln -s dir in/dirlink && ln -s ../out/file in/outside "
		 "&&"
		 "ln -s %s/out/file in/absolute && ln -s loop in/loop && ln -s nowhere in/dangling "
		 "&&"
		 "ln -s ../in/dir/file in/round && ln -s .. in/up && mkfifo in/fifo",
		 root, root);
	cr_assert_eq(system(command), 0);
	return root;
}

static void remove_tree(const char *root)
{
	char command[256];
	snprintf(command, sizeof command, "rm -rf %s", root);
	cr_assert_eq(system(command), 0);
}

static const struct {
	const char *path;
	int error; /* 0: it opens */
	int portable;
} openings[] = {
	{"dir/file", 0, 0},
	{"./dir//file", 0, 0},
	{"inside", 0, ELOOP},
	{"dirlink/file", 0, ENOTDIR},
	{"outside", EXDEV, ELOOP},
	{"absolute", EXDEV, ELOOP},
	{"up/out/file", EXDEV, ENOTDIR},
	{"round", EXDEV, ELOOP},
	{"../out/file", EXDEV, EXDEV},
	{"dir/../../out/file", EXDEV, EXDEV},
	{"/etc/passwd", EXDEV, EXDEV},
	{"loop", ELOOP, ELOOP},
	{"dangling", ENOENT, ELOOP},
	{"nothing", ENOENT, ENOENT},
	{"dir/file/x", ENOTDIR, ENOTDIR},
	{"fifo", 0, 0},
};

/* A look never follows the last component, and leaves the root no more than an
 * opening does. */
static void expect_looks(int root, bool portable)
{
	static const struct {
		const char *path;
		mode_t type; /* 0: it fails */
		bool through_link;
	} table[] = {
		{"dir/file", S_IFREG, false},
		{"dir", S_IFDIR, false},
		{"dir/", S_IFDIR, false},
		{"inside", S_IFLNK, false},
		{"outside", S_IFLNK, false},
		{"loop", S_IFLNK, false},
		{"dangling", S_IFLNK, false},
		{"fifo", S_IFIFO, false},
		{"nothing", 0, false},
		{"../out/file", 0, false},
		{"..", 0, false},
		{"/etc/passwd", 0, false},
		{"up/out/file", 0, false},
		{"dirlink/file", S_IFREG, true},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct stat st;
		int status = (portable ? ds_look_beneath_portable
				       : ds_look_beneath)(root, table[i].path, &st);
		mode_t wanted = portable && table[i].through_link ? 0 : table[i].type;
		cr_expect_eq(status == 0, wanted != 0, "%s", table[i].path);
		if (status == 0)
			cr_expect_eq(st.st_mode & S_IFMT, wanted, "%s", table[i].path);
	}
}

static void expect_openings(int (*open_it)(int, const char *, int), bool portable)
{
	char *tree = make_tree();
	char path[128];
	snprintf(path, sizeof path, "%s/in", tree);
	int root = open(path, O_RDONLY | O_DIRECTORY);
	cr_assert(root >= 0);
	expect_looks(root, portable);
	for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
		int wanted = portable ? openings[i].portable : openings[i].error;
		errno = 0;
		int fd = open_it(root, openings[i].path, 0);
		int why = fd < 0 ? errno : 0;
		cr_expect_eq(why, wanted, "%s: %s", openings[i].path, strerror(why));
		if (fd < 0)
			continue;
		cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
	/* Nothing was left open: the next descriptor is the one behind the root. */
	close(open_it(root, "dir", O_DIRECTORY));
	int next = open("/dev/null", O_RDONLY);
	cr_expect_eq(next, root + 1);
	close(next);
	close(root);
	remove_tree(tree);
}

Test(beneath, never_leaves_the_root, .timeout = 30)
{
	expect_openings(ds_open_beneath, false);
}

Test(beneath, the_portable_way_refuses_every_link, .timeout = 30)
{
	expect_openings(ds_open_beneath_portable, true);
}

Test(beneath, a_component_may_be_too_long)
{
	char name[300];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	int root = open("/tmp", O_RDONLY | O_DIRECTORY);
	cr_expect_eq(ds_open_beneath(root, name, 0), -1);
	cr_expect_eq(errno, ENAMETOOLONG);
	cr_expect_eq(ds_open_beneath_portable(root, name, 0), -1);
	cr_expect_eq(errno, ENAMETOOLONG);
	close(root);
}

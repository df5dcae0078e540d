/* The JSON scanner and its reader: RFC 8259, spans, what lies on the way; records. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_records.h"
#include "json_scan.h"
#include "readers.h"

#define BYTES(s)                                                                                   \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}

struct input {
	const char *at;
	size_t len;
};

static struct ds_text text_of(struct input input)
{
	return (struct ds_text){input.at, input.len};
}

/* ---- What is no JSON ---------------------------------------------------- */

/* `lenient`: cJSON takes it for JSON. Each such line is a reason for the scanner,
 * and shows that the cross-check below can tell the two apart. */
static const struct {
	struct input input;
	size_t at;
	bool lenient;
} rejected[] = {
	{BYTES(""), 0, false},
	{BYTES("   \n"), 4, false},
	{BYTES("\xef\xbb\xbf"), 3, false},
	{BYTES("\xef\xbb\xbf\xef\xbb\xbf{}"), 3, false},
	{BYTES("\xff\xfe{\0}\0"), 0, false},
	{BYTES("{"), 1, false},
	{BYTES("{\"a\""), 4, false},
	{BYTES("{\"a\":"), 5, false},
	{BYTES("{\"a\":1"), 6, false},
	{BYTES("{\"a\":1,"), 7, false},
	{BYTES("{\"a\":1,}"), 7, false},
	{BYTES("{,}"), 1, false},
	{BYTES("{a:1}"), 1, false},
	{BYTES("{'a':1}"), 1, false},
	{BYTES("{\"a\" 1}"), 5, false},
	{BYTES("{\"a\":1 \"b\":2}"), 7, false},
	{BYTES("{1:1}"), 1, false},
	{BYTES("["), 1, false},
	{BYTES("[1"), 2, false},
	{BYTES("[1,"), 3, false},
	{BYTES("[1,]"), 3, false},
	{BYTES("[,1]"), 1, false},
	{BYTES("[1 2]"), 3, false},
	{BYTES("]"), 0, false},
	{BYTES("{}}"), 2, false},
	{BYTES("{} {}"), 3, false},
	{BYTES("{} x"), 3, false},
	{BYTES("{} // c"), 3, false},
	{BYTES("// c\n{}"), 0, false},
	{BYTES("nul"), 0, false},
	{BYTES("tru"), 0, false},
	{BYTES("False"), 0, false},
	{BYTES("NaN"), 0, false},
	{BYTES("Infinity"), 0, false},
	{BYTES("-"), 1, false},
	{BYTES("-Infinity"), 1, false},
	{BYTES("+1"), 0, false},
	{BYTES(".5"), 0, false},
	{BYTES("-.5"), 1, true},
	{BYTES("-.123"), 1, true},
	{BYTES("01"), 1, true},
	{BYTES("-01"), 2, true},
	{BYTES("012"), 1, true},
	{BYTES("1."), 2, true},
	{BYTES("2."), 2, true},
	{BYTES("2.e3"), 2, true},
	{BYTES("1e"), 2, false},
	{BYTES("1e+"), 3, false},
	{BYTES("0x10"), 1, false},
	{BYTES("\""), 0, false},
	{BYTES("\"a"), 0, false},
	{BYTES("\"a\\\""), 0, false},
	{BYTES("\"\\"), 1, false},
	{BYTES("\"\\x\""), 1, false},
	{BYTES("\"\\uqqqq\""), 1, true},
	{BYTES("\"\\u12\""), 1, false},
	{BYTES("\"\\u123g\""), 1, true},
	{BYTES("\"a\nb\""), 2, true},
	{BYTES("\"a\tb\""), 2, true},
	{BYTES("\"a\x01\""), 2, true},
	{BYTES("\"a\0b\""), 2, true},
	{BYTES("{}\0"), 2, true},
	{BYTES("{\0}"), 1, true},
	{BYTES("\f{}"), 0, true},
	{BYTES("{\v}"), 1, true},
	{BYTES("\"\x80\""), 1, true},
	{BYTES("\"\xc0\xaf\""), 1, true},
	{BYTES("\"\xe0\x80\xaf\""), 1, true},
	{BYTES("\"\xed\xa0\x80\""), 1, true},
	{BYTES("\"\xf4\x90\x80\x80\""), 1, true},
	{BYTES("\"\xf5\x80\x80\x80\""), 1, true},
	{BYTES("\"\xc3\""), 1, true},
	{BYTES("\"\xe2\x82\""), 1, true},
	{BYTES("\xe2\x80\x8b{}"), 0, false},
	{BYTES("<<<<<<< HEAD\n{}"), 0, false},
};

static cJSON *parse_with_cjson(struct input input)
{
	/* The strictest way that it has; it wants a NUL behind the text. */
	return cJSON_ParseWithLengthOpts(input.at, input.len + 1, NULL, 1);
}

Test(json, rejects_what_is_no_json)
{
	for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
		struct ds_json_found found;
		struct ds_json_error error = {0};
		bool well = ds_json_scan(&found, text_of(rejected[i].input), "status", &error);
		cr_expect(!well, "line %zu is accepted: %s", i, rejected[i].input.at);
		cr_expect_eq(error.at, rejected[i].at, "line %zu: at %zu, not %zu: %s", i, error.at,
			     rejected[i].at, error.why);
		cr_expect(error.why && *error.why);
	}
}

Test(json, cjson_lets_through_what_the_table_says)
{
	for (size_t i = 0; i < sizeof rejected / sizeof *rejected; i++) {
		cJSON *document = parse_with_cjson(rejected[i].input);
		cr_expect_eq(document != NULL, rejected[i].lenient, "line %zu: %s", i,
			     rejected[i].input.at);
		cJSON_Delete(document);
	}
}

/* ---- What is JSON, and where the status is in it ------------------------- */

static const struct {
	struct input input;
	const char *text; /* between its quotes, as it stands; NULL: no string there */
} accepted[] = {
	{BYTES("{\"status\":\"active\"}"), "active"},
	{BYTES("\xef\xbb\xbf{\"status\":\"active\"}"), "active"},
	{BYTES(" \t\r\n{ \"status\" : \"active\" } \n"), "active"},
	{BYTES("{\"a\":{\"status\":\"x\"},\"status\":\"y\",\"b\":{\"status\":\"z\"}}"), "y"},
	{BYTES("{\"a\":[{\"status\":\"x\"}],\"status\":\"y\"}"), "y"},
	{BYTES("{\"status\":\"\"}"), ""},
	{BYTES("{\"st\\u0061tus\":\"x\"}"), "x"},
	{BYTES("{\"status\":\"\\u0061\\n\\\"\"}"), "\\u0061\\n\\\""},
	{BYTES("{\"status\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"),
	 "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	{BYTES("{\"status\":null}"), NULL},
	{BYTES("{\"status\":5}"), NULL},
	{BYTES("{\"status\":{\"status\":\"x\"}}"), NULL},
	{BYTES("{}"), NULL},
	{BYTES("{\"stat\":\"a\",\"statuss\":\"b\"}"), NULL},
	{BYTES("{\"n\":[0,-0,1.5,1e5,-1E-5,9007199254740993,1e400,1.0]}"), NULL},
	{BYTES("{\"n\":[true,false,null,[],{},\"\"]}"), NULL},
	{BYTES("[]"), NULL},
	{BYTES("\"a\""), NULL},
	{BYTES("1"), NULL},
	{BYTES("{\"n\":\"\\ud83d\\ude00\"}"), NULL},
};

Test(json, finds_the_status_in_what_is_json)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		struct ds_json_found found;
		struct ds_json_error error = {0};
		struct input input = accepted[i].input;
		cr_assert(ds_json_scan(&found, text_of(input), "status", &error),
			  "line %zu is rejected: %s", i, error.why);
		cr_expect_eq(found.type == DS_JSON_STRING, accepted[i].text != NULL, "line %zu", i);
		if (found.type != DS_JSON_STRING)
			continue;
		struct ds_text raw = {input.at + found.start, found.end - found.start};
		cr_expect(ds_text_is(raw, accepted[i].text), "line %zu: %.*s", i, (int)raw.len,
			  raw.at);
		cr_expect(input.at[found.start - 1] == '"' && input.at[found.end] == '"');
	}
}

Test(json, cjson_sees_the_same_status)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		struct ds_json_found found;
		struct ds_json_error error = {0};
		struct input input = accepted[i].input;
		char decoded[64];
		cJSON *document = parse_with_cjson(input);
		cr_assert(document, "line %zu", i);
		const cJSON *status = cJSON_GetObjectItemCaseSensitive(document, "status");
		ds_json_scan(&found, text_of(input), "status", &error);
		cr_expect_eq(cJSON_IsString(status), found.type == DS_JSON_STRING, "line %zu", i);
		if (found.type == DS_JSON_STRING) {
			struct ds_text raw = {input.at + found.start, found.end - found.start};
			size_t len = ds_json_decode(decoded, raw);
			cr_expect(ds_text_is((struct ds_text){decoded, len}, status->valuestring),
				  "line %zu", i);
		}
		cJSON_Delete(document);
	}
}

/* Every document that a change of one byte makes: what the scanner accepts, cJSON
 * accepts, and both find the same. */
Test(json, agrees_with_cjson_on_every_single_change)
{
	static const char base[] =
		"{\"a\":{\"status\":\"x\"},\"status\":\"y\\u0041\",\"n\":[-1.5e+3,true]}";
	static const char bytes[] = "\"\\{}[]:,0-.eEu \n\t\x01\x80xs";
	size_t accepted_count = 0;
	size_t rejected_count = 0;

	for (size_t at = 0; at < sizeof base - 1; at++) {
		for (size_t b = 0; b < sizeof bytes - 1; b++) {
			char changed[sizeof base];
			char decoded[sizeof base];
			struct ds_json_found found;
			struct ds_json_error error = {0};
			memcpy(changed, base, sizeof base);
			changed[at] = bytes[b];
			struct input input = {changed, sizeof base - 1};
			if (!ds_json_scan(&found, text_of(input), "status", &error)) {
				rejected_count++;
				continue;
			}
			accepted_count++;
			cJSON *document = parse_with_cjson(input);
			cr_assert(document, "only we accept %s", changed);
			const cJSON *status = cJSON_GetObjectItemCaseSensitive(document, "status");
			cr_assert_eq(found.type == DS_JSON_STRING, cJSON_IsString(status), "%s",
				     changed);
			if (found.type == DS_JSON_STRING) {
				struct ds_text raw = {changed + found.start,
						      found.end - found.start};
				size_t len = ds_json_decode(decoded, raw);
				cr_assert(ds_text_is((struct ds_text){decoded, len},
						     status->valuestring),
					  "%s", changed);
			}
			cJSON_Delete(document);
		}
	}
	cr_assert(accepted_count > 100 && rejected_count > 500);
}

/* Strings are stepped over eight bytes at a time: every byte at every place in one. */
Test(json, notices_a_byte_anywhere_in_a_long_string)
{
	for (size_t at = 0; at < 24; at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			char text[] = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"";
			struct ds_json_found found;
			struct ds_json_error error = {0};
			text[at + 1] = (char)byte;
			bool well = ds_json_scan(&found, (struct ds_text){text, sizeof text - 1},
						 "status", &error);
			bool ordinary = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
			cr_assert_eq(well, ordinary, "%u at %zu", byte, at);
		}
	}
}

/* ---- Depth and length --------------------------------------------------- */

static bool scan_nested(size_t levels, const char *open, const char *close)
{
	size_t width = strlen(open);
	char *bytes = malloc(levels * (width + strlen(close)) + 1);
	struct ds_json_found found;
	struct ds_json_error error = {0};
	size_t len = 0;

	cr_assert(bytes);
	for (size_t i = 0; i < levels; i++, len += width)
		memcpy(bytes + len, open, width);
	bytes[len++] = '1';
	for (size_t i = 0; i < levels && *close; i++)
		bytes[len++] = *close;
	bool well = ds_json_scan(&found, (struct ds_text){bytes, len}, "status", &error);
	free(bytes);
	return well;
}

Test(json, nests_512_levels_and_no_more)
{
	cr_expect(scan_nested(512, "[", "]"));
	cr_expect_not(scan_nested(513, "[", "]"));
	cr_expect(scan_nested(512, "{\"a\":", "}"));
	cr_expect_not(scan_nested(513, "{\"a\":", "}"));
	cr_expect_not(scan_nested(100000, "[", ""));
	cr_expect_not(scan_nested(100000, "{\"status\":", ""));
}

Test(json, every_cut_of_a_document_is_rejected)
{
	static const char whole[] = "{\"status\":\"a\\u0041\",\"n\":[-1.5e3,true,null]}";
	for (size_t len = 0; len < sizeof whole - 1; len++) {
		struct ds_json_found found;
		struct ds_json_error error = {0};
		char *cut = malloc(len + 1); /* its own block, so that ASan sees a step too far */
		cr_assert(cut);
		memcpy(cut, whole, len);
		cr_expect_not(ds_json_scan(&found, (struct ds_text){cut, len}, "status", &error),
			      "%.*s", (int)len, whole);
		free(cut);
	}
}

/* ---- Decoding ----------------------------------------------------------- */

Test(json, decodes_or_says_that_it_cannot)
{
	static const struct {
		const char *raw;
		const char *text; /* NULL: it cannot be told from other texts */
	} table[] = {
		{"plain", "plain"},
		{"\\b\\f\\n\\r\\t\\/\\\\\\\"", "\b\f\n\r\t/\\\""},
		{"\\u0041\\u00e9\\u20ac", "A\xc3\xa9\xe2\x82\xac"},
		{"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
		{"\\uD83D\\uDE00x", "\xf0\x9f\x98\x80x"},
		{"\\ud83d", NULL},
		{"\\ud83dx", NULL},
		{"\\ud83d\\n", NULL},
		{"\\ud83d\\u0041", NULL},
		{"\\ude00", NULL},
		{"a\\u0000", NULL},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char out[64];
		size_t len = ds_json_decode(out, ds_text_of(table[i].raw));
		if (table[i].text)
			cr_expect(len != SIZE_MAX &&
					  ds_text_is((struct ds_text){out, len}, table[i].text),
				  "%s", table[i].raw);
		else
			cr_expect_eq(len, SIZE_MAX, "%s", table[i].raw);
	}
}

/* ---- The reader --------------------------------------------------------- */

static const struct {
	const char *bytes;
	const char *at;
	ds_code code;
	const char *text; /* where there is one; else the offset counts */
	size_t start;
	bool word;
} readings[] = {
	{"{\"status\":\"active\"}", "status", DS_NO_CODE, "active", 11, true},
	{"{\"status\":\" active\\n\"}", "status", DS_NO_CODE, "active", 11, true},
	{"{\"status\":\"\\u0061\"}", "status", DS_NO_CODE, "a", 11, true},
	{"{\"a\":{\"b\":\"x\"},\"b\":\"y\"}", "a.b", DS_NO_CODE, "x", 11, true},
	{"{\"status\":5}", "status", DS_NO_CODE, "5", 10, false},
	{"{\"status\":true}", "status", DS_NO_CODE, "true", 10, false},
	{"{\"status\":[1, 2]}", "status", DS_NO_CODE, "[1, 2]", 10, false},
	{"{\"status\":{\"status\":\"x\"}}", "status", DS_NO_CODE, "{\"status\":\"x\"}", 10, false},
	{"{\"status\":\"a\\u0000b\"}", "status", DS_NO_CODE, "a\\u0000b", 11, false},
	{"{\"status\":\"\\ud800\"}", "status", DS_NO_CODE, "\\ud800", 11, false},
	{"{\"status\":null}", "status", DS_MISSING_STATUS, NULL, 10, false},
	{"{\"status\":\"\"}", "status", DS_MISSING_STATUS, NULL, 11, false},
	{"{\"status\":\" \\t\"}", "status", DS_MISSING_STATUS, NULL, 11, false},
	{"{}", "status", DS_MISSING_STATUS, NULL, 0, false},
	{"{\"Status\":\"x\"}", "status", DS_MISSING_STATUS, NULL, 2, false},
	{"{\"status\\u0000x\":\"x\"}", "status", DS_MISSING_STATUS, NULL, 2, false},
	{"{\"a\":null}", "a.b", DS_MISSING_STATUS, NULL, 0, false},
	{"{\"status\":\"a\",\"status\":\"a\"}", "status", DS_AMBIGUOUS_STATUS, NULL, 15, false},
	{"{\"status\":\"a\",\"st\\u0061tus\":1}", "status", DS_AMBIGUOUS_STATUS, NULL, 15, false},
	{"{\"status\":\"a\",\"Status\":\"a\"}", "status", DS_AMBIGUOUS_STATUS, NULL, 15, false},
	{"{\"STATUS\":1,\"status\":\"a\"}", "status", DS_AMBIGUOUS_STATUS, NULL, 2, false},
	{"{\"status\\u0000\":1,\"status\":\"a\"}", "status", DS_AMBIGUOUS_STATUS, NULL, 2, false},
	{"{\"\\u0053tatus\\u0000\":1,\"status\":\"a\"}", "status", DS_AMBIGUOUS_STATUS, NULL, 2,
	 false},
	{"{\"a\":{\"b\":1},\"a\":{\"b\":1}}", "a.b", DS_AMBIGUOUS_STATUS, NULL, 14, false},
	{"{\"x\":1,\"x\":2,\"X\":3,\"status\":\"a\"}", "status", DS_NO_CODE, "a", 29, true},
	{"{\"a\":{\"status\":1,\"status\":2},\"status\":\"a\"}", "status", DS_NO_CODE, "a", 39,
	 true},
	{"{\"status\\\\u0000\":1,\"status\":\"a\"}", "status", DS_NO_CODE, "a", 29, true},
	{"[{\"status\":\"a\"}]", "status", DS_MALFORMED, NULL, 0, false},
	{"\"status\"", "status", DS_MALFORMED, NULL, 0, false},
	{"null", "status", DS_MALFORMED, NULL, 0, false},
	{"{\"a\":5}", "a.b", DS_MALFORMED, NULL, 5, false},
	{"{\"a\":[{\"b\":1}]}", "a.b", DS_MALFORMED, NULL, 5, false},
	{"{\"status\":\"a\"", "status", DS_MALFORMED, NULL, 13, false},
	{"", "status", DS_MALFORMED, NULL, 0, false},
};

Test(json, reads)
{
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		struct ds_arena scratch = {0};
		struct ds_reading reading;
		struct ds_text bytes = ds_text_of(readings[i].bytes);
		ds_json_reader.read(&reading, bytes, true, readings[i].at, &scratch);
		cr_expect_eq(reading.code, readings[i].code, "%s: %s (%s)", readings[i].bytes,
			     ds_code_name(reading.code), reading.why);
		cr_expect_eq(reading.start, readings[i].start, "%s: at %zu", readings[i].bytes,
			     reading.start);
		if (readings[i].text) {
			cr_expect(ds_text_is(reading.text, readings[i].text), "%s: %.*s",
				  readings[i].bytes, (int)reading.text.len, reading.text.at);
			cr_expect_eq(reading.word, readings[i].word, "%s", readings[i].bytes);
			cr_expect(reading.placed && reading.end <= bytes.len);
		} else {
			cr_expect(*reading.why, "%s", readings[i].bytes);
		}
		ds_arena_free(&scratch);
	}
}

Test(json, a_long_key_is_another_key)
{
	char bytes[2000] = "{\"\\u0073";
	struct ds_arena scratch = {0};
	struct ds_reading reading;
	memset(bytes + 8, 'a', 1000);
	strcpy(bytes + 1008, "\":1,\"status\":\"active\"}");
	ds_json_reader.read(&reading, ds_text_of(bytes), true, "status", &scratch);
	cr_expect_eq(reading.code, DS_NO_CODE, "%s", reading.why);
	cr_expect(ds_text_is(reading.text, "active"));
	ds_arena_free(&scratch);
}

/* ---- Documents and their records ---------------------------------------- */

Test(json, says_where_a_document_is_none)
{
	ds_error err = {0};
	cr_expect_eq(ds_json_check(ds_text_of("{\n  \"a\": 1\n}\n"), &err), 0);
	cr_expect_eq(ds_json_check(ds_text_of("[]"), &err), 0);
	cr_expect_eq(ds_json_check(ds_text_of("{\n  \"a\": 01\n}\n"), &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "2:9: a number that begins with a needless zero");
	cr_expect_eq(err.status, DS_TROUBLE);
	cr_expect_eq(ds_json_check((struct ds_text){0}, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "1:1: the file is empty");
}

static const struct {
	const char *before;
	const char *after;
	const char *path;
	int status;
	const char *message;
} records[] = {
	{"[{\"id\":\"a\"},{\"id\":2}]", "[{\"id\":2.0},{\"n\":0,\"id\":\"\\u0061\"},{\"id\":3}]",
	 "", 0, NULL},
	{"[]", "{}", ".", 0, NULL},
	{"{\"a\":{\"tasks\":[{\"id\":\"x\",\"Id\":1}]}}", "{\"a\":{\"tasks\":[{\"id\":\"x\"}]}}",
	 "a.tasks", 0, NULL},
	{"[{\"id\":9007199254740991}]", "[{\"id\":9007199254740991}]", "", 0, NULL},
	{"[{\"id\":\"a\\\\u0000\"}]", "[{\"id\":\"a\\\\u0000\"}]", "", 0, NULL},

	{"[{\"id\":\"b\"},{\"id\":\"a\"},{\"id\":7}]", "[{\"id\":\"a\"}]", "", DS_DESYNC,
	 "records would be lost: 7, \"b\""},
	{"[{\"id\":\"1\"}]", "[{\"id\":1}]", "", DS_DESYNC, "records would be lost: \"1\""},
	{"[{\"id\":\"a\"}]", "[{\"id\":\"A\"}]", "", DS_DESYNC, "records would be lost: \"a\""},
	{"[{\"id\":1},{\"id\":2},{\"id\":3},{\"id\":4},{\"id\":5},{\"id\":6},{\"id\":7}]", "[]", "",
	 DS_DESYNC, "records would be lost: 1, 2, 3, 4, 5 and 2 more"},
	{"{\"t\":[{\"id\":1}]}", "{\"T\":[{\"id\":1}]}", "t", DS_DESYNC,
	 "records would be lost: 1"},
	{"{\"t\":[{\"id\":1}]}", "{\"t\":{\"id\":1}}", "t", DS_DESYNC, "records would be lost: 1"},
	{"{\"t\":[{\"id\":1}]}", "[]", "t", DS_DESYNC, "records would be lost: 1"},

	{"[{\"id\":1},]", "[]", "", DS_TROUBLE, "before: 1:11: expected a value"},
	{"[]", "[", "", DS_TROUBLE, "after: 1:2: the file ends where a value must be"},
	{"{}", "[]", "", DS_TROUBLE, "before: there is no array at \"\""},
	{"{\"a\":{}}", "[]", "a.tasks", DS_TROUBLE, "before: there is no array at \"a.tasks\""},
	{"{\"Tasks\":[]}", "{\"Tasks\":[]}", "tasks", DS_TROUBLE,
	 "before: there is no array at \"tasks\""},
	{"{\"t\":[],\"t\":[]}", "{\"t\":[]}", "t", DS_TROUBLE,
	 "before: a key of \"t\" is there twice"},
	{"{\"t\":[]}", "{\"t\":[],\"t\":[]}", "t", DS_TROUBLE,
	 "after: a key of \"t\" is there twice"},
	{"[{\"id\":1},{\"ID\":2}]", "[]", "", DS_TROUBLE, "before: record 2 has no \"id\""},
	{"[{\"id\":1},5]", "[]", "", DS_TROUBLE, "before: record 2 has no \"id\""},
	{"[[{\"id\":1}]]", "[]", "", DS_TROUBLE, "before: record 1 has no \"id\""},
	{"[{\"id\":1,\"i\\u0064\":1}]", "[]", "", DS_TROUBLE,
	 "before: record 1 has more than one \"id\""},
	{"[{\"id\":1}]", "[{\"id\":1},{\"id\":2,\"id\":2}]", "", DS_TROUBLE,
	 "after: record 2 has more than one \"id\""},
	{"[{\"id\":1},{\"id\":1.0}]", "[]", "", DS_TROUBLE, "before: the id 1 is there twice"},
	{"[]", "[{\"id\":\"a\"},{\"id\":\"\\u0061\"}]", "", DS_TROUBLE,
	 "after: the id \"a\" is there twice"},
	{"[{\"id\":null}]", "[]", "", DS_TROUBLE,
	 "before: the \"id\" of record 1 is neither a text nor a whole number"},
	{"[{\"id\":1.5}]", "[]", "", DS_TROUBLE,
	 "before: the \"id\" of record 1 is neither a text nor a whole number"},
	{"[{\"id\":9007199254740993}]", "[]", "", DS_TROUBLE,
	 "before: the \"id\" of record 1 is neither a text nor a whole number"},
	{"[{\"id\":1e400}]", "[]", "", DS_TROUBLE,
	 "before: the \"id\" of record 1 is neither a text nor a whole number"},
	{"[{\"id\":\"a\\u0000b\"}]", "[{\"id\":\"a\\u0000c\"}]", "", DS_TROUBLE,
	 "before: a text holds \\u0000: records cannot be told apart"},
	{"[{\"id\":\"a\"}]", "[{\"id\\u0000x\":\"a\"}]", "", DS_TROUBLE,
	 "after: a text holds \\u0000: records cannot be told apart"},
	{"[{\"id\":\"\\ud800\"}]", "[]", "", DS_TROUBLE,
	 "before: some number or text is too odd to compare records"},
};

Test(json, notices_records_that_vanish)
{
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		ds_error err = {0};
		int status =
			ds_json_records_kept(ds_text_of(records[i].before),
					     ds_text_of(records[i].after), records[i].path, &err);
		cr_expect_eq(status, records[i].status, "%s: %s", records[i].before, err.message);
		if (records[i].message)
			cr_expect_str_eq(err.message, records[i].message);
	}
}

Test(json, names_a_record_in_short)
{
	char before[200] = "[{\"id\":\"";
	ds_error err = {0};
	memset(before + 8, 'x', 100);
	strcpy(before + 108, "\"}]");
	cr_expect_eq(ds_json_records_kept(ds_text_of(before), ds_text_of("[]"), "", &err),
		     DS_DESYNC);
	cr_expect_lt(strlen(err.message), 100);
}

/* Deeper than the scanner allows is not asked of cJSON, and what the scanner allows
 * cJSON takes. */
Test(json, records_may_lie_deep)
{
	struct ds_buf document = {0};
	ds_error err = {0};
	ds_buf_puts(&document, "[{\"id\":1,\"x\":");
	for (int i = 0; i < 510; i++)
		ds_buf_puts(&document, "[");
	for (int i = 0; i < 510; i++)
		ds_buf_puts(&document, "]");
	ds_buf_puts(&document, "}]");
	struct ds_text text = {document.bytes, document.len};
	cr_expect_eq(ds_json_records_kept(text, text, "", &err), 0, "%s", err.message);
	ds_buf_free(&document);
}

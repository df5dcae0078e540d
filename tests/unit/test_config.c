/* The configuration: what is loaded, and what is said of every kind of mistake. */
#include <cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_source.h"
#include "config.h"
#include "config_keys.h"
#include "readers.h"
#include "rules.h"

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* ---- Mistakes --------------------------------------------------------------- */

static const char base[] = "version: 1\n"                                 /* 1 */
			   "rules:\n"                                     /* 2 */
			   "  - name: a\n"                                /* 3 */
			   "    items: \"w/{id}/\"\n"                     /* 4 */
			   "    copies:\n"                                /* 5 */
			   "      - name: x\n"                            /* 6 */
			   "        path: \"{item}/x.json\"\n"            /* 7 */
			   "        read: json\n"                         /* 8 */
			   "        at: status\n"                         /* 9 */
			   "      - name: y\n"                            /* 10 */
			   "        path: \"{item}/y.md\"\n"              /* 11 */
			   "        read: frontmatter\n"                  /* 12 */
			   "        at: status\n"                         /* 13 */
			   "    authority: x\n"                           /* 14 */
			   "    status:\n"                                /* 15 */
			   "      order: [todo, [doing, stuck], done]\n"; /* 16 */

/* The base with one piece of it replaced, in front of which all stays as it is. */
static char *edited(const char *find, const char *replace)
{
	const char *at = strstr(base, find);
	struct ds_buf out = {0};

	cr_assert(at, "%s", find);
	ds_buf_append(&out, base, (size_t)(at - base));
	ds_buf_puts(&out, replace);
	ds_buf_puts(&out, at + strlen(find));
	return out.bytes;
}

/* The check of the schema has them judged by somebody else. */
static void show(const char *kind, size_t number, const char *text)
{
	const char *folder = getenv("DESYNC_CONFIGS");
	char path[400];

	if (!folder)
		return;
	snprintf(path, sizeof path, "%s/%s-%03zu.yml", folder, kind, number);
	FILE *file = fopen(path, "w");
	cr_assert(file, "%s", path);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

#define END "order: [todo, [doing, stuck], done]\n"
static const struct {
	const char *find;
	const char *replace;
	const char *message; /* behind the name of the file */
	bool schema;         /* the schema must see it too */
} mistakes[] = {
	/* YAML. */
	{"  - name: a\n", "  - name: [a\n",
	 ":3:11: did not find expected ',' or ']'; a text that begins so has to be in quotes",
	 false},
	{"name: a", "name: {id} *",
	 ":3:17: did not find expected alphabetic or numeric character; a text that begins so has "
	 "to be in quotes",
	 false},
	{"name: a", "name: {id}/a",
	 ":3:15: did not find expected key; a text that begins so has to be in quotes", false},
	{"name: a", "name: a\n    ignore: {id}/a",
	 ":4:17: did not find expected key; a text that begins so has to be in quotes", false},
	{"name: a", "name: [id={id}].a",
	 ":3:15: did not find expected ',' or ']'; a text that begins so has to be in quotes",
	 false},
	{"name: a", "name: 'a", ":3:11: found unexpected end of stream", false},
	{"- name: a\n", "- &rule\n    name: a\n",
	 ":3:5: no anchors here: say it again in full where it is needed", false},
	{"name: a", "name: *a", ":3:11: no aliases here: say it again in full", false},
	{"name: a", "name: !!str a", ":3:11: no tags here: what is written is a text", false},
	{"name: a", "<<: {name: a}", ":3:5: no merge keys here: say it again in full", false},
	{"name: a", "name: a\n    name: b", ":4:5: name: there already, in line 3", false},
	{"name: a", "name: \xff", ":3:11: not UTF-8", false},
	{"name: a", "name: \"a\\0b\"", ":3:11: a NUL byte is no text", false},
	{"name: a", "[name]: a", ":3:5: a key is a text", false},
	{"version: 1\n", "version: 1\n---\n",
	 ":2:1: a second document begins: a configuration is one", false},
	{"name: a", "name: [[[[[[[[[[[[[[[[[[[[", ":3:24: nested deeper than 16 levels", false},
	/* Keys. */
	{"version: 1\n", "", ":1:1: version: missing here, a configuration needs it", true},
	{"version: 1", "version: 2", ":1:10: version: 1 was expected", true},
	{"version: 1", "version: [1]", ":1:10: version: 1 was expected", true},
	{"rules:", "rulse:", ":2:1: rulse: no such key in a configuration; did you mean rules?",
	 true},
	{"version: 1", "version: 1\nverbose: 1",
	 ":2:1: verbose: no such key in a configuration; there is version, use, rules, roots, "
	 "fits, automatic, about",
	 true},
	{"authority: x", "colour: x",
	 ":14:5: colour: no such key in a rule; there is name, items, copies, status, authority, "
	 "ids, exclude, archived, ignore, regress, missing, severity, constraints, rollup, advise, "
	 "stale",
	 true},
	{"  - name: a\n    items", "  - items", ":3:5: name: missing here, a rule needs it", true},
	{"    items: \"w/{id}/\"\n", "", ":3:5: items: missing here, a rule needs it", true},
	{"        at: status\n      - name: y", "        att: status\n      - name: y",
	 ":9:9: att: no such key in a copy; there is name, path, read, at, id, from, missing, "
	 "words, write, follow",
	 false},
	{"        read: json\n", "", ":6:9: read: missing here, a copy needs it", true},
	{"name: a\n", "name: \"a b\"\n",
	 ":3:11: a b: a name is at most 64 letters, digits, dots, - and _", true},
	{"name: a\n", "name: [a]\n", ":3:11: name: a text was expected", true},
	{"name: a\n", "name: ~\n", ":3:11: name: a text was expected", true},
	{"name: a\n", "name:\n", ":3:10: name: a text was expected", true},
	{"name: a\n", "name: \" a\"\n",
	 ":3:11:  a: blanks at its ends, or bytes that cannot be seen", true},
	{"    copies:\n", "    ids: numbr\n    copies:\n",
	 ":5:10: numbr: no such word for ids; did you mean number?", true},
	{"    copies:\n", "    missing: [ignore]\n    copies:\n",
	 ":5:14: missing: a word was expected", true},
	{"    copies:\n", "    exclude: w\n    copies:\n", ":5:14: exclude: a list was expected",
	 true},
	{"    copies:\n", "    severity: []\n    copies:\n",
	 ":5:15: severity: a mapping was expected", true},
	{"    copies:\n", "    advise: {items: 0, say: s}\n    copies:\n",
	 ":5:21: items: a whole number from 1 was expected", true},
	{"    copies:\n", "    advise: {items: 1e3, say: s}\n    copies:\n",
	 ":5:21: items: a whole number from 1 was expected", false},
	{"    copies:\n", "    advise: {say: s}\n    copies:\n",
	 ":5:13: advise: one of items and bytes was expected", true},
	{"    copies:\n", "    stale: {path: \"*\", say: s}\n    copies:\n",
	 ":5:19: *: a wildcard, where one file is meant", false},
	/* Statuses. */
	{END, "alias: {}\n", ":16:7: order: missing here, status needs it", true},
	{END, "order: []\n", ":16:14: order: at least one status was expected", true},
	{END, "order: [todo, []]\n", ":16:21: at least one status was expected", true},
	{END, "order: [todo, {a: b}]\n", ":16:21: a text was expected", true},
	{END, "order: [todo, [done, todo]]\n", ":16:28: todo: there already, in line 16", false},
	{END, "order: [todo, TODO]\n      case: ignore\n",
	 ":16:21: TODO: there already, in line 16", false},
	{END, END "      terminal: [don]\n",
	 ":17:18: don: no such status in order; did you mean done?", false},
	{END, END "      in_progress: [working]\n",
	 ":17:21: working: no such status in order; there is todo, doing, stuck, done", false},
	{END, END "      terminal: [done, done]\n", ":17:24: done: there already", true},
	{END, END "      alias: {closed: finished}\n",
	 ":17:23: finished: no such status in order; there is todo, doing, stuck, done", false},
	{END, END "      alias: {done: todo}\n", ":17:15: done: is a status itself, in line 16",
	 false},
	{END, END "      alias: {a: todo, A: done}\n      case: ignore\n",
	 ":17:24: A: there already, in line 17", false},
	{END, END "      alias: {\"*\": todo}\n", ":17:15: *: then every word would be known",
	 true},
	{END, END "      alias: {\"a*b\": todo}\n",
	 ":17:15: a*b: a * may be there once, at the end", false},
	{END, END "      alias: {\"a**\": todo}\n",
	 ":17:15: a**: a * may be there once, at the end", false},
	{END, END "      alias: {x: [todo]}\n", ":17:18: x: a text was expected", true},
	{END, END "      transitions: {doen: [todo]}\n",
	 ":17:21: doen: no such status in order; did you mean done?", false},
	{END, END "      transitions: {done: [tood]}\n",
	 ":17:28: tood: no such status in order; did you mean todo?", false},
	{END, END "      transitions: {done: todo}\n", ":17:27: done: a list was expected", true},
	{END, END "      transitions: {done: [done]}\n", ":17:28: done: a status may always stay",
	 false},
	{END, END "      case: lower\n",
	 ":17:13: lower: no such word for case; there is exact, ignore", true},
	/* Items. */
	{"\"w/{id}/\"", "[a]",
	 ":4:12: items: one pattern, or a mapping with path and copy was expected", true},
	{"\"w/{id}/\"", "\"w/\"", ":4:12: w/: has no {id}", true},
	{"\"w/{id}/\"", "\"../{id}/\"",
	 ":4:12: ../{id}/: leaves the root: a path begins in it, without ..", true},
	{"\"w/{id}/\"", "\"/w/{id}/\"",
	 ":4:12: /w/{id}/: leaves the root: a path begins in it, without ..", true},
	{"\"w/{id}/\"", "\".git/{id}/\"", ":4:12: .git/{id}/: nothing in .git is a copy", false},
	{"\"w/{id}/\"", "\"**/a/**/{id}/\"",
	 ":4:12: **/a/**/{id}/: \"**\" may be there once, and not at the end", false},
	{"\"w/{id}/\"", "\"a**/{id}/\"", ":4:12: a**/{id}/: \"**\" stands alone between two \"/\"",
	 false},
	{"\"w/{id}/\"", "\"w/{id}/{id}/\"",
	 ":4:12: w/{id}/{id}/: {id} is there twice, or one too many", false},
	{"\"w/{id}/\"", "\"w/{item}/{id}\"", ":4:12: w/{item}/{id}: {item} is what items match",
	 false},
	{"\"w/{id}/\"", "{}", ":4:12: items: path, copy, or both was expected", true},
	{"\"w/{id}/\"", "{copy: x}",
	 ":7:15: {item}: no such capture in items, which has no path pattern", false},
	{"\"w/{id}/\"", "{path: \"w/{id}/\", copy: z}", ":4:36: z: no such copy; there is x, y",
	 false},
	{"\"w/{id}/\"", "{path: \"w/{id}/\", copy: x}",
	 ":4:36: x: holds the status of one item, and lists none", false},
	{"    copies:\n", "    archived: [\"w/_a/\"]\n    copies:\n", ":5:16: w/_a/: has no {id}",
	 true},
	{"    copies:\n", "    exclude: [\"../x\"]\n    copies:\n",
	 ":5:15: ../x: leaves the root: a path begins in it, without ..", true},
	/* Copies. */
	{"- name: x", "- name: ahead", ":6:15: ahead: is a word of authority, and no name", true},
	{"- name: x", "- name: a/b", ":6:15: a/b: a name has no / and at most 64 bytes", true},
	{"- name: y", "- name: x", ":10:15: x: there already, in line 6", false},
	{"read: json", "read: jsn", ":8:15: jsn: no such reader; did you mean json?", true},
	{"\"{item}/x.json\"", "\"{item}/{state}.json\"", ":7:15: {state}: no such capture in items",
	 false},
	{"\"{item}/x.json\"", "\"{item}/*.json\"",
	 ":7:15: {item}/*.json: a wildcard, where one file is meant", false},
	{"\"{item}/x.json\"", "\"{item}/x/\"",
	 ":7:15: {item}/x/: a file was expected, not a folder", false},
	{"\"{item}/x.json\"", "\"{item}\"", ":7:15: {item}: a file was expected, not a folder",
	 false},
	{"\"{item}/x.json\"", ".Desync/journal",
	 ":7:15: .Desync/journal: nothing in .desync is a copy", false},
	{"\"{item}/x.json\"", ".desync.yml", ":7:15: .desync.yml: nothing in .desync.yml is a copy",
	 false},
	{"\"{item}/x.json\"", ".desync.d/a.yml",
	 ":7:15: .desync.d/a.yml: nothing in .desync.d is a copy", false},
	{"\"w/{id}/\"", "\".*/{id}/\"", ":4:12: .*/{id}/: nothing in .git is a copy", false},
	{"\"w/{id}/\"", "\".{id}/\"", ":4:12: .{id}/: nothing in .git is a copy", false},
	{"\"{item}/x.json\"\n        read: json\n        at: status",
	 "\".*.yml\"\n        read: yaml\n        at: \"[id={id}].s\"",
	 ":7:15: .*.yml: nothing in .desync.yml is a copy", false},
	{"    copies:\n", "    ignore: [\"{id}\"]\n    copies:\n",
	 ":5:14: {id}: in an id only * stands for others", false},
	{"    copies:\n", "    ignore: [\"a**\"]\n    copies:\n",
	 ":5:14: a**: \"**\" stands alone between two \"/\"", false},
	{"read: json\n        at: status", "read: table\n        at: \"1\"\n        id: \"01\"",
	 ":9:13: at: and id: are the same column", false},
	{"    copies:\n", "    archived: [\".d*.d/{id}\"]\n    copies:\n",
	 ":5:16: .d*.d/{id}: nothing in .desync.d is a copy", false},
	{"\"{item}/x.json\"", "\"x/{item}\"",
	 ":7:15: x/{item}: a path begins with {item}, if it has it", false},
	{"\"{item}/x.json\"", "\"{marker}\"",
	 ":7:15: {marker}: there is none, as the file has no fits", false},
	{"\"{item}/x.json\"", "/etc/passwd",
	 ":7:15: /etc/passwd: leaves the root: a path begins in it, without ..", true},
	{"read: frontmatter", "id: x\n        read: frontmatter",
	 ":12:13: id: frontmatter reads one status, no records", false},
	{"        at: status\n      - name: y", "        at: []\n      - name: y",
	 ":9:13: at: at least one location was expected", true},
	{"\"{item}/y.md\"\n        read: frontmatter", "\"w/{id}/x.json\"\n        read: json",
	 ":10:9: y: reads what x of a reads already, .desync.yml:6", false},
	{"    authority: x\n", "        words: {d: doen}\n",
	 ":14:20: doen: no such status in order; did you mean done?", false},
	{"    authority: x\n", "        words: {d: []}\n",
	 ":14:20: d: at least one status was expected", true},
	{"    authority: x\n", "        words: {d: [done, done]}\n", ":14:27: done: there already",
	 true},
	{"    authority: x\n", "        write: {doen: d}\n",
	 ":14:17: doen: no such status in order; did you mean done?", false},
	{"    authority: x\n", "        write: {done: Done}\n",
	 ":14:23: Done: would not be read as done: name it in words, or as an alias", false},
	{"    authority: x\n", "        words: {done: todo}\n",
	 ":14:17: done: would not be read as done: say in write what stands for that", false},
	{"\"{item}/y.md\"\n        read: frontmatter\n        at: status\n",
	 "y.md\n        read: checkbox\n        id: \"{id}\"\n",
	 ":12:15: checkbox: no box is a word of the rule: say in words what \"[ ]\" and \"[x]\" "
	 "stand for",
	 false},
	{"    authority: x\n", "        from: tail\n", ":14:15: from: head was expected", true},
	{"    authority: x\n", "        follow: [{field: f}]\n",
	 ":14:18: write: missing here, an entry of follow needs it", true},
	{"    authority: x\n", "        follow: [{field: f, write: then}]\n",
	 ":14:36: then: no such word for write; there is now, reason", true},
	{"    authority: x\n", "        follow: [{field: f, write: now, when: doen}]\n",
	 ":14:47: doen: no such status in order; did you mean done?", false},
	/* The rest of a rule. */
	{"authority: x", "authority: z",
	 ":14:16: z: no such copy; there is ahead, report, parts, x, y", false},
	{"authority: x", "authority: ahed", ":14:16: ahed: no such copy; did you mean ahead?",
	 false},
	{"authority: x", "authority: [x, y]", ":14:16: authority: a text was expected", true},
	{"authority: x", "authority: parts", ":14:16: parts: the rule has no rollup", false},
	{"authority: x", "severity: {status-mismatch: fatal}",
	 ":14:33: fatal: no such severity; there is info, warning, error", true},
	{"authority: x", "severity: {status-mismach: info}",
	 ":14:16: status-mismach: no such finding; did you mean status-mismatch?", false},
	{"authority: x", "severity: {malformed: warning}",
	 ":14:27: malformed: stays an error: where it is found, nothing is known", false},
	{"authority: x", "constraints: [{status: [done]}]",
	 ":14:19: when: missing here, a constraint needs it", true},
	{"authority: x", "constraints: [{when: {g: present}}]",
	 ":14:19: status: missing here, a constraint needs it", true},
	{"authority: x", "constraints: [{when: {g: present, h: absent}, status: [done]}]",
	 ":14:26: when: one field and what it says was expected", true},
	{"authority: x", "constraints: [{when: {g: []}, status: [done]}]",
	 ":14:30: g: at least one word was expected", true},
	{"authority: x", "constraints: [{when: {g: present}, status: [don]}]",
	 ":14:49: don: no such status in order; did you mean done?", false},
	{"authority: x", "constraints: [{when: {g: present}, status: []}]",
	 ":14:48: status: at least one status was expected", true},
	{"authority: x", "constraints: [{when: {g: present}, status: [done], copy: z}]",
	 ":14:62: z: no such copy; there is x, y", false},
	{"authority: x", "rollup: [{all: [done]}]", ":14:14: either path or children was expected",
	 true},
	{"authority: x", "rollup: [{path: t.md, children: b, all: [done]}]",
	 ":14:14: either path or children was expected", true},
	{"authority: x", "rollup: [{path: t.md}]", ":14:14: one of all, some and none was expected",
	 true},
	{"authority: x", "rollup: [{path: \"*.md\", all: [done]}]",
	 ":14:21: *.md: a wildcard, where one file is meant", false},
	{"authority: x", "rollup: [{path: \"{item}\", all: [done]}]",
	 ":14:21: {item}: a file was expected, not a folder", false},
	{"authority: x", "rollup: [{path: t.md, all: [don]}]",
	 ":14:33: don: no such status in order; did you mean done?", false},
	/* The file. */
	{"version: 1", "version: 1\nuse: [specweav]",
	 ":2:7: specweav: no such built-in rule; did you mean specweave?", false},
	{"version: 1", "version: 1\nuse: [{in: x}]",
	 ":2:7: rule: missing here, an entry of use needs it", true},
	{"version: 1", "version: 1\nuse: [specweave, specweave]", ":2:18: specweave: there already",
	 false},
	{"version: 1", "version: 1\nuse: [{rule: specweave, in: ../x}]",
	 ":2:29: ../x: leaves the root: a path begins in it, without ..", true},
	{"version: 1", "version: 1\nuse: [{rule: specweave, in: \"x*\"}]",
	 ":2:29: x*: a folder was expected, not a pattern", false},
	{"version: 1", "version: 1\nfits: [{in: x}]",
	 ":2:8: marker: missing here, an entry of fits needs it", true},
	{"version: 1", "version: 1\nautomatic: maybe",
	 ":2:12: maybe: no such word for automatic; there is true, false", true},
	{"name: a", "name: specweave",
	 ":4:11: specweave: there is a rule of that name, in the built-in rule", false},
};

Test(config, says_what_is_wrong)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		char *text = edited(mistakes[i].find, mistakes[i].replace);
		bool uses = strstr(mistakes[i].message, "the built-in rule") != NULL;
		struct ds_buf whole = {0};
		struct ds_ruleset rules = {0};
		ds_error err = {0};
		char wanted[1100];

		if (uses)
			ds_buf_puts(&whole, "use: [specweave]\n");
		ds_buf_puts(&whole, text);
		snprintf(wanted, sizeof wanted, ".desync.yml%s", mistakes[i].message);
		int status = ds_rules_parse(&rules, (struct ds_text){whole.bytes, whole.len},
					    ".desync.yml", "", &err);
		cr_expect_eq(status, DS_TROUBLE, "%s", wanted);
		cr_expect_str_eq(err.message, wanted);
		if (mistakes[i].schema)
			show("bad", i, whole.bytes);
		ds_ruleset_free(&rules);
		ds_buf_free(&whole);
		free(text);
	}
}

/* ---- One place, one copy --------------------------------------------------- */

#define META   "path: \"{item}\", read: json, "
#define WHOLE  "path: a.md, read: "
#define COLUMN "path: a.md, read: table, "
#define ROWS   "read: table, at: S, id: N"
static const struct {
	const char *x;
	const char *y;
	const char *refused; /* NULL: they are two */
	const char *rest;    /* of the rule */
} claims[] = {
	/* Keys. */
	{META "at: a.b", META "at: '\"a\".b'", "", NULL},
	{META "at: a.b", META "at: '\"a.b\"'", NULL, NULL},
	{META "at: a.b", META "at: A.B", "", NULL},
	{META "at: a.b", META "at: a.b.c", NULL, NULL},
	{META "at: a.b", META "at: [c, a.b]", "", NULL},
	{META "at: a.b", META "at: [c, d]", NULL, NULL},
	{META "at: a.b", "path: \"{item}\", read: yaml, at: a.b", "", NULL},
	{META "at: a.b", "path: \"{item}\", read: json, from: head, at: a.b", NULL, NULL},
	{WHOLE "json, at: \"*.t[id={id}].s\"", WHOLE "json, at: \"a.t[id={id}].s\"", "", NULL},
	{WHOLE "json, at: \"t[id={id}].s\"", WHOLE "json, at: \"t[key={id}].s\"", NULL, NULL},
	{WHOLE "json, at: \"t[id={id}].s\"", WHOLE "json, at: \"t.{id}.s\"", NULL, NULL},
	/* Heads of documents. */
	{"path: \"{item}\", read: line, at: Status", "path: \"{item}\", read: preamble, at: status",
	 "", NULL},
	{"path: \"{item}\", read: frontmatter, at: status",
	 "path: \"{item}\", read: preamble, at: status", "", NULL},
	{"path: \"{item}\", read: frontmatter, at: status",
	 "path: \"{item}\", read: preamble, at: state", NULL, NULL},
	{"path: \"{item}\", read: frontmatter, at: status",
	 "path: \"{item}\", read: line, at: status", NULL, NULL},
	/* Columns. */
	{COLUMN "at: S, id: \"1\"", COLUMN "at: s, id: \"01\"", "", NULL},
	{COLUMN "at: S, id: \"1\"", COLUMN "at: S, id: \"2\"", NULL, NULL},
	{COLUMN "at: S, id: \"1\"", COLUMN "at: \"2\", id: \"1\"", NULL, NULL},
	/* Files. */
	{"path: \"{item}\", read: line, at: S", "path: \"w/{id}.md\", read: line, at: S", "", NULL},
	{"path: \"*.md\", " ROWS, "path: x.md, " ROWS, " where a file matches both", NULL},
	{"path: \"*.md\", " ROWS, "path: .md, " ROWS, NULL, NULL},
	{"path: \"*.md\", " ROWS, "path: w/x.md, " ROWS, NULL, NULL},
	{"path: \"a*.md\", " ROWS, "path: \"*b.md\", " ROWS, " where a file matches both", NULL},
	{"path: \"a*.md\", " ROWS, "path: \"b*.md\", " ROWS, NULL, NULL},
	{"path: \"*a.md\", " ROWS, "path: \"*b.md\", " ROWS, NULL, NULL},
	{"path: \"*/x.md\", " ROWS, "path: \".a*/x.md\", " ROWS, NULL, NULL},
	{"path: \"**/x.md\", " ROWS, "path: x.md, " ROWS, " where a file matches both", NULL},
	{"path: \"a/**/x.md\", " ROWS, "path: a/b/c/x.md, " ROWS, " where a file matches both",
	 NULL},
	{"path: \"a/**/x.md\", " ROWS, "path: a/b/c/y.md, " ROWS, NULL, NULL},
	{"path: \"a/**/x.md\", " ROWS, "path: b/x.md, " ROWS, NULL, NULL},
	{"path: \"a/**/b/x.md\", " ROWS, "path: a/x.md, " ROWS, NULL, NULL},
	{"path: \"a/**/x.md\", " ROWS, "path: \"**/b/x.md\", " ROWS, " where a file matches both",
	 NULL},
	{"path: \"*.md\", " ROWS, "path: x.md, " ROWS, NULL, "exclude: [w/x.md]"},
	{"path: \"*.md\", " ROWS, "path: x.md, " ROWS, NULL, "ignore: [\"x*\"]"},
	{"path: x.md, " ROWS, "path: x.md, " ROWS, "", "ignore: [\"x*\"]"},
};

Test(config, one_place_is_one_copy)
{
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		struct ds_ruleset rules = {0};
		struct ds_buf text = {0};
		ds_error err = {0};
		char wanted[200] = "";

		ds_buf_printf(&text,
			      "version: 1\n"
			      "rules:\n"
			      "  - name: a\n"
			      "    items: \"w/{id}.md\"\n"
			      "    copies:\n"
			      "      - {name: x, %s}\n"
			      "      - {name: y, %s}\n"
			      "    status: {order: [todo]}\n"
			      "    %s\n",
			      claims[i].x, claims[i].y, claims[i].rest ? claims[i].rest : "");
		if (claims[i].refused)
			snprintf(wanted, sizeof wanted,
				 ".desync.yml:7:9: y: reads what x of a reads already%s, "
				 ".desync.yml:6",
				 claims[i].refused);
		ds_rules_parse(&rules, (struct ds_text){text.bytes, text.len}, ".desync.yml", "",
			       &err);
		cr_expect_str_eq(err.message, wanted, "%s: %s", text.bytes, err.message);
		ds_ruleset_free(&rules);
		ds_buf_free(&text);
	}
}

/* ---- What is kept ------------------------------------------------------------ */

static const char full[] =
	"version: 1\n"
	"rules:\n"
	"  - name: b\n"
	"    items: \"w/{id}/\"\n"
	"    ids: number\n"
	"    exclude: [\"w/_*/\"]\n"
	"    archived: [\"w/_old/{id}/\"]\n"
	"    ignore: [\"epic-*\"]\n"
	"    missing: ignore\n"
	"    regress: refuse\n"
	"    copies:\n"
	"      - name: first\n"
	"        path: \"{item}/x.json\"\n"
	"        read: json\n"
	"        at: a.status\n"
	"        words: {open: [todo, doing], shut: done, closed: done}\n"
	"        write: {doing: open}\n"
	"        follow:\n"
	"          - {field: at, write: now}\n"
	"          - {field: why, when: done, write: reason}\n"
	"      - name: second\n"
	"        path: \"n/{id}.md\"\n"
	"        read: frontmatter\n"
	"        at: status\n"
	"        missing: report\n"
	"        from: head\n"
	"    authority: ahead\n"
	"    status:\n"
	"      order: [todo, [doing, stuck], done]\n"
	"      in_progress: [doing]\n"
	"      terminal: [done]\n"
	"      alias: {\"Stuck *\": stuck}\n"
	"      case: ignore\n"
	"      transitions: {todo: [doing, stuck]}\n"
	"    severity: {C-11: warning, missing-copy: info}\n"
	"    constraints:\n"
	"      - {when: {grade: present}, status: [done, stuck], say: s}\n"
	"      - {when: {grade: absent}, status: [todo]}\n"
	"      - {when: {other: [x, y]}, copy: second, status: [todo]}\n"
	"    rollup:\n"
	"      - {path: \"{item}/t.md\", all: [done], some: [stuck, doing]}\n"
	"    advise: {items: 10, bytes: 20, say: much}\n"
	"    stale: {path: s.json, say: anew}\n"
	"  - {name: a, items: \"z/{id}.md\", status: {order: [x]}, authority: report,\n"
	"     copies: [{name: c, path: \"{item}\", read: frontmatter, at: [s, t]}]}\n";

static void parse(struct ds_ruleset *rules, const char *text, const char *root)
{
	ds_error err = {0};

	cr_assert_eq(ds_rules_parse(rules, ds_text_of(text), ".desync.yml", root, &err), 0, "%s",
		     err.message);
}

Test(config, keeps_what_it_says)
{
	struct ds_ruleset rules = {0};

	show("good", 0, base);
	show("good", 1, full);
	parse(&rules, full, "sub/");
	cr_assert_eq(rules.count, 2);
	cr_assert_null(rules.at[2]);
	const struct ds_rule *rule = rules.at[1];
	cr_expect_str_eq(rules.at[0]->name, "sub/a");
	cr_expect_str_eq(rules.at[0]->copies[0].at, "s | t");
	cr_expect_eq(rules.at[0]->authority, DS_NO_COPY);
	cr_expect_str_eq(rule->name, "sub/b");
	cr_expect_str_eq(rule->file, ".desync.yml");
	cr_expect_eq(rule->origin, 3);
	cr_expect_str_eq(rule->root, "sub/");
	cr_expect_null(rule->marker);
	cr_expect_str_eq(rule->items, "sub/w/{id}/");
	cr_expect(rule->by_number && rule->no_regress);
	cr_expect_str_eq(rule->exclude[0], "sub/w/_*/");
	cr_expect_str_eq(rule->archived[0], "sub/w/_old/{id}/");
	cr_expect_str_eq(rule->ignore[0], "epic-*");
	cr_expect_eq(rule->authority, DS_AHEAD);
	cr_expect_eq(rule->authority_origin, 27);
	cr_expect_eq(rule->severity[DS_STATUS_MISMATCH], DS_WARNING + 1);
	cr_expect_eq(rule->severity[DS_MISSING_COPY], DS_INFO + 1);
	cr_expect_eq(rule->severity[DS_MALFORMED], 0);
	cr_expect(rule->advise_items == 10 && rule->advise_bytes == 20);
	cr_expect_str_eq(rule->advice, "much");
	cr_expect_str_eq(rule->stale, "sub/s.json");
	cr_expect_str_eq(rule->stale_advice, "anew");
	ds_ruleset_free(&rules);
}

Test(config, keeps_copies)
{
	struct ds_ruleset rules = {0};
	int first;

	parse(&rules, full, "sub/");
	const struct ds_rule *rule = rules.at[1];
	const struct ds_copy_rule *copy = rule->copies;
	cr_expect_str_eq(copy[0].path, "{item}/x.json");
	cr_expect_str_eq(copy[1].path, "sub/n/{id}.md");
	cr_expect(copy[0].gap == DS_GAP_IGNORED && copy[1].gap == DS_GAP_REPORTED);
	cr_expect(copy[0].from == DS_FROM_SOURCE && copy[1].from == DS_FROM_HEAD);
	cr_expect(copy[0].origin == 12 && copy[1].origin == 21 && !copy[2].name);
	/* open is todo or doing; it is written for both, the second by the rule's word. */
	cr_expect_eq(ds_copy_statuses(rule, 0, ds_text_of("open"), &first), 3);
	cr_expect_eq(first, 0);
	cr_expect_str_eq(ds_copy_word(rule, 0, 0), "open");
	cr_expect_str_eq(ds_copy_word(rule, 0, 1), "open");
	cr_expect_str_eq(ds_copy_word(rule, 0, 2), "stuck");
	cr_expect_str_eq(ds_copy_word(rule, 0, 3), "shut");
	cr_expect_str_eq(ds_copy_word(rule, 1, 3), "done");
	cr_expect_str_eq(copy[0].follow[0].field, "a.at");
	cr_expect(!copy[0].follow[0].when && !copy[0].follow[0].with_reason);
	cr_expect_str_eq(copy[0].follow[1].field, "a.why");
	cr_expect_str_eq(copy[0].follow[1].when, "done");
	cr_expect(copy[0].follow[1].what == DS_FOLLOW_REASON && copy[0].follow[1].with_reason);
	cr_expect_null(copy[0].follow[2].field);
	ds_ruleset_free(&rules);
}

Test(config, keeps_statuses_and_what_they_follow_from)
{
	struct ds_ruleset rules = {0};

	parse(&rules, full, "");
	const struct ds_rule *rule = rules.at[1];
	const struct ds_vocabulary *words = rule->vocabulary;
	cr_expect(words->any_case && !words->any_step);
	cr_expect_eq(ds_vocabulary_find(words, ds_text_of("STUCK on you")), 2);
	cr_expect(words->statuses[1].rank == 1 && words->statuses[2].rank == 1);
	cr_expect(words->statuses[3].rank == 2 && words->statuses[3].terminal);
	cr_expect(words->statuses[1].in_progress && !words->statuses[2].in_progress);
	cr_expect(ds_vocabulary_allows(words, 0, 1) && ds_vocabulary_allows(words, 0, 2));
	cr_expect(!ds_vocabulary_allows(words, 0, 3) && !ds_vocabulary_allows(words, 1, 0));
	const struct ds_constraint *constraint = rule->constraints;
	cr_expect(constraint[0].copy == 0 && constraint[0].field == 0 && !constraint[0].absent);
	cr_expect(!constraint[0].values && constraint[0].allowed == (8 | 4));
	cr_expect_str_eq(constraint[0].say, "s");
	cr_expect(constraint[1].field == 0 && constraint[1].absent && !constraint[1].say);
	cr_expect(constraint[2].copy == 1 && constraint[2].field == 0);
	cr_expect_str_eq(constraint[2].values[1], "y");
	cr_expect_eq(constraint[3].copy, DS_NO_COPY);
	cr_expect_str_eq(rule->copies[0].fields[0], "grade");
	cr_expect_null(rule->copies[0].fields[1]);
	cr_expect_str_eq(rule->copies[1].fields[0], "other");
	cr_expect_str_eq(rule->rollups[0].path, "{item}/t.md");
	cr_expect(rule->rollups[0].all == 8 && rule->rollups[0].some == (4 | 2));
	cr_expect(rule->rollups[0].some_first == 2 && rule->rollups[0].none == 0);
	cr_expect(!rule->rollups[1].path && !rule->rollups[1].children);
	ds_ruleset_free(&rules);
}

/* ---- From a source ------------------------------------------------------------- */

struct asked {
	char paths[400];
	const char *refuse;
};

static int trust(void *context, const char *path, ds_error *err)
{
	struct asked *asked = context;
	size_t len = strlen(asked->paths);

	snprintf(asked->paths + len, sizeof asked->paths - len, "%s ", path);
	if (!asked->refuse || strcmp(path, asked->refuse) != 0)
		return 0;
	snprintf(err->message, sizeof err->message, "%s: not trusted", path);
	return err->status = DS_TROUBLE;
}

/* The names of the rules, or the message; then the notes. */
static void load(char out[1000], const struct test_file *files, const char *config)
{
	struct test_source source;
	struct ds_ruleset rules = {0};
	struct asked asked = {.paths = ""};
	struct ds_load how = {.source = &source.source,
			      .config = {config, config ? strlen(config) : 0},
			      .config_name = "given.yml",
			      .trust = trust,
			      .context = &asked};
	ds_error err = {0};
	size_t len = 0;

	test_source_init(&source, files);
	if (ds_rules_load(&rules, &how, &err))
		len = (size_t)snprintf(out, 1000, "%s", err.message);
	else
		len = (size_t)snprintf(out, 1000, "%s:", rules.configured ? "own" : "none");
	for (size_t i = 0; i < rules.count && !err.status; i++)
		len += (size_t)snprintf(out + len, 1000 - len, " %s", rules.at[i]->name);
	for (size_t i = 0; i < rules.note_count; i++)
		len += (size_t)snprintf(out + len, 1000 - len, " [%s]", rules.notes[i]);
	for (size_t i = 0; i < rules.file_count; i++)
		cr_expect(config || strstr(asked.paths, rules.files[i]), "%s", rules.files[i]);
	ds_ruleset_free(&rules);
}

#define RULE(name, folder)                                                                         \
	"version: 1\nrules:\n- {name: " name ", items: \"" folder                                  \
	"/{id}.md\", status: {order: [x]},\n   copies: [{name: c, path: \"{item}\", read: "        \
	"frontmatter, at: s}]}\n"

Test(config, is_loaded_from_a_source)
{
	static const struct {
		const char *config; /* given, or NULL */
		const char *loaded;
		struct test_file files[8];
	} table[] = {
		{NULL, "none:", {{.path = "x", .bytes = ""}}},
		{NULL, "none: specweave", {{.path = ".specweave/x", .bytes = ""}}},
		/* Configured, if with nothing. */
		{NULL,
		 "own: [.desync.yml: has no rules, so nothing is checked]",
		 {{.path = ".specweave/x", .bytes = ""},
		  {.path = ".desync.yml", .bytes = "version: 1\n"}}},
		{NULL,
		 "own: a b c specweave [.desync.d/c.yaml: is not read: its name does not end in "
		 ".yml]",
		 {{.path = ".specweave/x", .bytes = ""},
		  {.path = ".desync.d/b.yml", .bytes = RULE("b", "b")},
		  {.path = ".desync.d/a.yml", .bytes = RULE("a", "a")},
		  {.path = ".desync.d/.c.yml", .bytes = "-"},
		  {.path = ".desync.d/c.yaml", .bytes = "-"},
		  {.path = ".desync.yml", .bytes = "use: [specweave]\n" RULE("c", "c")}}},
		{"version: 1\nuse: [specweave]\n",
		 "own: specweave",
		 {{.path = ".specweave/x", .bytes = ""},
		  {.path = ".desync.d/b.yml", .bytes = "-"},
		  {.path = ".desync.yml", .bytes = "-"}}},
		{NULL,
		 "own: [.desync.yml:2:7: the rule specweave fits nothing here (looked for "
		 ".specweave)]",
		 {{.path = ".desync.yml", .bytes = "version: 1\nuse: [specweave]\n"}}},
		{NULL,
		 ".desync.d/b.yml:3:10: a: there is a rule of that name, in .desync.d/a.yml:3",
		 {{.path = ".desync.d/b.yml", .bytes = RULE("a", "b")},
		  {.path = ".desync.d/a.yml", .bytes = RULE("a", "a")}}},
		{NULL,
		 ".desync.d/b.yml:4:13: c: reads what c of a reads already, .desync.d/a.yml:4",
		 {{.path = ".desync.d/b.yml", .bytes = RULE("b", "a")},
		  {.path = ".desync.d/a.yml", .bytes = RULE("a", "a")}}},
		{NULL,
		 ".desync.yml: it is a folder",
		 {{.path = ".desync.yml", .wrong = "it is a folder"}}},
		/* Roots. */
		{NULL,
		 "own: a apps/x/a apps/y/specweave apps/z/b",
		 {{.path = ".desync.yml",
		   .bytes = "roots: [apps/x, apps/y, apps/z/]\n" RULE("a", "a")},
		  {.path = "apps/x/.desync.yml", .bytes = RULE("a", "a")},
		  {.path = "apps/y/.specweave/x", .bytes = ""},
		  {.path = "apps/z/.desync.d/x.yml", .bytes = RULE("b", "a")}}},
		{NULL,
		 ".desync.yml:2:9: apps: has no .desync.yml, and no rule that is used by itself "
		 "fits there",
		 {{.path = ".desync.yml", .bytes = "version: 1\nroots: [apps]\n"}}},
		{NULL,
		 "apps/x/.desync.yml:2:8: roots: only the .desync.yml at the top has them",
		 {{.path = ".desync.yml", .bytes = "version: 1\nroots: [apps/x]\n"},
		  {.path = "apps/x/.desync.yml", .bytes = "version: 1\nroots: [y]\n"},
		  {.path = "apps/x/y/.specweave/x", .bytes = ""}}},
		{NULL,
		 ".desync.d/x.yml:2:8: roots: only the .desync.yml at the top has them",
		 {{.path = ".desync.d/x.yml", .bytes = "version: 1\nroots: [y]\n"},
		  {.path = "y/.specweave/x", .bytes = ""}}},
		{NULL,
		 ".desync.yml:2:12: a/: there already, in .desync.yml:2",
		 {{.path = ".desync.yml", .bytes = "version: 1\nroots: [a, a/]\n"}}},
		{NULL,
		 ".desync.yml:2:9: a/../b: leaves the root: a path begins in it, without ..",
		 {{.path = ".desync.yml", .bytes = "version: 1\nroots: [a/../b]\n"}}},
		{NULL,
		 ".desync.yml:2:9: a/b: is in a repository of its own (a/.git)",
		 {{.path = ".desync.yml", .bytes = "version: 1\nroots: [a/b]\n"},
		  {.path = "a/.git/HEAD", .bytes = ""}}},
		/* The parts of others. */
		{NULL,
		 ".desync.yml:4:24: q: no such rule",
		 {{.path = ".desync.yml",
		   .bytes = "version: 1\nrules:\n- {name: a, items: \"a/{id}.md\", status: {order: "
			    "[x]},\n   rollup: [{children: q, all: [x]}],\n   copies: [{name: c, "
			    "path: \"{item}\", read: frontmatter, at: s}]}\n"}}},
		{NULL,
		 ".desync.yml:7:24: a: its items are parts of each other",
		 {{.path = ".desync.yml",
		   .bytes = "version: 1\nrules:\n"
			    "- {name: a, items: \"a/{id}.md\", status: {order: [x]},\n"
			    "   rollup: [{children: b, all: [x]}],\n"
			    "   copies: [{name: c, path: \"{item}\", read: frontmatter, at: s}]}\n"
			    "- {name: b, items: \"b/{id}.md\", status: {order: [x]},\n"
			    "   rollup: [{children: a, all: [x]}],\n"
			    "   copies: [{name: c, path: \"{item}\", read: frontmatter, at: s}]}\n"
			    "- {name: z, items: \"z/{id}.md\", status: {order: [x]},\n"
			    "   copies: [{name: c, path: \"{item}\", read: frontmatter, at: "
			    "s}]}\n"}}},
		{NULL,
		 "own: a z",
		 {{.path = ".desync.yml",
		   .bytes = "version: 1\nrules:\n"
			    "- {name: a, items: \"a/{id}.md\", status: {order: [x]},\n"
			    "   rollup: [{children: z, all: [x]}],\n"
			    "   copies: [{name: c, path: \"{item}\", read: frontmatter, at: s}]}\n"
			    "- {name: z, items: \"z/{id}.md\", status: {order: [x]},\n"
			    "   copies: [{name: c, path: \"{item}\", read: frontmatter, at: "
			    "s}]}\n"}}},
		/* A file that says where it fits. */
		{NULL,
		 "own: f q/f",
		 {{.path = ".desync.yml",
		   .bytes = "fits: [{in: p, marker: m}, {in: p, marker: n}, {in: q, marker: "
			    "m}]\n" RULE("f", "f")},
		  {.path = "p/m", .bytes = ""},
		  {.path = "p/n", .bytes = ""},
		  {.path = "q/m", .bytes = ""}}},
		{NULL,
		 "own: [.desync.yml:1:7: these rules fit nothing here (looked for p/m)]",
		 {{.path = ".desync.yml", .bytes = "fits: [{in: p, marker: m}]\n" RULE("f", "f")}}},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char loaded[1000];
		load(loaded, table[i].files, table[i].config);
		cr_expect_str_eq(loaded, table[i].loaded);
	}
}

Test(config, is_read_only_where_it_is_trusted)
{
	static const struct test_file files[] = {
		{.path = ".desync.yml", .bytes = "version: 1\n"},
		{.path = ".desync.d/a.yml", .bytes = "this is: [not read"},
		{0},
	};
	struct test_source source;
	struct ds_ruleset rules = {0};
	struct asked asked = {.refuse = ".desync.d/a.yml"};
	struct ds_load how = {.source = &source.source, .trust = trust, .context = &asked};
	ds_error err = {0};

	test_source_init(&source, files);
	cr_expect_eq(ds_rules_load(&rules, &how, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, ".desync.d/a.yml: not trusted");
	ds_ruleset_free(&rules);
}

/* ---- All built-in rules --------------------------------------------------------- */

Test(builtin, all_load_and_the_table_says_what_they_say)
{
	struct ds_ruleset all = {0};
	ds_error err = {0};

	for (const struct ds_builtin *builtin = ds_builtins(); builtin->name; builtin++) {
		char line[200];
		show("good-builtin", (size_t)(builtin - ds_builtins()), builtin->text);
		cr_expect_eq(ds_builtin_use(&all, builtin->name, NULL, &err), 0, "%s", err.message);
		snprintf(line, sizeof line, "\nabout: %s\n", builtin->about);
		cr_expect(strstr(builtin->text, line), "%s", builtin->name);
		cr_expect_eq(strstr(builtin->text, "\nautomatic: true\n") != NULL,
			     builtin->automatic, "%s", builtin->name);
		cr_expect(builtin->fits->in, "%s", builtin->name);
		for (const struct ds_fit *fit = builtin->fits; fit->in; fit++) {
			size_t len = strlen(fit->in);
			snprintf(line, sizeof line, "\n  - {%s%.*s%smarker: %s}\n",
				 len ? "in: " : "", len ? (int)len - 1 : 0, fit->in,
				 len ? ", " : "", fit->marker);
			cr_expect(strstr(builtin->text, line), "%s: %s", builtin->name, line);
		}
	}
	cr_expect_eq(ds_check_together(&all, &err), 0);
	for (size_t i = 0; i < all.count; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(memcmp(all.at[i]->digest, all.at[j]->digest, 32) != 0);
	ds_ruleset_free(&all);
}

/* What it is called and where it is found is all that is different. */
Test(builtin, moved_out_into_a_file_changes_nothing)
{
	for (const struct ds_builtin *builtin = ds_builtins(); builtin->name; builtin++) {
		struct ds_ruleset in = {0};
		struct ds_ruleset out = {0};
		ds_error err = {0};
		cr_assert_eq(ds_builtin_use(&in, builtin->name, NULL, &err), 0, "%s", err.message);
		cr_assert_eq(ds_rules_parse(&out, ds_text_of(builtin->text), "x.yml", "", &err), 0,
			     "%s", err.message);
		cr_assert_eq(in.count, out.count);
		for (size_t i = 0; i < in.count; i++) {
			const struct ds_rule *a = in.at[i];
			const struct ds_rule *b = out.at[i];
			cr_expect(same(a->name, b->name) && same(a->items, b->items));
			cr_expect(same(a->marker, b->marker) && same(a->root, b->root));
			cr_expect(a->origin == b->origin && !a->file && same(b->file, "x.yml"));
			cr_expect(a->authority == b->authority && same(a->stale, b->stale));
			cr_expect_arr_eq(a->severity, b->severity, sizeof a->severity);
			cr_expect_arr_eq(a->digest, b->digest, sizeof a->digest);
			for (int c = 0; a->copies[c].name || b->copies[c].name; c++) {
				cr_expect(same(a->copies[c].path, b->copies[c].path));
				cr_expect(same(a->copies[c].at, b->copies[c].at));
				cr_expect(same(a->copies[c].id, b->copies[c].id));
				cr_expect_eq(a->copies[c].many, b->copies[c].many);
			}
		}
		ds_ruleset_free(&in);
		ds_ruleset_free(&out);
	}
}

Test(builtin, may_start_from_another_folder)
{
	struct ds_ruleset rules = {0};
	ds_error err = {0};

	cr_assert_eq(ds_builtin_use(&rules, "specweave", "a/b", &err), 0, "%s", err.message);
	cr_assert_eq(ds_builtin_use(&rules, "specweave", "c/", &err), 0, "%s", err.message);
	cr_assert_eq(rules.count, 2);
	cr_expect_str_eq(rules.at[0]->name, "c/specweave");
	cr_expect_str_eq(rules.at[0]->items, "c/.specweave/increments/{id}/");
	cr_expect_str_eq(rules.at[1]->name, "specweave");
	cr_expect_str_eq(rules.at[1]->items, "a/b/.specweave/increments/{id}/");
	cr_expect_str_eq(rules.at[1]->marker, "a/b/.specweave");
	cr_expect_eq(ds_builtin_use(&rules, "specwaeve", NULL, &err), DS_TROUBLE);
	cr_expect_str_eq(err.message, "built-in: specwaeve: no such built-in rule; did you mean "
				      "specweave?");
	ds_ruleset_free(&rules);
}

/* ---- The schema ------------------------------------------------------------------ */

static cJSON *read_schema(void)
{
	static char text[64 * 1024];
	FILE *file = fopen(SCHEMA, "r");

	cr_assert(file);
	size_t len = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	cJSON *schema = cJSON_ParseWithLength(text, len);
	cr_assert(schema);
	return schema;
}

static bool is_required(const cJSON *shape, const char *name)
{
	const cJSON *entry;
	cJSON_ArrayForEach(
		entry, cJSON_GetObjectItem(shape, "required")) if (strcmp(entry->valuestring,
									  name) == 0) return true;
	return false;
}

Test(schema, has_the_keys_of_the_loader)
{
	cJSON *schema = read_schema();

	for (size_t i = 0; i < DS_SHAPES; i++) {
		const struct ds_shape *shape = &ds_shapes[i];
		const cJSON *is =
			i ? cJSON_GetObjectItem(cJSON_GetObjectItem(schema, "$defs"), shape->name)
			  : schema;
		const cJSON *properties = cJSON_GetObjectItem(is, "properties");
		int count = 0;
		for (const struct ds_key *key = shape->keys; key->name; key++, count++) {
			const cJSON *property = cJSON_GetObjectItem(properties, key->name);
			cr_expect(property, "%s: %s", shape->name, key->name);
			cr_expect_eq(is_required(is, key->name), key->required, "%s: %s",
				     shape->name, key->name);
			char *words = cJSON_PrintUnformatted(property);
			for (int w = 0; key->words && key->words[1] && key->words[w]; w++)
				cr_expect(strstr(words, key->words[w]), "%s", key->words[w]);
			cJSON_free(words);
		}
		cr_expect_eq(cJSON_GetArraySize(properties), count, "%s", shape->name);
		cr_expect(cJSON_IsFalse(cJSON_GetObjectItem(is, "additionalProperties")), "%s",
			  shape->name);
	}
	cJSON_Delete(schema);
}

Test(schema, has_the_readers)
{
	cJSON *schema = read_schema();
	const cJSON *copy = cJSON_GetObjectItem(cJSON_GetObjectItem(schema, "$defs"), "copy");
	const cJSON *read = cJSON_GetObjectItem(cJSON_GetObjectItem(copy, "properties"), "read");
	const cJSON *name;
	int count = 0;

	cJSON_ArrayForEach(name, cJSON_GetObjectItem(read, "enum"))
	{
		cr_expect(ds_reader_find(name->valuestring), "%s", name->valuestring);
		count++;
	}
	cr_expect_null(ds_reader_name((size_t)count));
	cJSON_Delete(schema);
}

/* ---- Limits ----------------------------------------------------------------------- */

static void expect_refused(struct ds_buf *text, const char *message)
{
	struct ds_ruleset rules = {0};
	ds_error err = {0};

	cr_assert(!text->failed);
	cr_expect_eq(
		ds_rules_parse(&rules, (struct ds_text){text->bytes, text->len}, "c", "", &err),
		message ? DS_TROUBLE : 0, "%s", err.message);
	cr_expect_str_eq(err.message, message ? message : "");
	ds_ruleset_free(&rules);
	ds_buf_free(text);
}

static void put_rules(struct ds_buf *text, int count)
{
	ds_buf_puts(text, "version: 1\nrules:\n");
	for (int i = 0; i < count; i++)
		ds_buf_printf(text,
			      "- {name: r%d, items: \"r%d/{id}\", status: {order: [x]}, copies: "
			      "[{name: c, path: \"{item}\", read: frontmatter, at: s}]}\n",
			      i, i);
}

static void put_statuses(struct ds_buf *text, int count)
{
	ds_buf_puts(text, "version: 1\nrules: [{name: a, items: \"{id}\", copies: [{name: c, path: "
			  "\"{item}\", read: frontmatter, at: s}], status: {order: [");
	for (int i = 0; i < count; i++)
		ds_buf_printf(text, "%ss%d\n", i ? ", " : "", i);
	ds_buf_puts(text, "]}}]\n");
}

static void put_keys(struct ds_buf *text, int count)
{
	ds_buf_puts(text, "version: 1\nabout: x\n");
	for (int i = 2; i < count; i++)
		ds_buf_printf(text, "k%d: 1\n", i);
}

static void put_ignored(struct ds_buf *text, int count)
{
	ds_buf_puts(text,
		    "version: 1\nrules: [{name: a, items: \"{id}\", copies: [{name: c, path: "
		    "\"{item}\", read: frontmatter, at: s}], status: {order: [x]}, ignore: [");
	for (int i = 0; i < count; i++)
		ds_buf_printf(text, "%sz%d*\n", i ? ", " : "", i);
	ds_buf_puts(text, "]}]\n");
}

Test(config, has_limits)
{
	struct ds_buf text = {0};
	char deep[100] = "";

	put_rules(&text, DS_RULE_LIMIT);
	expect_refused(&text, NULL);
	put_rules(&text, DS_RULE_LIMIT + 1);
	expect_refused(&text, "c:259:10: more than 256 rules");
	put_statuses(&text, DS_STATUS_LIMIT);
	expect_refused(&text, NULL);
	put_statuses(&text, DS_STATUS_LIMIT + 1);
	expect_refused(&text, "c:66:3: more than 64 statuses");
	put_keys(&text, DS_CONFIG_KEYS + 1);
	expect_refused(&text, "c:513:1: more than 512 keys in one mapping");
	put_ignored(&text, DS_CONFIG_KEYS);
	expect_refused(&text, NULL);
	put_ignored(&text, DS_CONFIG_KEYS + 1);
	expect_refused(&text, "c:514:3: more than 512 entries in one list");
	ds_buf_printf(&text, "version: 1\n%*s", DS_CONFIG_LIMIT - 11, "");
	expect_refused(&text, NULL);
	ds_buf_printf(&text, "version: 1\n%*s", DS_CONFIG_LIMIT - 10, "");
	expect_refused(&text, "c: larger than 256 KiB: no configuration is");
	memset(deep, '[', sizeof deep - 1);
	for (int i = 0; i < 2000; i++)
		ds_buf_puts(&text, deep);
	expect_refused(&text, "c:1:17: nested deeper than 16 levels");
}

Test(config, says_where_in_bytes)
{
	struct ds_buf text = {0};

	/* A mark at the beginning, and letters of several bytes before the mistake. */
	ds_buf_puts(&text, "\xef\xbb\xbf"
			   "about: x\r\n{\"\xc3\xa4\xe2\x82\xac\": 1");
	expect_refused(&text, "c:2:1: could not find expected ':'");
	ds_buf_puts(&text, "\xef\xbb\xbf"
			   "version: 1\r\n\"\xc3\xa4\xe2\x82\xac\": &x 1\r\n");
	expect_refused(&text, "c:2:10: no anchors here: say it again in full where it is needed");
	ds_buf_puts(&text, "version: 1\n\x1b[2J: 1\n");
	expect_refused(&text, "c:2:1: control characters are not allowed");
	ds_buf_puts(&text, "version: 1\n\"\\e[2J\\n\": 1\n");
	expect_refused(&text,
		       "c:2:1: \\x1b[2J\\n: no such key in a configuration; there is version, "
		       "use, rules, roots, fits, automatic, about");
}

Test(config, tells_rules_apart)
{
	static const char *const texts[] = {RULE("a", "a"), RULE("b", "a"), RULE("a", "b"),
					    RULE("a", "a") "# changed\n"};
	struct ds_ruleset rules[5] = {0};

	for (size_t i = 0; i < 4; i++)
		parse(&rules[i], texts[i], "");
	parse(&rules[4], texts[0], "sub/");
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(memcmp(rules[i].at[0]->digest, rules[j].at[0]->digest, 32) != 0,
				  "%zu %zu", i, j);
	for (size_t i = 0; i < 5; i++)
		ds_ruleset_free(&rules[i]);
}

Test(builtin, in_another_folder_is_another)
{
	struct ds_ruleset a = {0};
	struct ds_ruleset b = {0};

	cr_assert_eq(ds_builtin_use(&a, "specweave", "a", NULL), 0);
	cr_assert_eq(ds_builtin_use(&b, "specweave", "b", NULL), 0);
	cr_expect(memcmp(a.at[0]->digest, b.at[0]->digest, 32) != 0);
	ds_ruleset_free(&a);
	ds_ruleset_free(&b);
}

Test(config, has_as_many_roots_as_it_may)
{
	static char text[2000] = "version: 1\nroots: [";
	struct test_file files[] = {
		{.path = ".desync.yml", .bytes = text}, {.path = "r", .bytes = ""}, {0}};
	char loaded[1000];
	size_t len = strlen(text);

	for (int i = 0; i <= DS_ROOT_LIMIT; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "r%d, ", i);
	snprintf(text + len, sizeof text - len, "]\n");
	load(loaded, files, NULL);
	cr_expect_str_eq(loaded, ".desync.yml:2:319: more than 64 roots");
}

/* The configuration: what is loaded, and what is said of every kind of mistake. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_source.h"
#include "config.h"
#include "rules.h"
#include "specweave.h"

/* ---- The built-in rules --------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void same_vocabulary(const struct ds_vocabulary *a, const struct ds_vocabulary *b)
{
	for (size_t i = 0; a->statuses[i].word || b->statuses[i].word; i++) {
		const struct ds_status_word *x = &a->statuses[i];
		const struct ds_status_word *y = &b->statuses[i];
		cr_assert(same(x->word, y->word), "%s %s", x->word, y->word);
		cr_assert(same(x->next, y->next), "%s", x->word);
		cr_assert(x->rank == y->rank && x->terminal == y->terminal, "%s", x->word);
		cr_assert_eq(x->in_progress, y->in_progress, "%s", x->word);
	}
	cr_assert(a->any_case == b->any_case && a->any_step == b->any_step);
	for (size_t i = 0; a->aliases[i].word || b->aliases[i].word; i++)
		cr_assert(same(a->aliases[i].word, b->aliases[i].word) &&
			  same(a->aliases[i].canonical, b->aliases[i].canonical));
}

Test(builtin, specweave_is_what_it_was)
{
	const struct ds_rule *rule = test_specweave();
	const struct ds_rule *was = &ds_specweave_rule;

	cr_assert(same(rule->name, was->name) && same(rule->items, was->items));
	cr_assert(same(rule->marker, was->marker) && same(rule->root, was->root));
	cr_assert(same(rule->exclude[0], was->exclude[0]) && !rule->exclude[1]);
	cr_assert(same(rule->archived[0], was->archived[0]) && !rule->archived[1]);
	cr_assert(same(rule->stale, was->stale) && same(rule->stale_advice, was->stale_advice));
	cr_assert_eq(rule->authority, was->authority);
	for (int i = 0; i < 3; i++) {
		cr_assert(same(rule->copies[i].name, was->copies[i].name));
		cr_assert(same(rule->copies[i].path, was->copies[i].path));
		cr_assert(same(rule->copies[i].read, was->copies[i].read));
		cr_assert(same(rule->copies[i].at, was->copies[i].at));
	}
	const struct ds_follow *x = rule->copies[0].follow;
	for (const struct ds_follow *y = was->copies[0].follow; x->field || y->field; x++, y++) {
		cr_assert(same(x->field, y->field) && same(x->when, y->when), "%s", x->field);
		cr_assert(x->what == y->what && x->with_reason == y->with_reason);
	}
	same_vocabulary(rule->vocabulary, was->vocabulary);
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
	{"  - name: a\n", "  - name: [a\n", ":3:11: did not find expected ',' or ']'", false},
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

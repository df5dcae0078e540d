/*
 * generate DIR COUNT [all]: makes a SpecWeave project with COUNT increments, for measuring.
 *
 * Every increment has its metadata.json and its spec.md, and both name a status. One in fifty
 * is desynced; DIR/expected-desyncs.tsv lists those: id, status in metadata.json, status in
 * spec.md, in the order of the ids. With "all" each of them is, and a repair of any sets its
 * spec.md to a later status, which needs nobody's consent. The same arguments give the same bytes
 * on every run and host.
 */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TROUBLE = 2,
	DRAFT_SIZE = 64 * 1024,
	NAME_SIZE = 96,
	DESYNC_EVERY = 50,
	FORWARDS = 9, /* of the ways in which two copies differ, the first */
	LEAST_DIGITS = 4,
	SPEC_LEAST = 6400,  /* a body has at least so many bytes, */
	SPEC_SPREAD = 2400, /* or up to so many more; its last section comes on top */
	COUNT_MOST = 9999999,
};

static const uint64_t SEED = UINT64_C(0x5eed0fde57c);

/*
 * Text on its way to a file, and the random numbers that it is made of. Never draw two of them
 * in one call's arguments: compilers differ in which they evaluate first, and the bytes with them.
 */
struct draft {
	uint64_t random;
	size_t len;
	char bytes[DRAFT_SIZE];
};

struct item {
	char id[NAME_SIZE];
	char title[NAME_SIZE];
	char created[sizeof "2025-01-31"];
	const char *type;
	const char *recorded; /* the status in metadata.json */
	const char *stated;   /* the status in spec.md */
	bool desynced;
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static unsigned below(struct draft *draft, size_t limit)
{
	return (unsigned)(next_random(&draft->random) % limit);
}

static bool one_in(struct draft *draft, size_t n)
{
	return below(draft, n) == 0;
}

/* ---- the words ---- */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char *const parts[] = {
	"the sync engine",     "the import queue",        "the living docs builder",
	"the plugin loader",   "the session cache",       "the webhook receiver",
	"the status line",     "the command router",      "the export job",
	"the token service",   "the migration runner",    "the task parser",
	"the audit trail",     "the search index",        "the retry policy",
	"the billing adapter", "the notification worker", "the configuration reader",
	"the test harness",    "the permission check",    "the GitHub client",
	"the report template", "the rate limiter",        "the file watcher",
};

static const char *const verbs[] = {
	"writes", "rejects",   "keeps",    "reads back", "validates", "groups",
	"merges", "records",   "forwards", "recomputes", "ignores",   "hands over",
	"stores", "refreshes", "marks",    "reports",    "archives",  "resolves",
};

static const char *const things[] = {
	"an incomplete record",
	"the last known state",
	"every open task",
	"the acceptance criteria of a story",
	"a stale reference",
	"the parent epic and its labels",
	"two versions of one document",
	"a list of changed files",
	"the credentials of a tenant",
	"an unfinished upload",
	"the checksum of each page",
	"a duplicate comment",
	"the history of a decision",
	"the external issue number",
	"a request without a signature",
	"the \xe2\x80\x9cready\xe2\x80\x9d mark of a task",
	"the coverage figures of the last build",
	"a translated heading",
	"the order of the steps",
	"a batch of events",
};

static const char *const whens[] = {
	"when the network is slow",
	"as soon as the first reviewer approves",
	"after a crash in the middle of a write",
	"while another session is open",
	"before the next release is tagged",
	"for projects with more than $0$00 increments",
	"once the feature flag is on",
	"within $0$00 milliseconds",
	"when the user switches branches",
	"in the same transaction",
	"even if the remote is behind by $0 commits",
	"without asking a second time",
	"on every third attempt",
	"during the nightly run",
};

static const char *const whys[] = {
	"so that a retry is safe",
	"because the old format has no place for it",
	"which saves about $0$0 seconds on a large repository",
	"so nobody has to compare the two by hand",
	"since support asked for it in $0 of the last $0$0 tickets",
	"and leaves everything else as it was",
	"so that the team lead sees it on one page",
	"which is what the documentation has promised all along",
	"because silent failures cost us a day in the last sprint",
	"and the result is the same on every platform",
};

static const char *const people[] = {
	"developer",
	"release manager",
	"new team member",
	"product owner",
	"site reliability engineer",
	"technical writer",
	"maintainer of several repositories",
	"reviewer",
	"support engineer",
	"security officer",
};

static const char *const wishes[] = {
	"to see why a step was skipped",
	"to resume an import where it stopped",
	"to undo the last change with one command",
	"to know which documents are out of date",
	"to run the checks before I push",
	"to find the increment that introduced a field",
	"to be told about $t before the build starts",
	"to export $t as a table",
	"to compare $t with the copy on the server",
};

static const char *const sentences[] = {
	"$P $v $t $w.",
	"$P $v $t $w, $y.",
	"$W, $p $v $t.",
	"Until now $p $v $t only $w; from this increment on $p does it itself.",
	"It is not enough that $p $v $t: $p also $v $t.",
	"If $p $v $t and $p $v $t, the second one waits.",
	"$P (see ADR-0$0$0$0) $v $t \xe2\x80\x94 $y.",
	"We measured $0$0 ms for a run in which $p $v $t, and $0$00 ms $w.",
	"Nothing changes for installations where $p $v $t $w.",
	"The `--limit $0$0` option decides how often $p $v $t.",
};

static const char *const nouns[] = {
	"webhook", "token",    "session", "export",   "import",     "plugin",  "task",
	"billing", "search",   "audit",   "template", "permission", "comment", "dashboard",
	"cache",   "pipeline", "epic",    "label",    "tenant",     "upload",
};

static const char *const deeds[] = {
	"linkage",   "retry",    "refresh", "cleanup",       "validation", "redesign",
	"migration", "rollback", "parsing", "stabilization", "limits",     "reporting",
};

static const char *const manners[] = {
	"automatic", "smart", "nested", "offline", "shared",
	"strict",    "fast",  "multi",  "signed",  "incremental",
};

static const char *const names[] = {
	"$n $d", "$m $n $d", "us $n $d", "$n $n $d", "$m $n $d and $d", "v0.$0.0 $d",
};

static const char *const states[] = {
	"Planned", "In Progress", "Done", "Draft", "Approved", "\xe2\x9c\x85 Complete",
};

static const char *const statuses[] = {
	"completed", "active", "planning", "backlog", "abandoned", "paused", "ready_for_review",
};

static const char *const kinds[] = {"feature", "feature", "feature", "bug", "refactor", "hotfix"};
static const char *const modes[] = {"TDD", "TDD", "test-after"};
static const char *const targets[] = {"80", "85", "90", "95"};
static const char *const quotes[] = {"", "", "", "", "\"", "'"};
static const char *const comments[] = {"", "", "", " # keep in step with metadata.json"};
static const char *const levels[] = {"P1", "P1", "P2", "P3"};
static const char *const marks[] = {"x", " "};

struct list {
	const char *const *words;
	size_t count;
};

/* What a letter after `$` stands for in a pattern. */
static const struct list lists[] = {
	['a'] = {kinds, COUNT_OF(kinds)},       ['c'] = {comments, COUNT_OF(comments)},
	['d'] = {deeds, COUNT_OF(deeds)},       ['g'] = {targets, COUNT_OF(targets)},
	['i'] = {wishes, COUNT_OF(wishes)},     ['k'] = {names, COUNT_OF(names)},
	['l'] = {levels, COUNT_OF(levels)},     ['m'] = {manners, COUNT_OF(manners)},
	['n'] = {nouns, COUNT_OF(nouns)},       ['o'] = {people, COUNT_OF(people)},
	['p'] = {parts, COUNT_OF(parts)},       ['q'] = {quotes, COUNT_OF(quotes)},
	['r'] = {modes, COUNT_OF(modes)},       ['s'] = {sentences, COUNT_OF(sentences)},
	['t'] = {things, COUNT_OF(things)},     ['u'] = {states, COUNT_OF(states)},
	['v'] = {verbs, COUNT_OF(verbs)},       ['w'] = {whens, COUNT_OF(whens)},
	['x'] = {marks, COUNT_OF(marks)},       ['y'] = {whys, COUNT_OF(whys)},
	['z'] = {statuses, COUNT_OF(statuses)},
};

/* ---- writing ---- */

static void append(struct draft *draft, const char *bytes, size_t len)
{
	if (len > sizeof draft->bytes - draft->len)
		errx(TROUBLE, "a file would be over %d bytes", DRAFT_SIZE);
	memcpy(draft->bytes + draft->len, bytes, len);
	draft->len += len;
}

static void put(struct draft *draft, const char *text)
{
	append(draft, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void putf(struct draft *draft, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof line)
		errx(TROUBLE, "a line would be over %zu bytes", sizeof line - 1);
	append(draft, line, (size_t)len);
}

static void say(struct draft *draft, const char *pattern);

static void say_token(struct draft *draft, char token)
{
	if (token == '0') {
		char digit = (char)('1' + below(draft, 9));
		append(draft, &digit, 1);
		return;
	}
	const struct list *list = &lists[tolower((unsigned char)token)];
	size_t start = draft->len;
	say(draft, list->words[below(draft, list->count)]);
	if (isupper((unsigned char)token))
		draft->bytes[start] = (char)toupper((unsigned char)draft->bytes[start]);
}

/* In a pattern `$p` is an entry of list p, `$P` one with a capital, `$0` a digit but 0. */
static void say(struct draft *draft, const char *pattern)
{
	const char *token;
	while ((token = strchr(pattern, '$'))) {
		append(draft, pattern, (size_t)(token - pattern));
		say_token(draft, token[1]);
		pattern = token + 2;
	}
	put(draft, pattern);
}

static void say_paragraph(struct draft *draft, unsigned least)
{
	for (unsigned left = least + below(draft, 4); left > 0; left--)
		say(draft, left > 1 ? "$s " : "$s\n\n");
}

/* ---- spec.md ---- */

static void write_story(struct draft *draft)
{
	unsigned story = 1 + below(draft, 9);
	putf(draft, "### US-00%u: ", story);
	say(draft, "$N $d\n\n");
	say(draft, "**As a** $o\n**I want** $i\n**So that** I can trust that $p $v $t\n\n");
	if (one_in(draft, 2))
		say(draft, "**Status**: $u\n**Priority**: $l\n\n");
	put(draft, "**Acceptance Criteria**:\n\n");
	for (unsigned i = 1, last = 3 + below(draft, 4); i <= last; i++) {
		say(draft, "- [$x] ");
		putf(draft, "**AC-US%u-0%u**: ", story, i);
		say(draft, "$s\n");
	}
	put(draft, "\n---\n\n");
}

static void write_requirements(struct draft *draft)
{
	put(draft, "## Functional Requirements\n\n");
	for (unsigned i = 1, last = 4 + below(draft, 5); i <= last; i++) {
		putf(draft, "%u. **FR-00%u**: ", i, i);
		say(draft, "$s $s\n");
	}
	put(draft, "\n");
}

static void write_risks(struct draft *draft)
{
	put(draft,
	    "## Risks\n\n| Risk | Status | Likelihood | Answer |\n| --- | --- | --- | --- |\n");
	for (unsigned left = 3 + below(draft, 4); left > 0; left--)
		say(draft, "| $P $v $t $w | $u | 0.$0 | $s |\n");
	put(draft, "\n");
}

static void write_example(struct draft *draft)
{
	say(draft, "## Example\n\n$s\n\n```yaml\n---\nname: $n-$d\nstatus: active\n");
	say(draft, "retries: $0\ntimeout: $0$00\nsteps:\n  - $n: true\n  - $n: false\n```\n\n");
	say(draft, "A worker that finds the following line stops, and says so:\n\n");
	say(draft, "status: blocked\n\n");
	say_paragraph(draft, 2);
}

static void write_code(struct draft *draft)
{
	say(draft, "## Interface\n\n```typescript\nexport interface $N$D {\n  id: string;\n");
	say(draft, "  status: 'planning' | 'active' | 'completed';\n  $n: number;\n");
	say(draft, "  $d?: string[];\n}\n```\n\n");
	say_paragraph(draft, 2);
}

static void write_background(struct draft *draft)
{
	put(draft, "## Background\n\n");
	say_paragraph(draft, 3);
	say_paragraph(draft, 2);
}

static void write_scope(struct draft *draft)
{
	put(draft, "## Out of Scope\n\n");
	for (unsigned left = 3 + below(draft, 4); left > 0; left--)
		say(draft, "- $P $v $t $w\n");
	put(draft, "\n");
}

static void (*const sections[])(struct draft *) = {
	write_story, write_story,   write_story, write_requirements, write_risks,
	write_code,  write_example, write_scope, write_background,
};

static void write_status_line(struct draft *draft, const char *status)
{
	const char *quote = quotes[below(draft, COUNT_OF(quotes))];
	putf(draft, "status: %s%s%s", quote, status, quote);
	say(draft, "$c\n");
}

static void write_front_matter(struct draft *draft, const struct item *item)
{
	putf(draft, "---\nincrement: %s\n", item->id);
	putf(draft, one_in(draft, 3) ? "title: \"%s: the second part\"\n" : "title: \"%s\"\n",
	     item->title);
	putf(draft, "type: %s\n", item->type);
	say(draft, "priority: $l\n");
	write_status_line(draft, item->stated);
	putf(draft, "created: %s\n", item->created);
	say(draft, "epic: FS-25-0$0-1$0\ntest_mode: $r\ncoverage_target: $g\n---\n\n");
}

static void write_spec(struct draft *draft, const struct item *item)
{
	size_t enough = SPEC_LEAST + below(draft, SPEC_SPREAD);
	write_front_matter(draft, item);
	putf(draft, "# %s\n\n", item->title);
	if (one_in(draft, 3))
		say(draft, "**Status**: $u\n**Owner**: $o\n\n");
	put(draft, "## Overview\n\n");
	say_paragraph(draft, 3);
	while (draft->len < enough)
		sections[below(draft, COUNT_OF(sections))](draft);
	put(draft, "## Success Metrics\n\n");
	say_paragraph(draft, 1);
	draft->len--; /* one line end at the end is enough */
}

/* ---- metadata.json ---- */

static void write_external(struct draft *draft)
{
	say(draft, "  \"external\": {\n    \"provider\": \"github\",\n    \"issue\": $0$0$0,\n");
	say(draft, "    \"status\": \"$z\"\n  },\n");
}

static void write_review(struct draft *draft)
{
	say(draft, ",\n  \"review\": {\n    \"reviewer\": \"$o\",\n    \"status\": \"$z\",\n");
	say(draft, "    \"rounds\": [\n      { \"status\": \"$z\", \"notes\": ");
	say(draft, "\"$P \\\"$v\\\" $t\" }\n    ]\n  }");
}

static void write_metadata(struct draft *draft, const struct item *item)
{
	unsigned shape = below(draft, 4);
	putf(draft, "{\n  \"id\": \"%s\",\n", item->id);
	if (shape != 0)
		write_external(draft);
	putf(draft, "  \"status\": \"%s\",\n  \"type\": \"%s\",\n", item->recorded, item->type);
	putf(draft, "  \"created\": \"%s", item->created);
	say(draft, "T0$0:15:00.000Z\",\n  \"lastActivity\": \"2025-11-1$0T1$0:42:07.$0$0$0Z\",\n");
	say(draft, "  \"testMode\": \"$r\",\n  \"coverageTarget\": $g");
	if (shape != 1)
		write_review(draft);
	put(draft, one_in(draft, 3) ? "\n}\n" : "\n}");
}

/* ---- items ---- */

/* How often a status occurs, in parts of 100, and other words for it that agree with it. */
static const struct {
	const char *status;
	unsigned weight;
	const char *aliases[2];
} usual[] = {
	{"completed", 55, {"done", "closed"}},
	{"active", 14, {"in-progress", "in-progress"}},
	{"planning", 11, {"planned", "planned"}},
	{"backlog", 7, {"backlog", "backlog"}},
	{"abandoned", 5, {"abandoned", "abandoned"}},
	{"ready_for_review", 5, {"ready_for_review", "ready_for_review"}},
	{"paused", 3, {"paused", "paused"}},
};

/* Where they differ, metadata.json is nearly always ahead: in the first FORWARDS. */
static const struct {
	const char *recorded, *stated;
} unusual[] = {
	{"completed", "active"},      {"completed", "active"},
	{"completed", "in-progress"}, {"completed", "planned"},
	{"completed", "planning"},    {"completed", "ready_for_review"},
	{"abandoned", "planning"},    {"ready_for_review", "active"},
	{"active", "planned"},        {"paused", "in-progress"},
	{"backlog", "active"},        {"active", "completed"},
};

static void choose_agreeing(struct draft *draft, struct item *item)
{
	unsigned left = below(draft, 100);
	size_t i = 0;
	while (left >= usual[i].weight)
		left -= usual[i++].weight;
	item->recorded = usual[i].status;
	item->stated = one_in(draft, 10) ? usual[i].aliases[below(draft, 2)] : usual[i].status;
}

static void choose_desynced(struct draft *draft, struct item *item, size_t ways)
{
	unsigned i = below(draft, ways);
	item->recorded = unusual[i].recorded;
	item->stated = unusual[i].stated;
}

/* One item in each block of DESYNC_EVERY, so that the share is the same in trees of any size. */
static bool is_desynced(unsigned long number)
{
	uint64_t block = SEED ^ ~(uint64_t)((number - 1) / DESYNC_EVERY);
	return (number - 1) % DESYNC_EVERY == next_random(&block) % DESYNC_EVERY;
}

static void choose_name(struct draft *draft, struct item *item, unsigned long number, int digits)
{
	draft->len = 0;
	say(draft, "$k");
	snprintf(item->title, sizeof item->title, "%.*s", (int)draft->len, draft->bytes);
	snprintf(item->id, sizeof item->id, "%0*lu-%.70s", digits, number, item->title);
	for (char *at = item->id; *at; at++)
		if (*at == ' ')
			*at = '-';
	item->title[0] = (char)toupper((unsigned char)item->title[0]);
}

static void choose_item(struct draft *draft, struct item *item, unsigned long number, int digits,
			bool all)
{
	draft->random = SEED + (uint64_t)number * UINT64_C(0xd1342543de82ef95);
	choose_name(draft, item, number, digits);
	unsigned month = 1 + below(draft, 10);
	unsigned day = 1 + below(draft, 28);
	snprintf(item->created, sizeof item->created, "2025-%02u-%02u", month, day);
	item->type = kinds[below(draft, COUNT_OF(kinds))];
	item->desynced = all || is_desynced(number);
	if (item->desynced)
		choose_desynced(draft, item, all ? FORWARDS : COUNT_OF(unusual));
	else
		choose_agreeing(draft, item);
}

/* ---- files ---- */

static void store(int increments, const char *id, const char *name, const struct draft *draft)
{
	char path[NAME_SIZE + 16];
	snprintf(path, sizeof path, "%s/%s", id, name);
	int fd = openat(increments, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		err(TROUBLE, "%s", path);
	ssize_t wrote = write(fd, draft->bytes, draft->len);
	if (wrote < 0)
		err(TROUBLE, "%s", path);
	if ((size_t)wrote != draft->len)
		errx(TROUBLE, "%s: not written whole", path);
	if (close(fd))
		err(TROUBLE, "%s", path);
}

static void store_item(int increments, struct draft *draft, const struct item *item)
{
	if (mkdirat(increments, item->id, 0755))
		err(TROUBLE, "%s", item->id);
	draft->len = 0;
	write_metadata(draft, item);
	store(increments, item->id, "metadata.json", draft);
	draft->len = 0;
	write_spec(draft, item);
	store(increments, item->id, "spec.md", draft);
}

static int digits_of(unsigned long count)
{
	int digits = snprintf(NULL, 0, "%lu", count);
	return digits < LEAST_DIGITS ? LEAST_DIGITS : digits;
}

static void store_items(int increments, FILE *expected, unsigned long count, bool all)
{
	static struct draft draft;
	int digits = digits_of(count);
	for (unsigned long number = 1; number <= count; number++) {
		struct item item;
		choose_item(&draft, &item, number, digits, all);
		store_item(increments, &draft, &item);
		if (item.desynced)
			fprintf(expected, "%s\t%s\t%s\n", item.id, item.recorded, item.stated);
	}
}

/* Goes into the new project; only its own folder may be there already. */
static int enter_project(const char *dir)
{
	if (mkdir(dir, 0755) && errno != EEXIST)
		err(TROUBLE, "%s", dir);
	if (chdir(dir))
		err(TROUBLE, "%s", dir);
	if (mkdir(".specweave", 0755) || mkdir(".specweave/increments", 0755))
		err(TROUBLE, "%s/.specweave", dir);
	int increments = open(".specweave/increments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (increments < 0)
		err(TROUBLE, "%s/.specweave/increments", dir);
	return increments;
}

static unsigned long parse_count(const char *text)
{
	char *end;
	errno = 0;
	unsigned long count = strtoul(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*text) || count < 1 || count > COUNT_MOST)
		errx(TROUBLE, "%s: not a number from 1 to %d", text, COUNT_MOST);
	return count;
}

int main(int argc, char **argv)
{
	bool all = argc == 4 && strcmp(argv[3], "all") == 0;
	if (argc != 3 + all)
		errx(TROUBLE, "usage: generate DIR COUNT [all]");
	unsigned long count = parse_count(argv[2]);
	int increments = enter_project(argv[1]);
	FILE *expected = fopen("expected-desyncs.tsv", "wx");
	if (!expected)
		err(TROUBLE, "%s/expected-desyncs.tsv", argv[1]);
	store_items(increments, expected, count, all);
	bool failed = ferror(expected);
	if (fclose(expected) || failed)
		err(TROUBLE, "%s/expected-desyncs.tsv", argv[1]);
	if (close(increments))
		err(TROUBLE, "%s/.specweave/increments", argv[1]);
	return 0;
}

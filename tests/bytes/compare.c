/*
 * compare OLD NEW [same]: whether two trees differ only as a repair may make them differ.
 *
 * A file may differ in one word, that of its status; with "same" in nothing. Owner, mode,
 * extended attributes and ACL are as they were, and no name came or went, .git and .desync apart.
 * Prints each violation, and at the end how many files differ and how many violations there are;
 * exit status 1 if there are any.
 */
#define _GNU_SOURCE /* nftw, xattrs */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { TROUBLE = 2, LONGEST = 64, SHOWN = 20, ROOM = 4096, DESCRIPTORS = 32 };

/* What a repair writes. */
static const char *const vocabulary[] = {"planning",  "backlog",          "active",    "paused",
					 "completed", "ready_for_review", "abandoned", NULL};

static const char *other; /* the root of the tree that is not walked */
static size_t other_skip; /* of the length of the root that is */
static bool same;
static bool backwards; /* from new to old: only for names */
static unsigned changed;
static unsigned violations;

__attribute__((format(printf, 2, 3))) static void wrong(const char *path, const char *format, ...)
{
	va_list args;

	if (++violations > SHOWN)
		return;
	printf("  VIOLATION: %s: ", path);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

struct content {
	char *bytes;
	size_t len;
};

static struct content read_file(const char *path, off_t size)
{
	struct content content = {malloc((size_t)size + 1), (size_t)size};
	FILE *file = fopen(path, "re");

	if (!file || !content.bytes)
		err(TROUBLE, "%s", path);
	if (fread(content.bytes, 1, content.len, file) != content.len)
		errx(TROUBLE, "%s: it changes while it is read", path);
	fclose(file);
	return content;
}

/* ---- The one word ------------------------------------------------------- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t back_over(const char *bytes, size_t at, const char *set)
{
	while (at > 0 && bytes[at - 1] && strchr(set, bytes[at - 1]))
		at--;
	return at;
}

/* Before it stands the key: `status:`, quoted or not, and maybe an opening quote. */
static bool is_status_value(const char *bytes, size_t at)
{
	static const char key[] = "status";
	size_t len = sizeof key - 1;

	if (at > 0 && (bytes[at - 1] == '"' || bytes[at - 1] == '\''))
		at--;
	at = back_over(bytes, at, " \t\r\n");
	/* A tag of YAML stays, too. */
	size_t tag = at;
	while (tag > 0 && (is_word(bytes[tag - 1]) || strchr("!<>:,./", bytes[tag - 1])))
		tag--;
	if (bytes[tag] == '!')
		at = back_over(bytes, tag, " \t");
	if (at == 0 || bytes[at - 1] != ':')
		return false;
	at = back_over(bytes, at - 1, " \t\r\n");
	if (at > 0 && (bytes[at - 1] == '"' || bytes[at - 1] == '\''))
		at--;
	return at >= len && strncmp(bytes + at - len, key, len) == 0 &&
	       (at == len || !is_word(bytes[at - len - 1]));
}

/* Behind the end of a front matter. */
static bool is_in_body(const char *path, struct content old, size_t at)
{
	const char *dot = strrchr(path, '.');

	return dot && strcmp(dot, ".md") == 0 &&
	       (memmem(old.bytes, at, "\n---", 4) || memmem(old.bytes, at, "\n...", 4));
}

static bool is_in_vocabulary(const char *word, size_t len)
{
	for (const char *const *known = vocabulary; *known; known++)
		if (strlen(*known) == len && memcmp(*known, word, len) == 0)
			return true;
	return false;
}

static void compare_bytes(const char *path, struct content old, struct content new)
{
	size_t least = old.len < new.len ? old.len : new.len;
	size_t first = 0;
	size_t last = 0; /* how many at the end are the same */

	while (first < least && old.bytes[first] == new.bytes[first])
		first++;
	if (first == old.len && first == new.len)
		return;
	changed++;
	if (same) {
		wrong(path, "byte %zu is not as it was", first);
		return;
	}
	while (last < least - first &&
	       old.bytes[old.len - 1 - last] == new.bytes[new.len - 1 - last])
		last++;
	/* Two words may begin or end alike. */
	while (first > 0 && is_word(old.bytes[first - 1]))
		first--;
	while (last > 0 && is_word(old.bytes[old.len - last]))
		last--;
	size_t old_len = old.len - last - first;
	size_t new_len = new.len - last - first;
	if (memchr(old.bytes + first, '\n', old_len)) {
		wrong(path, "more than a line changed");
		return;
	}
	if (!is_in_vocabulary(new.bytes + first, new_len))
		wrong(path, "\"%.*s\" is no status", (int)(new_len < LONGEST ? new_len : LONGEST),
		      new.bytes + first);
	else if (is_in_body(path, old, first) || !is_status_value(old.bytes, first))
		wrong(path, "a word changed that is not its status");
}

/* ---- What clings to it -------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names and values of all attributes in one text. */
static size_t list_attributes(const char *path, char *out)
{
	char names[ROOM];
	char *sorted[ROOM / 2];
	size_t count = 0;
	size_t used = 0;
	ssize_t len = llistxattr(path, names, sizeof names);

	for (char *at = names; len > 0 && at < names + len; at += strlen(at) + 1)
		sorted[count++] = at;
	qsort(sorted, count, sizeof *sorted, by_name);
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(out + used, ROOM - used, "%s=", sorted[i]);
		ssize_t got = lgetxattr(path, sorted[i], out + used, ROOM - used);
		if (got < 0)
			err(TROUBLE, "%s: %s", path, sorted[i]);
		used += (size_t)got;
	}
	return used;
}

static void compare_dress(const char *path, const char *twin, const struct stat *a,
			  const struct stat *b)
{
	char old[ROOM];
	char new[ROOM];

	if (a->st_mode != b->st_mode)
		wrong(path, "mode %o was %o", (unsigned)b->st_mode, (unsigned)a->st_mode);
	if (a->st_uid != b->st_uid || a->st_gid != b->st_gid)
		wrong(path, "owner %u:%u was %u:%u", b->st_uid, b->st_gid, a->st_uid, a->st_gid);
	size_t len = list_attributes(path, old);
	if (len != list_attributes(twin, new) || memcmp(old, new, len) != 0)
		wrong(path, "its attributes or ACL are not as they were");
}

/* ---- The trees ---------------------------------------------------------- */

static bool is_ours(const char *path)
{
	const char *name = strrchr(path, '/');
	return name && (strcmp(name, "/.git") == 0 || strcmp(name, "/.desync") == 0);
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	char twin[ROOM];
	struct stat theirs;

	(void)kind;
	if (where->level > 0 && is_ours(path))
		return FTW_SKIP_SUBTREE;
	snprintf(twin, sizeof twin, "%s%s", other, path + other_skip);
	if (lstat(twin, &theirs) != 0) {
		wrong(path, backwards ? "it was not there before" : "it is gone");
		return FTW_CONTINUE;
	}
	if (backwards || where->level == 0)
		return FTW_CONTINUE;
	compare_dress(path, twin, st, &theirs);
	if (!S_ISREG(st->st_mode) || !S_ISREG(theirs.st_mode))
		return FTW_CONTINUE;
	struct content old = read_file(path, st->st_size);
	struct content new = read_file(twin, theirs.st_size);
	compare_bytes(path, old, new);
	free(old.bytes);
	free(new.bytes);
	return FTW_CONTINUE;
}

static void walk(const char *from, const char *to)
{
	other = to;
	other_skip = strlen(from);
	if (nftw(from, visit, DESCRIPTORS, FTW_PHYS | FTW_ACTIONRETVAL) != 0)
		err(TROUBLE, "%s", from);
}

int main(int argc, char **argv)
{
	same = argc == 4 && strcmp(argv[3], "same") == 0;
	if (argc != 3 + same)
		errx(TROUBLE, "usage: compare OLD NEW [same]");
	walk(argv[1], argv[2]);
	backwards = true;
	walk(argv[2], argv[1]);
	printf("%u changed, %u violations\n", changed, violations);
	return violations > 0;
}

/*
 * vary DIR [STATUS]: writes the two files of each increment in DIR anew, desynced, as different
 * people and programs might have written them; with STATUS so that metadata.json says that one,
 * else the statuses are mixed. Mode, group, attributes and ACL vary as well.
 *
 * Prints how many files have attributes, and how many an ACL. The same names give the same bytes.
 */
#define _GNU_SOURCE /* xattrs */
#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { TROUBLE = 2, PATH_ROOM = 1024, GROUP = 4321 };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char *const words[] = {"planning",         "backlog",   "active",   "paused",
				    "ready_for_review", "completed", "abandoned"};

/* In these @I is the id, @S the status, @Q a quote. */
static const char *const jsons[] = {
	"{\n  \"id\": \"@I\",\n  \"status\": \"@S\",\n  \"type\": \"feature\"\n}\n",
	"{\n\t\"status\"\t:\t\"@S\" ,\t\n\t\"id\": \"@I\", \"gr\xc3\xb6\xc3\x9f\": 1.50e+02 }\n",
	"{\"external\":{\"status\":\"active\",\"n\":[1,{\"status\":null}]},\"id\":\"@I\","
	"\"status\":"
	"\"@S\"}\n",
	("{\n  \"id\": \"@I\",\n  \"note\": \"status: active, \\\"status\\\": \\u00e4\",\n"
	 "  \"zz\": -0.0,\n  \"status\":\n    \"@S\"   \n}\n\n"),
};

static const char *const heads[] = {
	"---\nincrement: @I\nstatus: @Q@S@Q\ntype: feature\n---\n",
	"---\nstatus:   @Q@S@Q\t \nincrement: @I\nunknown: {status: active, b: [1, 'x']}\n---\n",
	("---\nincrement: @I\ntitle: \"Gr\xc3\xb6\xc3\x9f: \xe2\x80\x9cready\xe2\x80\x9d\"\n"
	 "nested:\n  status: paused\n\"status\" : @Q@S@Q   # status: active\n---\n"),
	"---\n# status: active\nincrement: @I\nlist:\n- status: backlog\nstatus: @Q@S@Q\n...\n",
};

static const char *const quotes[] = {"", "'", "\""};

static const char *const bodies[] = {
	"\n# A spec\n\nstatus: active\n\n```yaml\n---\nstatus: paused\n---\n```\n",
	"\n# Not UTF-8: \xff\xfe\x80 caf\xe9\n\nstatus: active  \n\ttabs\t\n",
	"",
	"\n# Cut sh\xc3\n",
};

/* user::rw-, user:1234:r--, group::r--, mask::r--, other::r--, as the kernel takes it. */
static const unsigned char acl[] = {
	2, 0,    0,    0,    0x01, 0,    6,    0, 0xff, 0xff, 0xff, 0xff, 0x02, 0,    4,
	0, 0xd2, 4,    0,    0,    4,    0,    4, 0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,
	4, 0,    0xff, 0xff, 0xff, 0xff, 0x20, 0, 4,    0,    0xff, 0xff, 0xff, 0xff};

static uint64_t chance;
static unsigned with_attributes;
static unsigned with_acl;

/* splitmix64 */
static size_t choose(size_t count)
{
	uint64_t z = chance += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (size_t)((z ^ (z >> 31)) % count);
}

/* ---- Text --------------------------------------------------------------- */

struct style {
	const char *id;
	const char *status;
	const char *quote;
	bool crlf;
};

static void put(FILE *file, const char *text, const struct style *style)
{
	for (; *text; text++) {
		if (*text == '@') {
			text++;
			fputs(*text == 'I'   ? style->id
			      : *text == 'S' ? style->status
					     : style->quote,
			      file);
			continue;
		}
		if (*text == '\n' && style->crlf)
			putc('\r', file);
		putc(*text, file);
	}
}

static void store(const char *path, const char *head, const char *body, struct style style)
{
	FILE *file = fopen(path, "we");

	if (!file)
		err(TROUBLE, "%s", path);
	style.crlf = choose(3) == 0;
	if (choose(4) == 0)
		fputs("\xef\xbb\xbf", file);
	put(file, head, &style);
	put(file, body, &style);
	long end = ftell(file);
	bool failed = ferror(file) || end < 1;
	if (fclose(file) || failed)
		err(TROUBLE, "%s", path);
	/* No newline at the end, and nothing else that matters. */
	if (choose(3) == 0 && truncate(path, end - (style.crlf ? 2 : 1)) != 0)
		err(TROUBLE, "%s", path);
}

/* ---- What clings to a file ---------------------------------------------- */

static void dress(const char *path)
{
	static const mode_t modes[] = {0644, 0600, 0755, 0664, 0640};

	if (choose(2) && geteuid() == 0 && chown(path, (uid_t)-1, GROUP) != 0)
		err(TROUBLE, "%s", path);
	if (chmod(path, modes[choose(COUNT_OF(modes))]) != 0)
		err(TROUBLE, "%s", path);
	if (choose(3) == 0 && setxattr(path, "user.note", "\0\377x", 3, 0) == 0)
		with_attributes++;
	if (choose(3) == 0 && setxattr(path, "system.posix_acl_access", acl, sizeof acl, 0) == 0)
		with_acl++;
}

/* ---- Items -------------------------------------------------------------- */

static void write_item(const char *dir, const char *id, const char *status)
{
	char path[PATH_ROOM];
	struct style json = {.id = id, .status = status};
	struct style spec = {.id = id};

	chance = strtoul(id, NULL, 10);
	if (!json.status)
		json.status = words[choose(COUNT_OF(words))];
	do
		spec.status = words[choose(COUNT_OF(words))];
	while (strcmp(spec.status, json.status) == 0);
	spec.quote = quotes[choose(COUNT_OF(quotes))];
	snprintf(path, sizeof path, "%s/%s/metadata.json", dir, id);
	store(path, jsons[choose(COUNT_OF(jsons))], "", json);
	dress(path);
	snprintf(path, sizeof path, "%s/%s/spec.md", dir, id);
	store(path, heads[choose(COUNT_OF(heads))], bodies[choose(COUNT_OF(bodies))], spec);
	dress(path);
}

int main(int argc, char **argv)
{
	if (argc != 2 && argc != 3)
		errx(TROUBLE, "usage: vary DIR [STATUS]");
	DIR *dir = opendir(argv[1]);
	if (!dir)
		err(TROUBLE, "%s", argv[1]);
	const struct dirent *entry;
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			write_item(argv[1], entry->d_name, argv[2]);
	closedir(dir);
	printf("%u with attributes, %u with an ACL\n", with_attributes, with_acl);
	return 0;
}

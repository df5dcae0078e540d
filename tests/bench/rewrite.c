/*
 * rewrite DIR: the least that a repair of the project DIR could do and still keep what it wrote.
 *
 * For each increment that DIR/expected-desyncs.tsv lists, its spec.md gets the status of its
 * metadata.json: the new content goes to a file beside it, is flushed, and takes its place. One
 * file after the other, so the loop is what a careful script would do; it keeps no two files
 * together, flushes no directory, and looks at nothing but the line that it changes.
 */
#define _DEFAULT_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TROUBLE = 2, CONTENT_SIZE = 64 * 1024, PATH_SIZE = 512, LINE_SIZE = 256 };

static const char field[] = "\nstatus:";

static void read_whole(int dir, const char *path, char *content)
{
	size_t len = 0;
	ssize_t got;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(TROUBLE, "%s", path);
	while ((got = read(fd, content + len, CONTENT_SIZE - 1 - len)) > 0)
		len += (size_t)got;
	if (got < 0 || close(fd))
		err(TROUBLE, "%s", path);
	if (len == CONTENT_SIZE - 1)
		errx(TROUBLE, "%s: too large", path);
	content[len] = '\0';
}

/* The content with another word behind its first "status:". */
static size_t change(char *changed, const char *content, const char *path, const char *word)
{
	const char *at = strstr(content, field);
	if (!at)
		errx(TROUBLE, "%s: no status", path);
	at += strlen(field);
	const char *rest = at + strcspn(at, "\r\n");
	return (size_t)sprintf(changed, "%.*s %s%s", (int)(at - content), content, word, rest);
}

static void rewrite(int dir, const char *id, const char *word)
{
	static char content[CONTENT_SIZE];
	static char changed[CONTENT_SIZE + LINE_SIZE];
	char path[PATH_SIZE];
	char beside[PATH_SIZE];
	snprintf(path, sizeof path, "%s/spec.md", id);
	snprintf(beside, sizeof beside, "%s/spec.md.new", id);

	read_whole(dir, path, content);
	size_t len = change(changed, content, path, word);
	int fd = openat(dir, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		err(TROUBLE, "%s", beside);
	if (write(fd, changed, len) != (ssize_t)len || fsync(fd) || close(fd))
		err(TROUBLE, "%s", beside);
	if (renameat(dir, beside, dir, path))
		err(TROUBLE, "%s", path);
}

static unsigned long rewrite_all(int dir, FILE *list)
{
	char line[LINE_SIZE];
	unsigned long count = 0;
	for (; fgets(line, sizeof line, list); count++) {
		char *id = strtok(line, "\t");
		char *word = strtok(NULL, "\t");
		if (!word)
			errx(TROUBLE, "%s: no status behind it", line);
		rewrite(dir, id, word);
	}
	if (ferror(list))
		err(TROUBLE, "expected-desyncs.tsv");
	return count;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(TROUBLE, "usage: rewrite DIR");
	if (chdir(argv[1]))
		err(TROUBLE, "%s", argv[1]);
	FILE *list = fopen("expected-desyncs.tsv", "r");
	int dir = open(".specweave/increments", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!list || dir < 0)
		err(TROUBLE, "%s", argv[1]);
	printf("%lu files\n", rewrite_all(dir, list));
	fclose(list); /* only read from: nothing to lose */
	close(dir);
	if (fflush(stdout))
		err(TROUBLE, "standard output");
	return 0;
}

#include "git_line.h"

#include <stdlib.h>
#include <string.h>

void ds_say_git(struct ds_buf *line, const ds_repo *repo, const char *command)
{
	ds_buf_puts(line, "git ");
	if (repo->where) {
		ds_buf_puts(line, "-C ");
		ds_shell_quote(line, ds_text_of(repo->where));
		ds_buf_puts(line, " ");
	}
	ds_buf_puts(line, command);
}

/* Where the person is: a hook runs at the top, and is told where git was called. */
static bool is_at_top(const ds_repo *repo)
{
	const char *prefix = getenv("GIT_PREFIX");
	return !repo->where && !*repo->git.up && !(prefix && *prefix);
}

/* Nothing that git takes for a pattern, or for the magic that ":" begins: behind one of ours
 * every sign may be more of it. */
static bool is_plain(const char *path, bool behind_magic)
{
	static const char harmless[] =
		".0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return !strpbrk(path, "*?[\\") &&
	       (behind_magic ? strchr(harmless, *path) != NULL : *path != ':');
}

void ds_say_path(struct ds_buf *line, const ds_repo *repo, const char *path)
{
	struct ds_buf whole = {0};
	struct ds_buf magic = {0};
	bool at_top = is_at_top(repo);

	ds_buf_printf(&whole, "%s%s", repo->git.prefix, path);
	if (!whole.failed && !is_plain(whole.bytes, !at_top))
		ds_buf_puts(&magic, ":(top,literal)");
	else if (!at_top)
		ds_buf_puts(&magic, ":/");
	ds_buf_append(&magic, whole.bytes, whole.len);
	ds_buf_puts(line, " ");
	if (whole.failed || magic.failed || !ds_shell_quote(line, ds_text_of(magic.bytes)))
		line->failed = true;
	ds_buf_free(&whole);
	ds_buf_free(&magic);
}

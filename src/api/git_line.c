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

/* Nothing that git takes for a pattern, or for more of the magic that ":" begins. */
static bool is_plain(const char *path)
{
	static const char harmless[] =
		".0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return !strpbrk(path, "*?[\\") && strchr(harmless, *path);
}

void ds_say_path(struct ds_buf *line, const ds_repo *repo, const char *path)
{
	struct ds_buf whole = {0};
	struct ds_buf magic = {0};

	ds_buf_printf(&whole, "%s%s", repo->git.prefix, path);
	if (!whole.failed && !is_plain(whole.bytes))
		ds_buf_puts(&magic, ":(top,literal)");
	else if (!is_at_top(repo))
		ds_buf_puts(&magic, ":/");
	ds_buf_append(&magic, whole.bytes, whole.len);
	ds_buf_puts(line, " ");
	if (whole.failed || magic.failed || !ds_shell_quote(line, ds_text_of(magic.bytes)))
		line->failed = true;
	ds_buf_free(&whole);
	ds_buf_free(&magic);
}

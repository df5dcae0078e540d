/* What an agent has to know of closing an item. */
#include <string.h>

#include "compose.h"
#include "desync/rules.h"
#include "repo.h"

static const char before[] =
	"## Statuses\n"
	"\n"
	"The status of an item is written in more than one file. Never edit one of them by hand:\n"
	"desync changes all of them, or none. To close the item ID:\n"
	"\n"
	"```sh\n";

static const char after[] =
	"```\n"
	"\n"
	"Go on to the next line only after exit status 0. Another one is a refusal, and nothing\n"
	"was written:\n"
	"\n"
	"- 1: the files disagree, or the rule has no such step. What is printed says which, and\n"
	"  the line \"repair:\" how to settle it. Settle it first.\n"
	"- 2: something could not be found, read or judged. Say so to a person.\n"
	"- 3: the item does not have the status that was expected, or somebody else is at work\n"
	"  on it. Look at it again; do not try another `--expect` just to get through.\n"
	"- 4: an earlier change was interrupted: `desync-fix --recover`, then begin again.\n"
	"\n"
	"Do not use `--force` or `git commit --no-verify` to get past a refusal.\n";

static bool has(const struct ds_vocabulary *v, int status)
{
	return v->statuses[status].word != NULL;
}

/* The step that closes an item somebody is at work on. */
static bool find_step(const struct ds_vocabulary *v, const char **from, const char **to)
{
	for (int end = 0; has(v, end); end++)
		for (int i = 0; v->statuses[end].terminal && has(v, i); i++) {
			if (!v->statuses[i].in_progress || !ds_vocabulary_allows(v, i, end))
				continue;
			*from = v->statuses[i].word;
			*to = v->statuses[end].word;
			return true;
		}
	return false;
}

/* Quoted for a shell, and harmless on a terminal. */
static void put_word(struct ds_buf *out, const char *word)
{
	struct ds_buf quoted = {0};

	if (ds_shell_quote(&quoted, ds_text_of(word)))
		ds_escape(out, (struct ds_text){quoted.bytes, quoted.len});
	out->failed |= quoted.failed;
	ds_buf_free(&quoted);
}

static void put_step(struct ds_buf *out, const ds_repo *repo, const struct ds_rule *rule)
{
	const char *from = "OLD";
	const char *to = "NEW";

	(void)find_step(rule->vocabulary, &from, &to);
	ds_buf_printf(out, "desync-set %sID ", repo->options.len ? repo->options.bytes : "");
	put_word(out, to);
	ds_buf_puts(out, " --expect ");
	put_word(out, from);
	ds_buf_puts(out, "\n");
}

/* The first rule that has such a step, or else the first. */
static const struct ds_rule *choose(const ds_repo *repo)
{
	const char *word;

	for (size_t i = 0; repo->rules[i]; i++)
		if (find_step(repo->rules[i]->vocabulary, &word, &word))
			return repo->rules[i];
	return repo->rules[0];
}

static void put_lines(struct ds_buf *out, const ds_repo *repo)
{
	const char *where = repo->options.len ? repo->options.bytes : "";
	const struct ds_rule *rule = choose(repo);

	ds_buf_puts(out, before);
	ds_buf_printf(out, "desync-check %sID\n", where);
	put_step(out, repo, rule);
	ds_buf_printf(out, "desync-check %sID\n", where);
	for (size_t i = 0; repo->rules[i]; i++) {
		if (repo->rules[i] == rule)
			continue;
		ds_buf_puts(out, "# of ");
		ds_escape(out, ds_text_of(repo->rules[i]->name));
		ds_buf_puts(out, ": ");
		put_step(out, repo, repo->rules[i]);
	}
	ds_buf_puts(out, after);
}

int ds_agent_lines(const ds_repo *repo, ds_write_fn write, void *context, ds_error *err)
{
	struct ds_buf out = {0};

	if (!repo->rules[0])
		return ds_fail(err, DS_TROUBLE, "the configuration has no rules");
	put_lines(&out, repo);
	return ds_write_out(&out, write, context, err);
}

#include "vocabulary.h"

#include <string.h>

static bool is_word(const struct ds_vocabulary *vocabulary, struct ds_text text, const char *word)
{
	return vocabulary->any_case ? ds_text_equal_but_for_case(text, ds_text_of(word))
				    : ds_text_is(text, word);
}

/* "Superseded by *" fits what begins so and goes on. */
static bool is_alias(const struct ds_vocabulary *vocabulary, struct ds_text text, const char *alias)
{
	size_t len = strlen(alias);

	if (!len || alias[len - 1] != '*')
		return is_word(vocabulary, text, alias);
	struct ds_text wanted = {alias, len - 1};
	if (text.len < len)
		return false;
	text.len = len - 1;
	return vocabulary->any_case ? ds_text_equal_but_for_case(text, wanted)
				    : ds_text_equal(text, wanted);
}

static int find_canonical(const struct ds_vocabulary *vocabulary, struct ds_text word)
{
	for (int i = 0; vocabulary->statuses[i].word; i++)
		if (is_word(vocabulary, word, vocabulary->statuses[i].word))
			return i;
	return DS_NO_STATUS;
}

static const struct ds_status_alias *find_alias(const struct ds_vocabulary *vocabulary,
						struct ds_text word)
{
	const struct ds_status_alias *alias = vocabulary->aliases;

	while (alias && alias->word && !is_alias(vocabulary, word, alias->word))
		alias++;
	return alias && alias->word ? alias : NULL;
}

int ds_vocabulary_find(const struct ds_vocabulary *vocabulary, struct ds_text word)
{
	int status = find_canonical(vocabulary, word);
	const struct ds_status_alias *alias =
		status == DS_NO_STATUS ? find_alias(vocabulary, word) : NULL;

	return alias ? find_canonical(vocabulary, ds_text_of(alias->canonical)) : status;
}

bool ds_vocabulary_goes_on(const struct ds_vocabulary *vocabulary, struct ds_text word)
{
	const struct ds_status_alias *alias = find_canonical(vocabulary, word) == DS_NO_STATUS
						      ? find_alias(vocabulary, word)
						      : NULL;

	return alias && alias->word[strlen(alias->word) - 1] == '*';
}

const char *ds_vocabulary_nearest(const struct ds_vocabulary *vocabulary, struct ds_text word)
{
	struct ds_guess guess = ds_guess_begin(word);

	for (int i = 0; vocabulary->statuses[i].word; i++)
		ds_guess_try(&guess, vocabulary->statuses[i].word);
	const struct ds_status_alias *alias = vocabulary->aliases;
	for (; alias && alias->word; alias++)
		ds_guess_try(&guess, alias->word);
	return guess.best;
}

bool ds_vocabulary_allows(const struct ds_vocabulary *vocabulary, int from, int to)
{
	const char *next = vocabulary->statuses[from].next;
	const char *wanted = vocabulary->statuses[to].word;

	if (from == to || vocabulary->any_step)
		return true;
	while (next && *next) {
		size_t len = strcspn(next, "\n");
		if (ds_text_is((struct ds_text){next, len}, wanted))
			return true;
		next += len + (next[len] == '\n');
	}
	return false;
}

bool ds_vocabulary_has(const struct ds_vocabulary *vocabulary, int status)
{
	int count = 0;
	while (vocabulary->statuses[count].word)
		count++;
	return status >= 0 && status < count;
}

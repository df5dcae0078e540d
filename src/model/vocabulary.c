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

int ds_vocabulary_find(const struct ds_vocabulary *vocabulary, struct ds_text word)
{
	int status = find_canonical(vocabulary, word);
	const struct ds_status_alias *alias = vocabulary->aliases;
	for (; status == DS_NO_STATUS && alias && alias->word; alias++)
		if (is_alias(vocabulary, word, alias->word))
			status = find_canonical(vocabulary, ds_text_of(alias->canonical));
	return status;
}

enum { LONGEST_GUESS = 32 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be added, dropped or changed to make one of the other;
 * letter case costs nothing. */
static size_t distance(struct ds_text a, const char *b)
{
	size_t row[LONGEST_GUESS + 1];
	size_t width = strlen(b);

	if (a.len > LONGEST_GUESS || width > LONGEST_GUESS)
		return LONGEST_GUESS;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			struct ds_text letter = {a.at + i - 1, 1};
			struct ds_text other = {b + j - 1, 1};
			size_t change = diagonal + !ds_text_equal_but_for_case(letter, other);
			diagonal = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[width];
}

static void consider(const char **best, size_t *nearest, struct ds_text word, const char *candidate)
{
	size_t far = distance(word, candidate);
	/* Beyond a third of its letters it is another word. */
	if (far < *nearest && far * 3 <= strlen(candidate)) {
		*nearest = far;
		*best = candidate;
	}
}

const char *ds_vocabulary_nearest(const struct ds_vocabulary *vocabulary, struct ds_text word)
{
	const char *best = NULL;
	size_t nearest = LONGEST_GUESS;

	for (int i = 0; vocabulary->statuses[i].word; i++)
		consider(&best, &nearest, word, vocabulary->statuses[i].word);
	const struct ds_status_alias *alias = vocabulary->aliases;
	for (; alias && alias->word; alias++)
		consider(&best, &nearest, word, alias->word);
	return best;
}

bool ds_vocabulary_allows(const struct ds_vocabulary *vocabulary, int from, int to)
{
	const char *next = vocabulary->statuses[from].next;
	const char *wanted = vocabulary->statuses[to].word;

	if (from == to || vocabulary->any_step)
		return true;
	while (next && *next) {
		size_t len = strcspn(next, " ");
		if (ds_text_is((struct ds_text){next, len}, wanted))
			return true;
		next += len + strspn(next + len, " ");
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

#include "rule.h"

#include <string.h>

int ds_copy_named(const struct ds_rule *rule, const char *name)
{
	for (int i = 0; rule->copies[i].name; i++)
		if (strcmp(rule->copies[i].name, name) == 0)
			return i;
	return DS_NO_COPY;
}

bool ds_rule_has_many(const struct ds_rule *rule)
{
	for (const struct ds_copy_rule *copy = rule->copies; copy->name; copy++)
		if (copy->many)
			return true;
	return false;
}

const char *ds_copy_word(const struct ds_rule *rule, int copy, int status)
{
	const char *const *write = rule->copies[copy].write;
	return write && write[status] ? write[status] : rule->vocabulary->statuses[status].word;
}

static const struct ds_own_word *find_own(const struct ds_own_word *words, struct ds_text word)
{
	for (; words && words->text; words++)
		if (ds_text_is(word, words->text))
			return words;
	return NULL;
}

ds_status_set ds_copy_statuses(const struct ds_rule *rule, int copy, struct ds_text word,
			       int *first)
{
	const struct ds_own_word *own = find_own(rule->copies[copy].words, word);

	*first = own ? own->first : ds_vocabulary_find(rule->vocabulary, word);
	if (own)
		return own->set;
	return *first == DS_NO_STATUS ? 0 : (ds_status_set)1 << *first;
}

static bool has_blank(struct ds_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(" \t\r\n", text.at[i]))
			return true;
	return false;
}

bool ds_copy_says_more(const struct ds_rule *rule, int copy, struct ds_text word)
{
	int first;

	if (find_own(rule->copies[copy].words, word))
		return false;
	return ds_copy_statuses(rule, copy, word, &first)
		       ? ds_vocabulary_goes_on(rule->vocabulary, word)
		       : has_blank(word);
}

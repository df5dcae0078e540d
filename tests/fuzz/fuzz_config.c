/* A configuration of a hostile clone: it is refused with one line, or it is rules that the
 * rest can rely on: in order, of known readers, with patterns that stay in the root. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_keys.h"
#include "pattern.h"
#include "readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
	if (!held)
		abort();
}

static void check_path(const char *path)
{
	ds_error err;

	demand(path && ds_pattern_check(path, &err) == 0 && strncmp(path, "..", 3) != 0);
}

static void check_paths(const char *const *paths)
{
	for (; paths && *paths; paths++)
		check_path(*paths);
}

static int check_vocabulary(const struct ds_vocabulary *vocabulary)
{
	int count = 0;

	for (const struct ds_status_word *word = vocabulary->statuses; word->word;
	     word++, count++) {
		demand(*word->word && (count == 0 || word->rank >= word[-1].rank));
		demand(ds_vocabulary_find(vocabulary, ds_text_of(word->word)) == count);
	}
	for (const struct ds_status_alias *alias = vocabulary->aliases; alias && alias->word;
	     alias++)
		demand(ds_vocabulary_find(vocabulary, ds_text_of(alias->canonical)) >= 0);
	demand(count > 0 && count <= DS_STATUS_LIMIT);
	return count;
}

static void check_copy(const struct ds_rule *rule, int number, int statuses)
{
	const struct ds_copy_rule *copy = &rule->copies[number];
	ds_status_set all = statuses == DS_STATUS_LIMIT ? ~(ds_status_set)0
							: ((ds_status_set)1 << statuses) - 1;

	check_path(copy->path);
	demand(ds_reader_find(copy->read) && copy->at);
	for (const struct ds_own_word *word = copy->words; word && word->text; word++)
		demand(word->set && !(word->set & ~all) && (word->set >> word->first & 1));
	for (int status = 0; status < statuses; status++)
		demand(*ds_copy_word(rule, number, status));
	for (const struct ds_follow *follow = copy->follow; follow && follow->field; follow++)
		demand(*follow->field);
}

static void check_rule(const struct ds_rule *rule)
{
	int statuses = check_vocabulary(rule->vocabulary);
	int copies = 0;

	if (rule->items)
		check_path(rule->items);
	check_paths(rule->exclude);
	check_paths(rule->archived);
	while (rule->copies[copies].name)
		check_copy(rule, copies++, statuses);
	demand(copies > 0 && rule->authority < copies && rule->authority >= DS_PARTS);
	for (const struct ds_constraint *c = rule->constraints; c && c->copy != DS_NO_COPY; c++)
		demand(c->copy < copies && rule->copies[c->copy].fields[c->field] && c->allowed);
	for (const struct ds_rollup *r = rule->rollups; r && (r->path || r->children); r++) {
		if (r->path)
			check_path(r->path);
		demand(r->all || r->some || r->none);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_ruleset rules = {0};
	ds_error err = {0};

	if (ds_rules_parse(&rules, (struct ds_text){(const char *)data, size}, ".desync.yml", "",
			   &err)) {
		demand(strncmp(err.message, ".desync.yml:", 12) == 0);
		demand(!strchr(err.message, '\n'));
	} else {
		for (size_t i = 0; i < rules.count; i++) {
			check_rule(rules.at[i]);
			demand(i == 0 || strcmp(rules.at[i - 1]->name, rules.at[i]->name) < 0);
		}
		ds_check_together(&rules, &err);
	}
	ds_ruleset_free(&rules);
	return 0;
}

#include <string.h>

#include "config_keys.h"
#include "readers.h"

/* ---- Words --------------------------------------------------------------- */

static int take_words(const struct ds_loader *l, const struct ds_rule *rule,
		      struct ds_copy_rule *copy, const struct ds_node *mapping)
{
	struct ds_own_word *words = ds_table(l, mapping->count, sizeof *words);
	int status = words ? 0 : DS_TROUBLE;

	copy->words = words;
	for (const struct ds_node *node = mapping->first; node && !status; node = node->next) {
		struct ds_own_word word = {.origin = node->key->line};
		status = ds_check_text(l, node->key);
		if (!status)
			word.set = ds_take_set(l, rule->vocabulary, node, &word.first, &status);
		if (!status && !(word.text = ds_join(l, "", node->key->text)))
			status = DS_TROUBLE;
		if (!status)
			*words++ = word;
	}
	return status;
}

/* The first of the copy's own words that is taken for the status, else one that may be. */
static const char *own_word(const struct ds_copy_rule *copy, int status)
{
	const char *found = NULL;

	for (const struct ds_own_word *word = copy->words; word && word->text; word++) {
		if (word->first == status)
			return word->text;
		if (!found && (word->set >> status & 1))
			found = word->text;
	}
	return found;
}

static int take_written(const struct ds_loader *l, struct ds_rule *rule, int copy,
			const char **write, const struct ds_node *mapping)
{
	int status = 0;

	for (const struct ds_node *node = mapping->first; node && !status; node = node->next) {
		int first;
		int meant = ds_take_status(l, rule->vocabulary, node->key, &status);
		if (!status)
			status = ds_check_text(l, node);
		if (status)
			break;
		struct ds_text word = ds_text_of(node->text);
		if (!(ds_copy_statuses(rule, copy, word, &first) >> meant & 1))
			return ds_node_fail(l, node,
					    "%s: would not be read as %s: name it in words, or as "
					    "an alias",
					    node->text, node->key->text);
		write[meant] = ds_join(l, "", node->text);
		if (!write[meant])
			status = DS_TROUBLE;
	}
	return status;
}

/* Nor may a word that is written because nobody named another. */
static int check_words(const struct ds_loader *l, const struct ds_rule *rule, int number,
		       const struct ds_node *mapping)
{
	const struct ds_own_word *own = rule->copies[number].words;
	const struct ds_status_word *statuses = rule->vocabulary->statuses;

	for (const struct ds_node *node = mapping->first; node; node = node->next, own++)
		for (int i = 0; statuses[i].word; i++)
			if (!(own->set >> i & 1) &&
			    strcmp(ds_copy_word(rule, number, i), own->text) == 0)
				return ds_node_fail(
					l, node->key,
					"%s: would not be read as %s: say in write what "
					"stands for that",
					own->text, statuses[i].word);
	return 0;
}

static int take_write(const struct ds_loader *l, struct ds_rule *rule, int number,
		      const struct ds_node *words, const struct ds_node *mapping)
{
	struct ds_copy_rule *copy = &rule->copies[number];

	if (!copy->words && !mapping)
		return 0;
	const char **write = ds_table(l, DS_STATUS_LIMIT, sizeof *write);
	if (!write)
		return DS_TROUBLE;
	copy->write = write;
	for (int i = 0; rule->vocabulary->statuses[i].word; i++)
		write[i] = own_word(copy, i);
	int status = mapping ? take_written(l, rule, number, write, mapping) : 0;
	if (!status && words && copy->from == DS_FROM_SOURCE && ds_reader_find(copy->read)->edit)
		status = check_words(l, rule, number, words);
	return status;
}

static bool is_box(const char *word)
{
	return *word == '[';
}

/* Where no word is a box, every one of them is unknown. */
static bool knows_boxes(const struct ds_rule *rule, const struct ds_copy_rule *copy)
{
	const struct ds_vocabulary *vocabulary = rule->vocabulary;
	bool found = false;

	for (const struct ds_own_word *own = copy->words; own && own->text; own++)
		found |= is_box(own->text);
	for (const struct ds_status_alias *a = vocabulary->aliases; a && a->word; a++)
		found |= is_box(a->word);
	for (const struct ds_status_word *s = vocabulary->statuses; s->word; s++)
		found |= is_box(s->word);
	return found;
}

/* ---- Fields that follow --------------------------------------------------- */

/* The location of a field beside a copy's status. */
static const char *take_field(const struct ds_loader *l, const struct ds_copy_rule *copy,
			      const char *field, int *status)
{
	const struct ds_reader *reader = ds_reader_find(copy->read);
	struct ds_buf location = {0};

	if (reader->beside)
		reader->beside(&location, copy->at, field);
	else
		ds_buf_puts(&location, field);
	const char *found = location.failed ? NULL : ds_join(l, "", location.bytes);
	if (!found)
		*status = ds_fail_memory(l->err);
	ds_buf_free(&location);
	return found;
}

static int take_follow_entry(const struct ds_loader *l, const struct ds_rule *rule,
			     const struct ds_copy_rule *copy, struct ds_follow *follow,
			     const struct ds_node *node)
{
	const struct ds_node *values[DS_KEYS_MOST];
	int status = ds_take_keys(l, node, DS_SHAPE_FOLLOW, values);

	if (status)
		return status;
	follow->what =
		ds_node_is(values[FOLLOW_WRITE], "reason") ? DS_FOLLOW_REASON : DS_FOLLOW_NOW;
	follow->with_reason = values[FOLLOW_WITH] || follow->what == DS_FOLLOW_REASON;
	if (values[FOLLOW_WHEN]) {
		int when = ds_take_status(l, rule->vocabulary, values[FOLLOW_WHEN], &status);
		if (!status)
			follow->when = rule->vocabulary->statuses[when].word;
	}
	if (!status)
		follow->field = take_field(l, copy, values[FOLLOW_FIELD]->text, &status);
	return status;
}

static int take_follow(const struct ds_loader *l, const struct ds_rule *rule,
		       struct ds_copy_rule *copy, const struct ds_node *list)
{
	struct ds_follow *follow = ds_table(l, list->count, sizeof *follow);
	int status = follow ? 0 : DS_TROUBLE;

	if (list->count && !ds_reader_find(copy->read)->insert)
		return ds_node_fail(l, list, "follow: nothing can be written beside what %s reads",
				    copy->read);
	copy->follow = follow;
	for (const struct ds_node *node = list->first; node && !status; node = node->next)
		status = take_follow_entry(l, rule, copy, follow++, node);
	return status;
}

/* ---- Where it is ---------------------------------------------------------- */

static const char *reader_name(const void *unused, size_t i)
{
	(void)unused;
	return ds_reader_name(i);
}

/* One location, or a list of them: the reader takes the first that is there. */
static int take_at(const struct ds_loader *l, struct ds_copy_rule *copy, const struct ds_node *node)
{
	struct ds_buf joined = {0};
	int status = 0;

	if (!node || node->kind != DS_NODE_LIST) {
		status = node ? ds_check_text(l, node) : 0;
		if (!status && !(copy->at = ds_join(l, "", node ? node->text : "")))
			status = DS_TROUBLE;
		return status;
	}
	for (const struct ds_node *entry = node->first; entry && !status; entry = entry->next) {
		status = ds_check_text(l, entry);
		if (!status)
			ds_buf_printf(&joined, "%s%s", joined.len ? " | " : "", entry->text);
	}
	if (!status && !joined.len)
		status = joined.failed ? ds_fail_memory(l->err)
				       : ds_kind_fail(l, node, "at least one location");
	if (!status && !(copy->at = ds_join(l, "", joined.bytes)))
		status = DS_TROUBLE;
	ds_buf_free(&joined);
	return status;
}

static int take_reader(const struct ds_loader *l, const struct ds_rule *rule,
		       struct ds_copy_rule *copy, const struct ds_node *values[DS_KEYS_MOST])
{
	const struct ds_reader *reader = ds_reader_find(values[COPY_READ]->text);
	const struct ds_node *at = values[COPY_AT] ? values[COPY_AT] : values[COPY_READ];
	ds_error why = {0};

	if (!reader)
		return ds_word_fail(l, values[COPY_READ], "reader", reader_name, NULL);
	copy->read = reader->name;
	int status = take_at(l, copy, values[COPY_AT]);
	if (status)
		return status;
	if (values[COPY_ID] && !reader->records)
		return ds_node_fail(l, values[COPY_ID], "id: %s reads one status, no records",
				    reader->name);
	if (values[COPY_ID] && !(copy->id = ds_join(l, "", values[COPY_ID]->text)))
		return DS_TROUBLE;
	struct ds_spec spec = {copy->at, copy->id};
	if (reader->check && reader->check(&spec, &copy->many, &why))
		return ds_node_fail(l, at, "%s", why.message);
	if (reader->in_path && !ds_has_capture(rule->items, ds_text_of(copy->at)))
		return ds_node_fail(l, at, "%s: no such capture in items", copy->at);
	return 0;
}

/* ---- The copies ---------------------------------------------------------- */

static int take_name(const struct ds_loader *l, const struct ds_rule *rule,
		     struct ds_copy_rule *copy, const struct ds_node *node)
{
	static const char *const reserved[] = {"ahead", "report", "parts"};

	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (ds_node_is(node, reserved[i]))
			return ds_node_fail(l, node, "%s: is a word of authority, and no name",
					    node->text);
	if (strchr(node->text, '/') || strlen(node->text) > 64)
		return ds_node_fail(l, node, "%s: a name has no / and at most 64 bytes",
				    node->text);
	int before = ds_copy_named(rule, node->text);
	if (before != DS_NO_COPY)
		return ds_node_fail(l, node, "%s: there already, in line %zu", node->text,
				    rule->copies[before].origin);
	copy->name = ds_join(l, "", node->text);
	return copy->name ? 0 : DS_TROUBLE;
}

static int take_copy(const struct ds_loader *l, struct ds_rule *rule, int number,
		     const struct ds_node *node, enum ds_gap gap)
{
	const struct ds_node *values[DS_KEYS_MOST];
	struct ds_copy_rule *copy = &rule->copies[number];
	int status = ds_take_keys(l, node, DS_SHAPE_COPY, values);

	if (status)
		return status;
	copy->origin = node->line;
	copy->from = values[COPY_FROM] ? DS_FROM_HEAD : DS_FROM_SOURCE;
	copy->gap = !values[COPY_MISSING]                        ? gap
		    : ds_node_is(values[COPY_MISSING], "ignore") ? DS_GAP_IGNORED
								 : DS_GAP_REPORTED;
	status = take_name(l, rule, copy, values[COPY_NAME]);
	if (!status)
		status = take_reader(l, rule, copy, values);
	if (!status)
		status = copy->many ? ds_take_wide_path(l, rule, values[COPY_PATH], &copy->path)
				    : ds_take_item_path(l, rule, values[COPY_PATH],
							ds_reader_find(copy->read)->in_path,
							&copy->path);
	if (!status && values[COPY_WORDS])
		status = take_words(l, rule, copy, values[COPY_WORDS]);
	if (!status)
		status = take_write(l, rule, number, values[COPY_WORDS], values[COPY_WRITE]);
	if (!status && strcmp(copy->read, "checkbox") == 0 && !knows_boxes(rule, copy))
		status = ds_node_fail(l, values[COPY_READ],
				      "checkbox: no box is a word of the rule: say in words what "
				      "\"[ ]\" and \"[x]\" stand for");
	if (!status && values[COPY_FOLLOW])
		status = take_follow(l, rule, copy, values[COPY_FOLLOW]);
	return status;
}

int ds_take_copies(const struct ds_loader *l, struct ds_rule *rule, const struct ds_node *copies,
		   enum ds_gap gap)
{
	int status = copies->count ? 0 : ds_kind_fail(l, copies, "at least one copy");
	int number = 0;

	for (const struct ds_node *node = copies->first; node && !status; node = node->next) {
		if (number == DS_COPY_LIMIT)
			return ds_node_fail(l, node, "more than %d copies in one rule",
					    DS_COPY_LIMIT);
		status = take_copy(l, rule, number++, node, gap);
	}
	return status;
}

static const char *copy_name(const void *rule, size_t i)
{
	return ((const struct ds_rule *)rule)->copies[i].name;
}

int ds_take_copy_name(const struct ds_loader *l, const struct ds_rule *rule,
		      const struct ds_node *node, int *copy)
{
	*copy = ds_copy_named(rule, node->text);
	return *copy == DS_NO_COPY ? ds_word_fail(l, node, "copy", copy_name, rule) : 0;
}

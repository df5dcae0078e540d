#include <string.h>

#include "pattern.h"
#include "rules.h"
#include "text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* The leading digits without their zeros; `0000` is `0`. */
static struct ds_text number_of(const char *text)
{
	size_t len = digits(text);
	while (len > 1 && *text == '0') {
		text++;
		len--;
	}
	return (struct ds_text){text, len};
}

/* As in 2.1, which is another number than 2. */
static bool is_point(struct ds_text id, size_t at)
{
	return id.at[at] == '.' && at + 1 < id.len && is_digit(id.at[at + 1]);
}

struct ds_text ds_id_key(const struct ds_rule *rule, struct ds_text id)
{
	size_t from = 0;
	size_t to;

	while (rule->by_number && from < id.len && !is_digit(id.at[from]))
		from++;
	if (!rule->by_number || from == id.len)
		return id;
	for (to = from; to < id.len && (is_digit(id.at[to]) || is_point(id, to));)
		to++;
	while (to - from > 1 && id.at[from] == '0' && is_digit(id.at[from + 1]))
		from++;
	return (struct ds_text){id.at + from, to - from};
}

enum ds_id_fit ds_id_fit(const char *id, const char *given)
{
	size_t len = strlen(given);

	if (strcmp(id, given) == 0)
		return DS_ID_FULL;
	if (!len)
		return DS_ID_OTHER;
	/* Digits alone are a number and never a prefix: 4 is not 47. */
	if (digits(given) == len)
		return digits(id) && ds_text_equal(number_of(id), number_of(given)) ? DS_ID_NUMBER
										    : DS_ID_OTHER;
	return strncmp(id, given, len) == 0 ? DS_ID_PREFIX : DS_ID_OTHER;
}

bool ds_id_is_sound(const char *given)
{
	if (!*given || strstr(given, "..") || strchr(given, '/'))
		return false;
	for (; *given; given++)
		if ((unsigned char)*given < 0x20 || *given == 0x7f)
			return false;
	return true;
}

enum ds_rule_fit ds_rule_fit(const struct ds_rule *rule, struct ds_text name)
{
	const char *slash = strrchr(rule->name, '/');

	if (ds_text_is(name, rule->name))
		return DS_RULE_FULL;
	return ds_text_is(name, slash ? slash + 1 : rule->name) ? DS_RULE_BARE : DS_RULE_OTHER;
}

bool ds_id_is_ignored(const struct ds_rule *rule, struct ds_text id)
{
	for (const char *const *ignore = rule->ignore; ignore && *ignore; ignore++)
		if (ds_pattern_match(*ignore, id, NULL))
			return true;
	return false;
}

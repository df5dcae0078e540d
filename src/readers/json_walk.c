#include "json_walk.h"

#include <string.h>

static void drop(struct ds_text *text, size_t len)
{
	text->at += len;
	text->len -= len;
}

static struct ds_text take(struct ds_text *text, size_t len)
{
	struct ds_text taken = {text->at, len};
	drop(text, len);
	return taken;
}

/* Blanks, and what stands between values. */
static void skip_between(struct ds_text *text)
{
	while (text->len && strchr(" \t\r\n,:", *text->at))
		drop(text, 1);
}

static size_t string_len(struct ds_text text)
{
	size_t len = 1;
	while (text.at[len] != '"')
		len += text.at[len] == '\\' ? 2 : 1;
	return len + 1;
}

/* Brackets are balanced, and of one kind where they meet: counting them is enough. */
static size_t value_len(struct ds_text text)
{
	size_t depth = 0;
	size_t len = 0;

	while (len < text.len) {
		char c = text.at[len];
		if (!depth && len && strchr(" \t\r\n,:]}", c))
			break;
		depth += c == '[' || c == '{';
		depth -= c == ']' || c == '}';
		len += c == '"' ? string_len((struct ds_text){text.at + len, text.len - len}) : 1;
		if (!depth && strchr("\"]}", c))
			break;
	}
	return len;
}

struct ds_text ds_json_root(struct ds_text document)
{
	if (document.len >= 3 && memcmp(document.at, "\xef\xbb\xbf", 3) == 0)
		drop(&document, 3);
	skip_between(&document);
	return take(&document, value_len(document));
}

struct ds_text ds_json_inside(struct ds_text value)
{
	return (struct ds_text){value.at + 1, value.len - 2};
}

bool ds_json_next(struct ds_text *rest, struct ds_text *key, struct ds_text *value)
{
	*key = (struct ds_text){rest->at, 0};
	skip_between(rest);
	if (!rest->len)
		return false;
	*value = take(rest, value_len(*rest));
	if (rest->len && *value->at == '"') {
		struct ds_text behind = *rest;
		while (behind.len && strchr(" \t\r\n", *behind.at))
			drop(&behind, 1);
		if (behind.len && *behind.at == ':') {
			*key = ds_json_inside(*value);
			*rest = behind;
			skip_between(rest);
			*value = take(rest, value_len(*rest));
		}
	}
	return true;
}

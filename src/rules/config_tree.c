#include "config_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "config.h"
#include "yaml_events.h"

/* Where libyaml is: it counts characters, and takes more for the end of a line than we do.
 * Events come in the order of the bytes, so the way there is walked once. */
struct place {
	size_t index; /* in characters */
	size_t at;    /* in bytes */
	size_t line;
	size_t begin; /* of the line, in bytes */
};

struct tree {
	yaml_parser_t parser;
	yaml_event_t event; /* the one at hand */
	struct ds_text bytes;
	struct place place;
	const char *file;
	struct ds_arena *arena;
	ds_error *err;
};

int ds_config_fail_at(ds_error *err, const char *file, size_t line, size_t column,
		      const char *format, ...)
{
	char what[sizeof err->message];
	struct ds_buf shown = {0};
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	ds_escape(&shown, ds_text_of(file));
	if (line)
		ds_buf_printf(&shown, ":%zu", line);
	if (column)
		ds_buf_printf(&shown, ":%zu", column);
	ds_buf_puts(&shown, ": ");
	ds_escape(&shown, ds_text_of(what));
	int status =
		shown.failed ? ds_fail_memory(err) : ds_fail(err, DS_TROUBLE, "%s", shown.bytes);
	ds_buf_free(&shown);
	return status;
}

/* ---- Places -------------------------------------------------------------- */

static bool is_continued(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

static void step(struct tree *t)
{
	struct place *place = &t->place;

	if (t->bytes.at[place->at++] == '\n') {
		place->line++;
		place->begin = place->at;
	}
	while (place->at < t->bytes.len && is_continued((unsigned char)t->bytes.at[place->at]))
		place->at++;
	place->index++;
}

static void go_to(struct tree *t, size_t index)
{
	if (index < t->place.index)
		t->place = (struct place){.line = 1};
	while (t->place.index < index && t->place.at < t->bytes.len)
		step(t);
}

static int fail_at(struct tree *t, size_t index, const char *why)
{
	go_to(t, index);
	return ds_config_fail_at(t->err, t->file, t->place.line, t->place.at - t->place.begin + 1,
				 "%s", why);
}

static int fail(struct tree *t, const char *why)
{
	return fail_at(t, t->event.start_mark.index, why);
}

static int fail_parser(struct tree *t)
{
	const yaml_parser_t *parser = &t->parser;
	bool before = parser->context && parser->context_mark.line < parser->problem_mark.line;

	if (parser->error == YAML_MEMORY_ERROR)
		return ds_fail_memory(t->err);
	if (parser->error == YAML_READER_ERROR) {
		t->place = (struct place){.line = 1};
		while (t->place.at < parser->problem_offset && t->place.at < t->bytes.len)
			step(t);
		return fail_at(t, t->place.index, parser->problem);
	}
	go_to(t, parser->problem_mark.index);
	const char *hint = ds_yaml_hint(t->bytes, t->place.at);
	/* Where it gave up lines later, what it was in the middle of tells more. */
	if (before && !*hint) {
		go_to(t, parser->context_mark.index);
		hint = ds_yaml_hint(t->bytes, t->place.at);
	}
	return ds_config_fail_at(t->err, t->file, t->place.line, t->place.at - t->place.begin + 1,
				 "%s%s", parser->problem ? parser->problem : "not YAML", hint);
}

/* ---- Nodes --------------------------------------------------------------- */

static int advance(struct tree *t)
{
	yaml_event_delete(&t->event);
	if (yaml_parser_parse(&t->parser, &t->event))
		return 0;
	memset(&t->event, 0, sizeof t->event);
	return fail_parser(t);
}

/* What would make something else of a node than what stands there. */
static const char *oddity(const yaml_event_t *event)
{
	const void *anchor = NULL;
	const void *tag = NULL;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		return "no aliases here: say it again in full";
	}
	return anchor ? "no anchors here: say it again in full where it is needed"
	       : tag  ? "no tags here: what is written is a text"
		      : NULL;
}

static bool is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = {"~", "null", "Null", "NULL"};

	for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
		if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		    strcmp((const char *)event->data.scalar.value, nulls[i]) == 0)
			return true;
	return false;
}

static int take_scalar(struct tree *t, struct ds_node *node)
{
	const char *text = (const char *)t->event.data.scalar.value;
	size_t len = is_null(&t->event) ? 0 : t->event.data.scalar.length;

	if (memchr(text, '\0', len))
		return fail(t, "a NUL byte is no text");
	node->text = ds_arena_copy(t->arena, text, len);
	return node->text ? advance(t) : ds_fail_memory(t->err);
}

static int take_node(struct tree *t, struct ds_node **out, int depth);

static int refuse_twice(struct tree *t, const struct ds_node *mapping, const struct ds_node *key)
{
	for (const struct ds_node *node = mapping->first; node; node = node->next)
		if (strcmp(node->key->text, key->text) == 0)
			return ds_config_fail_at(t->err, t->file, key->line, key->column,
						 "%s: there already, in line %zu", key->text,
						 node->key->line);
	return 0;
}

static int take_key(struct tree *t, const struct ds_node *mapping, struct ds_node **key)
{
	if (t->event.type == YAML_SCALAR_EVENT &&
	    t->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    strcmp((const char *)t->event.data.scalar.value, "<<") == 0)
		return fail(t, "no merge keys here: say it again in full");
	if (t->event.type == YAML_MAPPING_START_EVENT || t->event.type == YAML_SEQUENCE_START_EVENT)
		return fail(t, "a key is a text");
	int status = take_node(t, key, DS_CONFIG_DEPTH);
	return status ? status : refuse_twice(t, mapping, *key);
}

static int take_children(struct tree *t, struct ds_node *node, yaml_event_type_t end, int depth)
{
	const struct ds_node **link = &node->first;
	int status = advance(t);

	while (!status && t->event.type != end) {
		struct ds_node *key = NULL;
		struct ds_node *child = NULL;
		bool mapping = node->kind == DS_NODE_MAPPING;
		if (node->count == DS_CONFIG_KEYS)
			return fail(t, mapping ? "more than 512 keys in one mapping"
					       : "more than 512 entries in one list");
		if (mapping)
			status = take_key(t, node, &key);
		if (!status)
			status = take_node(t, &child, depth + 1);
		if (!status && child) {
			child->key = key;
			*link = child;
			link = &child->next;
			node->count++;
		}
	}
	return status ? status : advance(t);
}

/* The node that the event at hand begins; the event behind it is at hand then. */
static int take_node(struct tree *t, struct ds_node **out, int depth)
{
	const char *odd = oddity(&t->event);
	struct ds_node *node = odd ? NULL : ds_arena_alloc(t->arena, sizeof *node);

	if (odd)
		return fail(t, odd);
	if (!node)
		return ds_fail_memory(t->err);
	go_to(t, t->event.start_mark.index);
	node->line = t->place.line;
	node->column = t->place.at - t->place.begin + 1;
	*out = node;
	if (t->event.type == YAML_SCALAR_EVENT)
		return take_scalar(t, node);
	if (depth == DS_CONFIG_DEPTH)
		return fail(t, "nested deeper than 16 levels");
	bool mapping = t->event.type == YAML_MAPPING_START_EVENT;
	node->kind = mapping ? DS_NODE_MAPPING : DS_NODE_LIST;
	return take_children(t, node, mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT,
			     depth);
}

static int take_empty(struct tree *t, struct ds_node **out)
{
	*out = ds_arena_alloc(t->arena, sizeof **out);
	if (!*out)
		return ds_fail_memory(t->err);
	**out = (struct ds_node){.kind = DS_NODE_MAPPING, .line = 1, .column = 1};
	return 0;
}

static int take_stream(struct tree *t, struct ds_node **out)
{
	int status = advance(t);

	if (!status)
		status = advance(t);
	if (!status && t->event.type == YAML_STREAM_END_EVENT)
		return take_empty(t, out);
	if (!status)
		status = advance(t);
	if (!status)
		status = take_node(t, out, 0);
	if (!status)
		status = advance(t);
	if (!status && t->event.type != YAML_STREAM_END_EVENT)
		status = fail(t, "a second document begins: a configuration is one");
	return status;
}

/* ---- The file ------------------------------------------------------------ */

/* Before libyaml sees it: what it would take for something else, or say without a place. */
static int check_bytes(struct tree *t)
{
	struct ds_text *bytes = &t->bytes;

	if (bytes->len > DS_CONFIG_LIMIT)
		return ds_config_fail_at(t->err, t->file, 0, 0,
					 "larger than 256 KiB: no configuration is");
	if (bytes->len >= 3 && memcmp(bytes->at, "\xef\xbb\xbf", 3) == 0)
		*bytes = (struct ds_text){bytes->at + 3, bytes->len - 3};
	while (t->place.at < bytes->len) {
		struct ds_text left = {bytes->at + t->place.at, bytes->len - t->place.at};
		if (!*left.at || !ds_utf8_next(left, NULL))
			return fail_at(t, t->place.index,
				       *left.at ? "not UTF-8" : "a NUL byte is no text");
		step(t);
	}
	t->place = (struct place){.line = 1};
	return 0;
}

int ds_config_tree(const struct ds_node **root, struct ds_text bytes, const char *file,
		   struct ds_arena *arena, ds_error *err)
{
	struct tree t = {.bytes = bytes, .place.line = 1, .file = file, .arena = arena, .err = err};
	struct ds_node *node = NULL;

	*root = NULL;
	int status = check_bytes(&t);
	if (status)
		return status;
	if (!yaml_parser_initialize(&t.parser))
		return ds_fail_memory(err);
	yaml_parser_set_encoding(&t.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&t.parser, (const unsigned char *)(t.bytes.at ? t.bytes.at : ""), t.bytes.len);
	status = take_stream(&t, &node);
	yaml_event_delete(&t.event);
	yaml_parser_delete(&t.parser);
	*root = status ? NULL : node;
	return status;
}

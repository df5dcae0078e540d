#include "yaml_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "keypath.h"

/* As in json_scan.c: how many keys lead here, or OFF beside the path. */
enum { OFF = -1 };

struct scan {
	yaml_parser_t parser;
	yaml_event_t event; /* the one at hand; replaced by advance() */
	struct ds_text slice;
	const char *path;
	int path_len;
	struct ds_arena *scratch;
	struct ds_yaml_found *found;
	struct ds_yaml_error *error;
};

static bool scan_node(struct scan *s, int depth, int level);

/* Where the character with this number begins. */
static size_t byte_offset(struct ds_text slice, size_t index)
{
	size_t at = 0;
	while (index && at < slice.len) {
		at++;
		while (at < slice.len && ((unsigned char)slice.at[at] & 0xc0) == 0x80)
			at++;
		index--;
	}
	return at;
}

static size_t here(const struct scan *s)
{
	return byte_offset(s->slice, s->event.start_mark.index);
}

static bool fail(struct scan *s, size_t at, const char *why)
{
	s->error->at = at;
	snprintf(s->error->why, sizeof s->error->why, "%s", why);
	return false;
}

static bool fail_memory(struct scan *s)
{
	return fail(s, SIZE_MAX, "out of memory");
}

static bool advance(struct scan *s)
{
	yaml_event_delete(&s->event);
	if (yaml_parser_parse(&s->parser, &s->event))
		return true;
	memset(&s->event, 0, sizeof s->event);
	if (s->parser.error == YAML_MEMORY_ERROR)
		return fail_memory(s);
	/* Where it gave up lines later, what it was in the middle of tells more. */
	if (s->parser.error == YAML_SCANNER_ERROR && s->parser.context &&
	    s->parser.context_mark.line < s->parser.problem_mark.line)
		return fail(s, byte_offset(s->slice, s->parser.context_mark.index),
			    s->parser.problem);
	size_t at = s->parser.error == YAML_READER_ERROR
			    ? s->parser.problem_offset
			    : byte_offset(s->slice, s->parser.problem_mark.index);
	return fail(s, at < s->slice.len ? at : s->slice.len,
		    s->parser.problem ? s->parser.problem : "it does not say what is wrong");
}

/* Only the first counts; where that is takes a walk over the slice. */
static void note(const struct scan *s, size_t *where)
{
	if (*where == SIZE_MAX)
		*where = here(s);
}

/* ---- What a node says about itself -------------------------------------- */

static const char *anchor_of(const yaml_event_t *event)
{
	const yaml_char_t *anchor =
		event->type == YAML_SCALAR_EVENT           ? event->data.scalar.anchor
		: event->type == YAML_MAPPING_START_EVENT  ? event->data.mapping_start.anchor
		: event->type == YAML_SEQUENCE_START_EVENT ? event->data.sequence_start.anchor
							   : NULL;
	return (const char *)anchor;
}

/* A tag may make something else of a scalar, unless it says that it is text. */
static bool has_odd_tag(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	return tag && strcmp(tag, "!") != 0 && strcmp(tag, YAML_STR_TAG) != 0;
}

static bool is_indirect(const yaml_event_t *event)
{
	return event->type == YAML_ALIAS_EVENT || anchor_of(event) ||
	       (event->type == YAML_SCALAR_EVENT && has_odd_tag(event));
}

static struct ds_text scalar_text(const yaml_event_t *event)
{
	return (struct ds_text){(const char *)event->data.scalar.value, event->data.scalar.length};
}

static bool is_plain(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT &&
	       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	for (size_t i = 0; is_plain(event) && i < sizeof nulls / sizeof *nulls; i++)
		if (ds_text_is(scalar_text(event), nulls[i]))
			return true;
	return false;
}

/* ---- The value ---------------------------------------------------------- */

/* libyaml's marks of a tagged scalar include the tag. */
static size_t skip_tag(const struct scan *s, size_t at, size_t end)
{
	if (!s->event.data.scalar.tag || s->slice.at[at] != '!')
		return at;
	while (at < end && !strchr(" \t\r\n", s->slice.at[at]))
		at++;
	while (at < end && strchr(" \t\r\n", s->slice.at[at]))
		at++;
	return at;
}

static bool take_scalar(struct scan *s)
{
	struct ds_yaml_found *found = s->found;
	yaml_scalar_style_t style = s->event.data.scalar.style;
	size_t end = byte_offset(s->slice, s->event.end_mark.index);
	size_t start = skip_tag(s, here(s), end);
	struct ds_text text = scalar_text(&s->event);

	found->type = is_null(&s->event) ? DS_YAML_NULL : DS_YAML_SCALAR;
	found->text.at = ds_arena_copy(s->scratch, text.at, text.len);
	found->text.len = text.len;
	if (!found->text.at)
		return fail_memory(s);
	bool quoted = style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		      style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if (quoted && end - start >= 2) {
		start++;
		end--;
	}
	found->block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
	found->start = start;
	found->end = end;
	return true;
}

/* ---- Walking ------------------------------------------------------------ */

/* Walks what lies beside the path; the event at hand begins it. */
static bool skip_node(struct scan *s, int depth)
{
	return scan_node(s, depth, OFF);
}

/* The level of the value behind the key at hand. */
static int level_behind(struct scan *s, int level, bool *had)
{
	if (level == OFF)
		return OFF;
	if (s->event.type == YAML_ALIAS_EVENT) {
		note(s, &s->found->indirect);
		return OFF;
	}
	if (s->event.type != YAML_SCALAR_EVENT)
		return OFF;
	struct ds_text key = scalar_text(&s->event);
	if (is_plain(&s->event) && ds_text_is(key, "<<")) {
		note(s, &s->found->merge);
		return OFF;
	}
	enum ds_key_match match = ds_key_match(key, ds_keypath_key(s->path, level));
	if (match == DS_KEY_OTHER)
		return OFF;
	if (is_indirect(&s->event))
		note(s, &s->found->indirect);
	if (match == DS_KEY_VARIANT) {
		note(s, &s->found->variant);
		return OFF;
	}
	if (*had) {
		note(s, &s->found->twice);
		return OFF;
	}
	*had = true;
	return level + 1;
}

static bool scan_mapping(struct scan *s, int depth, int level)
{
	bool had = false;

	if (!advance(s))
		return false;
	while (s->event.type != YAML_MAPPING_END_EVENT) {
		int behind = level_behind(s, level, &had);
		if (!skip_node(s, depth + 1))
			return false;
		if (!scan_node(s, depth + 1, behind))
			return false;
	}
	return true;
}

static bool scan_sequence(struct scan *s, int depth)
{
	if (!advance(s))
		return false;
	while (s->event.type != YAML_SEQUENCE_END_EVENT)
		if (!skip_node(s, depth + 1))
			return false;
	return true;
}

static bool is_collection(const yaml_event_t *event)
{
	return event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
}

/* Notes what the node at hand means for the way, before it is walked. */
static bool look_at(struct scan *s, int level)
{
	if (level == OFF)
		return true;
	if (is_indirect(&s->event)) {
		note(s, &s->found->indirect);
		return true;
	}
	if (level < s->path_len) {
		bool nothing = is_null(&s->event);
		if (s->event.type != YAML_MAPPING_START_EVENT && !nothing)
			note(s, &s->found->blocked);
		return true;
	}
	if (s->event.type == YAML_SCALAR_EVENT)
		return take_scalar(s);
	s->found->type = DS_YAML_COLLECTION;
	s->found->start = here(s);
	return true;
}

/* Walks the node that the event at hand begins, and takes the event behind it. */
static bool scan_node(struct scan *s, int depth, int level)
{
	bool target = level == s->path_len && is_collection(&s->event);

	if (depth >= DS_YAML_DEPTH && is_collection(&s->event))
		return fail(s, here(s), "nested deeper than 64 levels");
	if (!look_at(s, level))
		return false;
	if (s->event.type == YAML_MAPPING_START_EVENT) {
		if (!scan_mapping(s, depth, level == s->path_len ? OFF : level))
			return false;
	} else if (s->event.type == YAML_SEQUENCE_START_EVENT) {
		if (!scan_sequence(s, depth))
			return false;
	}
	if (target)
		s->found->end = byte_offset(s->slice, s->event.end_mark.index);
	return advance(s);
}

static bool scan_stream(struct scan *s)
{
	/* The stream's own beginning. */
	if (!advance(s) || !advance(s))
		return false;
	if (s->event.type == YAML_STREAM_END_EVENT)
		return true;
	if (!advance(s) || !scan_node(s, 0, 0))
		return false;
	/* The end of the document is at hand. */
	if (!advance(s))
		return false;
	return s->event.type == YAML_STREAM_END_EVENT ||
	       fail(s, here(s), "a second document begins");
}

bool ds_yaml_scan(struct ds_yaml_found *found, struct ds_text slice, const char *path,
		  struct ds_arena *scratch, struct ds_yaml_error *error)
{
	struct scan s = {
		.slice = slice,
		.path = path,
		.path_len = ds_keypath_len(path),
		.scratch = scratch,
		.found = found,
		.error = error,
	};

	*found = (struct ds_yaml_found){.twice = SIZE_MAX,
					.variant = SIZE_MAX,
					.indirect = SIZE_MAX,
					.merge = SIZE_MAX,
					.blocked = SIZE_MAX};
	if (!yaml_parser_initialize(&s.parser))
		return fail_memory(&s);
	/* Said, not guessed: two bytes of a hostile file must not make it UTF-16. */
	yaml_parser_set_encoding(&s.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&s.parser, (const unsigned char *)slice.at, slice.len);
	bool well = scan_stream(&s);
	yaml_event_delete(&s.event);
	yaml_parser_delete(&s.parser);
	return well;
}

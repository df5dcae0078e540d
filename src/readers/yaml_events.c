#include "yaml_events.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- Places ------------------------------------------------------------- */

static bool goes_on(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Where the character with this number begins, counted from the last one asked for: marks
 * do not go back. */
static size_t byte_offset(struct ds_yaml_events *s, size_t index)
{
	struct ds_text slice = s->slice;

	for (; s->index < index && s->offset < slice.len; s->index++)
		for (s->offset++; s->offset < slice.len && goes_on(slice.at[s->offset]);)
			s->offset++;
	return s->offset;
}

size_t ds_yaml_here(struct ds_yaml_events *s)
{
	return byte_offset(s, s->event.start_mark.index);
}

size_t ds_yaml_behind(struct ds_yaml_events *s)
{
	return byte_offset(s, s->end);
}

static bool fail(struct ds_yaml_events *s, size_t at, const char *why)
{
	s->error->at = at;
	snprintf(s->error->why, sizeof s->error->why, "%s", why);
	return false;
}

bool ds_yaml_fail_memory(struct ds_yaml_events *s)
{
	return fail(s, SIZE_MAX, "out of memory");
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

bool ds_yaml_is_indirect(const yaml_event_t *event)
{
	return event->type == YAML_ALIAS_EVENT || anchor_of(event) ||
	       (event->type == YAML_SCALAR_EVENT && has_odd_tag(event));
}

struct ds_text ds_yaml_scalar(const yaml_event_t *event)
{
	return (struct ds_text){(const char *)event->data.scalar.value, event->data.scalar.length};
}

static bool is_plain(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT &&
	       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool ds_yaml_is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	for (size_t i = 0; is_plain(event) && i < sizeof nulls / sizeof *nulls; i++)
		if (ds_text_is(ds_yaml_scalar(event), nulls[i]))
			return true;
	return false;
}

bool ds_yaml_is_merge(const yaml_event_t *event)
{
	return is_plain(event) && ds_text_is(ds_yaml_scalar(event), "<<");
}

static bool is_collection(const yaml_event_t *event)
{
	return event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
}

/* ---- The stream --------------------------------------------------------- */

size_t ds_yaml_mark_length(struct ds_text slice)
{
	return slice.len >= 3 && memcmp(slice.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static struct ds_text line_at(struct ds_text text, size_t at)
{
	size_t start = at < text.len ? at : text.len;
	size_t end = start;

	while (start && text.at[start - 1] != '\n')
		start--;
	while (end < text.len && text.at[end] != '\n')
		end++;
	return ds_text_trim((struct ds_text){text.at + start, end - start});
}

const char *ds_yaml_hint(struct ds_text text, size_t at)
{
	struct ds_text line = line_at(text, at);

	/* Behind the first colon, and behind the marks of lists. */
	for (size_t i = 0; i + 1 < line.len; i++)
		if (line.at[i] == ':' && (line.at[i + 1] == ' ' || line.at[i + 1] == '\t')) {
			line = (struct ds_text){line.at + i + 1, line.len - i - 1};
			break;
		}
	line = ds_text_trim(line);
	while (line.len > 1 && *line.at == '-' && line.at[1] == ' ')
		line = ds_text_trim((struct ds_text){line.at + 1, line.len - 1});
	return line.len && memchr("*&{[!|>%@`", *line.at, 10)
		       ? "; a text that begins so has to be in quotes"
		       : "";
}

static bool fail_at(struct ds_yaml_events *s, size_t at)
{
	const char *why = s->parser.problem;

	at = at < s->slice.len ? at : s->slice.len;
	fail(s, at, why ? why : "it does not say what is wrong");
	size_t len = strlen(s->error->why);
	snprintf(s->error->why + len, sizeof s->error->why - len, "%s", ds_yaml_hint(s->slice, at));
	return false;
}

static bool fail_parse(struct ds_yaml_events *s)
{
	const yaml_parser_t *parser = &s->parser;

	memset(&s->event, 0, sizeof s->event);
	if (parser->error == YAML_MEMORY_ERROR)
		return ds_yaml_fail_memory(s);
	/* Where it gave up lines later, what it was in the middle of tells more. */
	if (parser->error == YAML_SCANNER_ERROR && parser->context &&
	    parser->context_mark.line < parser->problem_mark.line)
		return fail_at(s, byte_offset(s, parser->context_mark.index));
	return fail_at(s, parser->error == YAML_READER_ERROR
				  ? parser->problem_offset + ds_yaml_mark_length(s->slice)
				  : byte_offset(s, parser->problem_mark.index));
}

bool ds_yaml_advance(struct ds_yaml_events *s)
{
	/* Blocks end where something else begins, which is no place to go by. */
	if (s->event.type == YAML_SCALAR_EVENT ||
	    s->event.start_mark.index < s->event.end_mark.index)
		s->end = s->event.end_mark.index;
	yaml_event_delete(&s->event);
	return yaml_parser_parse(&s->parser, &s->event) || fail_parse(s);
}

bool ds_yaml_open(struct ds_yaml_events *s, struct ds_text slice, struct ds_arena *arena,
		  struct ds_yaml_error *error)
{
	size_t mark = ds_yaml_mark_length(slice);

	*s = (struct ds_yaml_events){
		.slice = slice, .arena = arena, .error = error, .offset = mark};
	if (!yaml_parser_initialize(&s->parser))
		return ds_yaml_fail_memory(s);
	/* Said, not guessed: two bytes of a hostile file must not make it UTF-16. */
	yaml_parser_set_encoding(&s->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&s->parser, (const unsigned char *)slice.at + mark,
				     slice.len - mark);
	/* The stream's own beginning, and that of the document. */
	return ds_yaml_advance(s) && ds_yaml_advance(s) &&
	       (s->event.type == YAML_STREAM_END_EVENT || ds_yaml_advance(s));
}

bool ds_yaml_finish(struct ds_yaml_events *s)
{
	/* The end of the document is at hand. */
	if (s->event.type != YAML_STREAM_END_EVENT && !ds_yaml_advance(s))
		return false;
	return s->event.type == YAML_STREAM_END_EVENT ||
	       fail(s, ds_yaml_here(s), "a second document begins");
}

void ds_yaml_close(struct ds_yaml_events *s)
{
	yaml_event_delete(&s->event);
	yaml_parser_delete(&s->parser);
}

/* ---- Nodes -------------------------------------------------------------- */

bool ds_yaml_depth(struct ds_yaml_events *s, int depth)
{
	return depth < DS_YAML_DEPTH || !is_collection(&s->event) ||
	       fail(s, ds_yaml_here(s), "nested deeper than 64 levels");
}

bool ds_yaml_skip(struct ds_yaml_events *s, int depth)
{
	bool collection = is_collection(&s->event);

	if (!ds_yaml_depth(s, depth))
		return false;
	if (!ds_yaml_advance(s))
		return false;
	if (!collection)
		return true;
	while (s->event.type != YAML_MAPPING_END_EVENT && s->event.type != YAML_SEQUENCE_END_EVENT)
		if (!ds_yaml_skip(s, depth + 1))
			return false;
	return ds_yaml_advance(s);
}

/* libyaml's marks of a tagged scalar include the tag. */
static size_t skip_tag(const struct ds_yaml_events *s, size_t at, size_t end)
{
	if (!s->event.data.scalar.tag || s->slice.at[at] != '!')
		return at;
	while (at < end && !strchr(" \t\r\n", s->slice.at[at]))
		at++;
	while (at < end && strchr(" \t\r\n", s->slice.at[at]))
		at++;
	return at;
}

static bool take_scalar(struct ds_yaml_events *s, struct ds_yaml_found *found)
{
	yaml_scalar_style_t style = s->event.data.scalar.style;
	size_t start = ds_yaml_here(s);
	size_t end = byte_offset(s, s->event.end_mark.index);
	struct ds_text text = ds_yaml_scalar(&s->event);

	start = skip_tag(s, start, end);
	found->type = ds_yaml_is_null(&s->event) ? DS_YAML_NULL : DS_YAML_SCALAR;
	found->text.at = ds_arena_copy(s->arena, text.at, text.len);
	found->text.len = text.len;
	if (!found->text.at)
		return ds_yaml_fail_memory(s);
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

bool ds_yaml_take(struct ds_yaml_events *s, int depth, struct ds_yaml_found *found)
{
	if (s->event.type == YAML_SCALAR_EVENT)
		return take_scalar(s, found) && ds_yaml_advance(s);
	found->type = DS_YAML_COLLECTION;
	found->block = false;
	found->start = ds_yaml_here(s);
	if (!ds_yaml_skip(s, depth))
		return false;
	found->end = ds_yaml_behind(s);
	return true;
}

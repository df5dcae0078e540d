#include "logline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"
#include "json_text.h"

/* ---- There -------------------------------------------------------------- */

/* What is more than the value's text has other names: what was inserted is taken out
 * as it is. */
static void write_bytes(struct ds_buf *out, const struct ds_made *made)
{
	if (made->plain || *made->old)
		ds_json_member(out, made->plain ? "old" : "removed", made->old);
	if (made->plain || *made->new)
		ds_json_member(out, made->plain ? "new" : "inserted", made->new);
}

bool ds_logline_write(struct ds_buf *out, const struct ds_log_frame *frame,
		      const struct ds_made *made)
{
	ds_json_member(out, "rule", frame->rule);
	ds_json_member(out, "item", frame->item);
	ds_json_member(out, "copy", frame->copy);
	ds_json_member(out, "path", frame->path);
	bool filled = made->place && strcmp(made->place, made->field) != 0;
	ds_json_member(out, "field", filled ? made->place : made->field);
	ds_json_member(out, "location", filled ? made->field : NULL);
	ds_json_member(out, "from", made->from);
	ds_json_member(out, "to", made->to);
	write_bytes(out, made);
	ds_buf_printf(out, ", \"at\": %zu, \"lead\": %zu", made->at, made->lead);
	ds_json_member(out, "why", frame->why);
	ds_json_member(out, "undoes", frame->undoes);
	if (frame->forced)
		ds_buf_puts(out, ", \"forced\": true");
	return !out->failed;
}

/* ---- And back ----------------------------------------------------------- */

static bool find(struct ds_json_found *found, struct ds_text line, const char *key)
{
	struct ds_json_error error;
	return ds_json_scan(found, line, key, &error) && found->twice == SIZE_MAX;
}

static int digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Bytes that no C string can hold make it no base64 of ours. */
static const char *decode_base64(struct ds_text raw, struct ds_arena *strings)
{
	char *out = ds_arena_alloc(strings, raw.len + 1);
	unsigned bits = 0;
	size_t held = 0;
	size_t len = 0;

	while (raw.len && raw.at[raw.len - 1] == '=')
		raw.len--;
	for (size_t i = 0; out && i < raw.len; i++) {
		int digit = digit_of(raw.at[i]);
		if (digit < 0)
			return NULL;
		bits = (bits << 6 | (unsigned)digit) & 0xffff;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		out[len] = (char)(bits >> held & 0xff);
		if (!out[len++])
			return NULL;
	}
	return out;
}

static const char *decode(struct ds_text raw, struct ds_arena *strings)
{
	char *out = ds_arena_alloc(strings, raw.len + 1);
	size_t len = out ? ds_json_decode(out, raw) : SIZE_MAX;
	if (len == SIZE_MAX)
		return NULL;
	out[len] = '\0';
	return out;
}

/* Whether the line can have a "KEY_base64" at all: mostly it is all text, and need not
 * be parsed once more for each key. */
static bool has_base64(struct ds_text line)
{
	static const char mark[] = "_base64\"";
	size_t len = sizeof mark - 1;

	for (const char *at = line.at; (size_t)(line.at + line.len - at) >= len; at++) {
		at = memchr(at, '_', (size_t)(line.at + line.len - at) - len + 1);
		if (!at)
			return false;
		if (memcmp(at, mark, len) == 0)
			return true;
	}
	return false;
}

const char *ds_logline_string(struct ds_text line, const char *key, struct ds_arena *strings)
{
	struct ds_json_found found;
	struct ds_buf exact = {0};
	const char *string = NULL;

	if (!find(&found, line, key) || found.type != DS_JSON_STRING)
		return NULL;
	struct ds_text raw = {line.at + found.start, found.end - found.start};
	if (!has_base64(line))
		return decode(raw, strings);
	ds_buf_printf(&exact, "%s_base64", key);
	if (exact.failed)
		return NULL;
	if (find(&found, line, exact.bytes) && found.type == DS_JSON_STRING)
		string = decode_base64(
			(struct ds_text){line.at + found.start, found.end - found.start}, strings);
	else
		string = decode(raw, strings);
	ds_buf_free(&exact);
	return string;
}

static bool read_number(size_t *out, struct ds_text line, const char *key)
{
	struct ds_json_found found;
	if (!find(&found, line, key) || found.type != DS_JSON_NUMBER ||
	    found.end - found.start > 9 ||
	    strspn(line.at + found.start, "0123456789") < found.end - found.start)
		return false;
	*out = strtoul(line.at + found.start, NULL, 10);
	return true;
}

void ds_logline_peek(struct ds_logged *out, struct ds_text line, struct ds_arena *strings)
{
	*out = (struct ds_logged){0};
	if (!ds_logline_string(line, "field", strings))
		return;
	out->txid = ds_logline_string(line, "txid", strings);
	out->frame.undoes = ds_logline_string(line, "undoes", strings);
}

static bool read_bytes(struct ds_made *made, struct ds_text line, struct ds_arena *strings)
{
	const char *removed = ds_logline_string(line, "removed", strings);
	const char *inserted = ds_logline_string(line, "inserted", strings);

	made->old = ds_logline_string(line, "old", strings);
	made->new = ds_logline_string(line, "new", strings);
	made->plain = made->old && made->new;
	if (made->plain)
		return !removed && !inserted;
	made->old = removed ? removed : "";
	made->new = inserted ? inserted : "";
	return *made->old || *made->new;
}

bool ds_logline_read(struct ds_logged *out, struct ds_text line, struct ds_arena *strings)
{
	struct ds_log_frame *frame = &out->frame;
	struct ds_made *made = &out->made;

	ds_logline_peek(out, line, strings);
	frame->rule = ds_logline_string(line, "rule", strings);
	frame->item = ds_logline_string(line, "item", strings);
	frame->copy = ds_logline_string(line, "copy", strings);
	frame->path = ds_logline_string(line, "path", strings);
	frame->before = ds_logline_string(line, "before", strings);
	frame->after = ds_logline_string(line, "after", strings);
	const char *location = ds_logline_string(line, "location", strings);
	made->field = location ? location : ds_logline_string(line, "field", strings);
	made->from = ds_logline_string(line, "from", strings);
	made->to = ds_logline_string(line, "to", strings);
	return read_bytes(made, line, strings) && out->txid && frame->rule && frame->item &&
	       frame->copy && frame->path && frame->before && frame->after && made->field &&
	       read_number(&made->at, line, "at") && read_number(&made->lead, line, "lead");
}

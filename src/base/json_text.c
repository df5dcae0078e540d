#include "json_text.h"

static void append_point(struct ds_buf *out, struct ds_text character, unsigned point)
{
	if (point == '"' || point == '\\')
		ds_buf_printf(out, "\\%c", (int)point);
	else if (point == '\n')
		ds_buf_puts(out, "\\n");
	else if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		ds_buf_printf(out, "\\u%04x", point);
	else
		ds_buf_append(out, character.at, character.len);
}

/* All or nothing, as every append. */
static bool kept(struct ds_buf *out, size_t before)
{
	if (out->failed)
		ds_buf_cut(out, before);
	return !out->failed;
}

bool ds_json_escape(struct ds_buf *out, struct ds_text text)
{
	size_t before = out->len;

	while (text.len) {
		unsigned point = 0;
		size_t len = ds_utf8_next(text, &point);
		if (len)
			append_point(out, (struct ds_text){text.at, len}, point);
		else
			ds_buf_printf(out, "\\\\x%02x", (unsigned char)*text.at);
		text.at += len ? len : 1;
		text.len -= len ? len : 1;
	}
	return kept(out, before);
}

bool ds_json_string(struct ds_buf *out, struct ds_text text)
{
	size_t before = out->len;

	ds_buf_puts(out, "\"");
	ds_json_escape(out, text);
	ds_buf_puts(out, "\"");
	return kept(out, before);
}

bool ds_json_base64(struct ds_buf *out, struct ds_text bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	size_t before = out->len;

	ds_buf_puts(out, "\"");
	while (bytes.len) {
		size_t len = bytes.len < 3 ? bytes.len : 3;
		char four[4];
		unsigned long bits = 0;
		for (size_t i = 0; i < 3; i++)
			bits = bits << 8 | (i < len ? (unsigned char)bytes.at[i] : 0);
		for (size_t i = 0; i < 4; i++)
			four[i] = i > len ? '=' : digits[bits >> (18 - 6 * i) & 63];
		ds_buf_append(out, four, sizeof four);
		bytes.at += len;
		bytes.len -= len;
	}
	ds_buf_puts(out, "\"");
	return kept(out, before);
}

bool ds_json_member(struct ds_buf *out, const char *key, const char *value)
{
	size_t before = out->len;
	bool first = !before || out->bytes[before - 1] == '{';

	if (!value)
		return !out->failed;
	ds_buf_printf(out, "%s\"%s\": ", first ? "" : ", ", key);
	ds_json_string(out, ds_text_of(value));
	if (!ds_utf8_valid(ds_text_of(value))) {
		ds_buf_printf(out, ", \"%s_base64\": ", key);
		ds_json_base64(out, ds_text_of(value));
	}
	return kept(out, before);
}

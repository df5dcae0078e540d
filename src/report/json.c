/* The report for a program: one object, keys stable, order stable. */
#include "report.h"

static void put_point(struct ds_writer *w, struct ds_text character, unsigned point)
{
	if (point == '"' || point == '\\')
		ds_putf(w, "\\%c", (int)point);
	else if (point == '\n')
		ds_put(w, "\\n");
	else if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		ds_putf(w, "\\u%04x", point);
	else
		ds_putf(w, "%.*s", (int)character.len, character.at);
}

/* A string; bytes that are not UTF-8 come out as the four characters \xff. */
static void put_string(struct ds_writer *w, const char *string)
{
	struct ds_text left = ds_text_of(string);

	ds_put(w, "\"");
	while (left.len) {
		unsigned point = 0;
		size_t len = ds_utf8_next(left, &point);
		if (len)
			put_point(w, (struct ds_text){left.at, len}, point);
		else
			ds_putf(w, "\\\\x%02x", (unsigned char)*left.at);
		left.at += len ? len : 1;
		left.len -= len ? len : 1;
	}
	ds_put(w, "\"");
}

static void put_base64(struct ds_writer *w, const char *string)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	struct ds_text left = ds_text_of(string);

	ds_put(w, "\"");
	while (left.len) {
		size_t len = left.len < 3 ? left.len : 3;
		unsigned long bits = 0;
		for (size_t i = 0; i < 3; i++)
			bits = bits << 8 | (i < len ? (unsigned char)left.at[i] : 0);
		for (size_t i = 0; i < 4; i++)
			ds_putf(w, "%c", i > len ? '=' : digits[bits >> (18 - 6 * i) & 63]);
		left.at += len;
		left.len -= len;
	}
	ds_put(w, "\"");
}

static void put_key(struct ds_writer *w, const char **separator, const char *key)
{
	ds_put(w, *separator);
	ds_putf(w, "\"%s\": ", key);
	*separator = ", ";
}

/* Left out where there is nothing to say. */
static void put_member(struct ds_writer *w, const char **separator, const char *key,
		       const char *value)
{
	if (!value)
		return;
	put_key(w, separator, key);
	put_string(w, value);
}

/* A path or an id: exact also where it is not UTF-8. */
static void put_bytes(struct ds_writer *w, const char **separator, const char *key,
		      const char *value)
{
	put_member(w, separator, key, value);
	if (!value || ds_utf8_valid(ds_text_of(value)))
		return;
	ds_put(w, *separator);
	ds_putf(w, "\"%s_base64\": ", key);
	put_base64(w, value);
}

static void put_number(struct ds_writer *w, const char **separator, const char *key, size_t value)
{
	put_key(w, separator, key);
	ds_putf(w, "%zu", value);
}

static void put_copy(struct ds_writer *w, const ds_copy *copy)
{
	const char *separator = "";

	ds_put(w, "{");
	put_bytes(w, &separator, "name", copy->name);
	put_bytes(w, &separator, "path", copy->path);
	if (copy->line) {
		put_number(w, &separator, "line", copy->line);
		put_number(w, &separator, "column", copy->column);
	}
	put_member(w, &separator, "status", copy->status);
	put_member(w, &separator, "canonical", copy->canonical);
	ds_put(w, "}");
}

static void put_finding(struct ds_writer *w, const ds_finding *finding)
{
	const char *separator = "";

	ds_put(w, "  {");
	put_member(w, &separator, "code", ds_code_name(finding->code));
	put_member(w, &separator, "alias", finding->alias);
	put_member(w, &separator, "severity", ds_severity_name(finding->severity));
	put_member(w, &separator, "rule", finding->rule);
	put_bytes(w, &separator, "item", finding->item);
	put_member(w, &separator, "message", finding->message);
	put_member(w, &separator, "fix", finding->fix);
	put_member(w, &separator, "outcome", finding->outcome);
	put_key(w, &separator, "copies");
	ds_put(w, "[");
	for (size_t i = 0; i < finding->copy_count; i++) {
		ds_put(w, i ? ",\n     " : "\n     ");
		put_copy(w, &finding->copies[i]);
	}
	ds_put(w, "]}");
}

static void put_summary(struct ds_writer *w, const ds_summary *summary)
{
	const char *separator = "";

	ds_put(w, " \"summary\": {");
	put_number(w, &separator, "items", summary->items);
	put_number(w, &separator, "agree", summary->agree);
	put_number(w, &separator, "desync", summary->desync);
	put_number(w, &separator, "incomplete", summary->incomplete);
	put_number(w, &separator, "unchecked", summary->unchecked);
	put_number(w, &separator, "warnings", summary->warnings);
	put_number(w, &separator, "not_looked_at", summary->not_looked_at);
	if (summary->not_listed)
		put_number(w, &separator, "not_listed", summary->not_listed);
	ds_put(w, "},\n");
}

static void put_trouble(struct ds_writer *w, const struct ds_outcome *outcome)
{
	if (!outcome->trouble_count)
		return;
	ds_put(w, " \"trouble\": [");
	for (size_t i = 0; i < outcome->trouble_count; i++) {
		ds_put(w, i ? ", " : "");
		put_string(w, outcome->trouble[i]);
	}
	ds_put(w, "],\n");
}

static void write_json(struct ds_writer *w, const struct ds_outcome *outcome,
		       const ds_report_options *options)
{
	(void)options;
	ds_put(w,
	       "{\"schema_version\": 1, \"tool\": {\"name\": \"desync\", \"version\": \"" DS_VERSION
	       "\"},\n \"source\": ");
	put_string(w, outcome->source);
	ds_put(w, ",\n");
	put_summary(w, outcome->summary);
	put_trouble(w, outcome);
	ds_put(w, " \"findings\": [");
	for (size_t i = 0; i < outcome->finding_count; i++) {
		ds_put(w, i ? ",\n" : "\n");
		put_finding(w, &outcome->findings[i]);
	}
	ds_put(w, outcome->finding_count ? "\n ]}\n" : "]}\n");
}

const struct ds_format ds_json_format = {"json", write_json};

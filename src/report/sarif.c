/*
 * SARIF 2.1.0, for code scanning: one run, a rule a code, a result a finding.
 *
 * A result lies at a line and at no column: a column of SARIF counts characters and ours
 * counts bytes, and the line itself is not here to convert one into the other.
 */
#include <string.h>

#include "finding.h"
#include "json_text.h"
#include "report.h"
#include "sha256.h"

static const char *level_name(ds_severity severity)
{
	return severity == DS_INFO ? "note" : ds_severity_name(severity);
}

/* In a message braces stand for arguments, and brackets make links: the text of others
 * must do neither. */
static void put_message(struct ds_buf *out, const char *key, const char *text)
{
	struct ds_buf plain = {0};

	for (ds_buf_puts(&plain, ""); *text; text++) {
		if (strchr("{}", *text))
			ds_buf_append(&plain, text, 1);
		else if (*text == '[')
			ds_buf_puts(&plain, "\\");
		ds_buf_append(&plain, text, 1);
	}
	ds_buf_printf(out, "\"%s\": {", key);
	ds_json_member(out, "text", plain.failed ? "" : plain.bytes);
	ds_buf_puts(out, "}");
	out->failed |= plain.failed;
	ds_buf_free(&plain);
}

/* ---- Rules --------------------------------------------------------------- */

static void put_rule(struct ds_buf *out, ds_code code)
{
	const struct ds_code_info *info = ds_code_info(code);

	ds_buf_puts(out, code > 1 ? ",\n    {" : "\n    {");
	ds_json_member(out, "id", info->name);
	ds_buf_puts(out, ", ");
	put_message(out, "shortDescription", info->in_short);
	ds_buf_puts(out, ", ");
	put_message(out, "fullDescription", info->in_short);
	ds_buf_puts(out, ", ");
	put_message(out, "help", info->advice);
	ds_buf_puts(out, ", \"defaultConfiguration\": {");
	ds_json_member(out, "level", level_name(info->severity));
	ds_buf_puts(out, "}}");
}

static void put_driver(struct ds_buf *out)
{
	ds_buf_puts(out,
		    "  \"tool\": {\"driver\": {\"name\": \"desync\", \"version\": \"" DS_VERSION
		    "\", \"rules\": [");
	for (unsigned code = 1; *ds_code_name((ds_code)code); code++)
		put_rule(out, (ds_code)code);
	ds_buf_puts(out, "]}},\n");
}

/* ---- Results ------------------------------------------------------------- */

/* Bytes are coded one by one, so this is exact for any name. */
static void put_uri(struct ds_buf *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";

	for (; *path; path++) {
		if (strchr(plain, *path))
			ds_buf_append(out, path, 1);
		else
			ds_buf_printf(out, "%%%02X", (unsigned char)*path);
	}
}

static void put_location(struct ds_buf *out, const ds_copy *copy)
{
	bool absolute = *copy->path == '/';

	ds_buf_puts(out, "{\"physicalLocation\": {\"artifactLocation\": {\"uri\": \"");
	ds_buf_puts(out, absolute ? "file://" : "");
	put_uri(out, copy->path);
	ds_buf_puts(out, absolute ? "\"}" : "\", \"uriBaseId\": \"%SRCROOT%\"}");
	/* A line of what was committed may be another one by now. */
	if (copy->line && !copy->revision)
		ds_buf_printf(out, ", \"region\": {\"startLine\": %zu}", copy->line);
	ds_buf_puts(out, "}");
}

static void put_related(struct ds_writer *w, const ds_copy *copy)
{
	struct ds_writer text = {0};

	ds_put_escaped(&text, copy->name);
	ds_put(&text, copy->status ? " says " : " has no status that can be read");
	ds_put_escaped(&text, copy->status ? copy->status : "");
	put_location(&w->pending, copy);
	ds_buf_puts(&w->pending, ", ");
	put_message(&w->pending, "message", ds_gathered(w, &text));
	ds_buf_puts(&w->pending, "}");
	ds_buf_free(&text.pending);
}

static void put_locations(struct ds_writer *w, const ds_finding *finding)
{
	const char *separator = "";

	ds_buf_puts(&w->pending, "\"locations\": [");
	if (finding->copy_count) {
		put_location(&w->pending, &finding->copies[finding->focus]);
		ds_buf_puts(&w->pending, "}");
	}
	ds_buf_puts(&w->pending, "], \"relatedLocations\": [");
	for (size_t i = 0; i < finding->copy_count; i++) {
		if (i == finding->focus)
			continue;
		ds_buf_puts(&w->pending, separator);
		put_related(w, &finding->copies[i]);
		separator = ", ";
	}
	ds_buf_puts(&w->pending, "]");
}

/* With a mark before and its NUL behind, no two lists of words are the same bytes. */
static void add_word(struct ds_sha256 *hash, const char *word)
{
	ds_sha256_add(hash, word ? "+" : "-", 1);
	if (word)
		ds_sha256_add(hash, word, strlen(word) + 1);
}

/* What it is about and what is said there, wherever in the files: the same finding
 * tomorrow, when lines have moved. */
static void put_fingerprint(struct ds_buf *out, const ds_finding *finding)
{
	struct ds_sha256 hash;
	unsigned char digest[DS_SHA256_SIZE];
	char hex[DS_SHA256_HEX];

	ds_sha256_begin(&hash);
	add_word(&hash, finding->rule);
	add_word(&hash, finding->item);
	add_word(&hash, ds_code_name(finding->code));
	for (size_t i = 0; i < finding->copy_count; i++) {
		add_word(&hash, finding->copies[i].name);
		add_word(&hash, finding->copies[i].status);
	}
	ds_sha256_end(&hash, digest);
	ds_sha256_hex(digest, hex);
	ds_buf_printf(out, "\"partialFingerprints\": {\"desyncFinding/v1\": \"%s\"}", hex);
}

/* The message of a finding, for a person who sees nothing else of it. */
static void put_finding_text(struct ds_writer *w, const ds_finding *finding)
{
	struct ds_writer text = {0};

	if (finding->item) {
		ds_put_escaped(&text, finding->item);
		ds_put(&text, ": ");
	}
	ds_put_escaped(&text, finding->message);
	ds_put(&text, "\n");
	ds_put_repair(&text, finding);
	put_message(&w->pending, "message", ds_gathered(w, &text));
	ds_buf_free(&text.pending);
}

static void put_result(struct ds_writer *w, const ds_finding *finding)
{
	struct ds_buf *out = &w->pending;

	ds_buf_puts(out, "{");
	ds_json_member(out, "ruleId", ds_code_name(finding->code));
	ds_buf_printf(out, ", \"ruleIndex\": %d", (int)finding->code - 1);
	ds_json_member(out, "level", level_name(finding->severity));
	ds_buf_puts(out, ",\n    ");
	put_finding_text(w, finding);
	ds_buf_puts(out, ",\n    ");
	put_locations(w, finding);
	ds_buf_puts(out, ",\n    ");
	put_fingerprint(out, finding);
	ds_buf_puts(out, ",\n    \"properties\": {");
	ds_json_member(out, "item", finding->item);
	ds_json_member(out, "rule", finding->rule);
	ds_json_member(out, "fix", finding->fix);
	ds_json_member(out, "outcome", finding->outcome);
	ds_json_member(out, "choice", finding->choice);
	ds_json_member(out, "other", finding->other);
	ds_buf_puts(out, "}}");
}

static void put_results(struct ds_writer *w, const struct ds_outcome *outcome)
{
	ds_buf_puts(&w->pending, "  \"results\": [");
	for (size_t i = 0; i < outcome->finding_count; i++) {
		ds_buf_puts(&w->pending, i ? ",\n   " : "\n   ");
		put_result(w, &outcome->findings[i]);
		/* Here alone: a member looks at what is before it. */
		ds_pass_on(w);
	}
	ds_buf_puts(&w->pending, "]\n");
}

/* ---- How the run went ---------------------------------------------------- */

static void begin_notification(struct ds_buf *out, const char **separator, const char *level)
{
	ds_buf_puts(out, *separator);
	ds_buf_puts(out, "\n   {");
	ds_json_member(out, "level", level);
	ds_buf_puts(out, ", ");
	*separator = ",";
}

static void put_notes(struct ds_writer *w, const ds_summary *summary, const char **separator)
{
	struct ds_text note;

	for (const char *rest = summary->notes; ds_next_note(&rest, &note);) {
		struct ds_writer text = {0};
		ds_escape(&text.pending, note);
		begin_notification(&w->pending, separator, "note");
		put_message(&w->pending, "message", ds_gathered(w, &text));
		ds_buf_puts(&w->pending, "}");
		ds_buf_free(&text.pending);
	}
}

/* What kept us from a whole answer is no result of the analysis alone: a reader who counts
 * results must not take the rest for all of it. */
static bool put_notifications(struct ds_writer *w, const struct ds_outcome *outcome)
{
	struct ds_buf *out = &w->pending;
	const char *separator = "";
	bool whole = outcome->trouble_count == 0;

	ds_buf_puts(out, "\"toolExecutionNotifications\": [");
	for (size_t i = 0; i < outcome->trouble_count; i++) {
		begin_notification(out, &separator, "error");
		put_message(out, "message", outcome->trouble[i]);
		ds_buf_puts(out, "}");
	}
	for (size_t i = 0; i < outcome->finding_count; i++) {
		if (!ds_is_trouble(&outcome->findings[i]))
			continue;
		begin_notification(out, &separator, "error");
		put_finding_text(w, &outcome->findings[i]);
		ds_buf_puts(out, "}");
		whole = false;
	}
	put_notes(w, outcome->summary, &separator);
	ds_buf_puts(out, "]");
	return whole;
}

static void write_sarif(struct ds_writer *w, const struct ds_outcome *outcome,
			const ds_report_options *options)
{
	(void)options;
	ds_buf_puts(&w->pending, "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", "
				 "\"version\": \"2.1.0\",\n \"runs\": [{\n");
	put_driver(&w->pending);
	ds_buf_puts(&w->pending, "  \"originalUriBaseIds\": {\"%SRCROOT%\": {\"description\": "
				 "{\"text\": \"the directory that was looked at\"}}},\n"
				 "  \"invocations\": [{");
	bool whole = put_notifications(w, outcome);
	ds_buf_printf(&w->pending, ", \"executionSuccessful\": %s}],\n", whole ? "true" : "false");
	put_results(w, outcome);
	ds_put(w, " }]}\n");
}

const struct ds_format ds_sarif_format = {"sarif", write_sarif};

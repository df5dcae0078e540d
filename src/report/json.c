/* The report for a program: one object, keys stable, order stable. */
#include "json_text.h"
#include "report.h"

static void put_string(struct ds_writer *w, const char *string)
{
	ds_json_string(&w->pending, ds_text_of(string));
	ds_pass_on(w);
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
	ds_json_base64(&w->pending, ds_text_of(value));
	ds_pass_on(w);
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
	put_member(w, &separator, "revision", copy->revision);
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
	put_member(w, &separator, "choice", finding->choice);
	put_member(w, &separator, "other", finding->other);
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
	if (summary->baselined)
		put_number(w, &separator, "baselined", summary->baselined);
	if (summary->unlocked)
		put_number(w, &separator, "unlocked", 1);
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

static void put_notes(struct ds_writer *w, const ds_summary *summary)
{
	const char *separator = " \"notes\": [";
	struct ds_text note;

	for (const char *rest = summary->notes; ds_next_note(&rest, &note); separator = ", ") {
		ds_put(w, separator);
		ds_json_string(&w->pending, note);
	}
	if (*separator == ',')
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
	put_notes(w, outcome->summary);
	ds_put(w, " \"findings\": [");
	for (size_t i = 0; i < outcome->finding_count; i++) {
		ds_put(w, i ? ",\n" : "\n");
		put_finding(w, &outcome->findings[i]);
	}
	ds_put(w, outcome->finding_count ? "\n ]}\n" : "]}\n");
}

const struct ds_format ds_json_format = {"json", write_json};

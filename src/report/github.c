/*
 * Annotations for a workflow of GitHub: a command a line, that the runner takes out of the
 * log and shows beside the code. Behind them stands a line with the counts: of each kind
 * the site shows only the first few.
 */
#include "finding.h"
#include "report.h"

static const struct ds_coding value_coding = {"%\r\n", "%", ""};
static const struct ds_coding property_coding = {"%\r\n:,", "%", ""};

static const char *command_name(ds_severity severity)
{
	return severity == DS_INFO ? "notice" : ds_severity_name(severity);
}

static void put_place(struct ds_writer *w, const ds_copy *copy)
{
	ds_put(w, "file=");
	ds_put_coded(w, copy->path, &property_coding);
	if (copy->line)
		ds_putf(w, ",line=%zu,col=%zu", copy->line, copy->column);
	ds_put(w, ",");
}

static void put_command(struct ds_writer *w, const ds_finding *finding)
{
	struct ds_writer text = {0};

	ds_putf(w, "::%s ", command_name(finding->severity));
	if (finding->copy_count)
		put_place(w, &finding->copies[finding->focus]);
	ds_putf(w, "title=%s", ds_code_name(finding->code));
	if (finding->item) {
		ds_put(w, " ");
		ds_put_coded(w, finding->item, &property_coding);
	}
	ds_put(w, "::");
	ds_put_whole(&text, finding);
	ds_put_coded(w, ds_gathered(w, &text), &value_coding);
	ds_put(w, "\n");
	ds_buf_free(&text.pending);
}

static void put_line(struct ds_writer *w, const char *command, const char *text)
{
	ds_put(w, command);
	ds_put_coded(w, text, &value_coding);
	ds_put(w, "\n");
}

static void put_notes(struct ds_writer *w, const ds_summary *summary)
{
	struct ds_text note;

	for (const char *rest = summary->notes; ds_next_note(&rest, &note);) {
		struct ds_writer text = {0};
		ds_escape(&text.pending, note);
		put_line(w, "::notice title=desync::", ds_gathered(w, &text));
		ds_buf_free(&text.pending);
	}
}

static void write_github(struct ds_writer *w, const struct ds_outcome *outcome,
			 const ds_report_options *options)
{
	ds_summary counts = *outcome->summary;

	(void)options;
	for (size_t i = 0; i < outcome->trouble_count; i++)
		put_line(w, "::error title=desync::", outcome->trouble[i]);
	for (size_t i = 0; i < outcome->finding_count; i++)
		put_command(w, &outcome->findings[i]);
	put_notes(w, outcome->summary);
	/* Outside a command nobody else's name is said: the runner obeys some words anywhere
	 * in a line. */
	counts.not_looked_at = 0;
	ds_put_summary(w, &counts);
}

const struct ds_format ds_github_format = {"github", write_github};

/*
 * report.h - the table of report formats
 *
 * A format is one file and one line in report.c. It gets an outcome and a writer,
 * and judges nothing: what is in the outcome is what is said.
 */
#ifndef DS_REPORT_H
#define DS_REPORT_H

#include "desync.h"
#include "text.h"

struct ds_outcome {
	const char *source;
	const ds_summary *summary;
	const ds_finding *findings;
	size_t finding_count;
	const ds_item_view *items;
	size_t item_count;
	const char *const *trouble;
	size_t trouble_count;
};

/* Gathers what is written and passes it on in large pieces. Once something
 * failed, nothing more is passed on. One with no `write` keeps all that it gets: what
 * is said there can be coded as a whole. Free its `pending`. */
struct ds_writer {
	ds_write_fn write;
	void *context;
	struct ds_buf pending;
	int error; /* an errno value */
	bool color;
};

void ds_put(struct ds_writer *w, const char *string);
void ds_putf(struct ds_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* After an append to `pending` itself: passes it on once it is a large piece. */
void ds_pass_on(struct ds_writer *w);

/* Bytes of others: as one line, harmless on a terminal. */
void ds_put_escaped(struct ds_writer *w, const char *string);

/* How a format wants some characters: as `before`, two digits (hexadecimal), `after`. */
struct ds_coding {
	const char *special;
	const char *before;
	const char *after;
};

/* The same for a format: those characters coded, the rest escaped as above. */
void ds_put_coded(struct ds_writer *w, const char *string, const struct ds_coding *coding);

/* What a writer has kept, without a last newline; its failures are those of `w` too. */
const char *ds_gathered(struct ds_writer *w, struct ds_writer *from);

/* Begins and ends what is coloured, where colour is wanted. */
enum ds_paint { DS_PLAIN, DS_BOLD, DS_RED, DS_YELLOW, DS_GREEN, DS_DIM };
void ds_paint(struct ds_writer *w, enum ds_paint paint);

/* Passes on what is pending; 0, or an errno value if anything ever failed. */
int ds_flush(struct ds_writer *w);

struct ds_format {
	const char *name;
	void (*write)(struct ds_writer *w, const struct ds_outcome *outcome,
		      const ds_report_options *options);
};

extern const struct ds_format ds_text_format;
extern const struct ds_format ds_json_format;
extern const struct ds_format ds_sarif_format;
extern const struct ds_format ds_junit_format;
extern const struct ds_format ds_github_format;
extern const struct ds_format ds_gate_format;
extern const struct ds_format ds_oneline_format;
extern const struct ds_format ds_findings_format;
extern const struct ds_format ds_hook_format;

/* NULL where there is none of that name. Knows those too that only programs of ours ask
 * for, which ds_report_format does not list. */
const struct ds_format *ds_format_find(const char *name);

/* The lines below a finding: its other copies, then what repairs it. Used by the
 * formats for people. */
void ds_put_copies(struct ds_writer *w, const ds_finding *finding, bool with_focus);
void ds_put_repair(struct ds_writer *w, const ds_finding *finding);

/* All of a finding in lines: the message, every copy, the repair. */
void ds_put_whole(struct ds_writer *w, const ds_finding *finding);

/* The closing line: how the items fared. */
void ds_put_summary(struct ds_writer *w, const ds_summary *summary);

/* The next line of the notes, *rest being `notes` at first; false past the last. */
bool ds_next_note(const char **rest, struct ds_text *note);

/* Whether it kept us from an answer, rather than being one. */
bool ds_is_trouble(const ds_finding *finding);

/* "path:line:column", as much of it as there is. */
void ds_put_place(struct ds_writer *w, const ds_copy *copy);

const char *ds_severity_name(ds_severity severity);

#endif

/* One line for a status bar: what is wrong, else what is being worked on. */
#include "report.h"

enum { IDS_SHOWN = 3 };

/* A directory or a file that could not be read is no item, and must not pass unsaid. */
static size_t count_unread(const struct ds_outcome *outcome)
{
	size_t unread = outcome->summary->unchecked;
	for (size_t i = 0; i < outcome->finding_count; i++)
		unread += !outcome->findings[i].item && outcome->findings[i].severity == DS_ERROR &&
			  outcome->findings[i].code != DS_INTERRUPTED_TRANSACTION;
	return unread;
}

static bool is_interrupted(const struct ds_outcome *outcome)
{
	for (size_t i = 0; i < outcome->finding_count; i++)
		if (outcome->findings[i].code == DS_INTERRUPTED_TRANSACTION)
			return true;
	return false;
}

static void put_wrong(struct ds_writer *w, bool interrupted, size_t desynced, size_t unread,
		      size_t items)
{
	ds_paint(w, DS_RED);
	if (interrupted)
		ds_put(w, "a change was cut short");
	if (interrupted && (desynced || unread))
		ds_put(w, "; ");
	if (desynced)
		ds_putf(w, "%zu desynced", desynced);
	if (desynced && unread)
		ds_put(w, ", ");
	if (unread)
		ds_putf(w, "%zu unreadable", unread);
	ds_paint(w, DS_PLAIN);
	if (desynced || unread)
		ds_putf(w, " of %zu", items);
	ds_put(w, "\n");
}

static void put_in_progress(struct ds_writer *w, const struct ds_outcome *outcome)
{
	size_t count = 0;
	for (size_t i = 0; i < outcome->item_count; i++) {
		const ds_item_view *item = &outcome->items[i];
		if (!item->in_progress || count++ >= IDS_SHOWN)
			continue;
		ds_put(w, count > 1 ? ", " : "");
		ds_put_escaped(w, item->id);
	}
	if (count > IDS_SHOWN)
		ds_putf(w, " and %zu more", count - IDS_SHOWN);
	if (!count)
		ds_putf(w, "none active of %zu", outcome->summary->items);
	if (outcome->summary->warnings)
		ds_putf(w, " (%zu warning%s)", outcome->summary->warnings,
			outcome->summary->warnings == 1 ? "" : "s");
	ds_put(w, "\n");
}

static void write_oneline(struct ds_writer *w, const struct ds_outcome *outcome,
			  const ds_report_options *options)
{
	size_t unread = count_unread(outcome);

	(void)options;
	bool interrupted = is_interrupted(outcome);
	if (interrupted || outcome->summary->desync || unread)
		put_wrong(w, interrupted, outcome->summary->desync, unread,
			  outcome->summary->items);
	else
		put_in_progress(w, outcome);
}

const struct ds_format ds_oneline_format = {"oneline", write_oneline};

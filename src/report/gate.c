/* The report of a gate: may this item be closed, and if not, why not. */
#include <string.h>

#include "report.h"

static bool refuses(const ds_finding *finding, const ds_report_options *options)
{
	return finding->severity == DS_ERROR ||
	       (finding->severity == DS_WARNING && options->strict);
}

static void put_refusal(struct ds_writer *w, const ds_finding *finding)
{
	ds_paint(w, DS_RED);
	ds_put(w, "cannot close ");
	ds_paint(w, DS_PLAIN);
	ds_put_escaped(w, finding->item ? finding->item : "what was asked for");
	ds_put(w, ": ");
	ds_put_escaped(w, finding->message);
	ds_put(w, "\n");
	ds_put_copies(w, finding, true);
	ds_put_repair(w, finding);
}

static void put_passed(struct ds_writer *w, const ds_finding *finding)
{
	ds_paint(w, DS_YELLOW);
	ds_put(w, ds_severity_name(finding->severity));
	ds_put(w, ":");
	ds_paint(w, DS_PLAIN);
	ds_put(w, " ");
	ds_put_escaped(w, finding->item);
	ds_put(w, ": ");
	ds_put_escaped(w, finding->message);
	ds_putf(w, " [%s]\n", ds_code_name(finding->code));
}

static void put_agreement(struct ds_writer *w, const ds_item_view *item)
{
	ds_put_escaped(w, item->id);
	ds_put(w, ": ");
	ds_paint(w, DS_GREEN);
	ds_put(w, item->status ? item->status : "no known status");
	ds_paint(w, DS_PLAIN);
	ds_put(w, item->state == DS_ITEM_AGREES ? ", every copy agrees\n" : "\n");
}

static bool is_refused(const struct ds_outcome *outcome, const ds_item_view *item,
		       const ds_report_options *options)
{
	for (size_t i = 0; i < outcome->finding_count; i++) {
		const ds_finding *finding = &outcome->findings[i];
		if (finding->item && strcmp(finding->item, item->id) == 0 &&
		    strcmp(finding->rule, item->rule) == 0 && refuses(finding, options))
			return true;
	}
	return false;
}

static void write_gate(struct ds_writer *w, const struct ds_outcome *outcome,
		       const ds_report_options *options)
{
	for (size_t i = 0; i < outcome->finding_count; i++)
		if (refuses(&outcome->findings[i], options))
			put_refusal(w, &outcome->findings[i]);
		else
			put_passed(w, &outcome->findings[i]);
	for (size_t i = 0; i < outcome->item_count; i++)
		if (!is_refused(outcome, &outcome->items[i], options))
			put_agreement(w, &outcome->items[i]);
}

const struct ds_format ds_gate_format = {"gate", write_gate};

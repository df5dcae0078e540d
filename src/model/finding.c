#include "finding.h"

#include <stdlib.h>
#include <string.h>

static const struct ds_code_info table[] = {
	[DS_NO_CODE] = {"", NULL, DS_INFO, DS_OK, "", "", ""},
	[DS_STATUS_MISMATCH] =
		{"status-mismatch", "C-11", DS_ERROR, DS_DESYNC, "", "the copies disagree",
		 "set the right status by hand, or with desync-set or desync-fix --prefer"},
	[DS_MISSING_COPY] = {"missing-copy", NULL, DS_WARNING, DS_DESYNC, "is not there",
			     "a copy is not there",
			     "create the file with its status, or remove the rest of the item"},
	[DS_MISSING_STATUS] = {"missing-status", NULL, DS_WARNING, DS_DESYNC, "has no status",
			       "a copy has no status", "write the status into the file"},
	[DS_UNKNOWN_STATUS] = {"unknown-status", NULL, DS_WARNING, DS_DESYNC, "",
			       "a word that is no status", "use a status that the rule knows"},
	[DS_MALFORMED] = {"malformed", NULL, DS_ERROR, DS_TROUBLE, "cannot be parsed",
			  "a copy cannot be parsed", "mend the file, then look again"},
	[DS_AMBIGUOUS_STATUS] = {"ambiguous-status", NULL, DS_ERROR, DS_TROUBLE,
				 "can be read in two ways", "a copy can be read in two ways",
				 "leave one plain status in the file, then look again"},
	[DS_DUPLICATE_ITEM] = {"duplicate-item", NULL, DS_ERROR, DS_TROUBLE, "",
			       "another item has the same id",
			       "rename or remove all but one, then look again"},
	[DS_UNREADABLE] = {"unreadable", NULL, DS_ERROR, DS_TROUBLE, "cannot be read",
			   "a copy cannot be read",
			   "make it a regular file that you may read, then look again"},
	[DS_UNVERIFIABLE] = {"unverifiable", NULL, DS_ERROR, DS_TROUBLE, "cannot be judged",
			     "the content is not here",
			     "resolve the conflict or fetch the content, then look again"},
	[DS_WRITE_CONFLICT] = {"write-conflict", NULL, DS_ERROR, DS_CONFLICT,
			       "was changed by somebody else",
			       "somebody else changed a copy meanwhile",
			       "look at what is there now, then try again"},
	[DS_ILLEGAL_TRANSITION] = {"illegal-transition", NULL, DS_ERROR, DS_DESYNC, "",
				   "a step that the rule forbids",
				   "go by the steps that the rule allows"},
	[DS_INTERRUPTED_TRANSACTION] = {"interrupted-transaction", NULL, DS_ERROR, DS_INTERRUPTED,
					"", "a change was cut short",
					"finish it or take it back: desync-fix --recover"},
	[DS_REGRESSION_PREVENTED] = {"regression-prevented", "C-13", DS_WARNING, DS_DESYNC, "",
				     "settling it would move a status backwards",
				     "if it is meant to go back, say so: desync-set or "
				     "desync-fix --prefer"},
	[DS_CONSTRAINT] = {"constraint", NULL, DS_ERROR, DS_DESYNC, "",
			   "two fields contradict each other",
			   "change the status or the field, so that both can be true"},
	[DS_ROLLUP_MISMATCH] = {"rollup-mismatch", NULL, DS_ERROR, DS_DESYNC, "",
				"the status does not follow from its parts",
				"change the status, or the parts that it follows from"},
	[DS_UNCOMMITTED_STATUS] = {"uncommitted-status", NULL, DS_WARNING, DS_DESYNC, "",
				   "a status is not what was committed",
				   "commit it, or take the edit back"},
};

const struct ds_code_info *ds_code_info(ds_code code)
{
	return &table[code];
}

const char *ds_code_name(ds_code code)
{
	return (size_t)code < sizeof table / sizeof *table ? table[code].name : "";
}

static bool reserve(struct ds_findings *findings, size_t extra)
{
	size_t room = findings->room ? findings->room : 16;
	if (findings->room - findings->len >= extra)
		return true;
	while (room - findings->len < extra)
		room *= 2;
	ds_finding *at = realloc(findings->at, room * sizeof *at);
	if (!at)
		return false;
	findings->at = at;
	findings->room = room;
	return true;
}

bool ds_findings_add(struct ds_findings *findings, const ds_finding *finding)
{
	if (!reserve(findings, 1))
		return false;
	findings->at[findings->len++] = *finding;
	return true;
}

bool ds_findings_absorb(struct ds_findings *into, struct ds_findings *from)
{
	if (from->len) {
		if (!reserve(into, from->len))
			return false;
		memcpy(into->at + into->len, from->at, from->len * sizeof *from->at);
		into->len += from->len;
	}
	ds_findings_free(from);
	return true;
}

static int compare_strings(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
	const ds_finding *a = left;
	const ds_finding *b = right;
	int order = compare_strings(a->rule, b->rule);
	if (!order)
		order = compare_strings(a->item, b->item);
	if (!order)
		order = compare_numbers(a->code, b->code);
	if (!order && a->copy_count && b->copy_count)
		order = compare_strings(a->copies->path, b->copies->path);
	if (!order && a->copy_count && b->copy_count)
		order = compare_numbers(a->copies->line, b->copies->line);
	return order ? order : compare_strings(a->message, b->message);
}

void ds_findings_sort(struct ds_findings *findings)
{
	if (findings->len)
		qsort(findings->at, findings->len, sizeof *findings->at, compare);
}

void ds_findings_free(struct ds_findings *findings)
{
	free(findings->at);
	*findings = (struct ds_findings){0};
}

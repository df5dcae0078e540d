/*
 * SpecWeave increments: metadata.json and the front matter of spec.md.
 *
 * The words and steps are the union of what its versions use: up to 0.28.62 an
 * active increment is completed at once, later only by way of ready_for_review.
 */
#include "rules.h"

static const struct ds_status_word statuses[] = {
	{"planning", 0, false, false, "active backlog abandoned"},
	{"backlog", 0, false, false, "planning active abandoned"},
	{"active", 1, false, true, "backlog paused completed abandoned ready_for_review"},
	{"paused", 1, false, false, "active abandoned ready_for_review"},
	{"ready_for_review", 2, false, false, "completed active abandoned"},
	{"completed", 3, true, false, "active abandoned"},
	{"abandoned", 3, true, false, "active"},
	{0},
};

static const struct ds_status_alias aliases[] = {
	{"planned", "planning"},
	{"in-progress", "active"},
	{"in_progress", "active"},
	{"done", "completed"},
	{"closed", "completed"},
	{"cancelled", "abandoned"},
	{"canceled", "abandoned"},
	{"ready for review", "ready_for_review"},
	{0},
};

static const struct ds_vocabulary vocabulary = {statuses, aliases};

/* What its own commands write beside the status of metadata.json. */
static const struct ds_follow follow[] = {
	{"lastActivity", NULL, DS_FOLLOW_NOW, false},
	{"pausedReason", "paused", DS_FOLLOW_REASON, true},
	{"pausedAt", "paused", DS_FOLLOW_NOW, true},
	{"backlogReason", "backlog", DS_FOLLOW_REASON, true},
	{"backlogAt", "backlog", DS_FOLLOW_NOW, true},
	{"abandonedReason", "abandoned", DS_FOLLOW_REASON, true},
	{"abandonedAt", "abandoned", DS_FOLLOW_NOW, true},
	{0},
};

static const char *const shelves[] = {".specweave/increments/_*/", NULL};
static const char *const shelved[] = {".specweave/increments/_*/{id}/", NULL};

const struct ds_rule ds_specweave_rule = {
	.name = "specweave",
	.marker = ".specweave",
	.items = ".specweave/increments/{id}/",
	.exclude = shelves,
	.archived = shelved,
	.copies =
		{
			{"metadata.json", "{item}/metadata.json", "json", "status", follow},
			{"spec.md", "{item}/spec.md", "frontmatter", "status", NULL},
		},
	.authority = 0,
	.vocabulary = &vocabulary,
	.stale = ".specweave/state/status-line.json",
	.stale_advice = "specweave's dist/src/cli/update-status-line.js makes it anew, "
			"`specweave status-line --clear` drops it",
};

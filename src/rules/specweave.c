/*
 * SpecWeave increments: metadata.json and the front matter of spec.md.
 *
 * The words and steps are the union of what its versions use: up to 0.28.62 an
 * active increment is completed at once, later only by way of ready_for_review.
 */
#include "rules.h"

static const struct ds_status_word statuses[] = {
	{"planning", 0, false, false, "active\nbacklog\nabandoned", 0},
	{"backlog", 0, false, false, "planning\nactive\nabandoned", 0},
	{"active", 1, false, true, "backlog\npaused\ncompleted\nabandoned\nready_for_review", 0},
	{"paused", 1, false, false, "active\nabandoned\nready_for_review", 0},
	{"ready_for_review", 2, false, false, "completed\nactive\nabandoned", 0},
	{"completed", 3, true, false, "active\nabandoned", 0},
	{"abandoned", 3, true, false, "active", 0},
	{0},
};

static const struct ds_status_alias aliases[] = {
	{"planned", "planning", 0},
	{"in-progress", "active", 0},
	{"in_progress", "active", 0},
	{"done", "completed", 0},
	{"closed", "completed", 0},
	{"cancelled", "abandoned", 0},
	{"canceled", "abandoned", 0},
	{"ready for review", "ready_for_review", 0},
	{0},
};

static const struct ds_vocabulary vocabulary = {statuses, aliases, false, false};

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
	.root = "",
	.items = ".specweave/increments/{id}/",
	.exclude = shelves,
	.archived = shelved,
	.copies =
		{
			{.name = "metadata.json",
			 .path = "{item}/metadata.json",
			 .read = "json",
			 .at = "status",
			 .follow = follow},
			{.name = "spec.md",
			 .path = "{item}/spec.md",
			 .read = "frontmatter",
			 .at = "status"},
		},
	.authority = 0,
	.vocabulary = &vocabulary,
	.stale = ".specweave/state/status-line.json",
	.stale_advice = "specweave's dist/src/cli/update-status-line.js makes it anew, "
			"`specweave status-line --clear` drops it",
};

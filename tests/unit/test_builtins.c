/* The built-in rules over pieces of the files that they are for, as these really look. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "readers.h"
#include "rules.h"

/* What a copy says in these bytes, a word each: "id=text>status", a line each with an error
 * ("id!code"). */
static void say(struct ds_buf *out, const struct ds_rule *rule, int copy, struct ds_text id,
		ds_code code, struct ds_text text)
{
	int status;

	if (code) {
		ds_buf_printf(out, "%.*s!%s\n", (int)id.len, id.at, ds_code_name(code));
		return;
	}
	ds_copy_statuses(rule, copy, text, &status);
	ds_buf_printf(out, "%.*s=%.*s>%s\n", (int)id.len, id.at, (int)text.len, text.at,
		      status == DS_NO_STATUS ? "?" : rule->vocabulary->statuses[status].word);
}

static void read_copy(struct ds_buf *out, const struct ds_rule *rule, int copy, const char *bytes)
{
	const struct ds_copy_rule *how = &rule->copies[copy];
	const struct ds_reader *reader = ds_reader_find(how->read);
	struct ds_spec spec = {how->at, how->id};
	struct ds_arena arena = {0};
	struct ds_records records = {0};
	struct ds_reading reading = {0};

	if (how->many) {
		cr_assert(reader->records(&records, ds_text_of(bytes), &spec, NULL, &arena));
		cr_expect_eq(records.defect.code, DS_NO_CODE, "%s", records.defect.why);
		for (size_t i = 0; i < records.len; i++)
			say(out, rule, copy, records.at[i].id, records.at[i].values->code,
			    records.at[i].values->text);
		ds_records_free(&records);
	} else {
		reader->read(&reading, ds_text_of(bytes), true, how->at, &arena);
		say(out, rule, copy, (struct ds_text){"", 0}, reading.code, reading.text);
	}
	ds_arena_free(&arena);
}

static const struct ds_rule *find(const struct ds_ruleset *rules, const char *name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp(rules->at[i]->name, name) == 0)
			return rules->at[i];
	cr_assert_fail("%s", name);
	return NULL;
}

#define WORKPLAN                                                                                   \
	"---\nid: CUST-WP-0026\ntype: workplan\ntitle: \"Distributed — Sync\"\nstatus: done\n"   \
	"updated: \"2026-03-21\"\n---\n\n# Plan\n\nstatus: todo\n\n### T01\n\n```task\n"           \
	"id: CUST-WP-0026-T01\nstatus: done\npriority: high\n"                                     \
	"state_hub_task_id: \"34a76f4c\"\n```\n\n````markdown\n```task\nid: X\nstatus: todo\n"     \
	"```\n````\n\n- nested:\n\n  ~~~~task\n  id: CUST-WP-0026-T02\n  status: in_progress\n"    \
	"  ~~~~\n"
#define TASKS                                                                                      \
	"{\"id\": \"t-1\", \"title\": \"status\", \"status\": \"needs_review\", "                  \
	"\"assignee_ids\": "                                                                       \
	"[\"a\"], \"reviewGrade\": 4},\n {\"id\": 2, \"status\": \"inbox\"}"
#define TRACKS                                                                                     \
	"# Project Tracks\n\n---\n\n## [x] Track: Log in\n*Link: "                                 \
	"[./conductor/tracks/login_20250101/](./conductor/tracks/login_20250101/)*\n\n---\n\n"     \
	"## [~] Track: Pay\n*Link: [x](./tracks/pay_20250102/)*\n\n"                               \
	"- [ ] **Track: List**\n  *Link: [./tracks/list_20250103/](./tracks/list_20250103/)*\n"
#define ROADMAP                                                                                    \
	"# Roadmap\n\n## Phases\n\n- [x] **Phase 1: Foundation** - the ground\n"                   \
	"- [ ] **Phase 2**\n\n## Progress\n\n| Phase | Plans Complete | Status | Completed |\n"    \
	"|-------|----------------|--------|-----------|\n"                                        \
	"| 1. Foundation | 3/3 | Complete | 2025-01-15 |\n| 2. Core | 0/2 | Not started | - |\n"
#define INDEX                                                                                      \
	"# Decisions\n\n| # | Title | Status |\n|---|:--|--|\n"                                    \
	"| [0001](0001-a.md) | One | Accepted |\n| ADR-2 | Two | Superseded by [3](3.md)\n"        \
	"| 3 | Three |\n| 4 | Four | odd word |\n| 5 | Five | Accepted (2024-01-01) |\n"

Test(builtins, read_what_is_out_there)
{
	static const struct {
		const char *builtin;
		const char *rule;
		const char *copy;
		const char *bytes;
		const char *said;
	} table[] = {
		{"specweave", "specweave", "metadata.json",
		 "{\"id\": \"0047\", \"status\": \"active\"}", "=active>active\n"},
		{"specweave", "specweave", "spec.md", "---\nstatus: done\n---\n",
		 "=done>completed\n"},
		{"custodian", "custodian", "task block", WORKPLAN,
		 "CUST-WP-0026-T01=done>done\nCUST-WP-0026-T02=in_progress>in_progress\n"},
		{"custodian", "custodian-workplan", "front matter", WORKPLAN, "=done>done\n"},
		{"mission-control", "mission-control", "tasks.json", "[" TASKS "]",
		 "t-1=needs_review>needs_review\n2=inbox>inbox\n"},
		{"mission-control", "mission-control", "HEAD",
		 "{\"version\": 42, \"tasks\": [" TASKS "]}",
		 "t-1=needs_review>needs_review\n2=inbox>inbox\n"},
		{"bmad", "bmad", "sprint-status.yaml",
		 "# generated: today\nproject: x\n\ndevelopment_status:\n  epic-1: in-progress # "
		 "one\n"
		 "  1-1-log-in: done\n\n  # two\n  1-2-pay: drafted\n  epic-1-retrospective: "
		 "optional\n",
		 "epic-1=in-progress>in-progress\n1-1-log-in=done>done\n"
		 "1-2-pay=drafted>ready-for-dev\nepic-1-retrospective=optional>?\n"},
		{"bmad", "bmad", "story",
		 "# Story 1.1: Log in\n\nStatus: Ready for Review\n\n## Story\n",
		 "=Ready for Review>review\n"},
		{"bmad", "bmad", "story", "# Story 1.1: Log in\n\n**Status:** done\n\n## Story\n",
		 "=done>done\n"},
		{"bmad", "bmad", "story", "---\nstatus: done\n---\n\n# Story\n", "=done>done\n"},
		{"task-master", "task-master", "tasks.json",
		 "{\"master\": {\"tasks\": [{\"id\": 7, \"status\": \"in-progress\", \"subtasks\": "
		 "[{\"id\": 1, \"status\": \"done\"}]}]}, \"other\": {\"tasks\": [{\"id\": 7, "
		 "\"status\": \"done\"}]}}",
		 "7=in-progress>in-progress\n"},
		{"task-master", "task-master", "tasks.json",
		 "{\"tasks\": [{\"id\": 7, \"status\": \"deferred\"}]}", "7=deferred>deferred\n"},
		{"task-master", "task-master", "task file",
		 "# Task ID: 7\n# Title: Pay\n# Status: pending\n# Dependencies: 1\n# Details:\n",
		 "=pending>pending\n"},
		{"adr-index", "adr-index", "index", INDEX,
		 "0001=Accepted>Accepted\nADR-2=Superseded by 3>Superseded\n3!missing-status\n"
		 "4=odd word>?\n5=Accepted (2024-01-01)>Accepted\n"},
		{"adr-index", "adr-index", "file", "# 5. Five\n\nStatus: superseded (by ADR-7)\n",
		 "=superseded (by ADR-7)>Superseded\n"},
		{"adr-index", "adr-index", "file", "---\nstatus: superseded by ADR-3\n---\n# x\n",
		 "=superseded by ADR-3>Superseded\n"},
		{"adr-index", "adr-index", "file",
		 "# 1. One\n\n```\nStatus: Accepted\nDate: x\n```\n", "=Accepted>Accepted\n"},
		{"adr-index", "adr-index", "file",
		 "# 1. One\n\nDate: x\n\n## Status\n\nSuperseded by [3](3.md)\n\n## Context\n",
		 "=Superseded by [3](3.md)>Superseded\n"},
		{"conductor", "conductor", "tracks.md", TRACKS,
		 "login_20250101=[x]>completed\npay_20250102=[~]>in_progress\n"
		 "list_20250103=[ ]>new\n"},
		{"conductor", "conductor", "metadata.json", "{\"status\": \"cancelled\"}",
		 "=cancelled>cancelled\n"},
		{"gsd", "gsd", "list", ROADMAP,
		 "1: Foundation - the ground=[x]>Complete\n2=[ ]>Not started\n"},
		{"gsd", "gsd", "progress", ROADMAP,
		 "1. Foundation=Complete>Complete\n2. Core=Not started>Not started\n"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ds_ruleset rules = {0};
		struct ds_buf said = {0};
		ds_error err = {0};
		cr_assert_eq(ds_builtin_use(&rules, table[i].builtin, NULL, &err), 0, "%s",
			     err.message);
		const struct ds_rule *rule = find(&rules, table[i].rule);
		int copy = ds_copy_named(rule, table[i].copy);
		cr_assert(copy >= 0, "%s", table[i].copy);
		read_copy(&said, rule, copy, table[i].bytes);
		cr_expect_str_eq(said.bytes ? said.bytes : "", table[i].said);
		ds_buf_free(&said);
		ds_ruleset_free(&rules);
	}
}

#include "digest.h"

#include <string.h>

#include "sha256.h"

/* A text that is not there differs from an empty one, and no two lists read the same:
 * each text has a mark before it and its NUL behind it. */
static void add_text(struct ds_sha256 *hash, const char *text)
{
	ds_sha256_add(hash, text ? "+" : "-", 1);
	if (text)
		ds_sha256_add(hash, text, strlen(text) + 1);
}

static void add_copies(struct ds_sha256 *hash, const struct ds_copy_rule *copy)
{
	for (; copy->name; copy++) {
		add_text(hash, copy->name);
		add_text(hash, copy->path);
		add_text(hash, copy->read);
		add_text(hash, copy->at);
	}
	add_text(hash, NULL);
}

/* In order: a verdict holds the index of a status. */
static void add_vocabulary(struct ds_sha256 *hash, const struct ds_vocabulary *vocabulary)
{
	for (const struct ds_status_word *status = vocabulary->statuses; status->word; status++)
		add_text(hash, status->word);
	add_text(hash, NULL);
	for (const struct ds_status_alias *alias = vocabulary->aliases; alias && alias->word;
	     alias++) {
		add_text(hash, alias->word);
		add_text(hash, alias->canonical);
	}
	add_text(hash, NULL);
}

void ds_rule_digest(const struct ds_rule *rule, unsigned char digest[32])
{
	struct ds_sha256 hash;

	ds_sha256_begin(&hash);
	add_text(&hash, DS_VERSION);
	add_text(&hash, rule->name);
	add_copies(&hash, rule->copies);
	add_vocabulary(&hash, rule->vocabulary);
	ds_sha256_end(&hash, digest);
}

/*
 * seen.h - what the rules look at, for whoever asks what they leave out
 *
 * Zero-initialise it; ds_see_rules fills it, from a scan of its own; free it in any case. The
 * texts are lines for a person.
 */
#ifndef DS_SEEN_H
#define DS_SEEN_H

#include "result.h"

enum {
	DS_SEEN_MOST = 256, /* words, and records that are no item */
	DS_WORD_SHOWN = 60, /* of a word; what is longer as a status is prose */
};

/* A word that the rule's vocabulary does not have. */
struct ds_seen_word {
	const struct ds_rule *rule;
	const char *text;
	const char *path; /* of the first */
	size_t line;
	size_t count;
};

struct ds_seen {
	bool all; /* words of archived items, too */

	const char **paths; /* files that are read, sorted */
	size_t path_count;
	size_t path_room;
	struct ds_seen_word words[DS_SEEN_MOST];
	size_t word_count;
	bool more_words;
	struct ds_buf strays; /* about records that are no item */
	size_t stray_count;
	struct ds_buf blind; /* about what could not be judged */
	size_t blind_count;
	struct ds_arena strings;
	bool failed; /* out of memory */
};

int ds_see_rules(struct ds_seen *seen, ds_repo *repo, ds_error *err);
void ds_seen_free(struct ds_seen *seen);

bool ds_is_seen(const struct ds_seen *seen, const char *path);

/* The same for a scan that somebody else makes with this settler: its words and paths, once it
 * has a result. */
struct ds_settler ds_seeing(struct ds_seen *seen);
void ds_see_result(struct ds_seen *seen, const ds_result *result);

/* Adds the paths that the other has and this one has not: whether there are any. */
bool ds_seen_join(struct ds_seen *seen, const struct ds_seen *other);

#endif

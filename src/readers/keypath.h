/*
 * keypath.h - where a value is: keys joined by dots, "a.b.status"
 *
 * A key that holds a dot, a bracket, a brace, a bar, a star, an equals sign or a blank
 * stands in double quotes. In files that hold many records one of the keys has the {id}:
 *
 *	tasks[id={id}].status    the element of an array whose member "id" is the id
 *	status_of.{id}           the id is a key, and its value the status
 *	items.{id}.status        or an object that has it
 *	*.tasks[id={id}].status  any key will do on the way
 *
 * Alternatives are joined by " | ": the first counts whose container is there.
 */
#ifndef DS_KEYPATH_H
#define DS_KEYPATH_H

#include "reader.h"

enum ds_keypath_kind {
	DS_KEYPATH_KEY,
	DS_KEYPATH_ANY,
	DS_KEYPATH_ID,    /* the key is the id */
	DS_KEYPATH_SELECT /* an element whose member `key` is the id */
};

struct ds_keypath_step {
	enum ds_keypath_kind kind;
	struct ds_text key; /* in the path */
};

enum { DS_KEYPATH_LIMIT = 16 };

/* Behind the step with the {id} there is one key, or none where the id is a key itself. */
struct ds_keypath {
	struct ds_keypath_step steps[DS_KEYPATH_LIMIT];
	int len;
	int id; /* the step with the {id}, or -1 */
};

/* Takes the next alternative off *at. NULL, or what is wrong with it: a sentence. */
const char *ds_keypath_parse(struct ds_keypath *out, const char **at);

/* As ds_reader has it. */
int ds_keypath_check(const struct ds_spec *spec, bool *many, ds_error *err);
bool ds_keypath_put_beside(struct ds_buf *out, const char *at, const char *field);

/* Reads one status: `read` says whether what would hold it is there; the first alternative
 * for which it is counts, or else the very first. Returns that alternative; NULL where
 * memory ran out, which the reading says too. */
const char *ds_keypath_read(struct ds_reading *out, struct ds_text bytes, const char *at,
			    struct ds_arena *scratch,
			    bool (*read)(struct ds_reading *out, struct ds_text bytes,
					 const char *at, struct ds_arena *scratch));

/* The last step, as it stands: a path inside of what the others lead to. */
const char *ds_keypath_tail(const char *path);

/* The rest is for one alternative without {id} and star. */

/* The key at `level`, from 0; its `at` is NULL past the last. */
struct ds_text ds_keypath_key(const char *path, int level);

/* How many keys there are. */
int ds_keypath_len(const char *path);

/* The last key, and the length of the path that leads to the object it is in: 0
 * for the document itself. */
struct ds_text ds_keypath_last(const char *path);
size_t ds_keypath_parent(const char *path);

/* Whether two paths lead into the same object. */
bool ds_keypath_beside(const char *a, const char *b);

/* How a key of a document relates to the one that is wanted. */
enum ds_key_match {
	DS_KEY_OTHER,
	DS_KEY_EXACT,
	DS_KEY_VARIANT, /* some parsers take it for the same: other letter case, or a
			 * NUL after it */
};

enum ds_key_match ds_key_match(struct ds_text key, struct ds_text wanted);

#endif

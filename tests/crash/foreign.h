/*
 * foreign.h - somebody else, who knows nothing of our lock, edits a file
 *
 * In a process of its own, made before the one that is tested: so it shares no
 * descriptor with it, and a lease or a lock has the effect it has in life.
 */
#ifndef TEST_FOREIGN_H
#define TEST_FOREIGN_H

#include <stdbool.h>
#include <sys/types.h>

enum foreign_kind {
	FOREIGN_RENAME,   /* write beside it, rename over it */
	FOREIGN_TRUNCATE, /* open, truncate, write */
	FOREIGN_APPEND,
	FOREIGN_ASIDE,  /* vim: rename it away, create it anew, drop the other */
	FOREIGN_UNLINK, /* git checkout: unlink it, create it anew */
	FOREIGN_HELD,   /* open it, think, append */
	FOREIGN_KINDS
};

extern const char *const foreign_names[FOREIGN_KINDS];

/* Writes the token; what was there goes, unless it appends. False where the file
 * could not be written. `spare` is a name on the same file system, outside of what is
 * tested. */
bool foreign_edit(enum foreign_kind kind, const char *path, const char *spare, const char *token);

struct foreign {
	enum foreign_kind kind;
	const char *path;
	const char *spare;
	const char *token;
	bool *acted; /* shared memory: the edit is done */
	pid_t child;
	int go[2];
	int done[2];
};

/* Starts the process, lets it edit (context is the struct; it is waited for, but not
 * where a lease keeps it waiting), and waits for its end. */
void foreign_begin(struct foreign *foreign);
void foreign_act(void *context);
void foreign_end(struct foreign *foreign);

#endif

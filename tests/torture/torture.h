/*
 * torture.h - many processes at one file
 */
#ifndef TEST_TORTURE_H
#define TEST_TORTURE_H

#include <sys/types.h>

#include "world.h"

/* The bounded form runs so long, the long one many times as long. */
long torture_ms(long bounded);
long torture_now_ms(void);

/* Up to `most` microseconds, by chance. */
void torture_pause(unsigned *seed, long most);

/* A process of its own; `what` returns its exit status. */
pid_t torture_start(int (*what)(void *context), void *context);

/* Waits for its end; whether it exited with 0. */
bool torture_end(pid_t process);

/* A writer of the world's files, kept open over many commits. */
struct torture_writer {
	struct ds_place place;
	struct ds_txn *txn;
	size_t notes; /* those that were told already */
};

void torture_open(struct torture_writer *writer, const char *root);
void torture_close(struct torture_writer *writer);

/* Appends the notes that are new to a file, a line each. */
void torture_tell(struct torture_writer *writer, const char *path);

/* Calls `each` with the name and content of each file in saved/. */
void torture_saved(const char *state,
		   void (*each)(void *context, const char *name, const char *text), void *context);

#endif

/*
 * arena.h - memory that is released all at once
 *
 * A result is thousands of small strings that die together. An arena hands
 * them out from chunks and frees the chunks. Zero-initialise it; every function
 * returns NULL when memory ran out, and freeing an empty one does nothing.
 */
#ifndef DS_ARENA_H
#define DS_ARENA_H

#include <stddef.h>

#include "buf.h"

struct ds_arena_chunk;

struct ds_arena {
	struct ds_arena_chunk *chunks; /* newest first */
	char *at;
	char *end;
};

/* Zeroed and aligned for anything. */
void *ds_arena_alloc(struct ds_arena *arena, size_t size);

/* A NUL-terminated copy. */
char *ds_arena_copy(struct ds_arena *arena, const char *bytes, size_t len);
char *ds_arena_string(struct ds_arena *arena, const char *string);

/* A copy of what was put together in a buffer, which is freed; NULL too where that failed. */
char *ds_arena_take(struct ds_arena *arena, struct ds_buf *buf);

void ds_arena_free(struct ds_arena *arena);

/* Forgets every piece and keeps a chunk for the next ones. */
void ds_arena_reset(struct ds_arena *arena);

/* Moves everything that `from` owns into `into`; `from` is empty afterwards. */
void ds_arena_absorb(struct ds_arena *into, struct ds_arena *from);

#endif

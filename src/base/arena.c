#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 * 1024 };

struct ds_arena_chunk {
	struct ds_arena_chunk *next;
	max_align_t bytes[];
};

static char *new_chunk(struct ds_arena *arena, size_t size)
{
	struct ds_arena_chunk *chunk = malloc(sizeof *chunk + size);
	if (!chunk)
		return NULL;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return (char *)chunk->bytes;
}

static void *allocate(struct ds_arena *arena, size_t size, size_t align)
{
	size_t pad = (size_t)(-(uintptr_t)arena->at) & (align - 1);
	size_t room = (size_t)(arena->end - arena->at);
	if (!arena->at || room < pad || room - pad < size) {
		if (size > SIZE_MAX / 2)
			return NULL;
		/* A large piece gets a chunk of its own; the current one stays in use. */
		if (size > CHUNK / 4)
			return new_chunk(arena, size);
		char *fresh = new_chunk(arena, CHUNK);
		if (!fresh)
			return NULL;
		arena->at = fresh;
		arena->end = fresh + CHUNK;
		pad = 0;
	}
	char *piece = arena->at + pad;
	arena->at = piece + size;
	return piece;
}

void *ds_arena_alloc(struct ds_arena *arena, size_t size)
{
	void *piece = allocate(arena, size, alignof(max_align_t));
	if (piece)
		memset(piece, 0, size);
	return piece;
}

char *ds_arena_copy(struct ds_arena *arena, const char *bytes, size_t len)
{
	char *copy = allocate(arena, len + 1, 1);
	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *ds_arena_string(struct ds_arena *arena, const char *string)
{
	return ds_arena_copy(arena, string, strlen(string));
}

/* Frees every chunk but `kept`. */
static void free_chunks(struct ds_arena *arena, const struct ds_arena_chunk *kept)
{
	struct ds_arena_chunk *next;
	for (struct ds_arena_chunk *chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		if (chunk != kept)
			free(chunk);
	}
}

char *ds_arena_take(struct ds_arena *arena, struct ds_buf *buf)
{
	char *kept = buf->failed ? NULL : ds_arena_copy(arena, buf->bytes, buf->len);

	ds_buf_free(buf);
	return kept;
}

void ds_arena_free(struct ds_arena *arena)
{
	free_chunks(arena, NULL);
	*arena = (struct ds_arena){0};
}

void ds_arena_reset(struct ds_arena *arena)
{
	struct ds_arena_chunk *kept = arena->chunks;
	while (kept && (char *)kept->bytes + CHUNK != arena->end)
		kept = kept->next;
	free_chunks(arena, kept);
	*arena = (struct ds_arena){0};
	if (kept) {
		kept->next = NULL;
		arena->chunks = kept;
		arena->at = (char *)kept->bytes;
		arena->end = arena->at + CHUNK;
	}
}

void ds_arena_absorb(struct ds_arena *into, struct ds_arena *from)
{
	struct ds_arena_chunk **last = &from->chunks;
	while (*last)
		last = &(*last)->next;
	*last = into->chunks;
	into->chunks = from->chunks;
	*from = (struct ds_arena){0};
}

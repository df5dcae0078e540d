#include "array.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 8 };

/* The pointer is copied, not cast: it is one to any type, and void * is another. What is there
 * fits into memory, so twice as much fits into a size_t. */
bool ds_grow(void *at, size_t *room, size_t len, size_t size)
{
	size_t wanted = *room ? *room * 2 : FIRST_ROOM;
	void *moved;

	if (len < *room)
		return true;
	memcpy(&moved, at, sizeof moved);
	moved = realloc(moved, wanted * size);
	if (!moved)
		return false;
	memcpy(at, &moved, sizeof moved);
	*room = wanted;
	return true;
}

/*
 * array.h - an array that is only added to
 *
 *	if (!ds_grow(&list->at, &list->room, list->len, sizeof *list->at))
 *		return false;
 *	list->at[list->len++] = piece;
 *
 * Begins as NULL with no room; free it as it is. What is in it may move.
 */
#ifndef DS_ARRAY_H
#define DS_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for one more behind `len` pieces of `size` bytes. `at` is the address of the
 * pointer to the first. False: memory ran out, and everything is as it was. */
bool ds_grow(void *at, size_t *room, size_t len, size_t size);

#endif

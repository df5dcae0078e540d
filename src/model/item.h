/*
 * item.h - one unit of work
 */
#ifndef DS_ITEM_H
#define DS_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds_item {
	const char *path; /* what the pattern matched, relative to the root */
	const char *id;
	bool archived;
	bool twin;      /* another item has the same id: no command can mean this one */
	bool shared_id; /* another rule has it too, or may: a command says RULE:ID */
	bool seen;      /* at least one of its copies exists */
	bool again;     /* it looks wrong: to be read once more, with all others that do */
	bool compared;  /* there are two statuses of it at least */
	bool guessed;   /* its copies disagree, and nobody is believed: one of several */
	bool recalled;  /* judged before, by its contents: nothing was read */
	uint8_t state;  /* a ds_item_state, once it was compared */
	int8_t status;  /* an index into the vocabulary, or DS_NO_STATUS */
};

struct ds_items {
	struct ds_item *at;
	size_t len;
	size_t room;
};

/* Appends; false when memory ran out. */
bool ds_items_add(struct ds_items *items, const struct ds_item *item);

/* By id, then by path. */
void ds_items_sort(struct ds_items *items);
void ds_items_free(struct ds_items *items);

#endif

/*
 * disk.h - what a disk may hold after the power failed
 *
 * The calls of a commit are recorded as operations on files and directories, and
 * fsync and syncfs with them. Up to any of them the power may fail; then what was not
 * synced is there or not, within what the model allows, and each of these states can be
 * made real.
 *
 *     struct disk *disk = disk_new(root);       // what is there now is on the disk
 *     ...run with {.done = disk_record, .context = disk}...
 *     disk_crash(disk, model, disk_ops(disk), filter, limit, &seed, each, context);
 *
 * What a model takes for granted: an operation on names is done whole or not at all,
 * though it concerns two directories; a sync of one of them settles it.
 */
#ifndef TEST_DISK_H
#define TEST_DISK_H

#include "fault.h"

enum disk_model {
	DISK_GLOBAL,        /* names change in the order of the calls, over all directories */
	DISK_PER_DIRECTORY, /* ... within each directory */
	DISK_ANY,           /* in any order */
	DISK_MODELS
};

extern const char *const disk_model_names[DISK_MODELS];

/* Operations that a control leaves out. */
enum disk_filter {
	DISK_ALL,
	DISK_NO_SYNC_OF_TEMPS,
	DISK_NO_SYNC_OF_JOURNAL,
	DISK_NO_SYNC_OF_JOURNALS_DIRECTORY,
	DISK_NO_SYNC_OF_TARGET_DIRECTORIES,
	DISK_NO_JOURNAL,
	DISK_FILTERS
};

extern const char *const disk_filter_names[DISK_FILTERS];

struct disk;

/* `state` is the path of the state folder, relative to the root. */
struct disk *disk_new(const char *root, const char *state);
void disk_free(struct disk *disk);

/* For struct fault_plan. */
void disk_record(void *context, const struct fault_call *call, long result);
void disk_renumber(void *context, struct stat *st);

size_t disk_ops(const struct disk *disk);

/* Makes each state real in the root, in place of what was there, and calls `each`: all
 * of them where they are no more than `limit`, else as many by chance, the extremes
 * among them. States that were made before in the life of this disk are left out, unless
 * `mark` (anything that makes them different, such as what was acknowledged) differs. */
void disk_crash(struct disk *disk, enum disk_model model, size_t prefix, enum disk_filter filter,
		size_t limit, unsigned *seed, int mark, void (*each)(void *context), void *context);

/* The operation before the crash, and what the last state was made of, in words. */
const char *disk_words(struct disk *disk, size_t prefix);

#endif

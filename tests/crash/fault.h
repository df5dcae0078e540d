/*
 * fault.h - a table of system calls that fails, stops or is watched, as a test wants
 *
 *     fault_begin(&(struct fault_plan){.stop_at = 17});
 *     ...hand fault_os to what is tested, in a process of its own...
 *
 * Calls are counted from 1, all but those that ask for the time. One plan at a time:
 * the table has no context, so this file keeps it.
 */
#ifndef TEST_FAULT_H
#define TEST_FAULT_H

#include "os.h"

/* What a process exits with that was stopped, or that calls without end. */
enum { FAULT_STOPPED = 86, FAULT_ENDLESS = 87 };

enum fault_op {
	FAULT_OPEN,
	FAULT_OPEN_BENEATH,
	FAULT_CLOSE,
	FAULT_READ,
	FAULT_WRITE,
	FAULT_TRUNCATE,
	FAULT_FSYNC,
	FAULT_SYNCFS,
	FAULT_STAT,
	FAULT_CHMOD,
	FAULT_CHOWN,
	FAULT_LIST_XATTR,
	FAULT_GET_XATTR,
	FAULT_SET_XATTR,
	FAULT_REMOVE_XATTR,
	FAULT_LOOK,
	FAULT_ACCESS,
	FAULT_MAKE_DIR,
	FAULT_UNLINK,
	FAULT_REMOVE_DIR,
	FAULT_RENAME,
	FAULT_SWAP,
	FAULT_LIST,
	FAULT_LOCK,
	FAULT_TAKE_LEASE,
	FAULT_HOLDS_LEASE,
	FAULT_DROP_LEASE,
	FAULT_RANDOM,
	FAULT_OPS
};

/* One call. `fd` is the file, or the directory of `name`. */
struct fault_call {
	enum fault_op op;
	int fd;
	const char *name;
	int other_fd;
	const char *other_name;
	int flags;
	const void *bytes;
	size_t len;
};

struct fault_plan {
	long stop_at; /* _exit instead of this call; 0: never */
	bool torn;    /* ... and if it writes, after half of the bytes */
	long fail_at; /* this call fails; 0: none does */
	bool onwards; /* ... and all after it */
	bool late;    /* ... but what it was to do is done all the same */
	int error;
	bool shorten; /* reads and writes do one byte less than they could, and one at least */

	/* Before this call, somebody else does something. */
	long act_at;
	void (*act)(void *context);

	/* The call is not made, but reported as done. */
	bool (*skip)(void *context, const struct fault_call *call);
	/* The call was made and succeeded; `result` is what it returned. */
	void (*done)(void *context, const struct fault_call *call, long result);
	/* Other numbers for the files seen. */
	void (*renumber)(void *context, struct stat *st);
	void *context;
};

extern const struct ds_os fault_os;

void fault_begin(const struct fault_plan *plan);

/* Where the count and the last call's words are kept: memory that outlives the
 * process that calls, or NULL for this process's own. */
struct fault_trace {
	long calls;
	char last[200];
	char failed[200]; /* the call that was failed or stopped first */
};
void fault_trace_to(struct fault_trace *trace);

#endif

#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* More than any commit of these tests makes, a hundred times over. */
enum { ENDLESS = 50000 };

static struct fault_plan plan;
static struct fault_trace own_trace;
static struct fault_trace *trace = &own_trace;

/* Time is ours, so that waiting costs none: it goes on with each look and each sleep. */
static long long skipped_ms;

static const char *const op_names[FAULT_OPS] = {
	[FAULT_OPEN] = "open",
	[FAULT_OPEN_BENEATH] = "open_beneath",
	[FAULT_CLOSE] = "close",
	[FAULT_READ] = "read",
	[FAULT_WRITE] = "write",
	[FAULT_TRUNCATE] = "truncate",
	[FAULT_FSYNC] = "fsync",
	[FAULT_SYNCFS] = "syncfs",
	[FAULT_STAT] = "stat",
	[FAULT_CHMOD] = "chmod",
	[FAULT_CHOWN] = "chown",
	[FAULT_LIST_XATTR] = "list_xattr",
	[FAULT_GET_XATTR] = "get_xattr",
	[FAULT_SET_XATTR] = "set_xattr",
	[FAULT_REMOVE_XATTR] = "remove_xattr",
	[FAULT_LOOK] = "look",
	[FAULT_ACCESS] = "access",
	[FAULT_MAKE_DIR] = "make_dir",
	[FAULT_UNLINK] = "unlink",
	[FAULT_REMOVE_DIR] = "remove_dir",
	[FAULT_RENAME] = "rename",
	[FAULT_SWAP] = "swap",
	[FAULT_LIST] = "list",
	[FAULT_LOCK] = "lock",
	[FAULT_TAKE_LEASE] = "take_lease",
	[FAULT_HOLDS_LEASE] = "holds_lease",
	[FAULT_DROP_LEASE] = "drop_lease",
	[FAULT_RANDOM] = "random",
};

void fault_begin(const struct fault_plan *new_plan)
{
	plan = *new_plan;
	*trace = (struct fault_trace){0};
}

void fault_trace_to(struct fault_trace *new_trace)
{
	trace = new_trace ? new_trace : &own_trace;
}

/* "call 17: rename journal.tmp journal" */
static void describe(char out[200], const struct fault_call *call)
{
	char link[64];
	char file[100];

	if (call->name) {
		snprintf(out, 200, "call %ld: %s %.80s %.80s", trace->calls, op_names[call->op],
			 call->name, call->other_name ? call->other_name : "");
		return;
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", call->fd);
	ssize_t len = readlink(link, file, sizeof file);
	snprintf(out, 200, "call %ld: %s %.*s", trace->calls, op_names[call->op],
		 len > 0 ? (int)len : 0, file);
}

static void tear(const struct fault_call *call)
{
	if (plan.torn && call->op == FAULT_WRITE && call->len > 1)
		ds_os_system.write(call->fd, call->bytes, call->len / 2);
}

static bool fails_now(void)
{
	return plan.fail_at &&
	       (trace->calls == plan.fail_at || (plan.onwards && trace->calls > plan.fail_at));
}

/* What fails with a descriptor open is nobody's to close. */
static bool can_be_late(const struct fault_call *call)
{
	return call->op != FAULT_OPEN && call->op != FAULT_OPEN_BENEATH;
}

enum verdict { DO_IT, SAY_DONE, DO_AND_FAIL, FAIL };

/* Before each call: what becomes of it. */
static enum verdict enter(const struct fault_call *call)
{
	if (++trace->calls > ENDLESS)
		_exit(FAULT_ENDLESS);
	if (trace->calls == plan.stop_at || trace->calls == plan.fail_at)
		describe(trace->failed, call);
	if (trace->calls == plan.act_at)
		plan.act(plan.context);
	if (trace->calls == plan.stop_at) {
		tear(call);
		_exit(FAULT_STOPPED);
	}
	if (fails_now()) {
		errno = plan.error;
		return plan.late && can_be_late(call) ? DO_AND_FAIL : FAIL;
	}
	return plan.skip && plan.skip(plan.context, call) ? SAY_DONE : DO_IT;
}

static long leave(const struct fault_call *call, enum verdict verdict, long result)
{
	if (verdict == DO_AND_FAIL) {
		errno = plan.error;
		return -1;
	}
	if (result >= 0 && plan.done) {
		int saved = errno;
		plan.done(plan.context, call, result);
		errno = saved;
	}
	return result;
}

/* The body of a wrapper: `expression` makes the call where it is to be made, `nothing` is
 * what a call returns that is only said to be done. */
#define CALL(type, nothing, expression, ...)                                                       \
	do {                                                                                       \
		const struct fault_call call = {__VA_ARGS__};                                      \
		enum verdict verdict = enter(&call);                                               \
		if (verdict == FAIL)                                                               \
			return -1;                                                                 \
		if (verdict == SAY_DONE)                                                           \
			return (type)(nothing);                                                    \
		return (type)leave(&call, verdict, (expression));                                  \
	} while (0)

static size_t shortened(size_t len)
{
	return plan.shorten && len > 1 ? len - 1 : len;
}

static int fault_open(int dir, const char *name, int flags, mode_t mode)
{
	CALL(int, 0, ds_os_system.open(dir, name, flags, mode), .op = FAULT_OPEN, .fd = dir,
	     .name = name, .flags = flags);
}

static int fault_open_beneath(int dir, const char *path, int flags)
{
	CALL(int, 0, ds_os_system.open_beneath(dir, path, flags), .op = FAULT_OPEN_BENEATH,
	     .fd = dir, .name = path, .flags = flags);
}

/* A close that fails has closed all the same. */
static int fault_close(int fd)
{
	const struct fault_call call = {.op = FAULT_CLOSE, .fd = fd};
	enum verdict verdict = enter(&call);
	int error = errno;
	int result = ds_os_system.close(fd);

	if (verdict == DO_IT || verdict == SAY_DONE)
		return result;
	errno = error;
	return -1;
}

static ssize_t fault_read(int fd, void *to, size_t len, off_t at)
{
	CALL(ssize_t, 0, ds_os_system.read(fd, to, shortened(len), at), .op = FAULT_READ, .fd = fd,
	     .len = len);
}

static ssize_t fault_write(int fd, const void *from, size_t len)
{
	CALL(ssize_t, len, ds_os_system.write(fd, from, shortened(len)), .op = FAULT_WRITE,
	     .fd = fd, .bytes = from, .len = len);
}

static int fault_truncate(int fd, off_t len)
{
	CALL(int, 0, ds_os_system.truncate(fd, len), .op = FAULT_TRUNCATE, .fd = fd,
	     .len = (size_t)len);
}

static int fault_fsync(int fd)
{
	CALL(int, 0, ds_os_system.fsync(fd), .op = FAULT_FSYNC, .fd = fd);
}

static int fault_syncfs(int fd)
{
	CALL(int, 0, ds_os_system.syncfs(fd), .op = FAULT_SYNCFS, .fd = fd);
}

static void renumber(struct stat *st)
{
	if (plan.renumber)
		plan.renumber(plan.context, st);
}

static int fault_stat(int fd, struct stat *st)
{
	const struct fault_call call = {.op = FAULT_STAT, .fd = fd};
	enum verdict verdict = enter(&call);

	if (verdict == FAIL || verdict == DO_AND_FAIL)
		return -1;
	int result = ds_os_system.stat(fd, st);
	if (result == 0)
		renumber(st);
	return result;
}

static int fault_look(int dir, const char *name, struct stat *st)
{
	const struct fault_call call = {.op = FAULT_LOOK, .fd = dir, .name = name};
	enum verdict verdict = enter(&call);

	if (verdict == FAIL || verdict == DO_AND_FAIL)
		return -1;
	int result = ds_os_system.look(dir, name, st);
	if (result == 0)
		renumber(st);
	return result;
}

static int fault_access(int dir, const char *name, int mode)
{
	CALL(int, 0, ds_os_system.access(dir, name, mode), .op = FAULT_ACCESS, .fd = dir,
	     .name = name);
}

static int fault_chmod(int fd, mode_t mode)
{
	CALL(int, 0, ds_os_system.chmod(fd, mode), .op = FAULT_CHMOD, .fd = fd, .flags = (int)mode);
}

static int fault_chown(int fd, uid_t uid, gid_t gid)
{
	CALL(int, 0, ds_os_system.chown(fd, uid, gid), .op = FAULT_CHOWN, .fd = fd);
}

static ssize_t fault_list_xattr(int fd, char *names, size_t room)
{
	CALL(ssize_t, 0, ds_os_system.list_xattr(fd, names, room), .op = FAULT_LIST_XATTR,
	     .fd = fd);
}

static ssize_t fault_get_xattr(int fd, const char *name, void *value, size_t room)
{
	CALL(ssize_t, 0, ds_os_system.get_xattr(fd, name, value, room), .op = FAULT_GET_XATTR,
	     .fd = fd, .name = name);
}

static int fault_set_xattr(int fd, const char *name, const void *value, size_t len)
{
	CALL(int, 0, ds_os_system.set_xattr(fd, name, value, len), .op = FAULT_SET_XATTR, .fd = fd,
	     .name = name);
}

static int fault_remove_xattr(int fd, const char *name)
{
	CALL(int, 0, ds_os_system.remove_xattr(fd, name), .op = FAULT_REMOVE_XATTR, .fd = fd,
	     .name = name);
}

static int fault_make_dir(int dir, const char *name, mode_t mode)
{
	CALL(int, 0, ds_os_system.make_dir(dir, name, mode), .op = FAULT_MAKE_DIR, .fd = dir,
	     .name = name, .flags = (int)mode);
}

static int fault_unlink(int dir, const char *name)
{
	CALL(int, 0, ds_os_system.unlink(dir, name), .op = FAULT_UNLINK, .fd = dir, .name = name);
}

static int fault_remove_dir(int dir, const char *name)
{
	CALL(int, 0, ds_os_system.remove_dir(dir, name), .op = FAULT_REMOVE_DIR, .fd = dir,
	     .name = name);
}

static int fault_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	CALL(int, 0, ds_os_system.rename(from_dir, from, to_dir, to), .op = FAULT_RENAME,
	     .fd = from_dir, .name = from, .other_fd = to_dir, .other_name = to);
}

static int fault_swap(int dir_a, const char *a, int dir_b, const char *b)
{
	CALL(int, 0, ds_os_system.swap(dir_a, a, dir_b, b), .op = FAULT_SWAP, .fd = dir_a,
	     .name = a, .other_fd = dir_b, .other_name = b);
}

static int fault_list(int dir, int (*each)(void *context, const char *name), void *context)
{
	CALL(int, 0, ds_os_system.list(dir, each, context), .op = FAULT_LIST, .fd = dir);
}

static int fault_lock(int fd, int operation)
{
	CALL(int, 0, ds_os_system.lock(fd, operation), .op = FAULT_LOCK, .fd = fd,
	     .flags = operation);
}

static int fault_take_lease(int fd, bool exclusive)
{
	CALL(int, 0, ds_os_system.take_lease(fd, exclusive), .op = FAULT_TAKE_LEASE, .fd = fd);
}

/* A lease that cannot be asked for counts as broken. */
static bool fault_holds_lease(int fd)
{
	const struct fault_call call = {.op = FAULT_HOLDS_LEASE, .fd = fd};
	enum verdict verdict = enter(&call);

	return (verdict == DO_IT || verdict == SAY_DONE) && ds_os_system.holds_lease(fd);
}

static int fault_drop_lease(int fd)
{
	CALL(int, 0, ds_os_system.drop_lease(fd), .op = FAULT_DROP_LEASE, .fd = fd);
}

static long long fault_now_ms(void)
{
	return ds_os_system.now_ms() + ++skipped_ms;
}

static long long fault_wall_ms(void)
{
	return ds_os_system.wall_ms() + skipped_ms;
}

static void fault_sleep_ms(long ms)
{
	skipped_ms += ms;
}

static int fault_random(void *to, size_t len)
{
	CALL(int, 0, ds_os_system.random(to, len), .op = FAULT_RANDOM, .len = len);
}

const struct ds_os fault_os = {
	.open = fault_open,
	.open_beneath = fault_open_beneath,
	.close = fault_close,
	.read = fault_read,
	.write = fault_write,
	.truncate = fault_truncate,
	.fsync = fault_fsync,
	.syncfs = fault_syncfs,
	.stat = fault_stat,
	.chmod = fault_chmod,
	.chown = fault_chown,
	.list_xattr = fault_list_xattr,
	.get_xattr = fault_get_xattr,
	.set_xattr = fault_set_xattr,
	.remove_xattr = fault_remove_xattr,
	.look = fault_look,
	.access = fault_access,
	.make_dir = fault_make_dir,
	.unlink = fault_unlink,
	.remove_dir = fault_remove_dir,
	.rename = fault_rename,
	.swap = fault_swap,
	.list = fault_list,
	.lock = fault_lock,
	.take_lease = fault_take_lease,
	.holds_lease = fault_holds_lease,
	.drop_lease = fault_drop_lease,
	.now_ms = fault_now_ms,
	.wall_ms = fault_wall_ms,
	.sleep_ms = fault_sleep_ms,
	.random = fault_random,
};

#define _GNU_SOURCE /* O_PATH */
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

enum { INODES = 512, NAMES = 512, OPS = 2048, NAME_ROOM = 256, SEEN = 1 << 18, WORDS = 2048 };

enum op_kind { OP_NAMES, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_SYNC_ALL, OP_MODE };

/* What a name in a directory stands for; 0: nothing. */
struct entry {
	int dir;
	char name[NAME_ROOM];
	int inode;
};

struct op {
	enum op_kind kind;
	enum fault_op call;
	int inode;
	enum disk_filter left_out_by; /* DISK_ALL: by none */
	struct entry set[2];          /* OP_NAMES: all at once */
	size_t set_count;
	off_t at;
	char *bytes;
	size_t len;
	mode_t mode;
};

struct inode {
	ino_t real;
	bool is_dir;
	mode_t mode;
	char *bytes; /* what it held at the beginning */
	size_t len;
	ino_t made; /* its number in the state that was made last */
};

struct disk {
	char root[256];
	char state[64];
	struct inode inodes[INODES];
	int inode_count; /* the first is number 1: the root */
	struct entry begin[NAMES];
	size_t begin_count;
	struct entry live[NAMES];
	size_t live_count;
	struct op ops[OPS];
	size_t op_count;
	uint64_t *seen;
	char words[WORDS];
};

const char *const disk_model_names[DISK_MODELS] = {
	[DISK_GLOBAL] = "in order over all",
	[DISK_PER_DIRECTORY] = "in order a directory",
	[DISK_ANY] = "in any order",
};

const char *const disk_filter_names[DISK_FILTERS] = {
	[DISK_ALL] = "nothing left out",
	[DISK_NO_SYNC_OF_TEMPS] = "no fsync of the temps",
	[DISK_NO_SYNC_OF_JOURNAL] = "no fsync of the journal",
	[DISK_NO_SYNC_OF_JOURNALS_DIRECTORY] = "no fsync of the journal's directory",
	[DISK_NO_SYNC_OF_TARGET_DIRECTORIES] = "no fsync of the target directories",
	[DISK_NO_JOURNAL] = "no journal",
};

/* ---- Names -------------------------------------------------------------- */

static struct entry *find_entry(struct entry *entries, size_t count, int dir, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].dir == dir && strcmp(entries[i].name, name) == 0)
			return &entries[i];
	return NULL;
}

static void set_entry(struct entry *entries, size_t *count, const struct entry *to)
{
	struct entry *entry = find_entry(entries, *count, to->dir, to->name);

	if (!entry) {
		if (*count == NAMES)
			world_die("too many names");
		entry = &entries[(*count)++];
	}
	*entry = *to;
}

static int lookup(struct disk *disk, int dir, const char *name)
{
	const struct entry *entry = find_entry(disk->live, disk->live_count, dir, name);
	return entry ? entry->inode : 0;
}

static int add_inode(struct disk *disk, const struct stat *st)
{
	if (disk->inode_count == INODES - 1)
		world_die("too many files");
	int number = ++disk->inode_count;
	disk->inodes[number] = (struct inode){
		.real = st->st_ino, .is_dir = S_ISDIR(st->st_mode), .mode = st->st_mode & 07777};
	return number;
}

/* The youngest that has the number: the system uses numbers again. */
static int inode_of(const struct disk *disk, const struct stat *st)
{
	for (int i = disk->inode_count; i > 0; i--)
		if (disk->inodes[i].real == st->st_ino)
			return i;
	return 0;
}

static int inode_of_fd(const struct disk *disk, int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? inode_of(disk, &st) : 0;
}

/* The directory that holds the last component of a path, and that component; 0 where it
 * is not one of ours. */
static int parent_of(const struct disk *disk, int fd, const char *path, char name[NAME_ROOM])
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";

	snprintf(name, NAME_ROOM, "%s", slash ? slash + 1 : path);
	if (slash)
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
	int dir = openat(fd, *parent ? parent : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int inode = dir < 0 ? 0 : inode_of_fd(disk, dir);
	if (dir >= 0)
		close(dir);
	return inode;
}

/* Relative to the root. */
static void path_of(struct disk *disk, int inode, char path[PATH_MAX])
{
	*path = '\0';
	for (int at = inode; at != 1;) {
		char rest[PATH_MAX];
		const struct entry *entry = NULL;
		for (size_t i = 0; i < disk->live_count && !entry; i++)
			if (disk->live[i].inode == at)
				entry = &disk->live[i];
		if (!entry)
			return;
		snprintf(rest, sizeof rest, "%s", path);
		snprintf(path, PATH_MAX, "%s%s%.3000s", entry->name, *rest ? "/" : "", rest);
		at = entry->dir;
	}
}

/* ---- What is there at the beginning ------------------------------------- */

static void take_in(struct disk *disk, int dir, const char *path)
{
	struct dirent *found;
	DIR *names = opendir(path);

	while (names && (found = readdir(names))) {
		char full[PATH_MAX];
		struct stat st;
		struct entry entry = {.dir = dir};
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		snprintf(full, sizeof full, "%.3000s/%s", path, found->d_name);
		if (lstat(full, &st) != 0)
			world_die(full);
		entry.inode = add_inode(disk, &st);
		snprintf(entry.name, sizeof entry.name, "%s", found->d_name);
		set_entry(disk->begin, &disk->begin_count, &entry);
		struct inode *inode = &disk->inodes[entry.inode];
		if (inode->is_dir)
			take_in(disk, entry.inode, full);
		else
			inode->bytes = world_read(full, &inode->len);
	}
	if (names)
		closedir(names);
}

struct disk *disk_new(const char *root, const char *state)
{
	struct disk *disk = calloc(1, sizeof *disk);
	struct stat st;

	if (!disk || !(disk->seen = calloc(SEEN, sizeof *disk->seen)) || stat(root, &st) != 0)
		world_die("disk");
	snprintf(disk->root, sizeof disk->root, "%s", root);
	snprintf(disk->state, sizeof disk->state, "%s", state);
	take_in(disk, add_inode(disk, &st), root);
	memcpy(disk->live, disk->begin, sizeof disk->live);
	disk->live_count = disk->begin_count;
	return disk;
}

void disk_free(struct disk *disk)
{
	for (int i = 1; i <= disk->inode_count; i++)
		free(disk->inodes[i].bytes);
	for (size_t i = 0; i < disk->op_count; i++)
		free(disk->ops[i].bytes);
	free(disk->seen);
	free(disk);
}

/* ---- Recording ---------------------------------------------------------- */

static struct op *add_op(struct disk *disk, enum op_kind kind, const struct fault_call *call)
{
	if (disk->op_count == OPS)
		world_die("too many operations");
	struct op *op = &disk->ops[disk->op_count++];
	*op = (struct op){.kind = kind, .call = call->op};
	return op;
}

static void add_setting(struct op *op, int dir, const char *name, int inode)
{
	struct entry *entry = &op->set[op->set_count++];

	entry->dir = dir;
	entry->inode = inode;
	snprintf(entry->name, sizeof entry->name, "%s", name);
}

static void go_live(struct disk *disk, const struct op *op)
{
	for (size_t i = 0; i < op->set_count; i++)
		set_entry(disk->live, &disk->live_count, &op->set[i]);
}

/* Which control leaves a sync out. */
static enum disk_filter filter_of_sync(struct disk *disk, int inode)
{
	char path[PATH_MAX];
	size_t len = strlen(disk->state);

	path_of(disk, inode, path);
	bool in_state = strncmp(path, disk->state, len) == 0;
	if (in_state && strncmp(path + len, "/tmp", 4) == 0 && !disk->inodes[inode].is_dir)
		return DISK_NO_SYNC_OF_TEMPS;
	if (in_state && strncmp(path + len, "/journal", 8) == 0)
		return DISK_NO_SYNC_OF_JOURNAL;
	if (in_state && !path[len])
		return DISK_NO_SYNC_OF_JOURNALS_DIRECTORY;
	return !in_state && disk->inodes[inode].is_dir ? DISK_NO_SYNC_OF_TARGET_DIRECTORIES
						       : DISK_ALL;
}

static void record_made(struct disk *disk, const struct fault_call *call, int fd)
{
	char name[NAME_ROOM];
	struct stat st;
	int dir = parent_of(disk, call->fd, call->name, name);

	if (!dir || fstat(fd, &st) != 0)
		return;
	if (lookup(disk, dir, name)) {
		if (call->flags & O_TRUNC)
			add_op(disk, OP_TRUNCATE, call)->inode = inode_of(disk, &st);
		return;
	}
	struct op *op = add_op(disk, OP_NAMES, call);
	add_setting(op, dir, name, add_inode(disk, &st));
	go_live(disk, op);
}

/* mkdir has no descriptor to show what it made. */
static void record_made_dir(struct disk *disk, const struct fault_call *call)
{
	int fd = openat(call->fd, call->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		world_die(call->name);
	record_made(disk, call, fd);
	close(fd);
}

static void record_names(struct disk *disk, const struct fault_call *call)
{
	char name[NAME_ROOM];
	char other[NAME_ROOM];
	struct op *op = add_op(disk, OP_NAMES, call);
	int dir = parent_of(disk, call->fd, call->name, name);
	int other_dir =
		call->other_name ? parent_of(disk, call->other_fd, call->other_name, other) : 0;

	if (!dir || (call->other_name && !other_dir))
		world_die("a name outside of the disk");
	int inode = lookup(disk, dir, name);
	add_setting(op, dir, name, call->op == FAULT_SWAP ? lookup(disk, other_dir, other) : 0);
	if (other_dir)
		add_setting(op, other_dir, other, inode);
	const char *last = other_dir ? other : name;
	if (strcmp(last, "journal") == 0)
		op->left_out_by = DISK_NO_JOURNAL;
	go_live(disk, op);
}

static void record_write(struct disk *disk, const struct fault_call *call, long written)
{
	struct op *op = add_op(disk, OP_WRITE, call);

	op->inode = inode_of_fd(disk, call->fd);
	op->at = lseek(call->fd, 0, SEEK_CUR) - written;
	op->len = (size_t)written;
	op->bytes = malloc(op->len + 1);
	if (!op->bytes || op->at < 0 || !op->inode)
		world_die("a write that cannot be recorded");
	memcpy(op->bytes, call->bytes, op->len);
}

static void record_sync(struct disk *disk, const struct fault_call *call)
{
	struct op *op = add_op(disk, OP_SYNC, call);

	op->inode = inode_of_fd(disk, call->fd);
	if (op->inode)
		op->left_out_by = filter_of_sync(disk, op->inode);
}

static void record_truncate(struct disk *disk, const struct fault_call *call)
{
	struct op *op = add_op(disk, OP_TRUNCATE, call);

	op->inode = inode_of_fd(disk, call->fd);
	op->len = call->len;
}

static void record_mode(struct disk *disk, const struct fault_call *call)
{
	struct op *op = add_op(disk, OP_MODE, call);

	op->inode = inode_of_fd(disk, call->fd);
	op->mode = (mode_t)call->flags;
}

void disk_record(void *context, const struct fault_call *call, long result)
{
	struct disk *disk = context;

	switch (call->op) {
	case FAULT_OPEN:
		if (call->flags & O_CREAT)
			record_made(disk, call, (int)result);
		break;
	case FAULT_MAKE_DIR:
		record_made_dir(disk, call);
		break;
	case FAULT_UNLINK:
	case FAULT_REMOVE_DIR:
	case FAULT_RENAME:
	case FAULT_SWAP:
		record_names(disk, call);
		break;
	case FAULT_WRITE:
		record_write(disk, call, result);
		break;
	case FAULT_TRUNCATE:
		record_truncate(disk, call);
		break;
	case FAULT_CHMOD:
		record_mode(disk, call);
		break;
	case FAULT_FSYNC:
		record_sync(disk, call);
		break;
	case FAULT_SYNCFS:
		add_op(disk, OP_SYNC_ALL, call)->left_out_by = DISK_NO_SYNC_OF_TEMPS;
		break;
	default:
		break;
	}
}

size_t disk_ops(const struct disk *disk)
{
	return disk->op_count;
}

/* ---- What may be there after the crash ---------------------------------- */

/* What each operation becomes: settled by a sync, free, or left out. */
enum fate { LEFT_OUT, FREE, SETTLED };

/* What a file holds of its last, unsynced bytes. */
enum data { DATA_NOTHING, DATA_HALF, DATA_ZEROS, DATA_ALL, DATA_KINDS };

struct crash {
	struct disk *disk;
	enum disk_model model;
	size_t prefix;
	enum fate fate[OPS];
	bool done[OPS];         /* of OP_NAMES: it is on the disk */
	enum data data[INODES]; /* of files with free writes */
	bool dirty[INODES];
};

static bool touches(const struct op *op, int dir)
{
	for (size_t i = 0; i < op->set_count; i++)
		if (op->set[i].dir == dir)
			return true;
	return false;
}

static bool share_directory(const struct op *a, const struct op *b)
{
	for (size_t i = 0; i < b->set_count; i++)
		if (touches(a, b->set[i].dir))
			return true;
	return false;
}

static bool settles(const struct op *sync, const struct op *op)
{
	if (sync->kind == OP_SYNC_ALL)
		return true;
	if (sync->kind != OP_SYNC)
		return false;
	return op->kind == OP_NAMES ? touches(op, sync->inode) : op->inode == sync->inode;
}

static void decide_fates(struct crash *crash, enum disk_filter filter)
{
	const struct op *ops = crash->disk->ops;
	bool left_out[OPS];

	for (size_t i = 0; i < crash->prefix; i++)
		left_out[i] = filter != DISK_ALL && ops[i].left_out_by == filter;
	for (size_t i = 0; i < crash->prefix; i++) {
		crash->fate[i] = left_out[i] ? LEFT_OUT : FREE;
		for (size_t k = i + 1; k < crash->prefix && crash->fate[i] == FREE; k++)
			if (!left_out[k] && settles(&ops[k], &ops[i]))
				crash->fate[i] = SETTLED;
		if (crash->fate[i] == FREE &&
		    (ops[i].kind == OP_WRITE || ops[i].kind == OP_TRUNCATE))
			crash->dirty[ops[i].inode] = true;
	}
}

/* An operation that is done brings those before it with it. */
static void close_over(struct crash *crash)
{
	const struct op *ops = crash->disk->ops;

	if (crash->model == DISK_ANY)
		return;
	for (size_t i = crash->prefix; i-- > 0;) {
		if (ops[i].kind != OP_NAMES || !crash->done[i])
			continue;
		for (size_t k = 0; k < i; k++)
			if (ops[k].kind == OP_NAMES && crash->fate[k] != LEFT_OUT &&
			    (crash->model == DISK_GLOBAL || share_directory(&ops[k], &ops[i])))
				crash->done[k] = true;
	}
}

/* ---- Making it real ----------------------------------------------------- */

struct bytes {
	char *at;
	size_t len;
};

static void apply(struct bytes *bytes, const struct op *op)
{
	size_t end = op->kind == OP_WRITE ? (size_t)op->at + op->len : op->len;

	if (end > bytes->len || op->kind == OP_TRUNCATE) {
		bytes->at = realloc(bytes->at, end + 1);
		if (!bytes->at)
			world_die("memory");
		if (end > bytes->len)
			memset(bytes->at + bytes->len, 0, end - bytes->len);
		bytes->len = end;
	}
	if (op->kind == OP_WRITE)
		memcpy(bytes->at + op->at, op->bytes, op->len);
}

static struct bytes content(const struct crash *crash, int inode, bool with_free)
{
	const struct inode *file = &crash->disk->inodes[inode];
	struct bytes bytes = {malloc(file->len + 1), file->len};

	if (!bytes.at)
		world_die("memory");
	if (file->len)
		memcpy(bytes.at, file->bytes, file->len);
	for (size_t i = 0; i < crash->prefix; i++) {
		const struct op *op = &crash->disk->ops[i];
		bool counts = crash->fate[i] == SETTLED || (with_free && crash->fate[i] == FREE);
		if (op->inode == inode && counts &&
		    (op->kind == OP_WRITE || op->kind == OP_TRUNCATE))
			apply(&bytes, op);
	}
	return bytes;
}

static struct bytes content_after(const struct crash *crash, int inode)
{
	struct bytes synced = content(crash, inode, false);
	struct bytes all = content(crash, inode, true);
	size_t same = 0;

	if (!crash->dirty[inode] || crash->data[inode] == DATA_NOTHING) {
		free(all.at);
		return synced;
	}
	while (same < synced.len && same < all.len && synced.at[same] == all.at[same])
		same++;
	if (crash->data[inode] == DATA_HALF)
		all.len = same + (all.len - same) / 2;
	if (crash->data[inode] == DATA_ZEROS)
		memset(all.at + same, 0, all.len - same);
	free(synced.at);
	return all;
}

static mode_t mode_after(const struct crash *crash, int inode)
{
	mode_t mode = crash->disk->inodes[inode].mode;

	for (size_t i = 0; i < crash->prefix; i++)
		if (crash->disk->ops[i].kind == OP_MODE && crash->disk->ops[i].inode == inode)
			mode = crash->disk->ops[i].mode;
	return mode;
}

struct tree {
	struct entry entries[NAMES];
	size_t count;
	uint64_t hash;
};

static void mix(uint64_t *hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ at[i]) * 0x100000001b3ULL;
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	return x->dir != y->dir ? x->dir - y->dir : strcmp(x->name, y->name);
}

static void grow_tree(const struct crash *crash, struct tree *tree)
{
	memcpy(tree->entries, crash->disk->begin, sizeof tree->entries);
	tree->count = crash->disk->begin_count;
	for (size_t i = 0; i < crash->prefix; i++)
		for (size_t k = 0; crash->done[i] && k < crash->disk->ops[i].set_count; k++)
			set_entry(tree->entries, &tree->count, &crash->disk->ops[i].set[k]);
	qsort(tree->entries, tree->count, sizeof *tree->entries, by_name);
}

/* Walks what can be reached from the root: `path` NULL only hashes it. */
static void walk(const struct crash *crash, struct tree *tree, int dir, const char *path)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct entry *entry = &tree->entries[i];
		struct inode *inode = &crash->disk->inodes[entry->inode];
		char full[PATH_MAX] = "";
		if (entry->dir != dir || !entry->inode)
			continue;
		mix(&tree->hash, entry->name, strlen(entry->name) + 1);
		mix(&tree->hash, &dir, sizeof dir);
		if (path)
			snprintf(full, sizeof full, "%.3000s/%s", path, entry->name);
		if (inode->is_dir) {
			if (path && mkdir(full, 0700) != 0)
				world_die(full);
			walk(crash, tree, entry->inode, path ? full : NULL);
		} else {
			struct bytes bytes = content_after(crash, entry->inode);
			mix(&tree->hash, bytes.at, bytes.len);
			mix(&tree->hash, &bytes.len, sizeof bytes.len);
			if (path)
				world_write(full, bytes.at, bytes.len);
			free(bytes.at);
		}
		struct stat st;
		if (path &&
		    (chmod(full, mode_after(crash, entry->inode)) != 0 || lstat(full, &st) != 0))
			world_die(full);
		if (path)
			inode->made = st.st_ino;
	}
}

void disk_renumber(void *context, struct stat *st)
{
	const struct disk *disk = context;

	for (int i = 1; i <= disk->inode_count; i++)
		if (disk->inodes[i].made == st->st_ino) {
			st->st_ino = disk->inodes[i].real;
			return;
		}
}

static bool is_new(struct disk *disk, uint64_t hash)
{
	for (size_t i = hash % SEEN, n = 0; n < SEEN; i = (i + 1) % SEEN, n++) {
		if (disk->seen[i] == hash)
			return false;
		if (!disk->seen[i]) {
			disk->seen[i] = hash;
			return true;
		}
	}
	return false;
}

static void make_real(struct crash *crash, int mark, void (*each)(void *), void *context)
{
	static struct tree tree; /* too large for a stack */
	struct disk *disk = crash->disk;

	tree.hash = 0xcbf29ce484222325ULL;
	mix(&tree.hash, &mark, sizeof mark);
	grow_tree(crash, &tree);
	walk(crash, &tree, 1, NULL);
	if (!is_new(disk, tree.hash))
		return;
	world_remove(disk->root);
	for (int i = 1; i <= disk->inode_count; i++)
		disk->inodes[i].made = 0;
	if (mkdir(disk->root, 0777) != 0)
		world_die(disk->root);
	walk(crash, &tree, 1, disk->root);
	each(context);
}

/* ---- All states of one crash -------------------------------------------- */

struct choices {
	size_t ops[OPS]; /* free ones on names */
	size_t op_count;
	int inodes[INODES]; /* dirty ones */
	size_t inode_count;
	double total;
};

static void collect_choices(const struct crash *crash, struct choices *choices)
{
	choices->op_count = choices->inode_count = 0;
	for (size_t i = 0; i < crash->prefix; i++)
		if (crash->disk->ops[i].kind == OP_NAMES && crash->fate[i] == FREE)
			choices->ops[choices->op_count++] = i;
	for (int i = 1; i <= crash->disk->inode_count; i++)
		if (crash->dirty[i])
			choices->inodes[choices->inode_count++] = i;
	choices->total = crash->model == DISK_GLOBAL ? (double)choices->op_count + 1 : 1;
	for (size_t i = 0; crash->model != DISK_GLOBAL && i < choices->op_count; i++)
		choices->total *= 2;
	for (size_t i = 0; i < choices->inode_count; i++)
		choices->total *= DATA_KINDS;
}

static size_t take_digit(size_t *number, size_t radix)
{
	size_t digit = *number % radix;
	*number /= radix;
	return digit;
}

/* The number-th of all choices; by chance where `seed` is given. */
static void choose(struct crash *crash, const struct choices *choices, size_t number,
		   unsigned *seed)
{
	for (size_t i = 0; i < crash->prefix; i++)
		crash->done[i] = crash->fate[i] == SETTLED;
	if (crash->model == DISK_GLOBAL) {
		size_t radix = choices->op_count + 1;
		size_t reach = seed ? (size_t)rand_r(seed) % radix : take_digit(&number, radix);
		for (size_t i = 0; i < reach; i++)
			crash->done[choices->ops[i]] = true;
	} else {
		for (size_t i = 0; i < choices->op_count; i++)
			crash->done[choices->ops[i]] =
				seed ? rand_r(seed) % 2 != 0 : take_digit(&number, 2) != 0;
	}
	for (size_t i = 0; i < choices->inode_count; i++)
		crash->data[choices->inodes[i]] = seed ? (enum data)(rand_r(seed) % DATA_KINDS)
						       : (enum data)take_digit(&number, DATA_KINDS);
	close_over(crash);
}

/* Nothing that is free, or all names and no data: the states that hurt most. */
static void choose_extreme(struct crash *crash, const struct choices *choices, bool names,
			   enum data data)
{
	choose(crash, choices, 0, NULL);
	for (size_t i = 0; names && i < choices->op_count; i++)
		crash->done[choices->ops[i]] = true;
	for (size_t i = 0; i < choices->inode_count; i++)
		crash->data[choices->inodes[i]] = data;
	close_over(crash);
}

void disk_crash(struct disk *disk, enum disk_model model, size_t prefix, enum disk_filter filter,
		size_t limit, unsigned *seed, int mark, void (*each)(void *context), void *context)
{
	static struct crash crash; /* too large for a stack */
	static struct choices choices;

	memset(&crash, 0, sizeof crash);
	crash.disk = disk;
	crash.model = model;
	crash.prefix = prefix;
	decide_fates(&crash, filter);
	collect_choices(&crash, &choices);
	if (choices.total <= (double)limit) {
		for (size_t i = 0; i < (size_t)choices.total; i++) {
			choose(&crash, &choices, i, NULL);
			make_real(&crash, mark, each, context);
		}
		return;
	}
	for (int i = 0; i < 2 * DATA_KINDS; i++) {
		choose_extreme(&crash, &choices, i % 2, (enum data)(i / 2));
		make_real(&crash, mark, each, context);
	}
	for (size_t i = 0; i < limit; i++) {
		choose(&crash, &choices, 0, seed);
		make_real(&crash, mark, each, context);
	}
}

static const char *call_word(const struct op *op)
{
	static const char *const words[FAULT_OPS] = {
		[FAULT_OPEN] = "create",   [FAULT_MAKE_DIR] = "make_dir",
		[FAULT_UNLINK] = "unlink", [FAULT_REMOVE_DIR] = "remove_dir",
		[FAULT_RENAME] = "rename", [FAULT_SWAP] = "swap",
		[FAULT_WRITE] = "write",   [FAULT_TRUNCATE] = "truncate",
		[FAULT_CHMOD] = "chmod",   [FAULT_FSYNC] = "fsync",
		[FAULT_SYNCFS] = "syncfs",
	};
	return words[op->call];
}

const char *disk_words(struct disk *disk, size_t prefix)
{
	char path[PATH_MAX];
	const struct op *op = &disk->ops[prefix ? prefix - 1 : 0];

	if (!prefix || prefix > disk->op_count)
		return "the beginning";
	path_of(disk, op->kind == OP_NAMES ? op->set[0].dir : op->inode, path);
	snprintf(disk->words, sizeof disk->words, "operation %zu of %zu: %s %.200s%s%s%s%s", prefix,
		 disk->op_count, call_word(op), path, op->set_count ? "/" : "",
		 op->set_count ? op->set[0].name : "", op->set_count > 1 ? " and " : "",
		 op->set_count > 1 ? op->set[1].name : "");
	return disk->words;
}

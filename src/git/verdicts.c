/*
 * The file, all of it in the order of this machine's bytes, because it is for this machine:
 *
 *	"desync verdicts 1\n", a checksum of 8 bytes, and records in order of their keys
 *
 * It is read at once and searched where it lies: a gate that takes 20 ms has none to spare
 * for parsing. So the checksum is not SHA-256 either, which for the largest file would take
 * as long as the whole gate. It is to notice damage; an enemy who can write the folder
 * could compute any sum. Not even damage that it missed could make an agreement out of
 * nothing, because no content has the key that a damaged one became.
 */
#include "verdicts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sha256.h"
#include "text.h"

static const char magic[] = "desync verdicts 1\n";

enum {
	MAGIC = sizeof magic - 1,
	HEAD = MAGIC + sizeof(uint64_t),
	MOST = 1 << 20, /* records: a file of 33 MiB, for 250,000 items */
};

struct record {
	unsigned char key[DS_SHA256_SIZE];
	unsigned char status;
};

_Static_assert(offsetof(struct ds_content_id, bytes) == 1, "an id is hashed as it lies");
_Static_assert(sizeof(struct record) == DS_SHA256_SIZE + 1, "records lie in a file as they are");

struct ds_verdicts {
	char *common_dir;
	struct ds_sha256 about; /* what every key begins with, hashed so far */

	struct ds_buf file;
	const struct record *known; /* in it */
	size_t known_count;
	bool *met; /* those of them that were asked for */

	struct ds_buf added; /* records, in no order */
	size_t asked;
};

/* ---- The folder ---------------------------------------------------------- */

/* Ours, as in txn: or as root the repository's owner's, for whom root works. */
static bool is_ours(int fd, uid_t owner, mode_t type, struct stat *st)
{
	return fstat(fd, st) == 0 && (st->st_mode & S_IFMT) == type && (st->st_mode & 077) == 0 &&
	       (st->st_uid == geteuid() || (geteuid() == 0 && st->st_uid == owner));
}

/* What root made, the owner of the repository must be able to use alone. */
static bool give_away(int fd, const struct stat *parent)
{
	return geteuid() != 0 || parent->st_uid == 0 ||
	       fchown(fd, parent->st_uid, parent->st_gid) == 0;
}

/* A descriptor, or -1 with errno. *parent is the common directory. */
static int open_folder(const char *common_dir, bool make, struct stat *parent)
{
	struct stat st;
	bool made = false;
	int above = open(common_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;

	if (above < 0)
		return -1;
	if (fstat(above, parent) == 0) {
		made = make && mkdirat(above, "desync", 0700) == 0;
		fd = openat(above, "desync", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd >= 0 &&
	    ((made && !give_away(fd, parent)) || !is_ours(fd, parent->st_uid, S_IFDIR, &st))) {
		close(fd);
		fd = -1;
		errno = EPERM;
	}
	int why = errno;
	close(above); /* only looked at: nothing to lose */
	errno = why;
	return fd;
}

/* ---- Reading ------------------------------------------------------------- */

/* Each step can be taken back, so two texts that differ in one word never have one sum. */
static uint64_t sum_of(struct ds_text bytes)
{
	uint64_t sum = bytes.len;
	uint64_t word;

	for (; bytes.len; bytes.at += sizeof word, bytes.len -= sizeof word) {
		word = 0;
		if (bytes.len < sizeof word) {
			memcpy(&word, bytes.at, bytes.len);
			return (sum ^ word) * 0x9e3779b97f4a7c15u;
		}
		memcpy(&word, bytes.at, sizeof word);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 29;
	}
	return sum;
}

static bool is_plausible(const struct stat *st)
{
	return st->st_nlink == 1 && st->st_size >= HEAD &&
	       (st->st_size - HEAD) % (off_t)sizeof(struct record) == 0 &&
	       (st->st_size - HEAD) / (off_t)sizeof(struct record) <= MOST;
}

static bool is_whole(const struct ds_buf *file)
{
	uint64_t sum;

	if (memcmp(file->bytes, magic, MAGIC) != 0)
		return false;
	memcpy(&sum, file->bytes + MAGIC, sizeof sum);
	return sum == sum_of((struct ds_text){file->bytes + HEAD, file->len - HEAD});
}

/* Up to `size` bytes: what is behind them was not there when its size was asked for. */
static void read_file(struct ds_buf *file, int fd, size_t size)
{
	ssize_t got = 1;

	while (file->len < size && got) {
		got = read(fd, file->bytes + file->len, size - file->len);
		if (got < 0 && errno != EINTR)
			return;
		file->len += got > 0 ? (size_t)got : 0;
	}
}

static int load_file(struct ds_verdicts *verdicts, int fd, size_t size, ds_error *err)
{
	struct ds_buf *file = &verdicts->file;
	size_t count = (size - HEAD) / sizeof(struct record);

	verdicts->met = calloc(count + 1, sizeof *verdicts->met);
	if (!verdicts->met || !ds_buf_reserve(file, size))
		return ds_fail_memory(err);
	read_file(file, fd, size);
	if (file->len != size || !is_whole(file))
		return 0;
	verdicts->known = (const struct record *)(file->bytes + HEAD);
	verdicts->known_count = count;
	return 0;
}

static int load(struct ds_verdicts *verdicts, ds_error *err)
{
	struct stat parent;
	struct stat st;
	int status = 0;
	int folder = open_folder(verdicts->common_dir, false, &parent);

	if (folder < 0)
		return 0;
	int fd = openat(folder, "verdicts", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && is_ours(fd, parent.st_uid, S_IFREG, &st) && is_plausible(&st))
		status = load_file(verdicts, fd, (size_t)st.st_size, err);
	if (fd >= 0)
		close(fd); /* only read from: nothing to lose */
	close(folder);
	return status;
}

int ds_verdicts_open(struct ds_verdicts **out, const char *common_dir, ds_error *err)
{
	static const unsigned char nothing[DS_SHA256_SIZE];
	static const struct record none;
	struct ds_verdicts *verdicts = *out = calloc(1, sizeof *verdicts);

	if (!verdicts)
		return ds_fail_memory(err);
	verdicts->known = &none;
	verdicts->common_dir = strdup(common_dir);
	int status = verdicts->common_dir ? load(verdicts, err) : ds_fail_memory(err);
	if (status) {
		ds_verdicts_free(verdicts);
		*out = NULL;
		return status;
	}
	ds_verdicts_of(verdicts, nothing);
	return 0;
}

void ds_verdicts_free(struct ds_verdicts *verdicts)
{
	if (!verdicts)
		return;
	free(verdicts->common_dir);
	free(verdicts->met);
	ds_buf_free(&verdicts->file);
	ds_buf_free(&verdicts->added);
	free(verdicts);
}

/* ---- Asking -------------------------------------------------------------- */

/* A whole block of SHA-256: two ids of 20 bytes fit in the next, so that each key costs
 * compressing once. */
void ds_verdicts_of(struct ds_verdicts *verdicts, const unsigned char digest[32])
{
	unsigned char block[64] = "desync verdict";

	memcpy(block + sizeof block - DS_SHA256_SIZE, digest, DS_SHA256_SIZE);
	ds_sha256_begin(&verdicts->about);
	ds_sha256_add(&verdicts->about, block, sizeof block);
}

static void make_key(const struct ds_verdicts *verdicts, const struct ds_content_id *ids, int count,
		     unsigned char key[DS_SHA256_SIZE])
{
	struct ds_sha256 hash = verdicts->about;

	for (int i = 0; i < count; i++) /* its length, and as many bytes of it */
		ds_sha256_add(&hash, &ids[i], offsetof(struct ds_content_id, bytes) + ids[i].len);
	ds_sha256_end(&hash, key);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, DS_SHA256_SIZE);
}

bool ds_verdicts_recall(void *context, const struct ds_content_id *ids, int count, int *status)
{
	struct ds_verdicts *verdicts = context;
	unsigned char key[DS_SHA256_SIZE];

	verdicts->asked++;
	if (!verdicts->known_count)
		return false;
	make_key(verdicts, ids, count, key);
	const struct record *found =
		bsearch(key, verdicts->known, verdicts->known_count, sizeof *found, compare);
	if (!found)
		return false;
	verdicts->met[found - verdicts->known] = true;
	*status = found->status;
	return true;
}

void ds_verdicts_remember(void *context, const struct ds_content_id *ids, int count, int status)
{
	struct ds_verdicts *verdicts = context;
	struct record record;

	if (status < 0 || status > UCHAR_MAX || verdicts->added.len / sizeof record >= MOST)
		return;
	make_key(verdicts, ids, count, record.key);
	record.status = (unsigned char)status;
	/* Without memory it is not remembered. */
	ds_buf_append(&verdicts->added, (const char *)&record, sizeof record);
}

/* ---- Writing ------------------------------------------------------------- */

static size_t limit_of(const struct ds_verdicts *verdicts)
{
	size_t limit = verdicts->asked < MOST / 4 ? 4 * verdicts->asked : MOST;
	return limit > DS_VERDICTS_LIMIT ? limit : DS_VERDICTS_LIMIT;
}

static bool put(struct ds_buf *out, const struct record *record)
{
	if (out->len > HEAD && compare(out->bytes + out->len - sizeof *record, record) == 0)
		return true;
	if ((out->len - HEAD) / sizeof *record >= MOST)
		return true;
	return ds_buf_append(out, (const char *)record, sizeof *record);
}

/* Both in one order; where both have a key, what was found now goes first and stays. */
static bool merge(struct ds_buf *out, const struct ds_verdicts *verdicts)
{
	const struct record *old = verdicts->known;
	const struct record *end = old + verdicts->known_count;
	const struct record *new = (const struct record *)verdicts->added.bytes;
	const struct record *new_end = new + verdicts->added.len / sizeof *new;
	bool keep_all = (size_t)(end - old) + (size_t)(new_end - new) <= limit_of(verdicts);
	bool well = true;

	qsort(verdicts->added.bytes, (size_t)(new_end - new), sizeof *new, compare);
	while (well && (old < end || new < new_end)) {
		if (old == end || (new < new_end &&compare(new, old) <= 0))
			well = put(out, new ++);
		else if (keep_all || verdicts->met[old - verdicts->known])
			well = put(out, old++);
		else
			old++;
	}
	return well;
}

static bool compose(struct ds_buf *out, const struct ds_verdicts *verdicts)
{
	uint64_t sum = 0;

	ds_buf_append(out, magic, MAGIC);
	ds_buf_append(out, (const char *)&sum, sizeof sum);
	if (out->failed || !merge(out, verdicts))
		return false;
	sum = sum_of((struct ds_text){out->bytes + HEAD, out->len - HEAD});
	memcpy(out->bytes + MAGIC, &sum, sizeof sum);
	return true;
}

static bool write_all(int fd, const struct ds_buf *bytes)
{
	size_t done = 0;

	while (done < bytes->len) {
		ssize_t wrote = write(fd, bytes->bytes + done, bytes->len - done);
		if (wrote < 0 && errno != EINTR)
			return false;
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	return true;
}

/* Nothing is synced: what a crash leaves of it fails the checksum, and is written anew. A
 * name of the same process id was left by one that is gone; where it is alive, in another
 * container, the half of a file that could come of it fails the checksum as well. */
static bool replace(int folder, const struct stat *parent, const struct ds_buf *bytes)
{
	char temp[40];

	snprintf(temp, sizeof temp, "verdicts.%ld", (long)getpid());
	unlinkat(folder, temp, 0);
	int fd = openat(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool well = give_away(fd, parent) && write_all(fd, bytes);
	int why = errno;
	if (close(fd) != 0 && well) {
		why = errno;
		well = false;
	}
	if (well && renameat(folder, temp, folder, "verdicts") != 0) {
		why = errno;
		well = false;
	}
	if (!well)
		unlinkat(folder, temp, 0);
	errno = why;
	return well;
}

static int fail(const struct ds_verdicts *verdicts, ds_error *err)
{
	struct ds_buf path = {0};
	const char *why = errno == EPERM || errno == ELOOP || errno == ENOTDIR
				  ? "not a folder of yours alone: verdicts are not kept"
				  : strerror(errno);

	ds_buf_printf(&path, "%s/desync", verdicts->common_dir);
	int status =
		path.failed ? ds_fail_memory(err) : ds_fail_path(err, DS_TROUBLE, path.bytes, why);
	ds_buf_free(&path);
	return status;
}

int ds_verdicts_save(struct ds_verdicts *verdicts, ds_error *err)
{
	struct ds_buf bytes = {0};
	struct stat parent;

	if (!verdicts->added.len)
		return 0;
	if (!compose(&bytes, verdicts)) {
		ds_buf_free(&bytes);
		return ds_fail_memory(err);
	}
	int folder = open_folder(verdicts->common_dir, true, &parent);
	bool well = folder >= 0 && replace(folder, &parent, &bytes);
	int status = well ? 0 : fail(verdicts, err);
	if (folder >= 0)
		close(folder);
	ds_buf_free(&bytes);
	return status;
}

#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static const char magic[16] = "desync journal\n";

enum {
	HAS_TMP_IN_WORKTREE = 1,
	COUNT_LIMIT = 1 << 20,
	LEAST_FILE = 4 + 4 + 8 + 8 + 12 + 8 + 64 + 8
};

/* ---- Encoding ----------------------------------------------------------- */

static void put_number(struct ds_buf *out, uint64_t value, size_t width)
{
	char bytes[8];
	for (size_t i = 0; i < width; i++)
		bytes[i] = (char)(value >> 8 * i & 0xff);
	ds_buf_append(out, bytes, width);
}

static void put_text(struct ds_buf *out, struct ds_text text, size_t width)
{
	put_number(out, text.len, width);
	ds_buf_append(out, text.at, text.len);
}

static void put_file(struct ds_buf *out, const struct ds_journal_file *file)
{
	put_text(out, file->path, 4);
	put_text(out, file->temp, 4);
	put_number(out, file->dev, 8);
	put_number(out, file->ino, 8);
	put_number(out, file->mode, 4);
	put_number(out, file->uid, 4);
	put_number(out, file->gid, 4);
	put_number(out, file->after_size, 8);
	ds_buf_append(out, (const char *)file->before_hash, DS_SHA256_SIZE);
	ds_buf_append(out, (const char *)file->after_hash, DS_SHA256_SIZE);
	put_text(out, file->before, 8);
}

bool ds_journal_encode(struct ds_buf *out, const struct ds_journal *journal)
{
	unsigned char digest[DS_SHA256_SIZE];
	size_t begun = out->len;
	size_t length_at = begun + sizeof magic + 8;

	ds_buf_append(out, magic, sizeof magic);
	put_number(out, DS_JOURNAL_VERSION, 4);
	put_number(out, journal->tmp_in_worktree ? HAS_TMP_IN_WORKTREE : 0, 4);
	put_number(out, 0, 8);
	ds_buf_append(out, journal->txid, sizeof journal->txid);
	put_number(out, journal->count, 4);
	put_number(out, journal->log_size, 8);
	put_text(out, journal->log_lines, 4);
	for (size_t i = 0; i < journal->count; i++)
		put_file(out, &journal->files[i]);
	if (out->failed)
		return false;
	uint64_t length = out->len - begun + sizeof digest;
	for (size_t i = 0; i < 8; i++)
		out->bytes[length_at + i] = (char)(length >> 8 * i & 0xff);
	ds_sha256_of(out->bytes + begun, out->len - begun, digest);
	return ds_buf_append(out, (const char *)digest, sizeof digest);
}

/* ---- Decoding ----------------------------------------------------------- */

struct input {
	struct ds_text left;
	bool short_of;
};

static struct ds_text take(struct input *in, uint64_t len)
{
	struct ds_text taken = {in->left.at, 0};
	if (in->short_of || len > in->left.len) {
		in->short_of = true;
		return taken;
	}
	taken.len = (size_t)len;
	in->left.at += len;
	in->left.len -= (size_t)len;
	return taken;
}

static uint64_t take_number(struct input *in, size_t width)
{
	struct ds_text bytes = take(in, width);
	uint64_t value = 0;
	for (size_t i = 0; i < bytes.len; i++)
		value |= (uint64_t)(unsigned char)bytes.at[i] << 8 * i;
	return value;
}

static void take_hash(struct input *in, unsigned char *hash)
{
	struct ds_text bytes = take(in, DS_SHA256_SIZE);
	if (bytes.len)
		memcpy(hash, bytes.at, bytes.len);
}

static bool is_component_ours(struct ds_text name)
{
	return ds_text_equal_but_for_case(name, ds_text_of(".git")) ||
	       ds_text_equal_but_for_case(name, ds_text_of(".desync"));
}

static bool is_component_safe(struct ds_text name)
{
	return name.len && !ds_text_is(name, ".") && !ds_text_is(name, "..") &&
	       !memchr(name.at, '\0', name.len) && !is_component_ours(name);
}

bool ds_path_is_safe(struct ds_text path)
{
	for (;;) {
		const char *slash = path.len ? memchr(path.at, '/', path.len) : NULL;
		struct ds_text name = {path.at, slash ? (size_t)(slash - path.at) : path.len};
		if (!is_component_safe(name))
			return false;
		if (!slash)
			return true;
		path.at += name.len + 1;
		path.len -= name.len + 1;
	}
}

/* A plain name: nothing that leads out of the folder that it lies in. */
static bool is_name_safe(struct ds_text name)
{
	if (!name.len || name.len >= DS_TEMP_NAME_ROOM || *name.at == '.')
		return false;
	return !memchr(name.at, '/', name.len) && !memchr(name.at, '\0', name.len);
}

static const char *take_file(struct input *in, struct ds_journal_file *file)
{
	unsigned char digest[DS_SHA256_SIZE];

	file->path = take(in, take_number(in, 4));
	file->temp = take(in, take_number(in, 4));
	file->dev = take_number(in, 8);
	file->ino = take_number(in, 8);
	file->mode = (uint32_t)take_number(in, 4);
	file->uid = (uint32_t)take_number(in, 4);
	file->gid = (uint32_t)take_number(in, 4);
	file->after_size = take_number(in, 8);
	take_hash(in, file->before_hash);
	take_hash(in, file->after_hash);
	file->before = take(in, take_number(in, 8));
	if (in->short_of)
		return "it is cut short";
	if (!ds_path_is_safe(file->path))
		return "it names a path outside of what may be changed";
	if (!is_name_safe(file->temp))
		return "it names a file outside of its folder";
	ds_sha256_of(file->before.at, file->before.len, digest);
	if (memcmp(digest, file->before_hash, sizeof digest) != 0)
		return "a content in it is not what it says";
	return NULL;
}

static bool is_txid_safe(const char *txid)
{
	size_t len = strnlen(txid, DS_TXN_ID_ROOM);
	return len && len < DS_TXN_ID_ROOM && strspn(txid, "0123456789abcdefTZ-") == len &&
	       *txid != '-';
}

static const char *take_head(struct input *in, struct ds_journal *journal, size_t len)
{
	struct ds_text begin = take(in, sizeof magic);
	if (begin.len < sizeof magic || memcmp(begin.at, magic, sizeof magic) != 0)
		return "it is no journal of desync";
	if (take_number(in, 4) != DS_JOURNAL_VERSION)
		return "it is from another version of desync, which can finish it";
	journal->tmp_in_worktree = take_number(in, 4) & HAS_TMP_IN_WORKTREE;
	if (take_number(in, 8) != len)
		return "it is cut short";
	struct ds_text txid = take(in, sizeof journal->txid);
	if (txid.len)
		memcpy(journal->txid, txid.at, txid.len);
	journal->count = (size_t)take_number(in, 4);
	journal->log_size = take_number(in, 8);
	journal->log_lines = take(in, take_number(in, 4));
	if (in->short_of)
		return "it is cut short";
	if (!is_txid_safe(journal->txid))
		return "its name is none that desync gives";
	if (!journal->count || journal->count > COUNT_LIMIT ||
	    journal->count > in->left.len / LEAST_FILE)
		return "it has an impossible number of files";
	return NULL;
}

static bool sum_holds(struct ds_text bytes)
{
	unsigned char digest[DS_SHA256_SIZE];
	size_t len = bytes.len - sizeof digest;
	ds_sha256_of(bytes.at, len, digest);
	return memcmp(digest, bytes.at + len, sizeof digest) == 0;
}

const char *ds_journal_decode(struct ds_journal *journal, struct ds_text bytes)
{
	*journal = (struct ds_journal){0};
	if (bytes.len < sizeof magic + DS_SHA256_SIZE)
		return "it is cut short";
	struct input in = {.left = {bytes.at, bytes.len - DS_SHA256_SIZE}};
	const char *why = take_head(&in, journal, bytes.len);
	if (!why && !sum_holds(bytes))
		why = "its checksum does not hold";
	if (why)
		return why;
	journal->files = calloc(journal->count, sizeof *journal->files);
	if (!journal->files)
		return "out of memory";
	for (size_t i = 0; i < journal->count && !why; i++)
		why = take_file(&in, &journal->files[i]);
	if (!why && in.left.len)
		why = "something follows its end";
	if (why)
		ds_journal_free(journal);
	return why;
}

void ds_journal_free(struct ds_journal *journal)
{
	free(journal->files);
	*journal = (struct ds_journal){0};
}

/* ---- On the disk -------------------------------------------------------- */

static int fail_damaged(const struct ds_txn *txn, const char *why, ds_error *err)
{
	return ds_fail(err, DS_INTERRUPTED,
		       "%s/journal: an interrupted change that cannot be settled: %s; nothing was "
		       "changed: compare the files with their history, then move the journal away",
		       txn->place.state, why);
}

int ds_journal_load(struct ds_txn *txn, struct ds_journal *journal, struct ds_buf *bytes,
		    bool *found, ds_error *err)
{
	int fd = ds_state_file(txn, txn->state, "journal", O_RDONLY);

	*found = fd >= 0 || errno != ENOENT;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && (errno == EPERM || errno == ELOOP))
		return fail_damaged(txn, "it is not a file of ours", err);
	if (fd < 0)
		return ds_fail_state(txn, "journal", err);
	int status = ds_content_read(txn->os, fd, DS_JOURNAL_LIMIT, bytes);
	if (status != 0)
		status = errno == EFBIG ? fail_damaged(txn, "it is too large", err)
					: ds_fail_state(txn, "journal", err);
	ds_close_fd(txn->os, &fd);
	if (status)
		return status;
	const char *why = ds_journal_decode(
		journal, (struct ds_text){bytes->bytes ? bytes->bytes : "", bytes->len});
	if (why && strcmp(why, "out of memory") == 0)
		return ds_fail_memory(err);
	return why ? fail_damaged(txn, why, err) : 0;
}

/* Creates journal.tmp with the bytes, synced. */
static int write_synced(struct ds_txn *txn, struct ds_text bytes)
{
	const struct ds_os *os = txn->os;

	int fd = ds_state_file(txn, txn->state, "journal.tmp", O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return -1;
	int status = ds_content_write(os, fd, bytes);
	if (status == 0)
		status = os->fsync(fd);
	ds_close_fd(os, &fd);
	return status;
}

int ds_journal_write(struct ds_txn *txn, const struct ds_journal *journal, ds_error *err)
{
	const struct ds_os *os = txn->os;
	struct ds_buf bytes = {0};
	bool there = false;

	if (!ds_journal_encode(&bytes, journal)) {
		ds_buf_free(&bytes);
		return ds_fail_memory(err);
	}
	int status = write_synced(txn, (struct ds_text){bytes.bytes, bytes.len});
	ds_buf_free(&bytes);
	if (status == 0) {
		status = os->rename(txn->state, "journal.tmp", txn->state, "journal");
		there = status == 0;
	}
	if (status == 0)
		status = os->fsync(txn->state);
	if (status == 0)
		return 0;
	status = ds_fail_state(txn, "journal", err);
	/* Nothing was exchanged yet: without it, or with it, all is old. */
	os->unlink(txn->state, there ? "journal" : "journal.tmp");
	return status;
}

int ds_journal_remove(struct ds_txn *txn, bool *unsure, ds_error *err)
{
	*unsure = false;
	if (txn->os->unlink(txn->state, "journal") != 0)
		return ds_fail_state(txn, "journal", err);
	*unsure = txn->os->fsync(txn->state) != 0;
	return 0;
}

/* The protocol: prepare everything, write down how to take it back, exchange, look
 * again, and let one unlink be the commit. README.md has the steps and the invariants. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "json_text.h"
#include "slot.h"

struct batch {
	struct ds_txn *txn;
	struct ds_change *changes;
	struct ds_slot *slots; /* one a change */
	size_t count;
	int dir;           /* tmp/TXID */
	uint64_t log_size; /* what the log held before */
	struct ds_buf lines;
	bool logged;
	bool dropped;     /* a content was removed again before anything was exchanged */
	bool late;        /* something is left in tmp/TXID for the next writer to look at */
	sigset_t signals; /* the mask to go back to */
};

/* A change takes part as long as nothing was said against it. */
static bool takes_part(const struct batch *batch, size_t i)
{
	return batch->changes[i].outcome == DS_CHANGE_OPEN;
}

static bool changes_nothing(const struct ds_change *change)
{
	return ds_text_equal(change->before, change->after);
}

/* What is exchanged. A change that changes nothing is only looked at. */
static bool is_exchanged(const struct batch *batch, size_t i)
{
	return takes_part(batch, i) && !changes_nothing(&batch->changes[i]);
}

static size_t count_exchanged(const struct batch *batch)
{
	size_t count = 0;
	for (size_t i = 0; i < batch->count; i++)
		count += is_exchanged(batch, i);
	return count;
}

/* ---- Setting aside ------------------------------------------------------ */

/* A1: the whole group stays out with the one that cannot take part. */
static void set_group_aside(struct batch *batch, size_t culprit)
{
	const struct ds_change *why = &batch->changes[culprit];

	for (size_t i = 0; i < batch->count; i++) {
		struct ds_change *change = &batch->changes[i];
		if (change->group != why->group)
			continue;
		if (takes_part(batch, i)) {
			change->outcome = why->outcome;
			change->again = why->again;
			change->aside = true;
			snprintf(change->why, sizeof change->why, "left as it is, like %s",
				 why->path);
		}
		if (batch->dir >= 0 && *batch->slots[i].temp) {
			batch->txn->os->unlink(batch->dir, batch->slots[i].temp);
			batch->dropped = true;
		}
		batch->slots[i].temp[0] = '\0';
		ds_slot_close(batch->txn, &batch->slots[i]);
	}
}

/* R1: once they were exchanged, temps are not just unlinked: clean_up looks at them. */
static void set_culprits_aside(struct batch *batch)
{
	ds_close_fd(batch->txn->os, &batch->dir);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->slots[i].fd >= 0 && batch->changes[i].outcome != DS_CHANGE_OPEN)
			set_group_aside(batch, i);
}

/* ---- Before anything is touched ----------------------------------------- */

static void open_targets(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (!takes_part(batch, i))
			continue;
		if (!ds_slot_open(batch->txn, &batch->slots[i]))
			set_group_aside(batch, i);
		else if (changes_nothing(&batch->changes[i]))
			ds_slot_close(batch->txn, &batch->slots[i]);
	}
}

static void part_name(const struct ds_txn *txn, char *name, size_t room)
{
	snprintf(name, room, "%s.part", txn->id);
}

static int write_contents(struct batch *batch, ds_error *err)
{
	bool each = count_exchanged(batch) < DS_SYNC_ALL_FROM;
	int status = 0;

	for (size_t i = 0; i < batch->count && !status; i++) {
		if (!is_exchanged(batch, i))
			continue;
		status = ds_slot_prepare(batch->txn, &batch->slots[i], batch->dir, i, each, err);
		if (!status && !takes_part(batch, i))
			set_group_aside(batch, i);
	}
	if (!status && !each && batch->txn->os->syncfs(batch->dir) != 0)
		status = ds_fail_state(batch->txn, "tmp", err);
	return status;
}

/* N1: until it has its last name, what lies in it was never seen by anybody else. */
static int prepare_contents(struct batch *batch, ds_error *err)
{
	struct ds_txn *txn = batch->txn;
	char part[DS_TXN_ID_ROOM + 8];

	part_name(txn, part, sizeof part);
	batch->dir = ds_state_dir(txn, txn->tmp, part, true);
	if (batch->dir < 0)
		return ds_fail_state(txn, "tmp", err);
	int status = write_contents(batch, err);
	if (status || !count_exchanged(batch))
		return status;
	/* N1: half of a content that was removed must not come back under the last name. */
	if (batch->dropped && txn->os->fsync(batch->dir) != 0)
		return ds_fail_state(txn, "tmp", err);
	return txn->os->rename(txn->tmp, part, txn->tmp, txn->id) == 0
		       ? 0
		       : ds_fail_state(txn, "tmp", err);
}

static void take_leases(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (is_exchanged(batch, i) && !ds_slot_lease(batch->txn, &batch->slots[i]))
			set_group_aside(batch, i);
}

/* ---- The journal -------------------------------------------------------- */

/* What every line of a change says besides: which content gave way to which. */
static bool gather_line(struct batch *batch, const struct ds_slot *slot, const char *line)
{
	char hex[DS_SHA256_HEX];
	struct ds_buf members = {0};

	ds_buf_puts(&members, line);
	ds_sha256_hex(slot->before_hash, hex);
	ds_json_member(&members, "before", hex);
	ds_sha256_hex(slot->after_hash, hex);
	ds_json_member(&members, "after", hex);
	bool well = !members.failed && ds_event(&batch->lines, batch->txn, "change", members.bytes);
	ds_buf_free(&members);
	return well;
}

static bool gather_lines(struct batch *batch)
{
	bool well = true;

	ds_buf_cut(&batch->lines, 0);
	for (size_t i = 0; i < batch->count && well; i++) {
		const char *const *line = batch->changes[i].log;
		if (!is_exchanged(batch, i))
			continue;
		for (; line && *line && well; line++)
			well = gather_line(batch, &batch->slots[i], *line);
	}
	return well;
}

static struct ds_journal_file journal_file(const struct ds_slot *slot)
{
	struct ds_journal_file file = {
		.path = ds_text_of(slot->change->path),
		.temp = ds_text_of(slot->temp),
		.dev = (uint64_t)slot->st.st_dev,
		.ino = (uint64_t)slot->st.st_ino,
		.mode = (uint32_t)slot->st.st_mode,
		.uid = (uint32_t)slot->st.st_uid,
		.gid = (uint32_t)slot->st.st_gid,
		.after_size = slot->change->after.len,
		.before = slot->change->before,
	};
	memcpy(file.before_hash, slot->before_hash, sizeof file.before_hash);
	memcpy(file.after_hash, slot->after_hash, sizeof file.after_hash);
	return file;
}

static int write_journal(struct batch *batch, ds_error *err)
{
	struct ds_txn *txn = batch->txn;
	struct ds_journal journal = {.tmp_in_worktree = txn->tmp_in_worktree};

	int status = ds_events_size(txn, &batch->log_size, err);
	if (status)
		return status;
	journal.files = calloc(count_exchanged(batch), sizeof *journal.files);
	if (!journal.files || !gather_lines(batch)) {
		ds_journal_free(&journal);
		return ds_fail_memory(err);
	}
	memcpy(journal.txid, txn->id, sizeof journal.txid);
	journal.log_size = batch->log_size;
	journal.log_lines = (struct ds_text){batch->lines.bytes, batch->lines.len};
	for (size_t i = 0; i < batch->count; i++)
		if (is_exchanged(batch, i))
			journal.files[journal.count++] = journal_file(&batch->slots[i]);
	status = ds_journal_write(txn, &journal, err);
	ds_journal_free(&journal);
	return status;
}

/* ---- Exchanging, and taking it back ------------------------------------- */

static const char *slot_path(const void *slots, size_t i)
{
	const struct ds_slot *slot = (const struct ds_slot *)slots + i;
	return *slot->temp ? slot->change->path : NULL;
}

static int sync_targets(struct batch *batch, ds_error *err)
{
	const char *failed = "";
	if (ds_sync_parents(batch->txn, slot_path, batch->slots, batch->count, &failed) == 0)
		return 0;
	return ds_fail_path(err, DS_TROUBLE, failed, strerror(errno));
}

static int fail_put_back(const struct batch *batch, const ds_error *why, ds_error *err)
{
	return ds_fail(err, DS_INTERRUPTED,
		       "%s: and it could not be put back now: nothing is lost, and the next desync "
		       "that writes settles it, or desync-fix --recover",
		       why->status ? why->message : batch->txn->place.state);
}

/* B1: all old again, or the journal stays. `why` is what it is taken back for. */
static int put_back(struct batch *batch, const ds_error *why, ds_error *err)
{
	struct ds_txn *txn = batch->txn;
	ds_error ignored = {0};
	bool unsure = false;
	bool well = true;

	for (size_t i = batch->count; i-- > 0;)
		if (batch->slots[i].swapped)
			well &= ds_slot_put_back(txn, &batch->slots[i], batch->dir) == 0;
	well = well && sync_targets(batch, &ignored) == 0;
	if (well && batch->logged)
		well = ds_events_write(txn, batch->log_size, (struct ds_text){NULL, 0}) == 0;
	well = well && ds_journal_remove(txn, &unsure, &ignored) == 0;
	if (!well)
		return fail_put_back(batch, why, err);
	/* With the journal, or without it: all is old. */
	(void)unsure;
	return 0;
}

/* X1, X2. The slot that could not be exchanged, or count. */
static size_t exchange_all(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (is_exchanged(batch, i) &&
		    !ds_slot_exchange(batch->txn, &batch->slots[i], batch->dir))
			return i;
	return batch->count;
}

/* X3 */
static size_t look_again(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (is_exchanged(batch, i) && !ds_slot_holds(batch->txn, &batch->slots[i]))
			return i;
	return batch->count;
}

static int append_log(struct batch *batch, ds_error *err)
{
	batch->logged = true;
	if (ds_events_write(batch->txn, batch->log_size,
			    (struct ds_text){batch->lines.bytes, batch->lines.len}) == 0)
		return 0;
	return ds_fail_state(batch->txn, "log.jsonl", err);
}

enum attempt { ATTEMPT_DONE, ATTEMPT_AGAIN, ATTEMPT_FAILED };

/* Under the journal: to the commit point, or back. *status is set where it failed. */
static enum attempt exchange_and_commit(struct batch *batch, int *status, ds_error *err)
{
	ds_error why = {0};
	bool unsure = false;
	size_t culprit = exchange_all(batch);

	if (culprit == batch->count && sync_targets(batch, &why) == 0) {
		culprit = look_again(batch);
		if (culprit == batch->count && append_log(batch, &why) == 0 &&
		    ds_journal_remove(batch->txn, &unsure, &why) == 0) {
			batch->txn->doubtful |= unsure;
			if (unsure)
				ds_note(batch->txn,
					"%s: committed, but whether it is on the disk is not "
					"known: %s",
					batch->txn->place.state, strerror(errno));
			return ATTEMPT_DONE;
		}
	}
	*status = put_back(batch, &why, err);
	if (*status)
		return ATTEMPT_FAILED;
	if (culprit == batch->count) {
		*status = ds_fail(err, why.status, "%s", why.message);
		return ATTEMPT_FAILED;
	}
	return ATTEMPT_AGAIN;
}

/* ---- One attempt -------------------------------------------------------- */

/* Somebody who ends the program in the middle would leave the repair to the next one. */
static void hold_signals(struct batch *batch)
{
	sigset_t held;
	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &held, &batch->signals);
}

static void release_signals(struct batch *batch)
{
	pthread_sigmask(SIG_SETMASK, &batch->signals, NULL);
}

static enum attempt commit_prepared(struct batch *batch, int *status, ds_error *err)
{
	enum attempt attempt = ATTEMPT_FAILED;

	hold_signals(batch);
	*status = write_journal(batch, err);
	if (!*status)
		attempt = exchange_and_commit(batch, status, err);
	release_signals(batch);
	return attempt;
}

/* R1: who has a file open that no lease is to be had for cannot be known. It stays for
 * the next writer's sweep, which looks whether somebody has written it by then. */
static void finish_done(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (is_exchanged(batch, i) && batch->slots[i].leased)
			ds_slot_retire(batch->txn, &batch->slots[i], batch->dir);
		else if (is_exchanged(batch, i))
			batch->late = true;
		if (takes_part(batch, i))
			batch->changes[i].outcome = DS_CHANGE_DONE;
	}
}

/* What is left in tmp/TXID; a failure leaves it to the next writer's sweep. */
static void clean_up(struct batch *batch, bool journal_is_there)
{
	struct ds_txn *txn = batch->txn;
	ds_error why;

	for (size_t i = 0; i < batch->count; i++)
		ds_slot_close(txn, &batch->slots[i]);
	ds_close_fd(txn->os, &batch->dir);
	if (!journal_is_there && !batch->late && ds_sweep(txn, &why) != 0)
		ds_note(txn, "%s", why.message);
}

static enum attempt attempt(struct batch *batch, int *status, ds_error *err)
{
	enum attempt result = ATTEMPT_FAILED;

	for (size_t i = 0; i < batch->count; i++)
		batch->slots[i] = (struct ds_slot){.change = &batch->changes[i], .fd = -1};
	batch->dir = -1;
	batch->logged = false;
	batch->dropped = false;
	open_targets(batch);
	*status = 0;
	if (count_exchanged(batch)) {
		*status = prepare_contents(batch, err);
		if (!*status)
			take_leases(batch);
	}
	if (!*status && count_exchanged(batch))
		result = commit_prepared(batch, status, err);
	else if (!*status)
		result = ATTEMPT_DONE;
	if (result == ATTEMPT_DONE)
		finish_done(batch);
	else if (result == ATTEMPT_AGAIN)
		set_culprits_aside(batch);
	clean_up(batch, *status == DS_INTERRUPTED);
	return result;
}

/* ---- What is said of conflicts ------------------------------------------ */

static bool hash_now(struct ds_txn *txn, const char *path, char hex[DS_SHA256_HEX])
{
	unsigned char digest[DS_SHA256_SIZE];
	uint64_t size;
	int fd = txn->os->open_beneath(txn->top, path, 0);
	bool well = fd >= 0 && ds_content_hash(txn->os, fd, digest, &size) == 0;

	ds_close_fd(txn->os, &fd);
	if (well)
		ds_sha256_hex(digest, hex);
	return well;
}

static bool add_conflict(struct ds_buf *lines, struct ds_txn *txn, const struct ds_change *change)
{
	unsigned char digest[DS_SHA256_SIZE];
	char hex[DS_SHA256_HEX];
	struct ds_buf members = {0};

	ds_sha256_of(change->before.at, change->before.len, digest);
	ds_sha256_hex(digest, hex);
	ds_buf_puts(&members, change->about ? change->about : "");
	ds_json_member(&members, "path", change->path);
	ds_json_member(&members, "expected", hex);
	ds_json_member(&members, "found", hash_now(txn, change->path, hex) ? hex : "nothing");
	ds_json_member(&members, "why", change->why);
	bool well = !members.failed && ds_event(lines, txn, "conflict", members.bytes);
	ds_buf_free(&members);
	return well;
}

/* `well`: the lines are all there. */
static void append_conflicts(struct ds_txn *txn, const struct ds_buf *lines, bool well)
{
	uint64_t size;
	ds_error why = {0};

	if (lines->len && well)
		well = ds_events_size(txn, &size, &why) == 0 &&
		       ds_events_write(txn, size, (struct ds_text){lines->bytes, lines->len}) == 0;
	if (!well)
		ds_note(txn, "%s/log.jsonl: a conflict could not be written down: %s",
			txn->place.state, why.status ? why.message : strerror(errno));
}

static void log_conflicts(struct batch *batch)
{
	struct ds_buf lines = {0};
	bool well = true;

	for (size_t i = 0; i < batch->count; i++)
		if (batch->changes[i].outcome == DS_CHANGE_CONFLICT && !batch->changes[i].again)
			well &= add_conflict(&lines, batch->txn, &batch->changes[i]);
	append_conflicts(batch->txn, &lines, well);
	ds_buf_free(&lines);
}

/* ---- All of it ---------------------------------------------------------- */

static int take_lock(struct ds_txn *txn, ds_error *err)
{
	int status = ds_state_open(txn, true, err);
	if (!status)
		status = ds_lock_take(txn, err);
	return status ? status : ds_settle(txn, err);
}

/* Among several who try again none is always the last. */
static void pause_a_moment(const struct ds_os *os)
{
	unsigned char chance = 0;

	(void)os->random(&chance, sizeof chance);
	os->sleep_ms(1 + chance % 32);
}

int ds_txn_hold(struct ds_txn *txn, ds_error *err)
{
	pause_a_moment(txn->os);
	int status = take_lock(txn, err);
	if (status)
		ds_lock_drop(txn);
	return status;
}

void ds_txn_release(struct ds_txn *txn)
{
	ds_lock_drop(txn);
}

bool ds_txn_has_time(const struct ds_txn *txn)
{
	return txn->os->now_ms() < txn->deadline;
}

/* What is held goes on: its time, too. */
static int begin(struct ds_txn *txn, ds_error *err)
{
	int status = 0;

	if (txn->lock < 0) {
		txn->deadline = txn->os->now_ms() + (txn->wait_ms > 0 ? txn->wait_ms : 0);
		status = take_lock(txn, err);
	}
	if (!status)
		status = ds_sweep(txn, err);
	if (!status)
		status = ds_tmp_open(txn, err);
	return status;
}

static int commit(struct batch *batch, ds_error *err)
{
	enum attempt result;
	int status = 0;

	/* Each turn sets at least one group aside. */
	do
		result = attempt(batch, &status, err);
	while (result == ATTEMPT_AGAIN);
	if (!status)
		log_conflicts(batch);
	return status;
}

int ds_txn_commit(struct ds_txn *txn, struct ds_change *changes, size_t count, ds_error *err)
{
	struct batch batch = {.txn = txn, .changes = changes, .count = count, .dir = -1};
	int status = begin(txn, err);

	for (size_t i = 0; i < count; i++) {
		changes[i].outcome = DS_CHANGE_OPEN;
		changes[i].why[0] = '\0';
	}
	if (!status) {
		batch.slots = calloc(count + 1, sizeof *batch.slots);
		status = batch.slots ? commit(&batch, err) : ds_fail_memory(err);
	}
	ds_lock_drop(txn);
	ds_buf_free(&batch.lines);
	free(batch.slots);
	return status;
}

void ds_txn_refused(struct ds_txn *txn, const char *members)
{
	struct ds_buf line = {0};
	bool held = txn->lock >= 0;
	ds_error why;

	if (begin(txn, &why) == 0)
		append_conflicts(txn, &line, ds_event(&line, txn, "conflict", members));
	else
		ds_note(txn, "a conflict could not be written down: %s", why.message);
	if (!held)
		ds_lock_drop(txn);
	ds_buf_free(&line);
}

/* What a plan would change, as a diff of each file. */
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "diff.h"

/* The digest of what a file was when it was shown; one for all that are shown of it. NULL:
 * out of memory. */
static const unsigned char *keep_digest(struct ds_plan *plan, const struct ds_work_file *file)
{
	unsigned char digest[DS_SHA256_SIZE];
	struct ds_shown_file *shown = file->many ? plan->shown : NULL;

	ds_sha256_of(file->before.bytes, file->before.len, digest);
	for (; shown; shown = shown->next)
		if (strcmp(shown->path, file->path) == 0 &&
		    memcmp(shown->digest, digest, sizeof digest) == 0)
			return shown->digest;
	shown = ds_arena_alloc(&plan->strings, sizeof *shown);
	if (!shown)
		return NULL;
	memcpy(shown->digest, digest, sizeof digest);
	shown->path = ds_arena_string(&plan->strings, file->path);
	shown->next = plan->shown;
	if (file->many && shown->path)
		plan->shown = shown;
	return shown->path ? shown->digest : NULL;
}

static bool diff_file(struct ds_batch *b, const struct ds_work_file *file, struct ds_buf *out)
{
	struct ds_diff_edit *edits = calloc(file->edit_count + 1, sizeof *edits);
	const unsigned char *digest = keep_digest(b->plan, file);

	for (size_t i = 0; i < file->edit_count && edits && digest; i++) {
		const struct ds_work_edit *edit = &file->edits[i];
		edits[i] = (struct ds_diff_edit){edit->made.at, strlen(edit->made.old),
						 strlen(edit->made.new)};
		edit->planned->shown[edit->copy] = digest;
	}
	bool well = edits && digest &&
		    ds_diff(out, file->path, ds_buf_text(&file->before), ds_buf_text(&file->after),
			    edits, file->edit_count);
	free(edits);
	return well;
}

static int show_file(struct ds_batch *b, const struct ds_work_file *file, ds_error *err)
{
	struct ds_buf out = {0};
	int status = diff_file(b, file, &out) ? 0 : ds_fail_memory(err);
	int why = status || !out.len ? 0 : b->write(b->context, out.bytes, out.len);

	ds_buf_free(&out);
	return why ? ds_fail(err, DS_TROUBLE, "the diff could not be written: %s", strerror(why))
		   : status;
}

static int show(struct ds_batch *b, ds_error *err)
{
	int status = ds_work_finish(&b->work, &b->bench, err);

	for (size_t i = 0; i < b->work.count && !status; i++)
		status = show_file(b, &b->work.files[i], err);
	ds_batch_tell(b, false);
	return status;
}

/* A step that is no longer as planned takes no other with it. */
int ds_plan_show(struct ds_plan *plan, size_t index, ds_write_fn write, void *context,
		 ds_error *err)
{
	struct ds_batch b = {.plan = plan,
			     .bench = {.plan = plan},
			     .carry_out = show,
			     .whole = true,
			     .write = write,
			     .context = context,
			     .err = err};
	ds_error why;

	ds_batch_judge(&b, ds_batch_run(&b, index, &why), &why);
	ds_batch_end(&b);
	return (int)b.status;
}

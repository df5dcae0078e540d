/* The gate as one call: an error that says all a person needs. */
#include <string.h>

#include "compose.h"
#include "result.h"

static const ds_finding *gravest(const ds_result *result)
{
	const ds_finding *found = NULL;
	for (size_t i = 0; i < result->finding_count; i++) {
		const ds_finding *finding = &result->findings[i];
		if (finding->severity > DS_INFO && (!found || finding->severity > found->severity))
			found = finding;
	}
	return found;
}

static int refuse(const ds_result *result, const ds_finding *finding, ds_error *err)
{
	struct ds_buf line = {0};

	ds_buf_puts(&line, "cannot close ");
	ds_escape(&line, ds_text_of(finding->item ? finding->item : "it"));
	ds_buf_puts(&line, ": ");
	ds_escape(&line, ds_text_of(finding->message));
	size_t said = line.len;
	ds_buf_puts(&line, finding->fix ? "; repair it with: " : "; ");
	if (!finding->fix && finding->other) {
		ds_escape(&line, ds_text_of(finding->choice));
		ds_buf_puts(&line, ": ");
		ds_escape(&line, ds_text_of(finding->other));
		ds_buf_puts(&line, "; ");
	}
	ds_escape(&line, ds_text_of(finding->fix ? finding->fix : finding->advice));
	/* Half a command could be another command. */
	if (!line.failed && line.len >= sizeof err->message) {
		ds_buf_cut(&line, said);
		ds_buf_puts(&line, "; its repair is too long for this line: see desync-check");
	}
	return ds_fail_line(err, ds_result_status(result, true), NULL, &line);
}

int ds_validate(ds_repo *repo, const char *id, ds_error *err)
{
	ds_result *result;
	if (!id)
		return ds_fail(err, DS_TROUBLE, "no id was given");
	int status = ds_check(&result, repo, id, err);
	if (status)
		return status;
	const ds_finding *finding = gravest(result);
	if (result->trouble_count)
		status = ds_fail(err, DS_TROUBLE, "cannot close %s", result->trouble[0]);
	else if (finding)
		status = refuse(result, finding, err);
	ds_result_free(result);
	return status;
}

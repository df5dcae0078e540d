#include "pass.h"
#include "tree_source.h"
#include "verdicts.h"
#include "digest.h"
int ds_let_pass(ds_result *r, ds_repo *p, const ds_scan_options *o, ds_error *e){(void)r;(void)p;(void)o;(void)e;return 0;}

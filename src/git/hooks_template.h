/*
 * hooks_template.h - the text of ../../hooks/pre-commit, which the build puts into C
 */
#ifndef DS_GIT_HOOKS_TEMPLATE_H
#define DS_GIT_HOOKS_TEMPLATE_H

extern const char ds_hook_template[];

#endif

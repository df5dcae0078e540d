/*
 * Says whether each file is YAML, and has something in it: what teams paste must be.
 * With --flat before them it also prints a line for each scalar: "rules.0.name=adr".
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { PATH_ROOM = 1024 };

static void print_flat(yaml_document_t *document, int number, const char *path)
{
	yaml_node_t *node = yaml_document_get_node(document, number);
	const char *dot = *path ? "." : "";
	char below[PATH_ROOM];

	if (node->type == YAML_SCALAR_NODE)
		printf("%s=%s\n", path, (const char *)node->data.scalar.value);
	if (node->type == YAML_SEQUENCE_NODE)
		for (int *item = node->data.sequence.items.start;
		     item < node->data.sequence.items.top; item++) {
			long at = item - node->data.sequence.items.start;
			snprintf(below, sizeof below, "%s%s%ld", path, dot, at);
			print_flat(document, *item, below);
		}
	if (node->type == YAML_MAPPING_NODE)
		for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		     pair < node->data.mapping.pairs.top; pair++) {
			yaml_node_t *key = yaml_document_get_node(document, pair->key);
			snprintf(below, sizeof below, "%s%s%s", path, dot,
				 (const char *)key->data.scalar.value);
			print_flat(document, pair->value, below);
		}
}

static int complain(const char *path, const yaml_parser_t *parser)
{
	fprintf(stderr, "%s:%zu:%zu: %s\n", path, parser->problem_mark.line + 1,
		parser->problem_mark.column + 1, parser->problem ? parser->problem : "empty");
	return 1;
}

static int parse(const char *path, FILE *file, bool flat)
{
	yaml_parser_t parser;
	yaml_document_t document;
	int bad = 0;

	if (!yaml_parser_initialize(&parser))
		return 1;
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &document)) {
		bad = complain(path, &parser);
	} else {
		if (!yaml_document_get_root_node(&document))
			bad = complain(path, &parser);
		else if (flat)
			print_flat(&document, 1, "");
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return bad;
}

int main(int argc, char **argv)
{
	bool flat = argc > 1 && strcmp(argv[1], "--flat") == 0;
	int bad = argc < 2 + flat;

	for (int i = 1 + flat; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		bad |= parse(argv[i], file, flat);
		fclose(file);
	}
	return bad;
}

/* Says whether each file is YAML, and has something in it: what teams paste must be. */
#include <stdio.h>
#include <yaml.h>

static int complain(const char *path, const yaml_parser_t *parser)
{
	fprintf(stderr, "%s:%zu:%zu: %s\n", path, parser->problem_mark.line + 1,
		parser->problem_mark.column + 1, parser->problem ? parser->problem : "empty");
	return 1;
}

static int parse(const char *path, FILE *file)
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
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		bad |= parse(argv[i], file);
		fclose(file);
	}
	return bad;
}

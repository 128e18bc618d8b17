/* Prints every key that a person can set as scdoc, from the table that the parser itself uses. */
#include "settings/settings.h"

#include <stdio.h>

static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == '_' || *text == '*' || *text == '\\' || *text == '<' || *text == '#')
			putchar('\\');
		putchar(*text);
	}
}

static void print_line(const char *label, const char *text)
{
	if (!text || !*text)
		return;
	printf("\t%s: ", label);
	print_escaped(text);
	puts("++");
}

int main(void)
{
	size_t count;
	const struct setting_row *rows = settings_table(&count);

	for (size_t i = 0; i < count; i++) {
		putchar('*');
		print_escaped(rows[i].key);
		puts("*");
		print_line("in", rows[i].files);
		print_line("type", rows[i].type);
		print_line("range", rows[i].range);
		print_line("default", rows[i].fallback);
		if (rows[i].not_yet)
			puts("\taccepted and checked, not in force yet++");
		putchar('\t');
		print_escaped(rows[i].text ? rows[i].text : "");
		puts("\n");
	}
	return 0;
}

/* Private to lib/settings: a YAML map read into a struct by the rows of a scope.
 *
 * What is wrong is said in `found` and leaves the field as it was. Keys of type MAP are known but
 * not read; the caller fetches them with yaml_get. */
#ifndef SETTINGS_READER_H
#define SETTINGS_READER_H

#include "table.h"

/* `yaml` NULL or null: nothing is set. `what` names the map in messages ("the provider"). False
 * where it is no map, or a member was wrong. */
bool reader_map(const struct yaml *yaml, enum scope scope, void *into, const char *what,
		struct diagnostics *found);

/* As reader_map for keys of one file only; those of other files are named with the right one.
 * Unknown keys are warnings: a front matter may hold keys of other programs. */
bool reader_front_matter(const struct yaml *yaml, unsigned file, void *into,
			 struct diagnostics *found);

/* Sets every field of a scope that has a default in the table. */
void reader_defaults(enum scope scope, void *into);

/* Is it a map? Says so if not. NULL and null count as an empty one. */
bool reader_is_map(const struct yaml *yaml, const char *what, struct diagnostics *found);

/* Members of a map or list, NULL for anything else. */
const struct yaml *reader_members(const struct yaml *yaml);

#endif

/* MEMORY.md: facts in layers, changed by operations.
 *
 * A layer is recognised by its label (L0 … L3) and by words (recent, deduplicated, patterns,
 * principles and what people call them in other languages); anything else is OTHER, kept as it is
 * and sent to prompts like L1. Nothing is ever reordered or rewritten: an operation changes the
 * lines it means and no byte else, whatever shape the file has. Pure.
 *
 * Entries are `- 2026-11-21: text` (UTC date). New entries follow the order that the section
 * already has (newest first or last; a single entry or none: last), keep its bullet and its line
 * ends. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/instant.h"

enum memory_layer { MEMORY_L0, MEMORY_L1, MEMORY_L2, MEMORY_L3, MEMORY_OTHER };

#define MEMORY_LAYERS (MEMORY_OTHER + 1)
#define MEMORY_ENTRY_MAX 2000 /* bytes of one fact's text */
#define MEMORY_FILE_MAX (1024 * 1024)

struct memory_entry {
	enum memory_layer layer;
	struct span text;   /* without bullet and date, slices the file; may span lines */
	struct span source; /* the whole lines */
	int64_t day;        /* days since the epoch, or INT64_MIN */
	unsigned line;      /* from 1 */
};

struct memory_section {
	enum memory_layer layer;
	struct span heading; /* text of the heading; empty for what stands before the first */
	struct span body;    /* whole lines behind the heading */
	unsigned line;
};

struct memory {
	struct memory_section *sections;
	size_t section_count, section_capacity;
	struct memory_entry *entries;
	size_t entry_count, entry_capacity;
};

/* Never fails but by size. `text` is cleaned (markdown_clean) and must outlive the value. */
int memory_parse(struct span text, struct memory *ret_memory, struct error *error);
void memory_clear(struct memory *memory);

/* Makes one line of a model's words: trims, folds line breaks to blanks, replaces control
 * characters, cuts at MEMORY_ENTRY_MAX on a code point. Fails (ERROR_INVALID) when nothing is left.
 */
int memory_entry_text(struct span words, struct buffer *out, struct error *error);

/* Appends `text` as an L0 entry dated `day` to the file `raw` (bytes as on disk, also CRLF or with
 * a BOM; empty: a new file is begun with the standard sections). The result is the whole new file.
 */
int memory_append(struct span raw, struct span text, int64_t day, struct buffer *out,
		  struct error *error);

CLEANUP_DEFINE_VALUE(struct memory, memory_clear)

#endif

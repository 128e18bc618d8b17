/* Markdown as a tree with source ranges, and YAML as a tree with places.
 *
 * md4c tells what a document consists of, not where: it gives text pointers and no block offsets. A
 * line index of our own supplies the rest, so that every node knows the bytes, the line and the
 * column it came from, and a section of a person's file can be quoted, hashed or edited in place
 * without rendering anything else anew. Pure: no file, no clock.
 *
 *     struct markdown_text text;              clean the bytes once …
 *     markdown_clean(raw, MAX, &text, NULL);
 *     struct markdown *doc;                   … parse …
 *     markdown_parse(markdown_body(&text), &doc, &error);
 *     for (n = markdown_root(doc)->first; n; n = n->next) …   … walk
 *     markdown_free(doc); markdown_text_clear(&text);
 *
 * Deep nesting and huge documents are bounded: MARKDOWN_NODES_MAX nodes, MARKDOWN_DEPTH_MAX levels
 * (deeper text becomes part of the node at the limit), 128 columns of list and quote marks, 32 KiB
 * of one paragraph in which emphasis and links are recognised (behind it they are letters).
 *
 * An item has the same children whether its list is tight or loose: its text is in a paragraph.
 * Tables, code and HTML have no text and no children. A link definition is no node. */
#ifndef MARKDOWN_MARKDOWN_H
#define MARKDOWN_MARKDOWN_H

#include "base/buffer.h"
#include "base/diagnostic.h"
#include "base/error.h"

#define MARKDOWN_NODES_MAX 200000
#define MARKDOWN_DEPTH_MAX 64

/* ---- text ---- */

/* A person's file as text: valid UTF-8, LF line ends, no BOM, no NUL. */
struct markdown_text {
	char *data; /* owned, terminated */
	size_t length;
	size_t front_matter; /* bytes of a closed `---` front matter block with its fences; 0: none
			      */
	size_t bad_bytes;    /* bytes that were no UTF-8, and NULs, each replaced by U+FFFD */
	unsigned first_bad_line; /* 0: none */
	bool had_bom, had_crlf;
};

/* Never fails but by size (ERROR_TOO_LARGE over `max` bytes of raw). Adds warnings (`text-utf8`,
 * `text-nul`) with lines to `found`, which may be NULL. Clear with markdown_text_clear. */
int markdown_clean(struct span raw, size_t max, struct markdown_text *ret_text,
		   struct diagnostics *found);
void markdown_text_clear(struct markdown_text *text);

/* The text behind the front matter; what goes verbatim into a prompt. */
struct span markdown_body(const struct markdown_text *text);
/* The YAML between the fences (empty when there is none) and the line it starts on. */
struct span markdown_front_matter(const struct markdown_text *text, unsigned *ret_line);
/* Lines before the body: add to node lines to get lines of the file. */
unsigned markdown_body_line_offset(const struct markdown_text *text);
/* Lines of cleaned text; the last may lack its LF. */
unsigned markdown_line_count(struct span text);
/* Where a line of the cleaned text (from 1) begins in the bytes on disk that it was made of; their
 * end, where there are fewer. */
size_t markdown_raw_offset(struct span raw, unsigned line);

CLEANUP_DEFINE_VALUE(struct markdown_text, markdown_text_clear)

/* ---- tree ---- */

enum markdown_kind {
	MARKDOWN_DOCUMENT,
	MARKDOWN_HEADING, /* `level` 1-6 */
	MARKDOWN_PARAGRAPH,
	MARKDOWN_LIST, /* `ordered` */
	MARKDOWN_ITEM, /* `number` in an ordered list; `box` */
	MARKDOWN_QUOTE,
	MARKDOWN_CODE, /* fenced or indented */
	MARKDOWN_HTML, /* a block of HTML; a comment when `comment` */
	MARKDOWN_TABLE,
	MARKDOWN_RULE,
};

struct markdown_node {
	enum markdown_kind kind;
	int level;
	bool ordered, comment;
	bool unclosed; /* a comment or a fence that never ends; also a heading or paragraph in
			  which a `<!--` stands that nothing ends */
	unsigned number;
	char box;              /* task list item: ' ' or 'x'; 0: none */
	size_t begin, end;     /* source bytes, whole lines, end behind the last LF */
	unsigned line, column; /* of the first character that is text; from 1 */
	struct span text; /* plain inline text of a heading, paragraph or item's first paragraph,
			     entities resolved, emphasis and code marks and inline HTML removed,
			     line breaks as one blank; owned by the document */
	struct markdown_node *parent, *first, *last, *next;
};

struct markdown; /* a parsed document; refers to the text it was parsed from */

/* `text` (valid UTF-8, LF) must outlive the document. Fails only over the limits above. */
int markdown_parse(struct span text, struct markdown **ret_document, struct error *error);
void markdown_free(struct markdown *document);
const struct markdown_node *markdown_root(const struct markdown *document);

/* Source bytes of a node, and of a section: from behind `heading` to the next heading of its level
 * or higher (or of any level with `shallow`), or the end. */
struct span markdown_source(const struct markdown *document, const struct markdown_node *node);
struct span markdown_section(const struct markdown *document, const struct markdown_node *heading,
			     bool shallow);

/* The first line of a heading's source as it was written, without its marks: a slice of it.
 * `ret_length` (may be NULL): bytes of that line with its end. */
struct span markdown_heading_text(struct span source, size_t *ret_length);

/* Line and column (code points, from 1) of a byte offset. */
void markdown_place(const struct markdown *document, size_t offset, unsigned *ret_line,
		    unsigned *ret_column);

/* The same for a byte of node->text: where it stands in the source, behind emphasis and the like.
 */
void markdown_text_place(const struct markdown *document, const struct markdown_node *node,
			 size_t text_offset, unsigned *ret_line, unsigned *ret_column);

CLEANUP_DEFINE(struct markdown *, markdown_free)

/* ---- YAML (front matter, agentd.yaml), by libfyaml ---- */

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_LIST, YAML_MAP };

/* A node of a YAML tree: plain values, no anchors left (aliases and merge keys are refused,
 * duplicate keys are errors). Numbers and booleans are scalars; settings give them their types. */
struct yaml {
	enum yaml_kind kind;
	char *scalar;          /* UTF-8 text of a YAML_SCALAR */
	bool quoted;           /* the scalar was quoted: always text */
	char *key;             /* when it is a member of a map */
	unsigned line, column; /* from 1, of the value; `first_line` was added */
	unsigned key_line, key_column;
	struct yaml *first, *next;
	size_t count; /* members of a list or map */
};

#define YAML_DEPTH_MAX 16
#define YAML_NODES_MAX 20000

/* Parses one document. An empty text is a YAML_NULL. Errors carry line and column. */
int yaml_parse(struct span text, unsigned first_line, struct yaml **ret_yaml, struct error *error);
void yaml_free(struct yaml *yaml);
const struct yaml *yaml_get(const struct yaml *map, const char *key); /* NULL: absent or no map */

CLEANUP_DEFINE(struct yaml *, yaml_free)

#endif

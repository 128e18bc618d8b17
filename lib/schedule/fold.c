#include "fold.h"

/* U+00C0 … U+017F, each with its base letter; '.' keeps it as it is. */
static const char latin_base[] = "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
				 "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllll."
				 ".llnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz.";

static const struct {
	uint32_t from, to;
} pairs[] = {
	/* Chinese: the characters of our tables, traditional and Japanese forms */
	{ 0x9031, 0x5468 }, /* 週 周 */
	{ 0x6642, 0x65F6 }, /* 時 时 */
	{ 0x9418, 0x949F }, /* 鐘 钟 */
	{ 0x9EDE, 0x70B9 }, /* 點 点 */
	{ 0x500B, 0x4E2A }, /* 個 个 */
	{ 0x5169, 0x4E24 }, /* 兩 两 */
	{ 0x5F8C, 0x540E }, /* 後 后 */
	{ 0x9593, 0x95F4 }, /* 間 间 */
	{ 0x6BCE, 0x6BCF }, /* 毎 每 */
	{ 0x6669, 0x665A }, /* 晩 晚 */
	{ 0x79AE, 0x793C }, /* 禮 礼 */
	{ 0x57F7, 0x6267 }, /* 執 执 */
	{ 0x904B, 0x8FD0 }, /* 運 运 */
	{ 0x932F, 0x9519 }, /* 錯 错 */
	{ 0x5553, 0x542F }, /* 啟 启 */
	{ 0x52D5, 0x52A8 }, /* 動 动 */
	{ 0x958B, 0x5F00 }, /* 開 开 */
	{ 0x9023, 0x8FDE }, /* 連 连 */
	{ 0x8A71, 0x8BDD }, /* 話 话 */
	{ 0x6703, 0x4F1A }, /* 會 会 */
	{ 0x7D50, 0x7ED3 }, /* 結 结 */
	{ 0x71DF, 0x8425 }, /* 營 营 */
	{ 0x696D, 0x4E1A }, /* 業 业 */
	{ 0x5C0D, 0x5BF9 }, /* 對 对 */
	{ 0x8AAA, 0x8BF4 }, /* 說 说 */
	{ 0x865F, 0x53F7 }, /* 號 号 */
	/* Cyrillic */
	{ 0x0439, 0x0438 }, /* й и */
	{ 0x0451, 0x0435 }, /* ё е */
	/* signs */
	{ 0x3001, ',' },
	{ 0x3002, '.' },
	{ 0x301C, '~' },
	{ 0x223C, '~' },
	{ 0x2248, '~' },
	{ 0x3010, '(' },
	{ 0x3011, ')' },
	{ 0x3014, '(' },
	{ 0x3015, ')' },
	{ 0x2236, ':' },
	{ 0x00B7, ',' },
	{ 0x2022, ',' },
	{ 0x30FB, ',' },
	{ 0x00D7, 'x' },
	{ 0x2212, '-' },
	{ 0x301E, '"' },
	{ 0x300C, '"' },
	{ 0x300D, '"' },
	{ 0x2018, '\'' },
	{ 0x2019, '\'' },
	{ 0x201C, '"' },
	{ 0x201D, '"' },
	{ 0x2192, '-' },
};

static bool is_space(uint32_t c)
{
	return c <= ' ' || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
	       c == 0x205F || c == 0x3000;
}

/* Nothing to read: combining marks, joiners, variation selectors. */
static bool is_invisible(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || c == 0x2060 ||
	       c == 0xFEFF || c == 0xAD || (c >= 0xFE00 && c <= 0xFE0F);
}

static uint32_t fold_pair(uint32_t c)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].from == c)
			return pairs[i].to;
	return c;
}

static uint32_t fold_code(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + 32;
	if (c < 0x80)
		return is_space(c) ? ' ' : c;
	if (is_space(c))
		return ' ';
	if (c >= 0xFF01 && c <= 0xFF5E) /* fullwidth ASCII */
		return fold_code(c - 0xFEE0);
	if (c >= 0x2010 && c <= 0x2015)
		return '-';
	if (c >= 0xC0 && c < 0xC0 + sizeof(latin_base) - 1 && latin_base[c - 0xC0] != '.')
		return (unsigned char)latin_base[c - 0xC0];
	if (c >= 0x410 && c <= 0x42F)
		c += 0x20;
	if (c == 0x401)
		c = 0x451;
	return fold_pair(c);
}

void fold(struct span source, struct folded *ret)
{
	size_t at = 0, column = 0;

	ret->count = 0;
	ret->source = source;
	while (at < source.length && ret->count < FOLD_MAX && column < 4 * FOLD_MAX) {
		size_t begin = at;
		uint32_t code = utf8_next(source, &at);

		column++;
		if (is_invisible(code))
			continue;
		ret->code[ret->count] = fold_code(code);
		ret->at[ret->count] = (uint32_t)begin;
		ret->column[ret->count++] = (uint16_t)column;
	}
	ret->code[ret->count] = 0;
	ret->at[ret->count] = (uint32_t)at;
	ret->column[ret->count] = (uint16_t)(column + 1);
}

bool code_is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

bool code_is_han(uint32_t c)
{
	return (c >= 0x3005 && c <= 0x3007) || (c >= 0x3040 && c <= 0x30FF) ||
	       (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
	       (c >= 0x20000 && c <= 0x3FFFF);
}

/* Letters: everything that is neither ASCII punctuation nor a known block of signs. */
bool code_is_letter(uint32_t c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z';
	if (c < 0xC0)
		return c == 0xAA || c == 0xB5 || c == 0xBA;
	return c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c <= 0x2BFF) &&
	       !(c >= 0x3000 && c <= 0x3004) && !(c >= 0x3008 && c <= 0x303F) &&
	       !(c >= 0xE000 && c <= 0xF8FF) && !(c >= 0xFE10 && c <= 0xFE6F) && c != 0xFFFD &&
	       !(c >= 0x1F000 && c <= 0x1FFFF);
}

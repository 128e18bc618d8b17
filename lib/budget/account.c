#include "account.h"

#include "base/error.h"
#include "base/hash.h"

#define CAPACITY_MIN 64

static size_t home_of(const struct accounts *accounts, const char *name)
{
	struct span key = { name, strnlen(name, accounts->name_size - 1) };
	uint64_t hash = hash_span(HASH_BEGIN, key);

	return (size_t)(hash ^ hash >> 32) & (accounts->capacity - 1);
}

/* Its slot, or the empty one where it belongs. */
static size_t slot_of(const struct accounts *accounts, const char *name)
{
	size_t slot = home_of(accounts, name);

	while (accounts->slots[slot] &&
	       strncmp(accounts->slots[slot]->name, name, accounts->name_size - 1))
		slot = (slot + 1) & (accounts->capacity - 1);
	return slot;
}

static void resize(struct accounts *accounts, size_t capacity)
{
	struct accounts old = *accounts;

	accounts->capacity = capacity;
	accounts->slots = xcalloc(capacity, sizeof(struct account *));
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i])
			accounts->slots[slot_of(accounts, old.slots[i]->name)] = old.slots[i];
	free(old.slots);
}

void accounts_clear(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->capacity; i++)
		free(accounts->slots[i]);
	free(accounts->slots);
	*accounts = (struct accounts){ .name_size = accounts->name_size };
}

struct account *accounts_find(const struct accounts *accounts, const char *name)
{
	return accounts->capacity ? accounts->slots[slot_of(accounts, name)] : NULL;
}

bool accounts_has_room(const struct accounts *accounts, const char *name)
{
	return accounts->count < ACCOUNTS_MAX || accounts_find(accounts, name);
}

struct account *accounts_get(struct accounts *accounts, const char *name)
{
	struct account *account = accounts_find(accounts, name);

	if (account || accounts->count >= ACCOUNTS_MAX)
		return account;
	if (accounts->count * 2 >= accounts->capacity)
		resize(accounts, accounts->capacity ? accounts->capacity * 2 : CAPACITY_MIN);
	account = xcalloc(1, sizeof(*account));
	memcpy(account->name, name, strnlen(name, accounts->name_size - 1));
	accounts->slots[slot_of(accounts, name)] = account;
	accounts->count++;
	return account;
}

/* Those behind it move up, so that no search stops short of its goal (Knuth, TAOCP 6.4 R). */
void accounts_remove(struct accounts *accounts, struct account *account)
{
	size_t mask = accounts->capacity - 1, hole = slot_of(accounts, account->name);

	if (accounts->slots[hole] != account)
		BUG("account \"%s\" is not in its table", account->name);
	for (size_t slot = (hole + 1) & mask; accounts->slots[slot]; slot = (slot + 1) & mask) {
		size_t home = home_of(accounts, accounts->slots[slot]->name);

		if (((slot - home) & mask) < ((slot - hole) & mask))
			continue;
		accounts->slots[hole] = accounts->slots[slot];
		hole = slot;
	}
	accounts->slots[hole] = NULL;
	accounts->count--;
	free(account);
}

static bool is_blank(const struct account *account)
{
	struct sum day = account_day(account, ~0u);

	return !account->holds && !account->whole.settled && !day.settled;
}

void accounts_sweep(struct accounts *accounts)
{
	size_t slot = 0;

	/* A removal may move another account into its slot: that one is looked at again. One that
	 * wraps around to the end of the table is met later. */
	while (slot < accounts->capacity)
		if (accounts->slots[slot] && is_blank(accounts->slots[slot]))
			accounts_remove(accounts, accounts->slots[slot]);
		else
			slot++;
}

struct sum account_day(const struct account *account, unsigned works)
{
	struct sum sum = { 0, 0 };

	for (unsigned work = 0; work < WORKS; work++)
		if (works >> work & 1) {
			sum.settled += account->day[work].settled;
			sum.reserved += account->day[work].reserved;
		}
	return sum;
}

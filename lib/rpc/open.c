#include "open.h"

void open_clear(struct open_table *table)
{
	struct open_request request;

	while (open_take_any(table, &request))
		json_decref(request.id);
	free(table->slots);
	*table = (struct open_table){ 0 };
}

static int find_free(struct open_table *table, uint32_t *ret_index)
{
	int r;

	if (table->first_free) {
		*ret_index = table->first_free - 1;
		table->first_free = table->slots[*ret_index].next_free;
		return 0;
	}
	r = array_grow((void **)&table->slots, table->count, &table->capacity,
		       sizeof(*table->slots), OPEN_MAX);
	if (r)
		return r;
	*ret_index = (uint32_t)table->count++;
	table->slots[*ret_index] = (struct open_slot){ 0 };
	return 0;
}

int open_add(struct open_table *table, const struct open_request *request, uint64_t *ret_number)
{
	struct open_slot *slot;
	uint32_t index;
	int r = find_free(table, &index);

	if (r)
		return r;
	slot = &table->slots[index];
	slot->request = *request;
	slot->number = (uint64_t)slot->uses++ * OPEN_MAX + index + 1;
	*ret_number = slot->number;
	return 0;
}

static struct open_slot *find(struct open_table *table, uint64_t number)
{
	size_t index = (size_t)((number - 1) % OPEN_MAX);

	if (!number || index >= table->count || table->slots[index].number != number)
		return NULL;
	return &table->slots[index];
}

static void release(struct open_table *table, struct open_slot *slot)
{
	slot->number = 0;
	slot->request = (struct open_request){ 0 };
	slot->next_free = table->first_free;
	table->first_free = (uint32_t)(slot - table->slots) + 1;
}

bool open_take(struct open_table *table, uint64_t number, struct open_request *ret_request)
{
	struct open_slot *slot = find(table, number);

	if (!slot)
		return false;
	*ret_request = slot->request;
	release(table, slot);
	return true;
}

bool open_take_any(struct open_table *table, struct open_request *ret_request)
{
	for (; table->count; table->count--) {
		struct open_slot *slot = &table->slots[table->count - 1];

		if (!slot->number)
			continue;
		*ret_request = slot->request;
		slot->number = 0;
		return true;
	}
	table->first_free = 0;
	return false;
}

void open_abandon(struct open_table *table, uint64_t number)
{
	struct open_slot *slot = find(table, number);

	if (slot)
		slot->request.answer = NULL;
}

bool open_has(const struct open_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->slots[i].number)
			return true;
	return false;
}

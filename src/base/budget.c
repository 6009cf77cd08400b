/* budget: one ceiling over the memory of many owners. */
#include "budget.h"

#include <assert.h>

bool
budget_draw(struct budget *budget, size_t count)
{
	if (count > budget->limit - budget->used)
		return false;
	budget->used += count;
	return true;
}

void
budget_return(struct budget *budget, size_t count)
{
	assert(count <= budget->used);
	budget->used -= count;
}

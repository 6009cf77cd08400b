/* query: the language in which messages are asked for. */
#include "query.h"

#include <stdlib.h>

void
query_free(struct query *query)
{
	if (!query)
		return;
	query_free(query->left);
	query_free(query->right);
	free(query->text);
	free(query->name);
	free(query);
}

bool
query_mentions(const struct query *query, enum query_field field)
{
	if (!query)
		return false;
	return (query->kind == QUERY_TERM && query->field == field) ||
	    query_mentions(query->left, field) ||
	    query_mentions(query->right, field);
}

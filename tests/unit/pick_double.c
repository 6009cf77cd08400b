/* pick_double: a database in which no message is ever found. */
#include "pick.h"

#include "unit.h"

/* Asked only for messages of one session that fit another query too. */
enum err
pick_messages(struct sql *sql, const struct pick_request *request,
    pick_callback *callback, void *context)
{
	(void)sql;
	(void)callback;
	(void)context;
	assert_int_equal(request->query->kind, QUERY_AND);
	assert_int_equal(request->query->left->field, QUERY_SESSION);
	assert_true(request->all_states);
	return ERR_OK;
}

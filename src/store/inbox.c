/* inbox: the inboxes that hold messages. */
#include "inbox.h"

enum err
inbox_list(struct sql *sql, inbox_callback *call, void *context)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT inbox, total(state = 0), "
	    "total(state = 0 AND is_read = 0), max(seq) "
	    "FROM message GROUP BY inbox ORDER BY inbox");

	while (!err) {
		struct inbox_view view;

		err = sql_step(row);
		if (err)
			break;
		view.name = sql_span(row, 0);
		view.messages = sql_number(row, 1);
		view.unread = sql_number(row, 2);
		view.seq = sql_number(row, 3);
		if (!call(&view, context))
			break;
	}
	(void)sql_done(row);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

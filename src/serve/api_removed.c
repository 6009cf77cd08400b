/* api_removed: what a request removed, so that watchers can be told after the
 * commit. */
#include "api_removed.h"

#include <stdio.h>
#include <string.h>

bool
api_removed_note(const struct pick_row *row, void *context)
{
	struct api_removed *removed = context;
	size_t i = removed->count++;

	if (i >= API_REMOVED_MAX)
		return true;
	memcpy(removed->at[i].id, row->message->id, UID_SIZE);
	removed->at[i].seq = row->seq;
	(void)snprintf(removed->at[i].inbox, API_REMOVED_INBOX, "%.*s",
	    SPAN_ARG(message_get(row->message, MESSAGE_INBOX)));
	return true;
}

void
api_removed_publish(const struct api_removed *removed, struct watch *watch)
{
	if (removed->count > API_REMOVED_MAX) {
		watch_publish(
		    watch, &(struct watch_event){.kind = WATCH_PRUNE});
		return;
	}
	for (size_t i = 0; i < removed->count; i++)
		watch_publish(watch,
		    &(struct watch_event){
			.kind = WATCH_DELETE,
			.id = span_string(removed->at[i].id),
			.seq = removed->at[i].seq,
			.inbox = span_string(removed->at[i].inbox),
		    });
}

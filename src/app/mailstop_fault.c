/* mailstop_fault: the public library: fault rules. */
#include "tenant.h"

#include "api_own.h"

#include <jansson.h>
#include <string.h>

/* One question, which the loop's thread answers. */
struct asked {
	const char *text; /* a rule or an id */
	enum err err;
	struct failure f;
	char *id;      /* owned */
	json_t *value; /* owned */
};

static int
ask(struct mailstop *tenant, void (*work)(struct sink *, void *context),
    struct asked *asked)
{
	struct desk *desk;
	int status = tenant_enter(tenant, &desk);

	if (status)
		return status;
	desk_call(desk, work, asked);
	return tenant_leave(tenant, asked->err, asked->f.text);
}

static enum err
blame(const struct asked *asked, enum err err, const struct fault_error *error,
    struct failure *f)
{
	if (err == ERR_DATA || err == ERR_EXISTS)
		return failure_set(f, err, "%s: at %zu: %s", asked->text,
		    error->offset + 1, error->text);
	return failure_set(f, err, "%s",
	    err == ERR_LIMIT ? "there are too many rules" : err_text(err));
}

static void
add(struct sink *sink, void *context)
{
	struct asked *asked = context;
	struct fault_error error = {.offset = 0};
	const char *id;
	enum err err =
	    fault_add(sink_faults(sink), span_string(asked->text), &error, &id);

	if (err) {
		asked->err = blame(asked, err, &error, &asked->f);
		return;
	}
	asked->id = strdup(id);
	if (asked->id)
		return;
	(void)fault_remove(sink_faults(sink), span_string(id));
	asked->err = blame(asked, ERR_MEMORY, &error, &asked->f);
}

int
mailstop_fault_add(struct mailstop *tenant, const char *rule, char **id)
{
	struct asked asked = {.text = rule ? rule : ""};
	int status = ask(tenant, add, &asked);

	if (id)
		*id = asked.id;
	else
		mailstop_bytes_free(asked.id);
	return status;
}

static void
remove_it(struct sink *sink, void *context)
{
	struct asked *asked = context;

	if (!fault_remove(sink_faults(sink), span_string(asked->text)))
		asked->err = failure_set(&asked->f, ERR_NOT_FOUND,
		    "there is no rule %s", asked->text);
}

int
mailstop_fault_remove(struct mailstop *tenant, const char *id)
{
	struct asked asked = {.text = id ? id : ""};

	return ask(tenant, remove_it, &asked);
}

static void
clear(struct sink *sink, void *context)
{
	(void)context;
	fault_clear(sink_faults(sink));
}

int
mailstop_fault_clear(struct mailstop *tenant)
{
	struct asked asked = {.text = NULL};

	return ask(tenant, clear, &asked);
}

static void
list(struct sink *sink, void *context)
{
	struct asked *asked = context;

	asked->value = own_fault_list(sink_faults(sink));
	if (!asked->value)
		asked->err = failure_set(
		    &asked->f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

int
mailstop_faults(struct mailstop *tenant, struct mailstop_record **rules)
{
	struct asked asked = {.text = NULL};
	int status = ask(tenant, list, &asked);

	*rules = (struct mailstop_record *)asked.value;
	return status;
}

/*
 * feature_double: three keywords of EHLO, for tests that need no engine.
 */
#include "smtp.h"

unsigned
smtp_feature_find(struct span keyword)
{
	static const struct {
		struct span keyword;
		unsigned features;
	} rows[] = {
	    {SPAN("PIPELINING"), SMTP_PIPELINING},
	    {SPAN("SIZE"), SMTP_SIZE},
	    {SPAN("SMTPUTF8"), SMTP_SMTPUTF8},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_equal_nocase(keyword, rows[i].keyword))
			return rows[i].features;
	return 0;
}

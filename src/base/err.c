/* err: what can go wrong, as one small set of values. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

static const struct {
	const char *text;
	int exit_code;
} kinds[] = {
    [ERR_OK] = {"no error", EX_OK},
    [ERR_MEMORY] = {"out of memory", EX_OSERR},
    [ERR_IO] = {"input/output error", EX_IOERR},
    [ERR_FULL] = {"no space left", EX_IOERR},
    [ERR_BUSY] = {"in use by somebody else", EX_TEMPFAIL},
    [ERR_READONLY] = {"read-only", EX_CANTCREAT},
    [ERR_CORRUPT] = {"damaged or not a database", EX_DATAERR},
    [ERR_VERSION] = {"written by a newer version", EX_DATAERR},
    [ERR_NOT_FOUND] = {"not found", EX_NOINPUT},
    [ERR_GONE] = {"removed", EX_NOINPUT},
    [ERR_EXISTS] = {"exists already", EX_CANTCREAT},
    [ERR_USAGE] = {"wrong usage", EX_USAGE},
    [ERR_DATA] = {"malformed input", EX_DATAERR},
    [ERR_LIMIT] = {"a limit is reached", EX_UNAVAILABLE},
    [ERR_PERMISSION] = {"permission denied", EX_NOPERM},
    [ERR_UNAVAILABLE] = {"unavailable", EX_UNAVAILABLE},
    [ERR_STOPPED] = {"shutting down", EX_TEMPFAIL},
};

const char *
err_text(enum err err)
{
	return kinds[err].text;
}

int
err_exit_code(enum err err)
{
	return kinds[err].exit_code;
}

enum err
err_from_errno(int error_number)
{
	switch (error_number) {
	case 0:
		return ERR_OK;
	case ENOMEM:
		return ERR_MEMORY;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_FULL;
	case EROFS:
		return ERR_READONLY;
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EEXIST:
	case EADDRINUSE:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
		return ERR_PERMISSION;
	case EMFILE:
	case ENFILE:
		return ERR_LIMIT;
	case EAGAIN:
	case EBUSY:
		return ERR_BUSY;
	case EADDRNOTAVAIL:
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ETIMEDOUT:
		return ERR_UNAVAILABLE;
	default:
		return ERR_IO;
	}
}

enum err
err_from_making(int error_number)
{
	switch (error_number) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case EPERM:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return ERR_READONLY;
	default:
		return err_from_errno(error_number);
	}
}

enum err
failure_set(struct failure *failure, enum err err, const char *format, ...)
{
	va_list args;

	if (!failure)
		return err;
	va_start(args, format);
	(void)vsnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	return err;
}

/* state: the folder where a user's mail is kept. */
#include "state.h"

#include "folder.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The base directory specification wants relative paths to be ignored. */
static const char *
find_absolute(const char *variable)
{
	const char *path = getenv(variable);

	return path && path[0] == '/' ? path : NULL;
}

static const char *
find_home(void)
{
	const char *home = find_absolute("HOME");
	const struct passwd *user;

	if (home)
		return home;
	user = getpwuid(getuid());
	return user && user->pw_dir && user->pw_dir[0] == '/' ? user->pw_dir
							      : NULL;
}

enum err
state_path(struct buf *out, const char *name, struct failure *f)
{
	const char *base = find_absolute("XDG_STATE_HOME");
	const char *home = base ? NULL : find_home();

	if (!base && !home)
		return failure_set(f, ERR_USAGE,
		    "no home folder is known: --db FILE says where");
	if (base)
		buf_printf(out, "%s/mailstop/%s", base, name);
	else
		buf_printf(out, "%s/.local/state/mailstop/%s", home, name);
	if (buf_failed(out))
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	return ERR_OK;
}

enum err
state_make_folder_of(const char *path, struct failure *f)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	enum err err;

	if (!slash || slash == path)
		return ERR_OK;
	folder = strndup(path, (size_t)(slash - path));
	if (!folder)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	err = folder_make(folder, f);
	free(folder);
	return err;
}

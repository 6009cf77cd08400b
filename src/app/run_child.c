/* run_child: a server and a command as children that end with this process. */
#include "run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A server leaves within a second; a sanitizer's takes longer. */
#define STOP_SECONDS 10

static const int passed[] = {
    SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
#define PASSED (sizeof(passed) / sizeof(passed[0]))

static void
fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < PASSED; i++)
		sigaddset(set, passed[i]);
}

void
run_child_init(struct run_child *child)
{
	sigset_t held;

	*child = (struct run_child){.parent = getpid()};
	/* Whoever ignores it takes the status of children away. */
	(void)signal(SIGCHLD, SIG_DFL);
	fill(&held);
	(void)sigprocmask(SIG_BLOCK, &held, &child->before);
}

bool
run_child_is_alone(const struct run_child *child)
{
	return getppid() != child->parent;
}

/* ---- in the children */

static void
use_nothing(int fd, int flags)
{
	int null = open("/dev/null", flags | O_CLOEXEC);

	if (null < 0)
		return;
	(void)dup2(null, fd);
	if (null != fd)
		(void)close(null);
}

/* The parent may have gone before the kernel was asked to tell. */
static void
end_with_parent(const struct run_child *child, int number)
{
	(void)prctl(PR_SET_PDEATHSIG, number);
	if (run_child_is_alone(child))
		(void)raise(SIGKILL);
	(void)sigprocmask(SIG_SETMASK, &child->before, NULL);
}

/* ---- the keeper */

enum run_child_fork
run_child_fork_keeper(struct run_child *child)
{
	pid_t outer = child->parent;
	pid_t pid = fork();

	if (pid < 0)
		return RUN_CHILD_FAILED;
	if (pid > 0) {
		child->command = pid;
		return RUN_CHILD_PARENT;
	}
	child->outer = outer;
	child->parent = getpid();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Held back, as all that are passed on: it is seen when it is time. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != outer)
		(void)raise(SIGTERM);
	return RUN_CHILD_CHILD;
}

static bool
is_orphan(const struct run_child *child)
{
	return child->outer && getppid() != child->outer;
}

enum run_child_fork
run_child_fork_server(struct run_child *child)
{
	pid_t pid = fork();

	if (pid < 0)
		return RUN_CHILD_FAILED;
	child->server = pid;
	if (pid > 0)
		return RUN_CHILD_PARENT;
	/* A terminal's signals are for the command. */
	(void)setsid();
	use_nothing(STDIN_FILENO, O_RDONLY);
	use_nothing(STDOUT_FILENO, O_WRONLY);
	end_with_parent(child, SIGTERM);
	return RUN_CHILD_CHILD;
}

enum run_child_fork
run_child_fork_command(struct run_child *child)
{
	pid_t pid = fork();

	if (pid < 0)
		return RUN_CHILD_FAILED;
	child->command = pid;
	if (pid > 0)
		return RUN_CHILD_PARENT;
	/* Nobody is left who could ask it a second time. */
	end_with_parent(child, SIGKILL);
	return RUN_CHILD_CHILD;
}

int
run_child_become(char *const *words)
{
	int error;

	(void)execvp(words[0], words);
	error = errno;
	(void)fprintf(stderr, "mailstop: %s: %s\n", words[0], strerror(error));
	return error == ENOENT ? 127 : 126;
}

/* ---- in the parent */

static int
status_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void
reap(struct run_child *child)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == child->server) {
			child->server = 0;
			child->server_status = status_of(status);
		} else if (pid == child->command) {
			child->command = 0;
			child->command_status = status_of(status);
		}
	}
}

/* A child that is not the server; 0: there is none. */
static pid_t
find_other(const struct run_child *child)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	int pid = 0;
	pid_t found = 0;

	while (file && found == 0 && fscanf(file, "%d", &pid) == 1)
		if (pid != child->server)
			found = pid;
	if (file)
		(void)fclose(file);
	return found;
}

/* What such a child leaves is our child then. */
static void
end_all(struct run_child *child)
{
	int status;
	pid_t pid;

	while ((pid = find_other(child)) > 0) {
		(void)kill(pid, SIGKILL);
		if (waitpid(pid, &status, 0) == pid && pid == child->command) {
			child->command = 0;
			child->command_status = status_of(status);
		}
	}
}

static void
take_signal(struct run_child *child, const siginfo_t *info)
{
	if (is_orphan(child)) {
		end_all(child);
		return;
	}
	/* What a terminal sends, it sends to the command as well. */
	if (info->si_code == SI_KERNEL)
		return;
	(void)kill(child->command, info->si_signo);
	child->has_passed = true;
}

void
run_child_wait(struct run_child *child)
{
	sigset_t held;

	fill(&held);
	while (child->command > 0) {
		siginfo_t info;

		if (sigwaitinfo(&held, &info) < 0)
			continue;
		if (info.si_signo == SIGCHLD)
			reap(child);
		else
			take_signal(child, &info);
	}
	/* A shell that was told to end does not tell its children. */
	if (child->outer && child->has_passed && child->command_status > 128)
		end_all(child);
}

void
run_child_wait_server(struct run_child *child)
{
	struct timespec end;
	sigset_t children;

	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += STOP_SECONDS;
	for (;;) {
		struct timespec now;
		struct timespec left = {1, 0};

		reap(child);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (child->server <= 0 || now.tv_sec >= end.tv_sec)
			return;
		(void)sigtimedwait(&children, NULL, &left);
	}
}

void
run_child_stop(struct run_child *child)
{
	int status;

	if (child->command > 0) {
		(void)kill(child->command, SIGKILL);
		(void)waitpid(child->command, &status, 0);
		child->command = 0;
	}
	reap(child);
	if (child->server <= 0)
		return;
	(void)kill(child->server, SIGTERM);
	run_child_wait_server(child);
	if (child->server <= 0)
		return;
	(void)kill(child->server, SIGKILL);
	(void)waitpid(child->server, &status, 0);
	child->server = 0;
	child->server_status = status_of(status);
}

#include <mailstop.h>
#include <stdlib.h>

int main(void)
{
	struct mailstop *server = mailstop_new();
	if (!server || mailstop_start(server) != MAILSTOP_OK) return 1;
	setenv("SERVER", mailstop_address(server, "smtp", 0), 1);
	system("swaks --to alice@x.test --server $SERVER");
	int status = mailstop_wait(server, "rcpt:alice", 1, 5000, NULL);
	mailstop_free(server);
	return status;
}

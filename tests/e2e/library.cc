// library: the library as a program in C++ uses it. Prints "port N" for each of
// two servers, then what the mail to the second one made it do.
#include <mailstop.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

// What owns a record frees it.
class Record {
public:
	Record() : record(nullptr) {}
	~Record() { mailstop_record_free(record); }
	Record(const Record &) = delete;
	Record &operator=(const Record &) = delete;
	mailstop_record **out() { return &record; }
	std::string text(const char *path) const
	{
		const char *found = mailstop_text(record, path);

		return found ? found : "";
	}

private:
	mailstop_record *record;
};

// The signals of the process are as they were before.
std::vector<std::string>
signals()
{
	std::vector<std::string> all;

	for (int number = 1; number < 32; number++) {
		struct sigaction action;

		std::memset(&action, 0, sizeof(action));
		if (sigaction(number, nullptr, &action) == 0)
			all.emplace_back(
			    reinterpret_cast<const char *>(&action.sa_handler),
			    sizeof(action.sa_handler));
	}
	return all;
}

void
on_message(mailstop *, const mailstop_record *message, void *context)
{
	auto subjects = static_cast<std::vector<std::string> *>(context);

	subjects->push_back(mailstop_text(message, "subject"));
}

} // namespace

int
main()
{
	const auto before = signals();
	std::vector<std::string> told;
	mailstop *one = mailstop_new();
	mailstop *two = mailstop_new();
	Record mail;
	int status = MAILSTOP_OK;

	if (!one || !two || mailstop_start(one) != MAILSTOP_OK ||
	    mailstop_on_message(two, "", on_message, &told) != MAILSTOP_OK ||
	    mailstop_start(two) != MAILSTOP_OK)
		return 1;
	std::printf("port %d\nport %d\n", mailstop_port(one, "smtp"),
	    mailstop_port(two, "smtp"));
	std::fflush(stdout);
	std::thread waiter([&] {
		status = mailstop_wait(one, "rcpt:nobody", 1, -1, nullptr);
	});
	if (mailstop_wait(two, "rcpt:alice", 1, 30000, mail.out()) !=
	    MAILSTOP_OK)
		return 2;
	if (signals() != before)
		return 3;
	mailstop_stop(one);
	waiter.join();
	if (status != MAILSTOP_STOPPED)
		return 4;
	mailstop_free(one);
	mailstop_free(two);
	if (told.size() != 1)
		return 5;
	std::printf("%s, %s\n", mail.text("0.subject").c_str(),
	    told[0].c_str());
	return 0;
}

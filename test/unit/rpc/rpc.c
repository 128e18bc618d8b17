#include "suite.h"

#include <sys/socket.h>

void pair_open(int ret_fds[2])
{
	assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds));
}

int main(void)
{
	return wire_tests() + talk_tests() + limits_tests() + socket_tests() ? 1 : 0;
}

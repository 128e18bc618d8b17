/* Acts on the network and on sockets of this machine. */
#include "acts.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define FAMILIES 46 /* AF_MAX of Linux 6.18 */

void try_sockets(const struct scene *scene)
{
	static const struct {
		const char *name;
		int type;
	} types[] = {
		{ "stream", SOCK_STREAM },
		{ "dgram", SOCK_DGRAM },
		{ "raw", SOCK_RAW },
		{ "seqpacket", SOCK_SEQPACKET },
	};
	char name[64];

	(void)scene;
	for (int family = 0; family < FAMILIES; family++)
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			snprintf(name, sizeof(name), "socket family %d %s", family, types[i].name);
			report(name, said(syscall(SYS_socket, family, types[i].type, 0)));
		}
	report("socket mptcp", said(syscall(SYS_socket, AF_INET, SOCK_STREAM, 262)));
	report("socket inet6 mptcp", said(syscall(SYS_socket, AF_INET6, SOCK_STREAM, 262)));
}

static const struct sockaddr_in loopback = {
	.sin_family = AF_INET,
	.sin_port = 0x5000,
	.sin_addr = { 0x0100007f },
};
static const struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0agentd-probe" };

static long send_to_address(const struct scene *s)
{
	return said(syscall(SYS_sendto, s->socket, "x", 1, 0, &abstract, sizeof(abstract)));
}

static long send_message(const struct scene *s)
{
	struct iovec bytes = { &(char){ 'x' }, 1 };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	return said(syscall(SYS_sendmsg, s->socket, &message, 0));
}

static long receive_message(const struct scene *s)
{
	struct iovec bytes = { &(char){ 'x' }, 1 };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	return said(syscall(SYS_recvmsg, s->socket, &message, MSG_DONTWAIT));
}

#define ACT(name, call)                         \
	static long name(const struct scene *s) \
	{                                       \
		(void)s;                        \
		return said(call);              \
	}

ACT(make_pair, syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, &(int[2]){ 0 }))
ACT(connect_loopback, syscall(SYS_connect, s->socket, &loopback, sizeof(loopback)))
ACT(connect_abstract, syscall(SYS_connect, s->socket, &abstract, sizeof(abstract)))
ACT(bind_abstract, syscall(SYS_bind, s->socket, &abstract, sizeof(abstract)))
ACT(listen_pair, syscall(SYS_listen, s->socket, 1))
ACT(accept_pair, syscall(SYS_accept4, s->socket, NULL, NULL, SOCK_NONBLOCK))
ACT(set_option, syscall(SYS_setsockopt, s->socket, SOL_SOCKET, SO_RCVBUF, &(int){ 4096 }, 4))
ACT(get_option, syscall(SYS_getsockopt, s->socket, SOL_SOCKET, SO_PEERCRED, &(char[64]){ 0 },
			&(socklen_t){ 64 }))
ACT(shut, syscall(SYS_shutdown, s->socket, SHUT_RD))
ACT(send_stderr, syscall(SYS_sendto, 2, "x", 1, 0, NULL, 0))

const struct act network_acts[] = {
	{ "socketpair", make_pair, false },
	{ "connect inet", connect_loopback, false },
	{ "connect abstract unix", connect_abstract, false },
	{ "bind abstract unix", bind_abstract, false },
	{ "listen", listen_pair, false },
	{ "accept", accept_pair, false },
	{ "sendto an address", send_to_address, false },
	{ "sendto stderr", send_stderr, false },
	{ "sendmsg", send_message, false },
	{ "recvmsg", receive_message, false },
	{ "setsockopt", set_option, false },
	{ "getsockopt", get_option, false },
	{ "shutdown", shut, false },
	{ NULL, NULL, false },
};

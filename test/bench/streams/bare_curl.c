/* bare-curl: what libcurl alone needs to receive streams: a curl multi over epoll that discards
 * every byte. The gateway is measured against it.
 *
 *     bare-curl URL STREAMS   prints "BYTES MICROSECONDS CPU_MICROSECONDS" */
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

static int epoll_fd;
static int64_t timer_at = -1, bytes;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static int64_t cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec +
	       usage.ru_stime.tv_usec;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct epoll_event wanted = { .data.fd = fd };
	CURLM *multi = context;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	wanted.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	epoll_ctl(epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &wanted);
	curl_multi_assign(multi, fd, &epoll_fd);
	return 0;
}

static int on_timer(CURLM *multi, long delay_ms, void *context)
{
	(void)multi, (void)context;
	timer_at = delay_ms < 0 ? -1 : now_us() + delay_ms * 1000;
	return 0;
}

static size_t discard(char *data, size_t size, size_t count, void *context)
{
	(void)data, (void)context;
	bytes += (int64_t)(size * count);
	return size * count;
}

static void add_stream(CURLM *multi, const char *url, struct curl_slist *headers)
{
	CURL *easy = curl_easy_init();

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "{}");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_multi_add_handle(multi, easy);
}

static void run(CURLM *multi)
{
	struct epoll_event ready[1024];
	int running = 1;

	while (running) {
		int64_t left = timer_at < 0 ? 100000 : timer_at - now_us();
		int count = epoll_wait(epoll_fd, ready, 1024, left <= 0 ? 0 : (int)(left / 1000));

		for (int i = 0; i < count; i++)
			curl_multi_socket_action(
				multi, ready[i].data.fd,
				(ready[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
					(ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0),
				&running);
		if (timer_at >= 0 && timer_at <= now_us()) {
			timer_at = -1;
			curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
		}
	}
}

int main(int argc, char **argv)
{
	struct curl_slist *headers = NULL;
	struct rlimit files;
	int64_t begin, cpu;
	CURLM *multi;

	if (argc != 3) {
		fputs("usage: bare-curl URL STREAMS\n", stderr);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	begin = now_us();
	cpu = cpu_us();
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--)
		add_stream(multi, argv[1], headers);
	run(multi);
	printf("%lld %lld %lld\n", (long long)bytes, (long long)(now_us() - begin),
	       (long long)(cpu_us() - cpu));
	return 0;
}

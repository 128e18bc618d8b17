/* Calls against a provider that does what its script says. */
#include "heard.h"

int main(void)
{
	return answers_tests() + unreachable_tests() + many_tests() + tls_tests() ? 1 : 0;
}

#include "suite.h"

int main(void)
{
	return figure_tests() + tally_tests() + words_tests();
}

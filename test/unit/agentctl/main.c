#include "suite.h"

int main(void)
{
	return figure_tests() + tally_tests();
}

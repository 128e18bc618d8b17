#include "suite.h"

int run_plan(void)
{
	return 0;
}

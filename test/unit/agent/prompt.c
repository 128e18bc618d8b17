#include "suite.h"

int run_prompt(void)
{
	return 0;
}

#include "suite.h"

int run_identity(void)
{
	return 0;
}

#define FORMAT "anthropic"
#include "stream.h"

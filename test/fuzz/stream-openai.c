#define FORMAT "openai"
#include "stream.h"

#define FORMAT "responses"
#include "stream.h"

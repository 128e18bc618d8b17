#define FORMAT "ollama"
#include "stream.h"

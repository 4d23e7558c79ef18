#pragma once
#include "MathKernels.h"

#pragma once
#include "BlockDecoding.h"
#include "MathKernels.h"

#pragma once
#include <stdint.h>

// What the four-bit indices of some types stand for.

static const int8_t values_iq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
// e2m1 values times two; the scale is halved in return.
static const int8_t values_mxfp4[16] __attribute__((unused)) = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

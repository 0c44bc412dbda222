// Floating point numbers as SQL text that SQLite reads back as the very same number.
//
// SQLite before 3.43 reads a decimal as a whole number and one factor, a power of ten, in long
// double, and rounds that to a double. The factor is exact up to 10^27. Rounded twice, a decimal
// that lies nearly as close to a neighbour comes out as that.
#pragma once

#include <string>

namespace varve {

// The shortest decimal that an exact reader takes for `value`, with a point or an exponent;
// 9e999 for infinity. For people.
std::string shortest_decimal(double value);

// The same where SQLite reads it exactly; else 17 digits, which lie close enough; else an
// expression of whole numbers and powers of two, "(7595028480352441.0/(1<<62)/(1<<55))". For
// scripts.
std::string real_literal(double value);

}  // namespace varve

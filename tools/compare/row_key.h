// A primary key as a person writes it: 4711; x,1 of two columns; 'a,b',1 with a comma in one.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/row.h"

namespace varve {

// The values of a key of `count` columns, without quotes; more or fewer where it is no such key. A
// comma inside of quotes, or in a key of one column, is part of the value.
std::vector<std::string> parts_of_key(const std::string& key, std::size_t count);

// As it is compared with a column of this declared type: a number where the column would not make
// one of it by itself.
SqlValue key_value(const std::string& text, const std::string& type);

}  // namespace varve

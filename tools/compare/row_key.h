// A primary key as a person writes it: 4711; x,1 of two columns; 'a,b',1 with a comma in one;
// X'00ff', a blob.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/row.h"

namespace varve {

// What is written for each value of a key of `count` columns; more or fewer where it is no such
// key. A comma inside of quotes, or in a key of one column, is part of the value.
std::vector<std::string> parts_of_key(const std::string& key, std::size_t count);

// What such a part means, as it is compared with a column of this declared type: a blob, or without
// its quotes a text, or a number where the column would not make one of it by itself.
SqlValue key_value(const std::string& part, const std::string& type);

}  // namespace varve

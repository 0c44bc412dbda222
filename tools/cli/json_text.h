// A JSON document as the commands print it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace varve::cli {

// Indented, with a line's end behind it. Bytes that are no UTF-8 come as U+FFFD.
std::string json_text(const nlohmann::ordered_json& json);

}  // namespace varve::cli

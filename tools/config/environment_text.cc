#include "tools/config/environment_text.h"

#include <fmt/format.h>

#include <cstdlib>

#include "store/core/error.h"

namespace varve {
namespace {

std::string value_of(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    throw Error(ErrorCode::usage, fmt::format("the environment variable {} is not set", name));
  }
  return value;
}

}  // namespace

std::string with_environment(std::string_view text) {
  std::string whole;
  while (true) {
    const std::size_t dollar = text.find('$');
    whole += text.substr(0, dollar);
    if (dollar == text.npos) return whole;
    text.remove_prefix(dollar + 1);
    const std::size_t end = text.find('}');
    if (text.starts_with('$')) {
      whole += '$';
      text.remove_prefix(1);
    } else if (text.starts_with('{') && end != text.npos) {
      whole += value_of(std::string(text.substr(1, end - 1)));
      text.remove_prefix(end + 1);
    } else {
      whole += '$';
    }
  }
}

}  // namespace varve

// Which Error a piece of work throws.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "store/core/error.h"

namespace varve {

// The Error that `work` throws; nothing where it throws none.
template <class Work>
std::optional<Error> error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

// Expects an Error of this code whose message holds `part`.
template <class Work>
void expect_error(ErrorCode code, const std::string& part, const Work& work) {
  const std::optional<Error> error = error_of(work);
  ASSERT_TRUE(error) << "nothing was thrown";
  EXPECT_EQ(error->code(), code) << error->what();
  EXPECT_NE(std::string(error->what()).find(part), std::string::npos) << error->what();
}

}  // namespace varve

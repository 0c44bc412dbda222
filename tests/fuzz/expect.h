// What a target expects of the code under it.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "store/core/error.h"

namespace varve::fuzz {

// Runs `work`; an Error is an answer.
template <class Work>
void answer(const Work& work) {
  try {
    work();
  } catch (const Error&) {
    return;
  }
}

// Ends the program where something is not as it must be.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

}  // namespace varve::fuzz

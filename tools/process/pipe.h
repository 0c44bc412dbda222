// A pipe, both ends closed at exec.
#pragma once

#include "store/core/file.h"

namespace varve {

struct Pipe {
  File read;
  File write;
};

// `name` stands for it in messages. Throws an io Error.
Pipe make_pipe(const std::string& name);

}  // namespace varve

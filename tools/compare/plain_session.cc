#include "tools/compare/plain_session.h"

#include "tools/sources/postgres_encoding.h"

namespace varve {

std::vector<std::string> plain_session(const PostgresConnection& connection) {
  return {"datestyle = ISO",        "intervalstyle = postgres",
          "extra_float_digits = 3", "bytea_output = hex",
          "xmloption = content",    "standard_conforming_strings = on",
          "row_security = off",     "client_encoding = " + session_encoding(connection)};
}

}  // namespace varve

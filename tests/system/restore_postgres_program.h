// The fixture of tests that restore dumps into databases of a real server.
#pragma once

#include <set>
#include <sstream>
#include <string>

#include "tests/system/postgres_program.h"

namespace varve {

class RestorePostgres : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    fill_shop();
  }
  std::set<std::string> databases() const {
    std::istringstream lines(server_.sql(
        "postgres", "SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%'"));
    std::set<std::string> names;
    for (std::string line; std::getline(lines, line);) names.insert(line);
    return names;
  }
  // The one that a restore put aside.
  std::string kept() const {
    for (const std::string& name : databases()) {
      if (name.starts_with("shop_before_")) return name;
    }
    return "";
  }
  std::string comment_of(const std::string& database) const {
    return server_.sql("postgres",
                       "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE "
                       "datname = '" +
                           database + "'");
  }
  // Of the shop's databases, those whose name holds `part`.
  std::set<std::string> databases_with(const std::string& part) const {
    std::set<std::string> found = databases();
    std::erase_if(found,
                  [&](const std::string& name) { return name.find(part) == std::string::npos; });
    return found;
  }
  using Set = std::set<std::string>;
};

}  // namespace varve

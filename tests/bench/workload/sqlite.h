// The few SQLite calls that the workload needs, owned. Every failure throws std::runtime_error with
// SQLite's own message. Not thread-safe.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

namespace varve::bench {

class Database {
 public:
  enum class Mode { create, existing };

  Database(const std::string& path, Mode mode);

  // Runs one or more statements whose rows nobody reads.
  void execute(const std::string& sql);
  // The first column of the first row.
  std::int64_t number(const std::string& sql);
  // Closing checkpoints a WAL; the destructor does so as well, but cannot report a failure.
  void close();

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement. Text that is bound must live until run() returns.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  // Binds the values to ?1, ?2 ... and runs. They come as a tuple because what stands in its braces
  // is evaluated from left to right, unlike arguments: random values are drawn in the order
  // written.
  template <typename... Values>
  void run(const std::tuple<Values...>& values) {
    std::apply(
        [this](const auto&... each) {
          int index = 0;
          (bind(++index, each), ...);
        },
        values);
    step();
  }

  // Runs the statement, and reads the first column of its first row; 0 where that is NULL.
  std::int64_t number();

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void step();

  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace varve::bench

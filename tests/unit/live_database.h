// An SQLite database that a test works on. Every failure throws, with SQLite's words.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace varve::test {

class LiveDatabase {
 public:
  explicit LiveDatabase(const std::filesystem::path& path) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open(path.c_str(), &handle);
    handle_.reset(handle);
    if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle));
    sqlite3_busy_timeout(handle, 60'000);
    execute("PRAGMA synchronous=OFF");
  }

  void execute(const std::string& sql) {
    char* words = nullptr;
    if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, &words) == SQLITE_OK) return;
    const std::unique_ptr<char, decltype(&sqlite3_free)> owned(words, sqlite3_free);
    throw std::runtime_error(sql + ": " + (words == nullptr ? "failed" : words));
  }

  // The first column of every row, a line each.
  std::string text(const std::string& sql) {
    std::string lines;
    const auto take = [](void* out, int, char** values, char**) {
      auto& text = *static_cast<std::string*>(out);
      if (!text.empty()) text += '\n';
      text += values[0] == nullptr ? "NULL" : values[0];
      return 0;
    };
    char* words = nullptr;
    const int code = sqlite3_exec(handle(), sql.c_str(), take, &lines, &words);
    const std::unique_ptr<char, decltype(&sqlite3_free)> owned(words, sqlite3_free);
    if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(handle()));
    return lines;
  }

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace varve::test

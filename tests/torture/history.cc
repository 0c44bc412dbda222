#include "tests/torture/history.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/database.h"

namespace varve::torture {
namespace {

using Json = nlohmann::json;

void change(const Path& database, int state) {
  Database(database).run(
      fmt::format("UPDATE t SET body = hex(randomblob(100)) WHERE id % 7 = {}; "
                  "INSERT INTO t(body) SELECT hex(randomblob(100)) FROM t LIMIT 40",
                  state % 7));
}

void write_text(const Path& path, const std::string& text) { std::ofstream(path) << text; }

void append_row(void* rows, const char* row) { *static_cast<std::string*>(rows) += row; }

int take_row(void* rows, int columns, char** values, char**) {
  for (int i = 0; i < columns; ++i) append_row(rows, values[i] == nullptr ? "" : values[i]);
  append_row(rows, "\n");
  return 0;
}

}  // namespace

ProgramSetting setting_in(const Path& folder) {
  // The address sanitizer wants to be the first of all libraries, and need not be.
  const char* const options = std::getenv("ASAN_OPTIONS");
  const std::string with_layer =
      fmt::format("{}:verify_asan_link_order=0", options == nullptr ? "" : options);
  return {.folder = folder,
          .environment = {{"VARVE_REPO", folder / "repo"},
                          {"LC_ALL", "C"},
                          {"TMPDIR", folder},
                          {"LD_PRELOAD", VARVE_FAULT_LAYER},
                          {"ASAN_OPTIONS", with_layer}},
          .standard_output = {}};
}

ProgramResult run_in(const Path& folder, Words words) {
  words.insert(words.begin(), VARVE_BINARY);
  return Program(words, setting_in(folder)).wait();
}

Names snapshots_by(const std::string& list) {
  Names names;
  const Json parsed = Json::parse(list);
  for (const Json& snapshot : parsed["snapshots"]) {
    if (snapshot["tags"] != Json::array({"pre-restore"})) names.insert(snapshot["name"]);
  }
  return names;
}

std::string rows_of(const Path& database) {
  const TempFolder copy;
  for (const char* suffix : {"", "-wal", "-journal"}) {
    std::error_code absent;
    std::filesystem::copy_file(Path(database) += suffix, copy / (std::string("db") + suffix),
                               absent);
  }
  sqlite3* opened = nullptr;
  std::string rows;
  const int code =
      ::sqlite3_open_v2((copy / "db").c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  if (code == SQLITE_OK) {
    ::sqlite3_exec(opened, "SELECT * FROM t ORDER BY id", take_row, &rows, nullptr);
    ::sqlite3_exec(opened, "PRAGMA integrity_check", take_row, &rows, nullptr);
  }
  ::sqlite3_close(opened);
  return rows;
}

const History& History::instance(bool with_parity) {
  if (with_parity) {
    static const History parity({"init", "--parity", "5%"});
    return parity;
  }
  static const History plain({"init"});
  return plain;
}

History::History(const Words& init) {
  const Path database = folder_ / "shop.db";
  run(init);
  make_database(database, 800);
  make_folder();
  for (int state = 0; state < 6; ++state) {
    change(database, state);
    run({"ingest", database, folder_ / "www", "--time",
         fmt::format("2026-11-{:02}T02:00:00Z", state + 1)});
  }
  run({"forget", "2026-11-02", "2026-11-03"});
  make_targets();
  run({"restore", "2026-11-01", folder_ / "wanted"});
  change(database, 7);
  snapshots_ = snapshots_by(run_in(folder(), {"list", "--json"}).out);
}

void History::run(const Words& words) const {
  const ProgramResult result = run_in(folder(), words);
  if (result.status != 0) throw std::runtime_error(words.front() + ": " + result.err);
}

void History::make_folder() const {
  std::filesystem::create_directories(folder_ / "www/news");
  write_text(folder_ / "www/index.html", "<h1>Shop</h1>");
  write_text(folder_ / "www/news/may.html", std::string(20'000, 'm'));
  std::filesystem::create_symlink("index.html", folder_ / "www/home.html");
}

void History::make_targets() const {
  const Path target = folder_ / "target";
  std::filesystem::create_directories(target / "www/news");
  std::filesystem::copy_file(folder_ / "shop.db", target / "shop.db");
  write_text(target / "www/index.html", "<h1>Closed</h1>");
  write_text(target / "www/news/may.html", "none");

  Database live(target / "at_work.db");
  live.run("PRAGMA journal_mode = WAL");
  live.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)");
  live.run("PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t(body) VALUES('new'), ('newer')");
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::copy_file(target / (std::string("at_work.db") + suffix),
                               target / (std::string("live.db") + suffix));
  }
  live.run("PRAGMA journal_mode = DELETE");
}

}  // namespace varve::torture
